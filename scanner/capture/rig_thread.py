"""The acquisition thread: the only one that touches the rig. One run, or one jog or preview, at a time."""

import logging
import queue
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from scanner.capture.events import Problem, RigStatus
from scanner.capture.idle import Idle
from scanner.capture.preview import PreviewFeed
from scanner.capture.progress import problem_of
from scanner.capture.runs import Run
from scanner.clock import Clock
from scanner.errors import FocusrigError, HardwareError, HardwareMissing, RigLost
from scanner.hardware.protocols import Exposure
from scanner.hardware.rig import Rig
from scanner.units import Dioptres, Seconds

log = logging.getLogger(__name__)

T = TypeVar("T")

PREVIEW_PERIOD_S = 0.1
IDLE_S = 0.5

FIRST_RETRY_S, LONGEST_RETRY_S = 1.0, 30.0

FIRST_TRY_S: Seconds = 10.0
"""Waited for a rig that opens slowly, as on a busy machine; what is missing is told at once."""

CLOSE_S: Seconds = 3.0
"""Waited for a rig that is just being opened: it has nothing to lose."""

START_LENS: Dioptres = 10.0
"""Where the lens goes when the rig opens, so that the page knows it: a small object stands about 10 cm away."""


class RigThread:
    """Opens the rig, owns it, and runs jobs on it one after the other.

    `changed` is called from the thread whenever `status` may be new; `lost` when nothing but a new start of the process
    can bring the rig back.
    """

    def __init__(
        self,
        open_rig: Callable[[], Rig],
        feed: PreviewFeed,
        clock: Clock,
        changed: Callable[[], None],
        lost: Callable[[RigLost], None],
    ) -> None:
        self._open_rig = open_rig
        self._feed = feed
        self._clock = clock
        self._changed = changed
        self._lost = lost
        self._jobs: queue.Queue[Callable[[Rig], None] | None] = queue.Queue()
        self._late: deque[Callable[[Rig], None]] = deque()
        self._rig: Rig | None = None
        self._lock = threading.Lock()
        self._run: Run | None = None
        self._exposure: Exposure | None = None
        self._status = RigStatus(facts=None)
        self._told = self._status
        self._tried = threading.Event()
        self._failure: BaseException | None = None
        self._patient = False
        self._thread = threading.Thread(target=self._work, name="acquisition", daemon=True)

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

    def start(self, *, patient: bool = False) -> None:
        """Open the rig in the thread. Raises what opening raised; the thread then ends.

        `patient`: hardware that is missing is no error, but the problem in `status`, and tried again until it is there.
        A rig that takes long to open is not waited for then either.
        """
        self._patient = patient
        self._thread.start()
        self._tried.wait(FIRST_TRY_S if patient else None)
        with self._lock:
            self._tried.set()
            failure = self._failure
        if failure is not None:
            raise failure

    def close(self) -> None:
        """Stop a run (it can be resumed later), end the thread and release the rig."""
        if run := self.run:
            run.close()
        self.stop()
        self._jobs.put(None)
        if self._thread.ident is not None:
            self._thread.join(CLOSE_S if self._rig is None else None)

    def stop(self) -> None:
        """Stop every axis at once; from any thread. The job or run that moves it gets MotionError."""
        rig = self._rig
        for axis in rig.axes.values() if rig else ():
            try:
                axis.stop()
            except HardwareError as error:  # who moves the axis is told by its own call
                log.warning("an axis cannot be stopped: %s", error)

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

    def looked(self, exposure: Exposure) -> None:
        """Remember what a job set: the camera is not asked for it."""
        self._exposure = exposure

    def require_idle(self) -> None:
        """Raise RigBusy while a run holds the rig, HardwareMissing when the rig is not open."""
        if not self._thread.is_alive() or self._status.facts is None:
            problem = self._status.problem
            raise HardwareMissing(
                "The rig is not open yet." if problem is None else f"The rig is not open: {problem.message}",
                "It is opened by itself: try again in a moment." if problem is None else problem.hint,
            )
        self.require_free()

    def require_free(self) -> None:
        """Raise RigBusy while a run holds the rig; one that is not open is free as well."""
        if run := self.run:
            raise run.busy()

    def tell(self) -> None:
        """Call `changed` where the status is another than was told last. Any thread may call this."""
        status = self.status
        if status != self._told:
            self._told = status
            self._changed()

    # ------------------------------------------------------------ in the thread

    def _work(self) -> None:
        while (rig := self._open()) is not None:
            self._rig = rig
            try:
                self._live(rig)
            except RigLost:
                return  # the process is on its way out
            except Exception as error:  # the border of the thread: a defect must not leave the daemon without a rig
                log.exception("the rig is opened anew after a defect")
                self._trouble(error)
                if self._stopped_within(FIRST_RETRY_S):
                    return
            else:
                return
            finally:
                self._rig = None
                rig.close()

    def _live(self, rig: Rig) -> None:
        """Do jobs, and between them what an idle rig needs, until the daemon stops."""
        idle = Idle(rig, self._feed, self._clock, self._refresh)
        while True:
            try:
                job = self._next(PREVIEW_PERIOD_S if self._feed.watched else IDLE_S)
            except queue.Empty:
                self._guarded(idle.turn)
                continue
            if job is None:
                return
            job(rig)
            idle.used()
            self._refresh(rig, idle.problem)

    def _next(self, seconds: Seconds) -> Callable[[Rig], None] | None:
        return self._late.popleft() if self._late else self._jobs.get(timeout=seconds)

    def _open(self) -> Rig | None:
        """The rig, once it opens; None when it shall not, or the daemon stops first."""
        retry_s = FIRST_RETRY_S
        while True:
            try:
                rig = self._opened()
            except BaseException as error:  # noqa: BLE001  raised again in the thread that called
                if not (self._patient and isinstance(error, HardwareError)) and self._ends_start(error):
                    return None
                self._trouble(error)
            else:
                self._tried.set()
                return rig
            self._tried.set()
            if self._stopped_within(retry_s):
                return None
            retry_s = min(2 * retry_s, LONGEST_RETRY_S)

    def _opened(self) -> Rig:
        rig = self._open_rig()
        try:
            facts = rig.focus.facts
            if facts.drive == "lens":
                rig.focus.move_to(min(max(START_LENS, facts.far), facts.near))
        except BaseException:
            rig.close()
            raise
        self._refresh(rig)
        return rig

    def _ends_start(self, error: BaseException) -> bool:
        """Give `error` to who waits in `start`; False where nobody does any more."""
        with self._lock:
            if self._tried.is_set():
                return False
            self._failure = error
            self._tried.set()
            return True

    def _stopped_within(self, seconds: Seconds) -> bool:
        """A job that comes meanwhile is done once there is a rig for it."""
        try:
            job = self._jobs.get(timeout=seconds)
        except queue.Empty:
            return False
        if job is not None:
            self._late.append(job)
        return job is None

    def _trouble(self, error: BaseException) -> None:
        """What is in the way of the rig: told, and tried again; a defect is told as one."""
        log.warning("the rig does not open: %s", error, exc_info=not isinstance(error, FocusrigError))
        problem = problem_of(error) if isinstance(error, FocusrigError) else _defect(error)
        self._status = RigStatus(facts=None, problem=problem)
        self.tell()

    def _jog(self, rig: Rig, job: Callable[[Rig], T]) -> T:
        """Whatever becomes of the job, who waits for it then finds the rig as it is."""
        try:
            return self._guarded(lambda: job(rig))
        finally:
            self._refresh(rig)

    def _hold(self, run: Run, rig: Rig) -> None:
        try:
            self._guarded(lambda: run.run(rig, lambda exposure: self._saw(rig, exposure)))
        except RigLost:
            return  # the run has written it down, and the process is on its way out
        except Exception as error:  # the border of the thread: a defect must end the run visibly, not the daemon
            log.exception("a run failed on a defect")
            run.failed(_defect(error))

    def _guarded(self, work: Callable[[], T]) -> T:
        """Do `work`; a rig that is lost for good ends the process, once the work has written down what it must."""
        try:
            return work()
        except RigLost as error:
            log.critical("the rig is lost: %s", error)
            self._lost(error)
            raise

    def _saw(self, rig: Rig, exposure: Exposure | None) -> None:
        self._exposure = exposure or self._exposure
        self._refresh(rig)

    def _refresh(self, rig: Rig, problem: Problem | None = None) -> None:
        self._status = RigStatus(
            facts=rig.facts,
            focus=rig.focus.position,
            axes={name: axis.angle for name, axis in rig.axes.items()},
            light=rig.light.level if rig.light else None,
            exposure=self._exposure,
            problem=problem,
        )
        self.tell()


def _defect(error: BaseException) -> Problem:
    message = f"Focusrig made a mistake: {type(error).__name__}: {error}"
    return Problem(code="internal", message=message, hint="Please report the log.")


def _resolve(future: Future[T], job: Callable[[], T]) -> None:
    try:
        future.set_result(job())
    except BaseException as error:  # noqa: BLE001  raised again in the thread that called
        future.set_exception(error)
