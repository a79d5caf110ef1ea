"""The acquisition thread: one run at a time, and what the rig tells of it."""

import threading
from collections.abc import Callable, Iterator

import pytest

from scanner.capture.events import Problem, RigStatus
from scanner.capture.preview import PreviewFeed
from scanner.capture.rig_thread import RigThread
from scanner.capture.runs import Seen
from scanner.clock import SystemClock
from scanner.errors import ConfigError, HardwareMissing, LensTimeout, MotionError, RigBusy, RigLost
from scanner.hardware.rig import Rig
from tests.capture.fakes import FakeAxis, FakeRig

LOST = Problem(code="lost", message="It was lost.")


class FakeRun:
    """Holds the rig until it is told to end; then it is as `outcome` says."""

    def __init__(self, outcome: Problem | Exception | None = None) -> None:
        self.end = threading.Event()
        self.over = False
        self.activity = "waiting"
        self.problem: Problem | None = None
        self._outcome = outcome

    def busy(self) -> RigBusy:
        return RigBusy(f"The rig is busy {self.activity}.")

    def started(self) -> None:
        """Nothing to note."""

    def run(self, rig: Rig, seen: Seen) -> None:
        rig.focus.move_to(7.0)
        seen(None)
        assert self.end.wait(20)
        if isinstance(self._outcome, Exception):
            raise self._outcome
        self.problem = self._outcome
        self.over = True

    def failed(self, problem: Problem) -> None:
        self.problem = problem
        self.over = True

    def close(self) -> None:
        self.end.set()


class Told:
    """What listeners heard, and waiting for it."""

    def __init__(self) -> None:
        self.all: list[RigStatus] = []
        self._more = threading.Condition()
        self.thread: RigThread
        self.lost: list[RigLost] = []

    def __call__(self) -> None:
        with self._more:
            self.all.append(self.thread.status)
            self._more.notify_all()

    def until(self, reached: Callable[[RigStatus], bool]) -> RigStatus:
        with self._more:
            assert self._more.wait_for(lambda: reached(self.thread.status), 20)
        return self.thread.status

    def until_idle(self) -> RigStatus:
        return self.until(lambda status: not status.activity)


@pytest.fixture
def told() -> Iterator[Told]:
    told = Told()
    told.thread = RigThread(FakeRig().open, PreviewFeed(), SystemClock(), told, told.lost.append)
    told.thread.start()
    yield told
    told.thread.close()


def opened_by(opener: Callable[[], Rig], told: Told) -> RigThread:
    told.thread = RigThread(opener, PreviewFeed(), SystemClock(), told, told.lost.append)
    return told.thread


def test_what_a_run_does_is_told_at_once_and_its_end(told: Told) -> None:
    run = FakeRun()
    told.thread.begin(run)
    begun = told.thread.status.activity, told.thread.run
    run.end.set()
    status = told.until_idle()
    assert (begun, told.thread.run) == (("waiting", run), None)
    assert (status.activity, status.problem, status.focus) == ("", None, 7.0)
    assert {status.activity for status in told.all} == {"", "waiting"}


def test_nobody_else_has_the_rig_meanwhile(told: Told) -> None:
    run = FakeRun()
    told.thread.begin(run)
    for ask in (lambda: told.thread.begin(FakeRun()), lambda: told.thread.call(lambda rig: rig.focus.move_to(5))):
        with pytest.raises(RigBusy, match="busy waiting"):
            ask()
    run.end.set()
    told.until_idle()
    assert told.thread.call(lambda rig: rig.focus.move_to(5)) == 5


def test_a_problem_stays_until_the_rig_is_used_again(told: Told) -> None:
    run = FakeRun(LOST)
    run.end.set()
    told.thread.begin(run)
    problems = [told.until_idle().problem, told.thread.status.problem]
    told.thread.call(lambda rig: rig.focus.move_to(5))
    assert [*problems, told.thread.status.problem] == [LOST, LOST, None]


def test_the_next_run_begins_without_the_problem_of_the_last(told: Told) -> None:
    first, second = FakeRun(LOST), FakeRun()
    first.end.set()
    told.thread.begin(first)
    told.until_idle()
    told.thread.begin(second)
    assert told.thread.status.problem is None
    second.end.set()
    assert told.until_idle().problem is None


def test_a_defect_ends_the_run_and_not_the_thread(told: Told) -> None:
    run = FakeRun(ValueError("a mistake"))
    run.end.set()
    told.thread.begin(run)
    problem = told.until_idle().problem
    assert problem is not None
    assert (problem.code, "ValueError: a mistake" in problem.message) == ("internal", True)
    assert told.thread.call(lambda rig: rig.focus.move_to(5)) == 5


def test_closing_ends_the_run(told: Told) -> None:
    run = FakeRun()
    told.thread.begin(run)
    told.thread.close()
    assert run.over


def test_missing_hardware_is_a_problem_that_is_told_and_waited_for() -> None:
    told, rig = Told(), FakeRig()
    missing = [HardwareMissing("No camera.", "Plug it in.")]

    def open_rig() -> Rig:
        if missing:
            raise missing.pop()
        return rig.open()

    thread = opened_by(open_rig, told)
    thread.start(patient=True)
    with pytest.raises(HardwareMissing, match=r"The rig is not open: No camera\.") as refused:
        thread.call(lambda rig: rig.focus.move_to(5))
    assert (refused.value.hint, thread.status.facts) == ("Plug it in.", None)
    assert told.until(lambda status: status.facts is not None).problem is None
    assert thread.call(lambda rig: rig.focus.move_to(5)) == 5
    thread.close()


@pytest.mark.parametrize(
    ("error", "patient"),
    [(HardwareMissing("No camera."), False), (ConfigError("No."), False), (ConfigError("No."), True)],
)
def test_what_waiting_does_not_cure_is_raised(error: Exception, patient: bool) -> None:
    def open_rig() -> Rig:
        raise error

    thread = opened_by(open_rig, Told())
    with pytest.raises(type(error), match="No"):
        thread.start(patient=patient)
    thread.close()


@pytest.mark.parametrize("later", [ConfigError("No such sensor mode.", "Choose another."), ValueError("a mistake")])
def test_what_is_wrong_once_the_hardware_is_there_is_told_and_tried_again(later: Exception) -> None:
    """A board that was missing is plugged in, and the camera behind it turns out not to fit the config."""
    told, rig = Told(), FakeRig()
    errors = [later, HardwareMissing("No board.", "Plug it in.")]

    def open_rig() -> Rig:
        if errors:
            raise errors.pop()
        return rig.open()

    thread = opened_by(open_rig, told)
    thread.start(patient=True)
    told.until(lambda status: status.problem is not None and status.problem.code in ("config", "internal"))
    assert told.until(lambda status: status.facts is not None).problem is None
    thread.close()


def test_a_rig_that_takes_long_to_open_is_not_waited_for() -> None:
    told, rig, go = Told(), FakeRig(), threading.Event()

    def open_rig() -> Rig:
        assert go.wait(20)
        return rig.open()

    thread = opened_by(open_rig, told)
    thread.start(patient=True)
    assert thread.status.facts is None
    go.set()
    told.until(lambda status: status.facts is not None)
    thread.close()


def test_what_fails_after_nobody_waits_any_more_is_told_and_tried_again() -> None:
    told, rig, go = Told(), FakeRig(), threading.Event()
    errors = [ConfigError("No such mode.", "Choose another.")]

    def open_rig() -> Rig:
        assert go.wait(20)
        if errors:
            raise errors.pop()
        return rig.open()

    thread = opened_by(open_rig, told)
    thread.start(patient=True)
    go.set()
    told.until(lambda status: status.problem is not None and status.problem.code == "config")
    told.until(lambda status: status.facts is not None)
    thread.close()


def test_closing_stops_what_moves() -> None:
    """A long way at a low speed would else keep the daemon for minutes."""
    told, rig, moving, stopped = Told(), FakeRig(), threading.Event(), threading.Event()

    class Slow(FakeAxis):
        def move_to(self, angle: float) -> float:
            moving.set()
            assert stopped.wait(20)
            raise MotionError(f"The movement to {angle:g} was stopped.", "Move again when ready.")

        def stop(self) -> None:
            stopped.set()

    rig.tilt = Slow(rig.log, rig.tilt.facts)
    thread = opened_by(rig.open, told)
    thread.start()
    failed: list[Exception] = []

    def jog() -> None:
        try:
            thread.call(lambda rig: rig.axes["tilt"].move_to(60))
        except MotionError as error:
            failed.append(error)

    jogger = threading.Thread(target=jog)
    jogger.start()
    assert moving.wait(20)
    thread.close()
    jogger.join(20)
    assert [type(error) for error in failed] == [MotionError]


def test_a_defect_while_nothing_runs_costs_the_rig_a_moment_and_not_the_daemon() -> None:
    """Whatever breaks where no job catches it, the rig is closed, told of, and opened anew."""
    told, rigs = Told(), [FakeRig(), FakeRig()]
    left = list(rigs)
    thread = opened_by(lambda: left.pop(0).open(), told)
    thread.start(patient=True)

    class Broken:
        @property
        def angle(self) -> float:
            raise ValueError("a mistake")

    with pytest.raises(ValueError, match="a mistake"):
        thread.call(lambda rig: rig.axes.update(tilt=Broken()))  # type: ignore[attr-defined]  # a dict underneath
    told.until(lambda status: status.problem is not None and status.problem.code == "internal")
    told.until(lambda status: status.facts is not None)
    assert rigs[0].log.values("close") == [None]
    assert thread.call(lambda rig: rig.focus.move_to(5)) == 5
    thread.close()


def test_closing_does_not_wait_for_hardware() -> None:
    def open_rig() -> Rig:
        raise HardwareMissing("No camera.")

    thread = opened_by(open_rig, Told())
    thread.start(patient=True)
    thread.close()
    with pytest.raises(HardwareMissing):
        thread.require_idle()


def test_a_rig_whose_lens_does_not_move_is_closed_again() -> None:
    rig = FakeRig()
    rig.camera.fail_at = 10.0
    thread = opened_by(rig.open, Told())
    with pytest.raises(LensTimeout):
        thread.start()
    assert rig.log.values("close") == [None]


@pytest.mark.parametrize("by_run", [True, False])
def test_a_rig_that_is_lost_is_told_to_who_ends_the_process(told: Told, by_run: bool) -> None:
    lost = RigLost("The camera is gone.", "Start again.")

    def job(_rig: Rig) -> None:
        raise lost

    if by_run:
        run = FakeRun(lost)
        run.end.set()
        told.thread.begin(run)
        told.thread.close()
    else:
        with pytest.raises(RigLost):
            told.thread.call(job)
    assert told.lost == [lost]
