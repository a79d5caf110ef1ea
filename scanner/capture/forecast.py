"""What a plan will do on a rig, before it starts."""

from scanner.capture.events import SweepFacts
from scanner.errors import NoSpace, PlanError
from scanner.hardware.protocols import CameraFacts, RigFacts
from scanner.plan.estimate import estimate
from scanner.plan.limits import Limits, check
from scanner.plan.scan import ScanPlan
from scanner.plan.sweep import MIN_SLICES, Optics, Sweep
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
    if near == "auto" or far == "auto":
        _require_reference(plan, facts.camera)
        count = MIN_SLICES if plan.sweep.count == "auto" else plan.sweep.count
        least = estimate(plan, Sweep(1.0, 0.0, count), pixels).bytes_needed
        return PlanEstimate(positions=positions, bytes_at_least=least, bytes_free=bytes_free)
    sweep = plan.sweep.resolve(near, far, optics(facts.camera))
    cost = estimate(plan, sweep, pixels)
    return PlanEstimate(
        positions=positions,
        sweep=SweepFacts(near=near, far=far, count=sweep.count, reference=plan.stacking.reference_index(sweep.count)),
        slices=cost.slices,
        duration_s=cost.duration_s,
        bytes_needed=cost.bytes_needed,
        bytes_at_least=cost.bytes_needed,
        bytes_free=bytes_free,
    )


def require_room(needed: int, free: int) -> None:
    """Raise NoSpace, with numbers, when `needed` bytes of images do not fit into the `free` ones."""
    if needed > free:
        raise NoSpace(
            f"The scan needs up to {needed / 1e6:.0f} MB; {free / 1e6:.0f} MB are free.",
            "Delete scans or use a larger card, then try again.",
        )


def optics(facts: CameraFacts) -> Optics:
    """What depth of field depends on, from the camera's facts."""
    return Optics(facts.focal_length_mm, facts.f_number, facts.pixel_pitch_um)


def limits(facts: RigFacts) -> Limits:
    """What a rig allows, for the check of a plan."""
    tilt = next((axis for axis in facts.axes if axis.name == "tilt"), None)
    lens = facts.camera.lens
    return Limits(
        tilt=None if tilt is None else (_or(tilt.low, -90.0), _or(tilt.high, 90.0)),
        lens=None if lens is None else (lens.far, lens.near),
    )


def _require_reference(plan: ScanPlan, camera: CameraFacts) -> None:
    """Raise PlanError for a reference slice that not even a sweep over all that the lens reaches would have."""
    reference = plan.stacking.reference
    if camera.lens is None or isinstance(reference, str):
        return
    most = plan.sweep.most_slices(camera.lens.near, camera.lens.far, optics(camera))
    if reference >= most:
        raise PlanError(
            f"There is no reference slice {reference}: the longest sweep with this lens has {most} slices.",
            f'Give a number from 0 to {most - 1}, as the sweep will have, or "middle".',
        )


def _or(limit: float | None, otherwise: float) -> float:
    return otherwise if limit is None else limit
