"""The acquisition thread: the only one that touches the rig. One run, or one jog or preview, at a time."""

import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from scanner.capture.events import Problem, RigStatus
from scanner.capture.preview import PreviewFeed
from scanner.capture.progress import problem_of
from scanner.capture.runs import Run
from scanner.clock import Clock
from scanner.errors import CameraError, HardwareMissing
from scanner.hardware.protocols import Exposure
from scanner.hardware.rig import Rig
from scanner.units import Dioptres

log = logging.getLogger(__name__)

T = TypeVar("T")

PREVIEW_PERIOD_S = 0.1
IDLE_S = 0.5

START_LENS: Dioptres = 10.0
"""Where the lens goes when the rig opens, so that the page knows it: a small object stands about 10 cm away."""


class RigThread:
    """Opens the rig, owns it, and runs jobs on it one after the other.

    `changed` is called from the thread whenever `status` may be new.
    """

    def __init__(
        self, open_rig: Callable[[], Rig], feed: PreviewFeed, clock: Clock, changed: Callable[[], None]
    ) -> None:
        self._open_rig = open_rig
        self._feed = feed
        self._clock = clock
        self._changed = changed
        self._jobs: queue.Queue[Callable[[Rig], None] | None] = queue.Queue()
        self._lock = threading.Lock()
        self._run: Run | None = None
        self._exposure: Exposure | None = None
        self._lens: float | None = None
        self._status = RigStatus(facts=None)
        self._told = self._status
        self._opened: Future[Rig] = Future()
        self._thread = threading.Thread(target=self._work, name="acquisition")

    @property
    def status(self) -> RigStatus:
        """Where the rig stands; a problem of the last run stays in it until the rig is used again."""
        run, status = self._run, self._status
        if run is None:
            return status
        activity = "" if run.over else run.activity
        return status.model_copy(update={"activity": activity, "problem": status.problem or run.problem})

    @property
    def run(self) -> Run | None:
        """The run that holds the rig, if any."""
        run = self._run
        return None if run is None or run.over else run

    def start(self) -> None:
        """Open the rig in the thread. Raises what opening raised; the thread then ends."""
        self._thread.start()
        self._opened.result()

    def close(self) -> None:
        """Stop a run (it can be resumed later), end the thread and release the rig."""
        if run := self.run:
            run.close()
        self._jobs.put(None)
        if self._thread.ident is not None:
            self._thread.join()

    def call(self, job: Callable[[Rig], T]) -> T:
        """Run `job` in the thread and return its result. Raises RigBusy while a run holds the rig, HardwareMissing."""
        future: Future[T] = Future()
        with self._lock:
            self.require_idle()
            self._run = None
            self._jobs.put(lambda rig: _resolve(future, lambda: self._jog(rig, job)))
        return future.result()

    def begin(self, run: Run) -> None:
        """Give the rig to a run. Raises RigBusy, naming what holds it, HardwareMissing, and what its start raises."""
        with self._lock:
            self.require_idle()
            run.started()
            self._run = run
            self._jobs.put(lambda rig: self._hold(run, rig))
        self.tell()

    def looked(self, exposure: Exposure | None = None, lens: float | None = None) -> None:
        """Remember what a job set: the camera is not asked for it."""
        self._exposure = exposure or self._exposure
        self._lens = self._lens if lens is None else lens

    def require_idle(self) -> None:
        """Raise RigBusy while a run holds the rig, HardwareMissing when the rig is not open."""
        if not self._thread.is_alive():
            raise HardwareMissing("The rig is not open.", "Look at the log, then restart the daemon.")
        if run := self.run:
            raise run.busy()

    def tell(self) -> None:
        """Call `changed` where the status is another than was told last. Any thread may call this."""
        status = self.status
        if status != self._told:
            self._told = status
            self._changed()

    def _jog(self, rig: Rig, job: Callable[[Rig], T]) -> T:
        """Whatever becomes of the job, who waits for it then finds the rig as it is."""
        try:
            return job(rig)
        finally:
            self._refresh(rig)

    def _hold(self, run: Run, rig: Rig) -> None:
        try:
            run.run(rig, lambda exposure, lens: self._saw(rig, exposure, lens))
        except Exception as error:  # the border of the thread: a defect must end the run visibly, not the daemon
            log.exception("a run failed on a defect")
            message = f"Focusrig made a mistake: {type(error).__name__}: {error}"
            run.failed(Problem(code="internal", message=message, hint="Please report the log."))

    def _saw(self, rig: Rig, exposure: Exposure | None, lens: Dioptres | None) -> None:
        self.looked(exposure, lens)
        self._refresh(rig)

    def _work(self) -> None:
        _resolve(self._opened, self._open)
        if self._opened.exception() is not None:
            return
        rig = self._opened.result()
        try:
            while (job := self._next_job()) is not None:
                job(rig)
                self._refresh(rig)
        finally:
            rig.close()

    def _open(self) -> Rig:
        rig = self._open_rig()
        if lens := rig.camera.facts.lens:
            start = min(max(START_LENS, lens.far), lens.near)
            self.looked(lens=rig.camera.focus(start))
        self._refresh(rig)
        return rig

    def _next_job(self) -> Callable[[Rig], None] | None:
        try:
            return self._jobs.get(timeout=PREVIEW_PERIOD_S if self._feed.watched else IDLE_S)
        except queue.Empty:
            return self._preview if self._feed.watched else _nothing

    def _preview(self, rig: Rig) -> None:
        try:
            self._feed.publish(rig.camera.preview())
        except CameraError as error:
            log.warning("preview failed: %s", error)
            self._refresh(rig, problem_of(error))
            self._clock.sleep(1.0)

    def _refresh(self, rig: Rig, problem: Problem | None = None) -> None:
        self._status = RigStatus(
            facts=rig.facts,
            lens=self._lens,
            axes={name: axis.angle for name, axis in rig.axes.items()},
            light=rig.light.level if rig.light else None,
            exposure=self._exposure,
            problem=problem,
        )
        self.tell()


def _nothing(_rig: Rig) -> None:
    """An idle turn: the status is refreshed, so that an axis that lost its position shows."""


def _resolve(future: Future[T], job: Callable[[], T]) -> None:
    try:
        future.set_result(job())
    except BaseException as error:  # noqa: BLE001  raised again in the thread that called
        future.set_exception(error)
