"""Talking: no answer is waited for for ever, not that of one that is busy, nor that of one that babbles."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from scanner.clock import FakeClock
from scanner.errors import MotionError, MotionTimeout
from scanner.hardware.motion_line import only
from scanner.hardware.motion_talk import Talk
from scanner.hardware.wire.dialect import Dialect
from scanner.hardware.wire.grbl import Grbl
from scanner.hardware.wire.marlin import Marlin
from tests.hardware.links import ScriptedLink


@dataclass
class Babbler:
    """Something behind the port that talks and talks, a line every few milliseconds, whatever it is asked."""

    clock: FakeClock
    says: bytes
    every_s: float = 0.004
    name: str = "babbler"
    quiet: bool = False
    sent: list[bytes] = field(default_factory=list)

    def read(self, timeout: float) -> bytes:
        if self.quiet:
            self.clock.sleep(timeout)
            return b""
        self.clock.sleep(self.every_s)
        return self.says

    def write(self, data: bytes) -> None:
        self.sent.append(data)

    def close(self) -> None:
        """Nothing to release."""


def talking(link: ScriptedLink | Babbler, dialect: Dialect | None = None) -> Talk:
    return Talk(only(link), dialect or Grbl(), link.clock, {})


NOISE = [b"\xff\x80\n", b"noise\n", b"[MSG:hello]\n", b"\x00"]


@pytest.mark.parametrize("says", NOISE)
@pytest.mark.parametrize(
    "use",
    [
        pytest.param(lambda talk: talk.drain(), id="drain"),
        pytest.param(lambda talk: talk.command("M8"), id="command"),
        pytest.param(lambda talk: talk.status(), id="status"),
    ],
)
def test_a_device_that_babbles_holds_nobody_up(use: Callable[[Talk], object], says: bytes) -> None:
    babbler = Babbler(FakeClock(), says)
    talk = talking(babbler)
    with pytest.raises((MotionTimeout, MotionError)) as error:
        use(talk)
    assert babbler.clock.monotonic() < 2
    assert error.value.hint


def test_babbling_is_named_for_what_it_most_often_is() -> None:
    babbler = Babbler(FakeClock(), b"\xf8\x00\n")
    with pytest.raises(MotionError, match="never stops talking") as babble:
        talking(babbler).drain()
    assert "motion.baud" in babble.value.hint
    before = babbler.clock.monotonic()
    talk = talking(babbler)
    talk.listen()
    assert babbler.clock.monotonic() - before < 1
    assert "never stops" in talk.lost_because


def test_even_a_clock_that_stands_still_ends_a_babble() -> None:
    with pytest.raises(MotionError, match="never stops talking"):
        talking(Babbler(FakeClock(), b"x\n", every_s=0.0)).drain()


def test_one_that_is_busy_is_given_longer_but_not_for_ever() -> None:
    link = ScriptedLink(FakeClock(), {})
    talk = talking(link, Marlin())
    babbler = Babbler(link.clock, b"echo:busy: processing\n", every_s=2.0)
    talk_of_babbler = talking(babbler, Marlin())
    with pytest.raises(MotionTimeout):
        talk.command("M400", within=1.0, tries=1)
    assert link.clock.monotonic() == pytest.approx(1.0, abs=0.1)
    before = link.clock.monotonic()
    babbler.quiet = True
    talk_of_babbler.drain()
    babbler.quiet = False
    with pytest.raises(MotionError):
        talk_of_babbler.command("M400", within=1.0, tries=1)
    assert link.clock.monotonic() - before < 14


def test_busy_and_then_ok_is_an_answer() -> None:
    link = ScriptedLink(FakeClock(), {b"G28 X\n": [b"echo:busy: processing\necho:busy: processing\nok\n"]})
    talking(link, Marlin()).command("G28 X", within=0.5, tries=1)
    assert link.sent == [b"G28 X\n"]


def test_a_report_in_two_parts() -> None:
    """Marlin says where it is and then ok; the ok is not left over for the next line."""
    reply = b"X:1.00 Y:0.00 Z:0.00 E:0.00\nok\n"
    link = ScriptedLink(FakeClock(), {b"M114\n": [b"X:1.z0 Y\nok\n", reply], b"M17\n": [b"echo:Home X First\nok\n"]})
    talk = talking(link, Marlin())
    assert talk.status().at == {"X": 1.0, "Y": 0.0, "Z": 0.0}
    with pytest.raises(MotionError, match="Home X First"):
        talk.command("M17", tries=1)


def test_a_report_without_positions_is_asked_for_again() -> None:
    """With $10=0 only some reports tell the offset, without which there is no position."""
    link = ScriptedLink(FakeClock(), {b"?": [b"<Idle|WPos:1,0,0>\n", b"<Idle|WPos:1,0,0|WCO:1,0,0>\n"]})
    assert talking(link).status().at == {"X": 2.0, "Y": 0.0, "Z": 0.0}
    never = ScriptedLink(FakeClock(), {b"?": [b"<Idle|FS:0,0>\n"]})
    assert talking(never).status().at is None
    assert never.clock.monotonic() == pytest.approx(1.0, abs=0.3)


def test_each_loss_begins_an_epoch_with_its_reason() -> None:
    link = ScriptedLink(FakeClock(), {}, unasked=b"Grbl 1.1h ['$' for help]\r\nALARM:1\r\n")
    talk = talking(link)
    talk.drain()
    assert talk.epoch == 2
    assert talk.lost_because == "A limit switch was hit while moving (alarm 1)"
    talk.lose("somebody said so")
    assert (talk.epoch, talk.lost_because, talk.at) == (3, "somebody said so", None)
