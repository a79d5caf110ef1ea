"""An existing sketch: lines from the templates of the config, answers read by its regular expressions.

An answer is a whole line that fits; of a sketch that ends no lines (terminator NONE) whatever fits so far. What an
answer means depends on what was asked, so the last question is remembered.

A move is said again only when its words are absolute and the sketch greets: one that started anew would obey the same
line from another zero, and without a greeting nobody would know.
"""

import math
import re
import string
from collections.abc import Mapping
from dataclasses import dataclass, field

from scanner.errors import ConfigError
from scanner.hardware.motion_settings import TemplateSettings
from scanner.hardware.wire.dialect import (
    REPLY_LIMIT,
    Banner,
    Event,
    Lamp,
    Lines,
    Manner,
    Move,
    Ok,
    Orders,
    Own,
    Refused,
    Unknown,
    ascii_line,
)

LINE_LIMIT = 200
ENDS = {"LF": b"\n", "CR": b"\r", "CRLF": b"\r\n", "NONE": b""}
RELATIVE = {"dsteps", "dangle"}
ABSOLUTE = {"steps", "angle"}
SAMPLE: dict[str, dict[str, str | int | float]] = {
    "identify": {},
    "move": {"axis": "X", "steps": 1, "angle": 1.5, "dsteps": -1, "dangle": -1.5, "speed": 30.0},
    "home": {"axis": "X"},
    "stop": {},
    "light": {"level": 0.5, "percent": 50, "byte": 128},
    "hold": {},
    "release": {},
}
"""What stands for the words of each line, to see whether it can be filled in."""


@dataclass(slots=True)
class Templated:
    """A sketch. `lamp`: use its light line. Raises ConfigError, which names the key, for lines it cannot fill in."""

    template: TemplateSettings
    lamp: bool = True
    manner: Manner = field(init=False)
    _lines: Lines = field(default_factory=Lines)
    _rest: bytes = b""
    _asked: str = ""
    _waits: bool = False

    def __post_init__(self) -> None:
        t = self.template
        words = {name: _words(name, getattr(t, name)) for name in SAMPLE}
        if not words["move"] & (RELATIVE | ABSOLUTE):
            raise _wrong("move", t.move, "it names no target: {steps}, {angle}, {dsteps} or {dangle}")
        self.manner = Manner(
            name="answering",
            boot_s=t.boot_s,
            must_greet=bool(t.greeting) and not t.identify,
            identify=(t.identify,) if t.identify else (),
            repeats=bool(t.greeting) and not words["move"] & RELATIVE,
            halt=self._bytes(t.stop) if t.stop else b"",
            halt_homing=self._bytes(t.stop) if t.stop else b"",
            release=(t.release,) if t.release else (),
        )

    def feed(self, data: bytes) -> list[Event]:
        if self.template.terminator != "NONE":
            return [self._read(line) or Unknown(line) for line in self._lines.cut(data)]
        return [event for byte in data for event in self._add(bytes([byte]))]

    def clear(self) -> None:
        self._lines.clear()
        self._rest, self._waits, self._asked = b"", False, ""

    def encode(self, line: str) -> bytes:
        self._asked, self._waits = line, True
        return self._bytes(line)

    def prepare(self, scales: Mapping[str, float]) -> tuple[str, ...]:  # noqa: ARG002 - a sketch has its own
        return (self.template.hold,) if self.template.hold else ()

    def doubts(self, own: Mapping[str, float], scales: Mapping[str, float]) -> str:  # noqa: ARG002 - as above
        return ""

    def axis(self, own: Mapping[str, float], letter: str) -> Own:  # noqa: ARG002 - it tells nothing
        return Own()

    def move(self, move: Move) -> Orders:
        line = self.template.move.format(
            axis=move.letter,
            steps=move.steps,
            angle=move.target,
            dsteps=move.way,
            dangle=move.target - move.start,
            speed=move.speed,
        )
        return Orders(lines=(), fence=(line,))

    def home(self, letter: str) -> str:
        return self.template.home.format(axis=letter)

    def light(self, level: float, own: Mapping[str, float]) -> Lamp | None:  # noqa: ARG002 - it tells nothing
        if not self.lamp or not self.template.light:
            return None
        return Lamp(self.template.light.format(level=level, percent=round(100 * level), byte=round(255 * level)), level)

    def hold(self, own: Mapping[str, float], port: str) -> tuple[str, ...]:  # noqa: ARG002 - as above
        return (self.template.hold,) if self.template.hold else ()

    def notes(self, own: Mapping[str, float]) -> list[str]:  # noqa: ARG002 - as above
        if self.template.greeting:
            return []
        return ["rig.motion.template has no greeting, so a sketch that starts anew by itself goes unnoticed: add one."]

    def _bytes(self, line: str) -> bytes:
        return ascii_line(line, LINE_LIMIT) + ENDS[self.template.terminator]

    def _add(self, byte: bytes) -> list[Event]:
        """One more byte of a sketch that may end no lines."""
        if byte in b"\r\n":
            line, self._rest = self._rest, b""
            return [Unknown(line)] if line.strip() else []
        self._rest = (self._rest + byte)[-REPLY_LIMIT:]
        event = self._read(self._rest, search=True)
        if event is None:
            return []
        self._rest = b""
        return [event]

    def _read(self, line: bytes, search: bool = False) -> Event | None:
        """An answer to what was asked, a refusal, a greeting; None for anything else."""
        text, t = line.decode("ascii", "replace").strip(), self.template
        asked_who = bool(t.identify) and self._asked == t.identify
        if self._waits and (event := _answer(text, t.identified if asked_who else t.done, asked_who, search)):
            self._waits = False
            return event
        if t.error and _fits(t.error, text, search):
            self._waits = False
            return Refused(0, text)
        if t.greeting and re.search(t.greeting, text):
            return Banner(text)
        return None


def _answer(text: str, pattern: str, names_itself: bool, search: bool) -> Event | None:
    found = _fits(pattern, text, search)
    if not found:
        return None
    if names_itself:
        return Ok(text=text)
    told = found.groupdict().get("position")
    return Ok() if told is None else _ok_at(told)


def _ok_at(told: str) -> Ok | None:
    try:
        at = float(told)
    except ValueError:
        return None
    return Ok(at, _digit(told)) if math.isfinite(at) else None


def _fits(pattern: str, text: str, search: bool) -> re.Match[str] | None:
    return re.search(pattern, text) if search else re.fullmatch(pattern, text)


def _digit(told: str) -> float:
    """Half of the last digit of a number, and a little for its own rounding."""
    return 0.6 * 10.0 ** -len(told.partition(".")[2])


def _words(name: str, line: str) -> set[str]:
    """The words in braces of a line. Raises ConfigError for one that cannot be filled in."""
    known = SAMPLE[name]
    try:
        words = {word for _, word, _, _ in string.Formatter().parse(line) if word is not None}
    except ValueError as error:
        raise _wrong(name, line, str(error)) from error
    if strange := sorted(words - set(known)):
        offered = ", ".join(f"{{{word}}}" for word in known) or "no words in braces"
        raise _wrong(name, line, f"it does not know {{{strange[0]}}}, but {offered}")
    try:
        if line:
            ascii_line(line.format(**known), LINE_LIMIT)
    except ValueError as error:
        raise _wrong(name, line, str(error)) from error
    return words


def _wrong(name: str, line: str, why: str) -> ConfigError:
    return ConfigError(
        f"rig.motion.template.{name} = {line!r} cannot be used: {why}.",
        "See the words and forms of rig.motion.template in config.example.toml.",
    )
