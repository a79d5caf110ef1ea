"""The GRBL 1.1 dialect as pure encode and decode: no I/O, no clock, no state but an unfinished line.

Decoding is lenient, so that grblHAL and FluidNC follow and that noise is an event, never an exception. Encoding is
strict: printable ASCII (GRBL takes bytes from 0x80 up as real-time commands), at most 79 characters a line, units and
mode in every line that moves, because a reset forgets them.
Source of the forms: the interface description of GRBL 1.1.
"""

import math
import re
from dataclasses import dataclass
from typing import TypeAlias

from scanner.hardware.wire.grbl_codes import alarm_words, error_words

LINE_LIMIT = 79
REPLY_LIMIT = 256

STATUS = b"?"
HOLD = b"!"
RESUME = b"~"
RESET = b"\x18"

UNLOCK = "$X"
SETTINGS = "$$"
IDENTIFY = "$I"

Vector: TypeAlias = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Ok:
    """The line was taken: queued, which is not moved."""


@dataclass(frozen=True, slots=True)
class Error:
    """The line was refused; `code` 0 where the firmware gives words instead of a number."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """The controller stopped and locked itself. `text` says what happened, `hint` what to do."""

    code: int
    text: str
    hint: str


@dataclass(frozen=True, slots=True)
class Banner:
    """The greeting after every start: whoever did not ask for it has lost the position."""

    version: str


@dataclass(frozen=True, slots=True)
class Status:
    """A status report. Positions in the controller's units, one number an axis; None where it is not in this report."""

    state: str
    substate: int | None = None
    mpos: Vector | None = None
    wpos: Vector | None = None
    wco: Vector | None = None

    def machine(self, wco: Vector | None) -> Vector | None:
        """Machine position; where $10=0, from work position plus the offset `wco` last reported."""
        offset = self.wco or wco
        if self.mpos is not None or self.wpos is None or offset is None or len(offset) != len(self.wpos):
            return self.mpos
        return tuple(w + o for w, o in zip(self.wpos, offset, strict=True))


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of the answer to `$$`."""

    number: int
    value: float


@dataclass(frozen=True, slots=True)
class Feedback:
    """Something in brackets: a message, the version, options."""

    text: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Noise, echo, or a line of a firmware that says more than GRBL."""

    raw: bytes


Event: TypeAlias = Ok | Error | Alarm | Banner | Status | Setting | Feedback | Unknown

_BANNER = re.compile(r"grbl(?:hal)? (\S{1,40})|\['\$'", re.IGNORECASE)
_CODE = re.compile(r"(error|alarm): ?(?:(\d{1,3})|(\D.*))", re.IGNORECASE)
_SETTING = re.compile(r"\$(\d{1,3})=(-?\d{1,9}(?:\.\d{1,6})?)(?: .*)?")
_STATE = re.compile(r"([A-Za-z]+)(?::(\d))?")
_NUMBER = re.compile(r"-?\d{1,9}(?:\.\d{1,6})?")


def parse(line: bytes) -> Event:
    """One reply without its line end. Never raises: what cannot be read is `Unknown`.

    A banner is found anywhere in a line, behind bootloader noise as well, since missing one means wrong angles.
    """
    text = line.decode("ascii", "replace").strip()
    if banner := _BANNER.search(text):
        return Banner(banner[1] or "")
    if text.lower() == "ok":
        return Ok()
    if code := _CODE.fullmatch(text):
        return _refusal(code[1].lower(), int(code[2] or 0), code[3])
    if setting := _SETTING.fullmatch(text):
        return Setting(int(setting[1]), float(setting[2]))
    return _bracketed(text) or Unknown(line)


def _bracketed(text: str) -> Status | Feedback | None:
    if text.startswith("<") and text.endswith(">"):
        return _status(text[1:-1])
    if text.startswith("[") and text.endswith("]"):
        return Feedback(text[1:-1])
    return None


def _refusal(kind: str, code: int, words: str | None) -> Error | Alarm:
    if kind == "error":
        return Error(code, words or error_words(code))
    text, hint = alarm_words(code)
    return Alarm(code, words or text, hint)


def _status(body: str) -> Status | None:
    first, *fields = body.split("|")
    state = _STATE.fullmatch(first)
    if not state:
        return None
    vectors: dict[str, Vector] = {}
    for field in fields:
        name, _, value = field.partition(":")
        if name in ("MPos", "WPos", "WCO"):
            numbers = value.split(",")
            if not all(_NUMBER.fullmatch(n) for n in numbers):
                return None
            vectors[name] = tuple(float(n) for n in numbers)
    substate = int(state[2]) if state[2] else None
    return Status(state[1], substate, vectors.get("MPos"), vectors.get("WPos"), vectors.get("WCO"))


class Decoder:
    """Cuts a stream of bytes into events; memory is bounded however long a line the wire makes."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[Event]:
        """Events of all lines that `data` finishes, in order; empty lines make none."""
        *lines, rest = re.split(rb"[\r\n]", self._rest + data)
        if len(rest) > REPLY_LIMIT:
            lines.append(rest)
            rest = b""
        self._rest = rest
        return [parse(line[:REPLY_LIMIT]) for line in lines if line.strip()]

    def clear(self) -> None:
        """Forget an unfinished line."""
        self._rest = b""


def encode(line: str) -> bytes:
    """The bytes of one command line. Raises ValueError for what must never reach the wire."""
    if not line or not line.isascii() or not line.isprintable() or len(line) > LINE_LIMIT:
        raise ValueError(f"not a line for the controller: {line!r}")
    return line.encode("ascii") + b"\n"


def _number(value: float, decimals: int) -> str:
    if not math.isfinite(value):
        raise ValueError(f"not a number for the controller: {value}")
    return f"{value:.{decimals}f}"


def move(axis: str, target: float, feed: float | None = None) -> str:
    """Absolute move of one axis to `target` (controller units) at `feed` (units a minute), or as fast as it can."""
    if axis not in ("X", "Y", "Z", "A", "B", "C"):
        raise ValueError(f"not an axis: {axis!r}")
    word = f"{axis}{_number(target, 5)}"
    return f"G21 G90 G0 {word}" if feed is None else f"G21 G90 G1 {word} F{_number(feed, 2)}"


def dwell(seconds: float) -> str:
    """Its `ok` comes when all queued movement has ended and `seconds` have passed."""
    return f"G4 P{_number(seconds, 3)}"


def switch(on: bool) -> str:
    """The coolant output as a lamp, on or off."""
    return "M8" if on else "M9"


def pwm(value: float) -> str:
    """The spindle output as a dimmable lamp; `value` between 0 and the controller's $30."""
    return f"M3 S{_number(value, 1)}" if value > 0 else "M5"


def home(axis: str = "") -> str:
    """Run to the switches: all that the firmware homes, or the one `axis` (grblHAL, FluidNC, some builds of GRBL)."""
    return f"$H{axis}"
