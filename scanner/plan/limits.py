"""Whether a rig can run a plan, checked before anything moves."""

from dataclasses import dataclass

from scanner.errors import PlanError
from scanner.plan.scan import ScanPlan
from scanner.plan.sweep import Sweep
from scanner.units import Degrees, FocusPosition

SINGLE = Sweep(0.0, 0.0, 1)
"""The sweep of a fixed drive: one slice a position, which is the stacked image."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What the focus drive reaches, in `unit`; `what` names it in words."""

    far: FocusPosition
    near: FocusPosition
    unit: str
    what: str


@dataclass(frozen=True, slots=True)
class Limits:
    """What the rig allows. `tilt` (low, high) in degrees; None: no tilt axis. `focus` None: fixed focus."""

    tilt: tuple[Degrees, Degrees] | None
    focus: Reach | None


def check(plan: ScanPlan, limits: Limits) -> None:
    """Raise PlanError, naming the value, its place and the limit, when the rig cannot run the plan."""
    _check_tilt(plan, limits.tilt)
    if limits.focus is None:
        _check_fixed(plan)
        return
    _check_ends(plan, limits.focus)
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


def _check_fixed(plan: ScanPlan) -> None:
    asked = [name for name in ("near", "far", "count") if getattr(plan.sweep, name) != "auto"]
    if asked:
        raise PlanError(
            f"This rig has fixed focus and takes one slice a position, but the plan gives sweep.{asked[0]}.",
            'Leave it "auto", or use a camera with a lens drive or a rail.',
        )
    plan.stacking.reference_index(SINGLE.count)


def _check_ends(plan: ScanPlan, reach: Reach) -> None:
    for name, value in (("near", plan.sweep.near), ("far", plan.sweep.far)):
        if value != "auto" and not reach.far <= value <= reach.near:
            raise PlanError(
                f"sweep.{name} is {value:g} {reach.unit}; "
                f"{reach.what} reaches from {reach.far:g} {reach.unit} to {reach.near:g} {reach.unit}.",
                'Choose a value inside, or "auto".',
            )
