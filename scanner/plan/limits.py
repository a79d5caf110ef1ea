"""Whether a rig can run a plan, checked before anything moves."""

from dataclasses import dataclass

from scanner.errors import PlanError
from scanner.plan.scan import ScanPlan
from scanner.units import Degrees, Dioptres


@dataclass(frozen=True, slots=True)
class Limits:
    """What the rig allows. `tilt` (low, high) in degrees, `lens` (far, near) in dioptres; None: no such drive."""

    tilt: tuple[Degrees, Degrees] | None
    lens: tuple[Dioptres, Dioptres] | None


def check(plan: ScanPlan, limits: Limits) -> None:
    """Raise PlanError, naming the value, its place and the limit, when the rig cannot run the plan."""
    _check_tilt(plan, limits.tilt)
    _check_lens(plan, limits.lens)
    if plan.sweep.count != "auto":
        plan.stacking.reference_index(plan.sweep.count)


def _check_tilt(plan: ScanPlan, tilt: tuple[Degrees, Degrees] | None) -> None:
    low, high = tilt or (0.0, 0.0)
    for position in plan.positions():
        if not low <= position.tilt <= high:
            wrong = f"Position {position.index} asks for a tilt of {position.tilt:g}°"
            if tilt is None:
                raise PlanError(f"{wrong}, but this rig has no tilt axis.", "Use tilt 0.")
            raise PlanError(f"{wrong}; this rig tilts from {low:g}° to {high:g}°.", "Change the path.")


def _check_lens(plan: ScanPlan, lens: tuple[Dioptres, Dioptres] | None) -> None:
    if lens is None:
        raise PlanError(
            "This camera has fixed focus, so a sweep cannot be captured.", "Use a camera module with a lens drive."
        )
    far, near = lens
    for name, value in (("near", plan.sweep.near), ("far", plan.sweep.far)):
        if value != "auto" and not far <= value <= near:
            raise PlanError(
                f"sweep.{name} is {value:g} D; this lens reaches from {far:g} D to {near:g} D.",
                'Choose a value inside, or "auto".',
            )
