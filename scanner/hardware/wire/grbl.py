"""The GRBL 1.1 dialect, with no state but an unfinished line and the last offset of work positions.

Lenient enough for grblHAL and FluidNC. Lines have at most 79 characters of printable ASCII (GRBL takes bytes from 0x80
up as real-time commands), units and mode in every line that moves, because a reset forgets them.
Source of the forms: the interface description of GRBL 1.1.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from scanner.errors import MotionError
from scanner.hardware.wire.dialect import (
    Alarm,
    Banner,
    Event,
    Lamp,
    Lines,
    Manner,
    Move,
    Note,
    Ok,
    Orders,
    Own,
    Refused,
    Report,
    Setting,
    Unknown,
    ascii_line,
    axis_word,
    number,
)
from scanner.hardware.wire.grbl_codes import alarm_words, error_words

LINE_LIMIT = 79
LETTERS = "XYZABC"
DWELL = "G4 P0.010"
"""Its ok comes when all queued movement has ended."""

THREE_DECIMALS = 0.0006
"""Half of the last digit of a reported position, and a little for its own rounding."""

REACH = 900.0
"""Units. GRBL tells $100 with three decimals, whatever it was set to: half a digit off, that is 0.45 of a step here."""

MANNER = Manner(
    name="GRBL",
    must_greet=True,
    identify=("$I",),
    listing="$$",
    query=b"?",
    query_at_work=True,
    reset=b"\x18",
    halt=b"!",
    halt_homing=b"\x18",
    halt_keeps=True,
    unlock="$X",
    release=("$SLP",),
    release_sleeps=True,
)

Vector = tuple[float, ...]

_BANNER = re.compile(r"grbl(?:hal)? (\S{1,40})|\['\$'", re.IGNORECASE)
_CODE = re.compile(r"(error|alarm): ?(?:(\d{1,3})|(\D.*))", re.IGNORECASE)
_SETTING = re.compile(r"(\$\d{1,3})=(-?\d{1,9}(?:\.\d{1,6})?)(?: .*)?")
_STATE = re.compile(r"([A-Za-z]+)(?::(\d))?")
_NUMBER = re.compile(r"-?\d{1,9}(?:\.\d{1,6})?")


@dataclass(slots=True)
class Grbl:
    """GRBL 1.1. `lamp`: M8 switches the coolant output, M3 dims the spindle output. `home_one`: `$HX` is known."""

    lamp: Literal["M8", "M3", "none"] = "M8"
    home_one: bool = False
    manner: Manner = MANNER
    _lines: Lines = field(default_factory=Lines)
    _offset: Vector | None = None

    def feed(self, data: bytes) -> list[Event]:
        return [self._read(line) for line in self._lines.cut(data)]

    def clear(self) -> None:
        self._lines.clear()
        self._offset = None

    def encode(self, line: str) -> bytes:
        return ascii_line(line, LINE_LIMIT) + b"\n"

    def prepare(self, scales: Mapping[str, float]) -> tuple[str, ...]:  # noqa: ARG002 - its settings are its own
        return ()

    def doubts(self, own: Mapping[str, float], scales: Mapping[str, float]) -> str:
        """A scale that got lost on the wire; some relatives of GRBL tell none at all."""
        told = [letter for letter in LETTERS if f"${100 + LETTERS.index(letter)}" in own]
        missing = [letter for letter in scales if letter not in told]
        return f"steps a unit of {missing[0]}, which it does not tell" if missing and (told or not own) else ""

    def axis(self, own: Mapping[str, float], letter: str) -> Own:
        """$100 to $132: steps a unit, units a minute, units a second²."""
        i = LETTERS.index(letter)
        speed = own.get(f"${110 + i}")
        return Own(
            steps=own.get(f"${100 + i}") or None,
            speed=speed / 60 if speed else None,
            acceleration=own.get(f"${120 + i}") or None,
            reach=REACH,
        )

    def move(self, move: Move) -> Orders:
        line = f"G21 G90 G1 {axis_word(move.letter, move.target)} F{number(60 * move.speed, 2)}"
        return Orders(lines=(line,), fence=(DWELL,))

    def home(self, letter: str) -> str:
        """Runs all axes to their switches, or the one (grblHAL, FluidNC, some builds of GRBL)."""
        return f"$H{letter}" if self.home_one else "$H"

    def light(self, level: float, own: Mapping[str, float]) -> Lamp | None:
        if self.lamp == "M8":
            return Lamp("M8", 1.0) if level > 0 else Lamp("M9", 0.0)
        if self.lamp == "M3":
            return Lamp(f"M3 S{number(level * own.get('$30', 1000.0), 1)}" if level > 0 else "M5", level)
        return None

    def hold(self, own: Mapping[str, float], port: str) -> tuple[str, ...]:
        if own.get("$1", 255) != 255:
            raise MotionError(
                f"The controller cuts motor current after each move ($1={own['$1']:g}), so the tilt would drop.",
                f"End focusrig, send $1=255 with: python -m serial.tools.miniterm {port} 115200; then start it again.",
            )
        return ()

    def notes(self, own: Mapping[str, float]) -> list[str]:
        """Settings that spoil scans. They are told, not changed: they live in its memory, not in ours."""
        notes = []
        if own.get("$1", 255) != 255:
            notes.append(
                f"The controller cuts motor current after each move ($1={own['$1']:g}), so the tilt drops: send $1=255."
            )
        if own.get("$13"):
            notes.append("The controller reports inches ($13=1), so no move is ever believed to arrive: send $13=0.")
        if own.get("$20"):
            notes.append(
                "Soft limits are on ($20=1), so the turntable runs into one: send $20=0; Focusrig keeps limits itself."
            )
        return notes

    def _read(self, line: bytes) -> Event:
        text = line.decode("ascii", "replace").strip()
        if text.startswith("<") and text.endswith(">"):
            return self._report(text[1:-1]) or Unknown(line)
        return parse(text) or Unknown(line)

    def _report(self, body: str) -> Report | None:
        """A status report; its work offset comes only now and then and holds until the next."""
        first, *fields = body.split("|")
        state = _STATE.fullmatch(first)
        vectors = _vectors(fields)
        if not state or vectors is None:
            return None
        self._offset = vectors.get("WCO", self._offset)
        return Report(
            state=first,
            at=_machine(vectors, self._offset),
            still=state[1] == "Idle",
            within=THREE_DECIMALS,
            moves=state[1] in ("Run", "Jog", "Home") or (state[1] == "Hold" and state[2] != "0"),
            locked=state[1] == "Alarm",
            asleep=state[1] == "Sleep",
        )


def parse(text: str) -> Event | None:
    """One reply that is no status report; None for what cannot be read.

    A banner is found anywhere in a line, behind bootloader noise as well, since missing one means wrong angles.
    """
    if banner := _BANNER.search(text):
        return Banner(banner[1] or "")
    if text.lower() == "ok":
        return Ok()
    if code := _CODE.fullmatch(text):
        return _refusal(code[1].lower(), int(code[2] or 0), code[3])
    if setting := _SETTING.fullmatch(text):
        return Setting(setting[1], float(setting[2]))
    return Note(text[1:-1]) if text.startswith("[") and text.endswith("]") else None


def _refusal(kind: str, code: int, words: str | None) -> Refused | Alarm:
    if kind == "error":
        return Refused(code, words or error_words(code))
    text, hint = alarm_words(code)
    return Alarm(words or text, hint, code)


def _vectors(fields: list[str]) -> dict[str, Vector] | None:
    """The positions in a report; None where a number is garbled."""
    vectors: dict[str, Vector] = {}
    for part in fields:
        name, _, value = part.partition(":")
        if name in ("MPos", "WPos", "WCO"):
            numbers = value.split(",")
            if not all(_NUMBER.fullmatch(n) for n in numbers):
                return None
            vectors[name] = tuple(float(n) for n in numbers)
    return vectors


def _machine(vectors: Mapping[str, Vector], offset: Vector | None) -> dict[str, float] | None:
    """Machine position; where $10=0, from work position plus offset."""
    at, work = vectors.get("MPos"), vectors.get("WPos")
    if at is None and work is not None and offset is not None and len(offset) == len(work):
        at = tuple(w + o for w, o in zip(work, offset, strict=True))
    return None if at is None else dict(zip(LETTERS, at, strict=False))
