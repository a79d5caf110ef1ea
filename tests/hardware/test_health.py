"""Every flag in words, and commands that are missing, hang or talk nonsense."""

import itertools
import sys

import pytest

from scanner.errors import HardwareError, HardwareMissing
from scanner.hardware.health import Throttled, read_throttled, run, throttled
from tests.doctor.commands import HANGS, Commands

BITS = {
    0: Throttled.UNDERVOLTAGE,
    1: Throttled.CAPPED,
    2: Throttled.SLOWED,
    3: Throttled.HOT,
    16: Throttled.PAST_UNDERVOLTAGE,
    17: Throttled.PAST_CAPPED,
    18: Throttled.PAST_SLOWED,
    19: Throttled.PAST_HOT,
}


def test_all_combinations_of_flags() -> None:
    for chosen in itertools.product((False, True), repeat=len(BITS)):
        bits = [bit for bit, on in zip(BITS, chosen, strict=True) if on]
        answer = f"throttled={sum(1 << bit for bit in bits):#x}\n"
        assert throttled(answer) == tuple(BITS[bit] for bit in bits)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("throttled=0x0", ()),
        ("throttled=0x50000", ("the supply voltage was too low", "the processor was slowed down")),
        (
            "throttled=0x50005\r\n",
            (
                *("the supply voltage is too low", "the processor is slowed down"),
                *("the supply voltage was too low", "the processor was slowed down"),
            ),
        ),
        (
            "throttled=0x80008",
            ("the processor is at its soft temperature limit", "the processor was at its soft temperature limit"),
        ),
        ("throttled=0x20002", ("the processor's clock is capped", "the processor's clock was capped")),
        ("throttled=0xFFF0FFF0", ()),
    ],
)
def test_words(answer: str, words: tuple[str, ...]) -> None:
    assert throttled(answer) == words


def test_flags_know_whether_they_are_of_now() -> None:
    assert [flag.now for flag in throttled("throttled=0xf000f")] == [True] * 4 + [False] * 4


@pytest.mark.parametrize(
    "answer", ["", "throttled=", "throttled=50005", "throttled=0xg", "throttled=0x0 0x1", "VCHI initialization failed"]
)
def test_other_answers_are_refused(answer: str) -> None:
    with pytest.raises(ValueError, match="not an answer"):
        throttled(answer)


def test_it_is_read_from_vcgencmd() -> None:
    commands = Commands(vcgencmd="throttled=0x4\n")
    assert read_throttled(commands) == (Throttled.SLOWED,)
    assert commands.asked == [("vcgencmd", "get_throttled")]


def test_a_vcgencmd_that_is_missing_hangs_or_may_not() -> None:
    with pytest.raises(HardwareMissing, match="no vcgencmd"):
        read_throttled(Commands())
    with pytest.raises(HardwareError, match="did not answer"):
        read_throttled(Commands(vcgencmd=HANGS))
    with pytest.raises(HardwareError, match=r"Can't open device file: /dev/vcio\.") as caught:
        read_throttled(Commands(vcgencmd="Can't open device file: /dev/vcio\nTry creating a device file\n"))
    assert "video" in caught.value.hint
    with pytest.raises(HardwareError, match="says nothing"):
        read_throttled(Commands(vcgencmd=""))


def test_a_command_runs() -> None:
    assert run((sys.executable, "-c", "print('yes')")) == "yes\n"
    assert run((sys.executable, "-c", "import sys; sys.exit('no')")) == "no\n"
    assert run((sys.executable, "-c", "import sys; sys.stdout.buffer.write(b'\\xff')")) == "�"


def test_a_command_that_is_not_there() -> None:
    with pytest.raises(HardwareMissing, match="no nothing-of-that-name"):
        run(("nothing-of-that-name",))


def test_a_command_that_hangs_is_ended() -> None:
    with pytest.raises(HardwareError, match=r"did not answer within 0\.2 s"):
        run((sys.executable, "-c", "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(30)"), 0.2)
