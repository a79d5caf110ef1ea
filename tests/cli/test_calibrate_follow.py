"""Following a calibration to its end, and asking a person."""

import io
from datetime import UTC, datetime

import pytest

from scanner.capture.events import RigStatus
from scanner.cli.calibrate_follow import PATIENCE_S, ask, follow, through
from scanner.cli.client import Client, Unreachable
from scanner.cli.exits import Exit
from scanner.clock import FakeClock
from scanner.errors import FocusrigError, NotFound, RigBusy

BUSY = RigStatus(facts=None, activity="calibrating focus: measuring")
IDLE = RigStatus(facts=None)


class Silent(Client):
    """A scanner that answers `answers` times, then not any more."""

    def __init__(self, answers: int = 0) -> None:
        super().__init__("http://rig.local:8080")
        self.answers = answers

    def rig(self) -> RigStatus:
        self.answers -= 1
        if self.answers < 0:
            raise Unreachable(self.url, OSError("gone"))
        return BUSY


def never() -> datetime:
    raise NotFound("Not calibrated.")


def test_a_scanner_that_stays_away_is_given_up() -> None:
    clock = FakeClock()
    with pytest.raises(Unreachable):
        follow(Silent(), BUSY, clock)
    assert PATIENCE_S < clock.monotonic() < PATIENCE_S + 5


def test_patience_counts_from_the_last_answer() -> None:
    clock = FakeClock()
    with pytest.raises(Unreachable):
        follow(Silent(answers=20), BUSY, clock)
    assert PATIENCE_S + 10 < clock.monotonic() < PATIENCE_S + 15


def test_one_that_is_over_at_once_counts_by_what_is_known_then(capsys: pytest.CaptureFixture[str]) -> None:
    moments = iter([datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)])
    assert through(Silent(), lambda: IDLE, lambda: next(moments), FakeClock()) == Exit.OK
    assert through(Silent(), lambda: IDLE, never, FakeClock()) == Exit.FAILED
    assert capsys.readouterr().err == "focusrig: The calibration was cancelled.\n"


def test_one_that_may_not_begin_says_why() -> None:
    def refused() -> RigStatus:
        raise RigBusy("The rig is busy scanning.")

    with pytest.raises(RigBusy, match="busy scanning"):
        through(Silent(), refused, never, FakeClock())


def test_a_question_and_its_answer(capsys: pytest.CaptureFixture[str]) -> None:
    assert ask("How far?", io.StringIO(" 352.4 \nmore\n")) == "352.4"
    assert ask("Ready?", io.StringIO("\n")) == ""
    assert capsys.readouterr().err == "How far? Ready? "


def test_nobody_to_ask() -> None:
    with pytest.raises(FocusrigError, match="Nobody answers"):
        ask("How far?", io.StringIO(""))
