"""What a plan will do on a rig, before it starts."""

from scanner.capture.events import SweepFacts
from scanner.capture.runner import optics
from scanner.hardware.protocols import RigFacts
from scanner.plan.estimate import estimate
from scanner.plan.limits import Limits, check
from scanner.plan.scan import ScanPlan
from scanner.units import Frozen, Seconds


class PlanEstimate(Frozen):
    """What a plan will do. None where an automatic sweep is measured only when the scan starts."""

    positions: int
    sweep: SweepFacts | None = None
    slices: int | None = None
    duration_s: Seconds | None = None
    bytes_needed: int | None = None
    bytes_free: int


def forecast(plan: ScanPlan, facts: RigFacts, bytes_free: int) -> PlanEstimate:
    """Check a plan against the rig and estimate what it costs. Raises PlanError."""
    check(plan, limits(facts))
    positions = len(plan.positions())
    near, far = plan.sweep.near, plan.sweep.far
    if near == "auto" or far == "auto":
        return PlanEstimate(positions=positions, bytes_free=bytes_free)
    sweep = plan.sweep.resolve(near, far, optics(facts.camera))
    cost = estimate(plan, sweep, facts.camera.width * facts.camera.height)
    return PlanEstimate(
        positions=positions,
        sweep=SweepFacts(near=near, far=far, count=sweep.count, reference=plan.stacking.reference_index(sweep.count)),
        slices=cost.slices,
        duration_s=cost.duration_s,
        bytes_needed=cost.bytes_needed,
        bytes_free=bytes_free,
    )


def limits(facts: RigFacts) -> Limits:
    """What a rig allows, for the check of a plan."""
    tilt = next((axis for axis in facts.axes if axis.name == "tilt"), None)
    lens = facts.camera.lens
    return Limits(
        tilt=None if tilt is None else (_or(tilt.low, -90.0), _or(tilt.high, 90.0)),
        lens=None if lens is None else (lens.far, lens.near),
    )


def _or(limit: float | None, otherwise: float) -> float:
    return otherwise if limit is None else limit
