"""Calibrating breathing, in the acquisition thread: sweeps at several positions; slices are aligned, not fused."""

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

from scanner.capture import engine
from scanner.capture.calibration_data import BreathingCalibration, CalibrationPlan
from scanner.capture.engine import require_focus
from scanner.capture.events import Problem
from scanner.capture.forecast import facts_of, limits
from scanner.capture.preparation import ends_known, find_sweep, lit, lock_exposure, reference
from scanner.capture.preview import PreviewFeed
from scanner.capture.progress import problem_of
from scanner.capture.runs import Cancelled, Seen
from scanner.capture.settle import Settling
from scanner.clock import Clock
from scanner.errors import FocusrigError, RigBusy, RigLost
from scanner.hardware.protocols import RigFacts
from scanner.hardware.rig import Rig
from scanner.plan.limits import check
from scanner.plan.scan import ScanPlan
from scanner.plan.sweep import Sweep
from scanner.slices import Shot, Slice
from scanner.stacking.breathing import Breathing, Calibration, Measured, calibrate
from scanner.stacking.placing import Placing
from scanner.units import Degrees, FocusPosition

log = logging.getLogger(__name__)

TILT: Degrees = 20.0
"""From here most objects show faces at many depths, so that each slice of a sweep has something sharp."""


class CalibrationRun:
    """Measures breathing as `plan` says, and hands what it found to `found`, in the acquisition thread.

    `cancel` and `close` may come from any thread; nothing is handed over then.
    """

    def __init__(
        self,
        plan: CalibrationPlan,
        camera: str,
        feed: PreviewFeed,
        clock: Clock,
        found: Callable[[BreathingCalibration], None],
    ) -> None:
        """`camera`: what the result holds for, in words. `found` may raise StoreError: that is the outcome then."""
        self._plan = plan
        self._camera = camera
        self._feed = feed
        self._clock = clock
        self._found = found
        self._cancelled = threading.Event()
        self._activity = "starting"
        self._problem: Problem | None = None
        self._over = False

    @property
    def over(self) -> bool:
        return self._over

    @property
    def activity(self) -> str:
        return f"calibrating breathing: {self._activity}"

    @property
    def problem(self) -> Problem | None:
        return self._problem

    def busy(self) -> RigBusy:
        return RigBusy(f"The rig is busy {self.activity}.", "Wait for it, or cancel the calibration first.")

    def started(self) -> None:
        """Nothing is written down before the end."""

    def cancel(self) -> None:
        """End the run before the next slice; what was known before stays."""
        self._cancelled.set()

    def close(self) -> None:
        self.cancel()

    def failed(self, problem: Problem) -> None:
        self._problem = problem
        self._over = True

    def run(self, rig: Rig, seen: Seen) -> None:
        """Run to the end; the outcome is what `found` was told, or `problem`."""
        try:
            with lit(rig):
                found = self._run(rig, seen)
            self._between()
            self._found(found)
        except Cancelled:
            log.info("the calibration was cancelled")
        except RigLost as error:
            self.failed(problem_of(error))
            raise
        except FocusrigError as error:
            log.warning("the calibration failed: %s", error)
            self._problem = problem_of(error)
        self._over = True

    def _run(self, rig: Rig, seen: Seen) -> BreathingCalibration:
        plan = scan_plan(self._plan, rig.facts)
        positions = plan.positions()
        self._tell("finding the zero of the axes", seen)
        reference(rig, fresh=True)
        self._between()
        self._tell("locking the exposure", seen)
        engine.move(rig, positions[0])
        seen(lock_exposure(rig, plan.exposure))
        settling = Settling(plan.settle, rig.settle, self._clock)
        settling.listen(rig.camera)
        sweep = self._sweep(rig, plan, seen)
        measured: list[Measured] = []
        for position in positions:
            self._tell(f"position {position.index + 1} of {len(positions)}", seen)
            measured += self._measure(rig, plan.shots(position, sweep), settling, seen)
        camera = rig.camera.facts
        return self._described(calibrate(measured, (camera.width, camera.height)), plan, sweep)

    def _sweep(self, rig: Rig, plan: ScanPlan, seen: Seen) -> Sweep:
        require_focus(rig)
        if not ends_known(rig, plan):
            self._tell("looking for near and far", seen)
        return find_sweep(rig, plan, self._between)

    def _measure(self, rig: Rig, shots: tuple[Shot, ...], settling: Settling, seen: Seen) -> Iterator[Measured]:
        """How the slices of one position lie on its reference slice; those that cannot be aligned are left out."""
        taken = self._taken(rig, shots, settling, seen)
        at, reference = next(taken)
        placing = Placing(reference, None)
        for focus, slice_ in taken:
            if (fit := placing.find(slice_)) is not None:
                placing.keep(slice_, fit)
                yield Measured(focus, at, fit.similarity)

    def _taken(
        self, rig: Rig, shots: tuple[Shot, ...], settling: Settling, seen: Seen
    ) -> Iterator[tuple[FocusPosition, Slice]]:
        """Each slice, as soon as it is taken, with the focus position that it counts as taken at."""
        engine.arrive(rig, shots[0], settling)
        taken = engine.slices(rig, shots, settling, self._between)
        for shot, slice_ in zip(shots, taken, strict=True):
            focus = engine.focus_of(slice_, shot)
            seen(None)
            self._feed.show_slice(slice_.pixels)
            yield focus, replace(slice_, focus=focus)

    def _described(self, found: Calibration, plan: ScanPlan, sweep: Sweep) -> BreathingCalibration:
        return BreathingCalibration(
            **found.breathing.model_dump(),
            **found.model_dump(exclude={"breathing"}),
            positions=len(plan.positions()),
            sweep=facts_of(sweep, plan),
            measured_at=self._clock.now(),
            camera=self._camera,
        )

    def _tell(self, activity: str, seen: Seen) -> None:
        self._activity = activity
        seen(None)

    def _between(self) -> None:
        """Before each shot, and before the result counts: raise Cancelled when it is over."""
        if self._cancelled.is_set():
            raise Cancelled


def breathing_of(calibration: BreathingCalibration) -> Breathing:
    """The law alone, as the stacker takes it."""
    return Breathing(power=calibration.power, centre=calibration.centre)


def scan_plan(plan: CalibrationPlan, facts: RigFacts) -> ScanPlan:
    """The scan that a calibration captures on this rig, as near to TILT as it can be. Raises PlanError."""
    allowed = limits(facts)
    low, high = allowed.tilt or (0.0, 0.0)
    wanted = plan.scan_plan(min(max(TILT, low), high))
    check(wanted, allowed)
    return wanted
