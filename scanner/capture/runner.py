"""One run of a plan, in the acquisition thread: prepare, then position after position; pause, cancel, resume."""

import logging
import threading
from collections.abc import Callable

from scanner.capture import engine
from scanner.capture.events import FinishReason, Problem, RunState, SweepFacts
from scanner.capture.forecast import facts_of, require_room
from scanner.capture.geometry import ScanGeometry, ScanSteps, geometry_of
from scanner.capture.positions import found_in
from scanner.capture.preparation import ends_known, find_sweep, lock_exposure, ready
from scanner.capture.preview import PreviewFeed
from scanner.capture.progress import Progress, problem_of
from scanner.capture.recorded import proposal_of
from scanner.capture.runs import Cancelled, Seen
from scanner.capture.settle import Settling
from scanner.capture.stacking_worker import StackingWorker
from scanner.clock import Clock
from scanner.errors import FocusrigError, HardwareError, NoSpace, RigBusy, RigLost, StoreError
from scanner.hardware.protocols import Exposure
from scanner.hardware.rig import Rig
from scanner.plan.estimate import estimate
from scanner.plan.scan import ScanPlan
from scanner.plan.sweep import Sweep
from scanner.slices import Shot
from scanner.store.journal import PositionDone, Reason, State
from scanner.store.scan_folder import ScanFolder
from scanner.units import Frozen

log = logging.getLogger(__name__)

STOPPED = Problem(code="interrupted", message="The scanner was stopped.", hint="Resume the scan.")


class ScanRun:
    """A run of the plan in `folder`, from its first position that is not done yet.

    `room`: the bytes that scans may still write. `geometry`: finds what all positions are aligned with. `run` blocks in
    the acquisition thread; `pause`, `resume`, `cancel` and `close` may come from any thread.
    """

    def __init__(
        self,
        folder: ScanFolder,
        progress: Progress,
        feed: PreviewFeed,
        clock: Clock,
        *,
        room: Callable[[], int],
        geometry: ScanGeometry,
    ) -> None:
        self._folder = folder
        self._geometry = geometry
        self._progress = progress
        self._feed = feed
        self._clock = clock
        self._room = room
        self._go_on = threading.Event()
        self._go_on.set()
        self._cancelled = threading.Event()
        self._closing = threading.Event()
        self._over = False

    @property
    def over(self) -> bool:
        return self._over

    @property
    def progress(self) -> Progress:
        return self._progress

    @property
    def activity(self) -> str:
        return ""

    @property
    def problem(self) -> Problem | None:
        return None

    def busy(self) -> RigBusy:
        status = self._progress.status
        return RigBusy(
            f"The rig is busy with the scan {status.name!r}.", "Wait for it, or cancel it first.", scan_id=status.id
        )

    def started(self) -> None:
        """The run has the rig; `run` follows. A pause from here on holds."""
        self._record("running")

    def pause(self) -> None:
        """Stop before the next slice; the rig stays as it is."""
        self._go_on.clear()
        self._record("paused")

    def resume(self) -> None:
        """Go on where `pause` stopped."""
        self._record("running")
        self._go_on.set()

    def cancel(self) -> None:
        """End the run before the next slice; what is stacked stays."""
        self._cancelled.set()
        self._go_on.set()

    def close(self) -> None:
        """The daemon stops: end the run before the next slice, so that it can be resumed later."""
        self._closing.set()
        self.cancel()

    def run(self, rig: Rig, seen: Seen) -> None:
        """Run to the end. The outcome is in the journal and in the status."""
        try:
            self._progress.update(activity="finding the zero of the axes")
            with ready(rig, fresh=not self._folder.history().done):
                self._run(rig, seen)
        except Cancelled:
            if self._closing.is_set():
                self._interrupt(STOPPED)
            else:
                self._finish(FinishReason.CANCELLED)
        except RigLost as error:
            self._interrupt(problem_of(error))
            raise
        except (NoSpace, HardwareError) as error:
            log.warning("scan %s is interrupted: %s", self._folder.id, error)
            self._interrupt(STOPPED if self._closing.is_set() else problem_of(error))
        except FocusrigError as error:
            log.warning("scan %s failed: %s", self._folder.id, error)
            self.failed(problem_of(error))
        else:
            self._finish(FinishReason.COMPLETED)

    def failed(self, problem: Problem) -> None:
        self._finish(FinishReason.FAILED, problem)

    def _run(self, rig: Rig, seen: Seen) -> None:
        plan = self._folder.manifest.plan
        done = self._folder.history().done
        todo = tuple(position for position in plan.positions() if position.index not in done)
        sweep = self._prepare(rig, plan, seen)
        settling = Settling(plan.settle, rig.settle, self._clock)
        settling.listen(rig.camera)
        self._progress.update(activity="capturing")
        self._progress.capturing()
        with StackingWorker(self._folder, self._clock, self._stacked) as worker:
            for position in todo:
                self._capture(rig, plan.shots(position, sweep), settling, worker, seen)
            self._progress.update(activity="stacking the last position")
            worker.drain()

    def _stacked(self, done: PositionDone) -> None:
        self._progress.position_stacked(done.index, flagged=bool(found_in(done)), proposal=proposal_of(self._folder))

    def _capture(
        self, rig: Rig, shots: tuple[Shot, ...], settling: Settling, worker: StackingWorker, seen: Seen
    ) -> None:
        self._between()
        settled = engine.arrive(rig, shots[0], settling)
        taken = engine.slices(rig, shots, settling, self._between)
        for shot, slice_ in zip(shots, taken, strict=True):
            worker.add(shot, slice_)
            seen(None)
            self._progress.slice_captured()
            self._feed.show_slice(slice_.pixels)
        worker.finish(shots[0].position, settled)
        self._progress.position_captured()

    def _prepare(self, rig: Rig, plan: ScanPlan, seen: Seen) -> Sweep:
        """Everything that is fixed before the first position and stays fixed: look, sweep."""
        self._between()
        exposure = self._lock(rig, plan)
        seen(exposure)
        sweep = self._sweep(rig, plan)
        facts = facts_of(sweep, plan)
        self._require_space(rig, plan, sweep)
        self._progress.update(sweep=facts, exposure=exposure, slices_total=sweep.count * len(plan.positions()))
        self._fix(sweep=facts, exposure=exposure)
        breathing, uncalibrated = self._geometry.find(self._folder, rig, sweep, self._steps(seen))
        self._fix(breathing=breathing, uncalibrated=uncalibrated)
        self._progress.update(geometry=geometry_of(self._folder.manifest), uncalibrated=uncalibrated)
        return sweep

    def _fix(self, **facts: Frozen | None) -> None:
        """Write into the manifest what stays as it is from here on."""
        update = {key: None if known is None else known.model_dump(mode="json") for key, known in facts.items()}
        self._folder.save_manifest(self._folder.manifest.model_copy(update=update))

    def _steps(self, seen: Seen) -> ScanSteps:
        return ScanSteps(lambda activity: self._progress.update(activity=activity), seen, self._between)

    def _lock(self, rig: Rig, plan: ScanPlan) -> Exposure:
        """Lock the look: as recorded when the scan goes on, else as planned, measuring what is "auto"."""
        self._progress.update(activity="locking the exposure")
        recorded = self._folder.manifest.exposure
        if recorded is not None:
            return rig.camera.lock(Exposure.model_validate(recorded))
        engine.move(rig, plan.positions()[0])
        return lock_exposure(rig, plan.exposure)

    def _sweep(self, rig: Rig, plan: ScanPlan) -> Sweep:
        recorded = self._folder.manifest.sweep
        if recorded is not None:
            known = SweepFacts.model_validate(recorded)
            return Sweep(known.near, known.far, known.count)
        if not ends_known(rig, plan):
            self._progress.update(activity="looking for near and far")
        return find_sweep(rig, plan, self._between)

    def _require_space(self, rig: Rig, plan: ScanPlan, sweep: Sweep) -> None:
        camera = rig.camera.facts
        left = 1.0 - len(self._folder.history().done) / len(plan.positions())
        needed = int(left * estimate(plan, sweep, camera.width * camera.height).bytes_needed)
        require_room(needed, self._room())

    def _between(self) -> None:
        """Before each shot: wait while paused; raise Cancelled when it is over."""
        self._go_on.wait()
        if self._cancelled.is_set():
            raise Cancelled

    def _record(self, state: State) -> None:
        self._folder.record_state(state, elapsed_s=self._progress.elapsed_s)
        self._progress.update(state=RunState(state), problem=None)

    def _interrupt(self, problem: Problem) -> None:
        """End the run but not the scan: it can be resumed."""
        self._write_down("paused", problem=problem)
        self._over = True  # who looks from here on reads it in the journal
        self._progress.update(state=RunState.PAUSED, problem=problem, activity="")

    def _finish(self, reason: FinishReason, problem: Problem | None = None) -> None:
        self._write_down("finished", reason.value, problem)
        self._over = True
        self._progress.finished(reason, problem)

    def _write_down(self, state: State, reason: Reason | None = None, problem: Problem | None = None) -> None:
        """The end, in the journal. On a disk that takes nothing more the scan counts as interrupted after a restart."""
        data = problem.model_dump(mode="json") if problem else None
        try:
            self._folder.record_state(state, reason, data, self._progress.elapsed_s)
        except StoreError as error:
            log.warning("the end of scan %s is not in its journal: %s", self._folder.id, error)
