"""What the acquisition thread does while nobody asks for anything."""

import pytest

from scanner.capture.events import Problem
from scanner.capture.idle import AFTER_FAILURE_S, Idle
from scanner.capture.preview import PreviewFeed, View
from scanner.clock import FakeClock
from scanner.errors import CameraTimeout, HardwareMissing, RigLost
from scanner.hardware.rig import Rig
from scanner.slices import Planes
from tests.capture.fakes import FakeRig


class Watched:
    """An idle rig on a clock that jumps, with what it told."""

    def __init__(self, rig: FakeRig) -> None:
        self.rig, self.clock, self.feed = rig, FakeClock(), PreviewFeed()
        self.told: list[Problem | None] = []
        self.idle = Idle(rig.open(), self.feed, self.clock, self._refresh)

    def _refresh(self, _rig: Rig, problem: Problem | None) -> None:
        self.told.append(problem)

    def turns(self, count: int, period_s: float = 0.5) -> None:
        for _ in range(count):
            self.idle.turn()
            self.clock.sleep(period_s)


def broken() -> HardwareMissing:
    return HardwareMissing("No serial port at /dev/ttyUSB0.", "Plug it in.")


def test_nothing_is_photographed_while_nobody_looks() -> None:
    watched = Watched(FakeRig())
    watched.turns(3)
    assert watched.rig.log.calls == []
    with watched.feed.viewer(), watched.feed.viewer(View(loupe=(0.5, 0.5))):
        watched.turns(2)
    assert [name for name, _ in watched.rig.log.calls] == ["look", "capture"] * 2
    assert watched.told == [None] * 5


def test_motors_are_let_go_once_after_nothing_was_moved_for_long() -> None:
    watched = Watched(FakeRig(release_after_s=60))
    watched.turns(100, 0.5)
    assert watched.rig.log.calls == []
    watched.idle.used()
    watched.turns(119, 0.5)
    assert watched.rig.log.calls == []
    watched.turns(100, 0.5)
    assert watched.rig.log.calls == [("release", None)]
    watched.idle.used()
    watched.turns(130, 0.5)
    assert watched.rig.log.calls == [("release", None)] * 2


def test_motors_are_never_let_go_where_the_config_says_so() -> None:
    watched = Watched(FakeRig(release_after_s=0))
    watched.turns(10, 3600)
    assert watched.rig.log.calls == []


def test_a_connection_that_broke_is_told_within_a_turn_and_tried_less_and_less_often() -> None:
    watched = Watched(FakeRig(release_after_s=5))
    watched.turns(1)
    watched.rig.motors.broken = broken()
    watched.turns(1)
    problem = watched.told[-1]
    assert problem is not None
    assert (problem.code, problem.hint) == ("hardware-missing", "Plug it in.")
    watched.turns(240)
    tries = len(watched.rig.log.values("mend"))
    assert 6 <= tries <= 11, "two minutes: after 0.5, 1, 2, 4, 8, 16, 30, 30, ... seconds"
    assert watched.told[1:] == [problem] * 241
    assert watched.rig.log.values("release") == [], "motors that are not there are not let go"


def test_a_connection_that_is_back_is_told_and_the_next_break_tried_at_once() -> None:
    watched = Watched(FakeRig())
    watched.rig.motors.broken = broken()
    watched.turns(20)
    watched.rig.motors.broken = None
    watched.turns(60)
    assert (watched.told[0] is None, watched.told[-1]) == (False, None)
    before = len(watched.rig.log.values("mend"))
    watched.rig.motors.broken = broken()
    watched.turns(2)
    assert len(watched.rig.log.values("mend")) == before + 2


def test_a_camera_that_gives_no_picture_is_a_problem_until_it_does() -> None:
    watched = Watched(FakeRig())
    errors: list[Exception] = [CameraTimeout("No frames.", "Check the cable.")]
    seen = watched.rig.camera.look

    def look() -> Planes:
        if errors:
            raise errors.pop()
        return seen()

    watched.rig.camera.look = look  # type: ignore[method-assign]  # a camera that fails once
    with watched.feed.viewer() as viewer:
        before = watched.clock.monotonic()
        watched.idle.turn()
        assert watched.clock.monotonic() - before == pytest.approx(AFTER_FAILURE_S)
        watched.idle.turn()
        assert watched.told == [
            Problem(code="camera-timeout", message="No frames.", hint="Check the cable."),
            None,
        ]
        assert viewer.next(0.01) is not None
        errors.append(RigLost("Gone."))
        with pytest.raises(RigLost):
            watched.idle.turn()
