"""What a Raspberry Pi says of its own power and heat: the flags of `vcgencmd get_throttled` in words.

Source of the bits: Raspberry Pi documentation, "get_throttled".
"""

import re
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from enum import StrEnum
from typing import Protocol

from scanner.errors import HardwareError, HardwareMissing

COMMAND_S = 2.0
KILLED_S = 0.5


class Run(Protocol):
    """Runs a command and gives what it prints, within `seconds`. Raises HardwareMissing, HardwareError."""

    def __call__(self, command: Sequence[str], seconds: float = COMMAND_S) -> str: ...


class Throttled(StrEnum):
    """One flag, in words. Those named `PAST` are about the time since the machine was started."""

    UNDERVOLTAGE = "the supply voltage is too low"
    CAPPED = "the processor's clock is capped"
    SLOWED = "the processor is slowed down"
    HOT = "the processor is at its soft temperature limit"
    PAST_UNDERVOLTAGE = "the supply voltage was too low"
    PAST_CAPPED = "the processor's clock was capped"
    PAST_SLOWED = "the processor was slowed down"
    PAST_HOT = "the processor was at its soft temperature limit"

    @property
    def now(self) -> bool:
        """Whether it is so at this moment."""
        return not self.name.startswith("PAST_")


_BITS = dict(zip((0, 1, 2, 3, 16, 17, 18, 19), Throttled, strict=True))
_ANSWER = re.compile(r"\s*throttled=0x([0-9a-fA-F]{1,8})\s*")


def throttled(text: str) -> tuple[Throttled, ...]:
    """The flags in an answer such as `throttled=0x50005`: those of this moment first; empty when all is well.

    Bits without a meaning are passed over. Raises ValueError for any other text.
    """
    answer = _ANSWER.fullmatch(text)
    if answer is None:
        raise ValueError(f"not an answer of vcgencmd: {text[:80]!r}")
    flags = int(answer[1], 16)
    return tuple(word for bit, word in _BITS.items() if flags >> bit & 1)


def read_throttled(run: Run) -> tuple[Throttled, ...]:
    """The flags now. Raises HardwareMissing without vcgencmd, HardwareError where it hangs or cannot be understood."""
    answer = run(("vcgencmd", "get_throttled"))
    try:
        return throttled(answer)
    except ValueError as error:
        said = answer.strip().splitlines()
        raise HardwareError(
            f"vcgencmd does not tell: {said[0][:80] if said else 'it says nothing'}.",
            "It needs /dev/vcio, which the group video may use: sudo usermod -aG video $USER, then log in again.",
        ) from error


def run(command: Sequence[str], seconds: float = COMMAND_S) -> str:
    """What a command prints, errors as well. It is killed after `seconds`, and left behind if not even that ends it.

    Raises HardwareMissing when there is no such command, HardwareError when it hangs.
    """
    try:
        process = subprocess.Popen(  # noqa: S603  the callers' own words, no shell
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
    except OSError as error:
        raise HardwareMissing(f"There is no {command[0]} here.") from error
    try:
        said, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired as error:
        process.kill()
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=KILLED_S)
        raise HardwareError(
            f"{command[0]} did not answer within {seconds:g} s.", "Start the machine anew if it stays like this."
        ) from error
    finally:
        if process.stdout is not None:
            process.stdout.close()
    return said.decode("utf-8", "replace")
