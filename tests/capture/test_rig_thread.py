"""The acquisition thread: one run at a time, and what the rig tells of it."""

import threading
from collections.abc import Iterator

import pytest

from scanner.capture.events import Problem, RigStatus
from scanner.capture.preview import PreviewFeed
from scanner.capture.rig_thread import RigThread
from scanner.capture.runs import Seen
from scanner.clock import SystemClock
from scanner.errors import RigBusy
from scanner.hardware.rig import Rig
from tests.capture.fakes import FakeRig

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
        seen(None, rig.camera.focus(7.0))
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

    def __call__(self) -> None:
        with self._more:
            self.all.append(self.thread.status)
            self._more.notify_all()

    def until_idle(self) -> RigStatus:
        with self._more:
            assert self._more.wait_for(lambda: not self.thread.status.activity, 20)
        return self.thread.status


@pytest.fixture
def told() -> Iterator[Told]:
    told = Told()
    told.thread = RigThread(FakeRig().open, PreviewFeed(), SystemClock(), told)
    told.thread.start()
    yield told
    told.thread.close()


def test_what_a_run_does_is_told_at_once_and_its_end(told: Told) -> None:
    run = FakeRun()
    told.thread.begin(run)
    begun = told.thread.status.activity, told.thread.run
    run.end.set()
    status = told.until_idle()
    assert (begun, told.thread.run) == (("waiting", run), None)
    assert (status.activity, status.problem, status.lens) == ("", None, 7.0)
    assert {status.activity for status in told.all} == {"", "waiting"}


def test_nobody_else_has_the_rig_meanwhile(told: Told) -> None:
    run = FakeRun()
    told.thread.begin(run)
    for ask in (lambda: told.thread.begin(FakeRun()), lambda: told.thread.call(lambda rig: rig.camera.focus(5))):
        with pytest.raises(RigBusy, match="busy waiting"):
            ask()
    run.end.set()
    told.until_idle()
    assert told.thread.call(lambda rig: rig.camera.focus(5)) == 5


def test_a_problem_stays_until_the_rig_is_used_again(told: Told) -> None:
    run = FakeRun(LOST)
    run.end.set()
    told.thread.begin(run)
    problems = [told.until_idle().problem, told.thread.status.problem]
    told.thread.call(lambda rig: rig.camera.focus(5))
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
    assert told.thread.call(lambda rig: rig.camera.focus(5)) == 5


def test_closing_ends_the_run(told: Told) -> None:
    run = FakeRun()
    told.thread.begin(run)
    told.thread.close()
    assert run.over
