"""One run of a plan, in the acquisition thread: prepare, then position after position; pause, cancel, resume."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from scanner.capture import engine
from scanner.capture.events import FinishReason, Problem, RunState, SweepFacts
from scanner.capture.forecast import optics, require_room
from scanner.capture.preview import PreviewFeed
from scanner.capture.progress import Progress, problem_of
from scanner.capture.search import find_ends
from scanner.capture.stacking_worker import StackingWorker
from scanner.clock import Clock
from scanner.errors import FocusrigError, HardwareError, NoSpace
from scanner.hardware.protocols import Exposure
from scanner.hardware.rig import Rig
from scanner.plan.estimate import estimate
from scanner.plan.scan import ExposurePlan, ScanPlan
from scanner.plan.sweep import Sweep
from scanner.slices import Shot
from scanner.store.images import thumbnail
from scanner.store.journal import State
from scanner.store.scans import ScanFolder
from scanner.units import Dioptres

log = logging.getLogger(__name__)

PREVIEW_WIDTH = 800


Seen: TypeAlias = Callable[[Exposure | None, Dioptres | None], None]


class Cancelled(Exception):
    """The way out of a run that is to end before its plan does."""


class ScanRun:
    """A run of the plan in `folder`, from its first position that is not done yet.

    `room`: the bytes that scans may still write. `run` blocks in the acquisition thread; `pause`, `resume`, `cancel`
    and `close` may come from any thread.
    """

    def __init__(
        self, folder: ScanFolder, progress: Progress, feed: PreviewFeed, clock: Clock, room: Callable[[], int]
    ) -> None:
        self._folder = folder
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
        """Whether the run needs the rig no more: true before the last status is told, so that nobody is refused."""
        return self._over

    @property
    def progress(self) -> Progress:
        return self._progress

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
        """Run to the end. Whatever happens, the outcome is in the journal and in the status; nothing is raised.

        `seen` is told exposure and lens position as they change.
        """
        try:
            with _lit(rig):
                self._run(rig, seen)
        except Cancelled:
            if self._closing.is_set():
                self._interrupt(
                    Problem(code="interrupted", message="The scanner was stopped.", hint="Resume the scan.")
                )
            else:
                self._finish(FinishReason.CANCELLED)
        except NoSpace as error:
            self._interrupt(problem_of(error))
        except FocusrigError as error:
            log.warning("scan %s failed: %s", self._folder.id, error)
            self._finish(FinishReason.FAILED, problem_of(error))
        except Exception as error:  # the border of the thread: a defect must end the scan visibly, not the daemon
            log.exception("scan %s failed on a defect", self._folder.id)
            message = f"Focusrig made a mistake: {type(error).__name__}: {error}"
            self._finish(FinishReason.FAILED, Problem(code="internal", message=message, hint="Please report the log."))
        else:
            self._finish(FinishReason.COMPLETED)

    def _run(self, rig: Rig, seen: Seen) -> None:
        plan = self._folder.manifest.plan
        done = self._folder.history().done
        todo = tuple(position for position in plan.positions() if position.index not in done)
        sweep = self._prepare(rig, plan, seen)
        self._progress.update(activity="capturing")
        self._progress.capturing()
        with StackingWorker(
            self._folder, plan.stacking.quality, self._clock, self._progress.position_stacked
        ) as worker:
            for position in todo:
                self._capture(rig, plan.shots(position, sweep), worker, seen)
            self._progress.update(activity="stacking the last position")
            worker.drain()

    def _capture(self, rig: Rig, shots: tuple[Shot, ...], worker: StackingWorker, seen: Seen) -> None:
        settle_s = self._folder.manifest.plan.settle.after_move_s
        taken = engine.slices(rig, shots, settle_s, self._clock, self._between)
        for shot, slice_ in zip(shots, taken, strict=True):
            worker.add(shot, slice_)
            seen(None, slice_.lens)
            self._progress.slice_captured()
            if self._feed.watched:
                self._feed.publish(thumbnail(slice_.pixels, PREVIEW_WIDTH))
        worker.finish(shots[0].position)
        self._progress.position_captured()

    def _prepare(self, rig: Rig, plan: ScanPlan, seen: Seen) -> Sweep:
        """Everything that is fixed before the first position and stays fixed: references, look, sweep."""
        self._progress.update(activity="finding the zero of the axes")
        for axis in rig.axes.values():
            if axis.angle is None:
                axis.home()
        self._between()
        exposure = self._lock(rig, plan)
        seen(exposure, None)
        sweep = self._sweep(rig, plan)
        facts = SweepFacts(
            near=sweep.near, far=sweep.far, count=sweep.count, reference=plan.stacking.reference_index(sweep.count)
        )
        self._require_space(rig, plan, sweep)
        manifest = self._folder.manifest.model_copy(
            update={"sweep": facts.model_dump(mode="json"), "exposure": exposure.model_dump(mode="json")}
        )
        self._folder.save_manifest(manifest)
        self._progress.update(sweep=facts, exposure=exposure, slices_total=sweep.count * len(plan.positions()))
        return sweep

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
        near, far = plan.sweep.near, plan.sweep.far
        if near == "auto" or far == "auto":
            self._progress.update(activity="looking for near and far")
            near, far = find_ends(rig, plan.positions(), search_reach(rig, plan), self._between)
        return plan.sweep.resolve(near, far, optics(rig.camera.facts))

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
        self._over = True
        data = problem.model_dump(mode="json")
        self._folder.record_state("paused", problem=data, elapsed_s=self._progress.elapsed_s)
        self._progress.update(state=RunState.PAUSED, problem=problem, activity="")

    def _finish(self, reason: FinishReason, problem: Problem | None = None) -> None:
        self._over = True
        data = problem.model_dump(mode="json") if problem else None
        self._folder.record_state("finished", reason.value, data, self._progress.elapsed_s)
        self._progress.finished(reason, problem)


@contextmanager
def _lit(rig: Rig) -> Iterator[None]:
    """The lamp is on for the length of a scan; one that was on stays as it was."""
    if rig.light is None or rig.light.level > 0:
        yield
        return
    rig.light.set(1.0)
    try:
        yield
    finally:
        try:
            rig.light.set(0.0)
        except HardwareError as error:  # a controller that is gone has been told of already
            log.warning("the lamp stays as it is: %s", error)


def search_reach(rig: Rig, plan: ScanPlan) -> tuple[float, float]:
    """(near, far) within which "auto" may search: the lens's range, cut by an end that the plan gives."""
    lens = engine.lens_drive(rig)
    near = lens.near if plan.sweep.near == "auto" else plan.sweep.near
    far = lens.far if plan.sweep.far == "auto" else plan.sweep.far
    return near, far


def lock_exposure(rig: Rig, plan: ExposurePlan) -> Exposure:
    """Fix the look of a plan: what is "auto" is measured, what is given is taken."""
    wanted = plan.model_dump()
    given = {key: value for key, value in wanted.items() if value != "auto"}
    if len(given) == len(wanted):
        return rig.camera.lock(Exposure.model_validate(given))
    measured = rig.camera.lock(None)
    return rig.camera.lock(measured.model_copy(update=given)) if given else measured
