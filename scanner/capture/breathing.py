"""Measuring breathing: sweeps at several positions; slices are aligned, not fused."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from scanner.capture import engine
from scanner.capture.calibration import Steps
from scanner.capture.calibration_data import BreathingCalibration, CalibrationPlan
from scanner.capture.forecast import facts_of, limits
from scanner.capture.preparation import ends_known, find_sweep, lock_exposure
from scanner.capture.preview import PreviewFeed
from scanner.capture.settle import Settling
from scanner.clock import Clock
from scanner.errors import PlanError
from scanner.hardware.protocols import RigFacts
from scanner.hardware.rig import Rig
from scanner.plan.limits import check
from scanner.plan.scan import ScanPlan
from scanner.plan.sweep import Sweep
from scanner.slices import Position, Shot, Slice
from scanner.stacking.breathing import Breathing, Measured, calibrate
from scanner.stacking.placing import Placing
from scanner.units import Degrees, FocusPosition

TILT: Degrees = 20.0
"""From here most objects show faces at many depths, so that each slice of a sweep has something sharp."""

FEWEST = 4
"""Positions of a scan from which it is worth to begin with a calibration."""

MOST = 4
"""Positions of a scan at which it begins with a calibration: more hardly make it better."""


@dataclass(frozen=True, slots=True)
class BreathingSweeps:
    """Measures breathing with sweeps. `camera`: what the result holds for, in words."""

    camera: str
    feed: PreviewFeed
    clock: Clock

    def measure(
        self, rig: Rig, plan: ScanPlan, positions: tuple[Position, ...], sweep: Sweep, steps: Steps
    ) -> BreathingCalibration:
        """Capture `sweep` at `positions` as `plan` would; the exposure is locked by now.

        Raises CalibrationFailed, HardwareError.
        """
        settling = Settling(plan.settle, rig.settle, self.clock)
        settling.listen(rig.camera)
        measured: list[Measured] = []
        for number, position in enumerate(positions, start=1):
            steps.tell(f"position {number} of {len(positions)}")
            measured += self._measure(rig, plan.shots(position, sweep), settling, steps)
        camera = rig.camera.facts
        found = calibrate(measured, (camera.width, camera.height))
        return BreathingCalibration(
            **found.breathing.model_dump(),
            **found.model_dump(exclude={"breathing"}),
            positions=len(positions),
            sweep=facts_of(sweep, plan),
            measured_at=self.clock.now(),
            camera=self.camera,
        )

    def _measure(self, rig: Rig, shots: tuple[Shot, ...], settling: Settling, steps: Steps) -> Iterator[Measured]:
        """How the slices of one position lie on its reference slice; those that cannot be aligned are left out."""
        taken = self._taken(rig, shots, settling, steps)
        at, first = next(taken)
        placing = Placing(first, None)
        for focus, slice_ in taken:
            if (fit := placing.find(slice_)) is not None:
                placing.keep(slice_, fit)
                yield Measured(focus, at, fit.similarity)

    def _taken(
        self, rig: Rig, shots: tuple[Shot, ...], settling: Settling, steps: Steps
    ) -> Iterator[tuple[FocusPosition, Slice]]:
        """Each slice, as soon as it is taken, with the focus position that it counts as taken at."""
        engine.arrive(rig, shots[0], settling)
        taken = engine.slices(rig, shots, settling, steps.between)
        for shot, slice_ in zip(shots, taken, strict=True):
            focus = engine.focus_of(slice_, shot)
            steps.seen()
            self.feed.show_slice(slice_.pixels)
            yield focus, replace(slice_, focus=focus)


@dataclass(frozen=True, slots=True)
class BreathingMeasurement:
    """Measures breathing by itself, as `plan` says."""

    plan: CalibrationPlan
    sweeps: BreathingSweeps
    name: str = "breathing"
    moves: bool = True

    def measure(self, rig: Rig, steps: Steps) -> BreathingCalibration:
        """Sweep at all positions. Raises CalibrationFailed, PlanError, HardwareError."""
        plan = scan_plan(self.plan, rig.facts)
        positions = plan.positions()
        engine.require_focus(rig)
        steps.between()
        steps.tell("locking the exposure")
        engine.move(rig, positions[0])
        steps.seen(lock_exposure(rig, plan.exposure))
        return self.sweeps.measure(rig, plan, positions, _sweep(rig, plan, steps), steps)


def breathing_of(calibration: BreathingCalibration) -> Breathing:
    """The law alone, as the stacker takes it."""
    return Breathing(power=calibration.power, centre=calibration.centre)


def calibrated_at(plan: ScanPlan) -> tuple[Position, ...]:
    """The positions at which a scan begins with a calibration, spread over its path; none for a scan of a few."""
    positions = plan.positions()
    if len(positions) < FEWEST:
        return ()
    count = min(MOST, max(2, len(positions) // 6))
    return tuple(positions[i * len(positions) // count] for i in range(count))


def scan_plan(plan: CalibrationPlan, facts: RigFacts) -> ScanPlan:
    """The scan that a calibration captures on this rig, as near to TILT as it can be. Raises PlanError."""
    allowed = limits(facts)
    if allowed.focus is None:
        raise PlanError("This rig has fixed focus: there is no sweep that breathes.", "Nothing need be calibrated.")
    low, high = allowed.tilt or (0.0, 0.0)
    wanted = plan.scan_plan(min(max(TILT, low), high))
    check(wanted, allowed)
    return wanted


def _sweep(rig: Rig, plan: ScanPlan, steps: Steps) -> Sweep:
    if not ends_known(rig, plan):
        steps.tell("looking for near and far")
    return find_sweep(rig, plan, steps.between)
