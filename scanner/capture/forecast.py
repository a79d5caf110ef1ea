"""What a plan will do on a rig, before it starts."""

from scanner.capture.events import SweepFacts
from scanner.errors import NoSpace, PlanError
from scanner.hardware.protocols import FocusFacts, RigFacts
from scanner.plan.estimate import estimate
from scanner.plan.limits import SINGLE, Limits, Reach, check
from scanner.plan.scan import ScanPlan
from scanner.plan.sweep import MIN_SLICES, Sweep
from scanner.units import Frozen, Seconds


class PlanEstimate(Frozen):
    """What a plan will do. None where an automatic sweep is measured only when the scan starts.

    `bytes_at_least`: `bytes_needed`, or what the shortest sweep would need while the sweep is not known.
    """

    positions: int
    sweep: SweepFacts | None = None
    slices: int | None = None
    duration_s: Seconds | None = None
    bytes_needed: int | None = None
    bytes_at_least: int
    bytes_free: int


def forecast(plan: ScanPlan, facts: RigFacts, bytes_free: int) -> PlanEstimate:
    """Check a plan against the rig and estimate what it costs. Raises PlanError."""
    check(plan, limits(facts))
    positions = len(plan.positions())
    pixels = facts.camera.width * facts.camera.height
    near, far = plan.sweep.near, plan.sweep.far
    if facts.focus.drive == "fixed":
        return _known(plan, SINGLE, pixels, bytes_free)
    if near == "auto" or far == "auto":
        _require_reference(plan, facts.focus)
        count = MIN_SLICES if plan.sweep.count == "auto" else plan.sweep.count
        least = estimate(plan, Sweep(1.0, 0.0, count), pixels).bytes_needed
        return PlanEstimate(positions=positions, bytes_at_least=least, bytes_free=bytes_free)
    sweep = plan.sweep.resolve(near, far, facts.focus.depth_of_field)
    return _known(plan, sweep, pixels, bytes_free)


def _known(plan: ScanPlan, sweep: Sweep, pixels: int, bytes_free: int) -> PlanEstimate:
    cost = estimate(plan, sweep, pixels)
    return PlanEstimate(
        positions=len(plan.positions()),
        sweep=facts_of(sweep, plan),
        slices=cost.slices,
        duration_s=cost.duration_s,
        bytes_needed=cost.bytes_needed,
        bytes_at_least=cost.bytes_needed,
        bytes_free=bytes_free,
    )


def facts_of(sweep: Sweep, plan: ScanPlan) -> SweepFacts:
    """A sweep as data, with the reference slice that `plan` gives it. Raises PlanError where it has none."""
    reference = plan.stacking.reference_index(sweep.count)
    return SweepFacts(near=sweep.near, far=sweep.far, count=sweep.count, reference=reference)


def require_room(needed: int, free: int) -> None:
    """Raise NoSpace, with numbers, when `needed` bytes of images do not fit into the `free` ones."""
    if needed > free:
        raise NoSpace(
            f"The scan needs up to {needed / 1e6:.0f} MB; {free / 1e6:.0f} MB are free.",
            "Delete scans or use a larger card, then try again.",
        )


def limits(facts: RigFacts) -> Limits:
    """What a rig allows, for the check of a plan."""
    tilt = next((axis for axis in facts.axes if axis.name == "tilt"), None)
    focus = facts.focus
    what = "this rail" if focus.drive == "rail" else "this lens"
    return Limits(
        tilt=None if tilt is None else (_or(tilt.low, -90.0), _or(tilt.high, 90.0)),
        focus=None if focus.drive == "fixed" else Reach(focus.far, focus.near, focus.unit, what),
    )


def _require_reference(plan: ScanPlan, focus: FocusFacts) -> None:
    """Raise PlanError for a reference slice that not even a sweep over all that the focus reaches would have."""
    reference = plan.stacking.reference
    if isinstance(reference, str):
        return
    most = plan.sweep.most_slices(focus.near, focus.far, focus.depth_of_field)
    if reference >= most:
        raise PlanError(
            f"There is no reference slice {reference}: the longest sweep with this rig has {most} slices.",
            f'Give a number from 0 to {most - 1}, as the sweep will have, or "middle".',
        )


def _or(limit: float | None, otherwise: float) -> float:
    return otherwise if limit is None else limit
