"""The Marlin dialect. Its `ok` means taken; M400 is answered when all movement has ended; M114 then tells where.

M114 tells the plan, not the motors, as long as they move: it counts only behind M400. Its steps ("Count") are exact;
its units have two decimals. Scales are set after every start (M92, which no one saves), because Marlin tells its own
with two decimals, too few for absolute targets. An axis then counts in our own units.
Source of the forms: Marlin's G-code reference and the strings of its sources, versions 1.0 to 2.1.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from scanner.hardware.wire.dialect import (
    Alarm,
    Banner,
    Busy,
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
    Version,
    ascii_line,
    axis_word,
    number,
)
from scanner.hardware.wire.marlin_words import alarm_hint

LINE_LIMIT = 90
TWO_DECIMALS = 0.006
"""Half of the last digit of a reported position or scale, and a little for its own rounding."""

POWER = ("M17", "M84 S0")
"""Motors on, and not off again after a time without movement."""

MANNER = Manner(
    name="Marlin",
    identify=("M115",),
    listing="M503",
    query=b"M114\n",
    query_has_ok=True,
    halt=b"M410\n",
    halt_homing=b"M410\n",
    release=("M84",),
    shortest=6,
)

_BANNER = re.compile(r"(?:^|[^ -~])start$|^(?:echo: ?)?Marlin (?:\d|bugfix)\S*")
_OK = re.compile(r"ok(?: .*)?")
_ALARM = re.compile(r"(?:Error: ?|!! ?)(.+)|.*(?:kill\(\) called|Printer halted|Printer stopped).*", re.IGNORECASE)
_GARBLED = re.compile(r"Error: ?.*(?:checksum|line number).*", re.IGNORECASE)
_RESEND = re.compile(r"(?:Resend|rs):? ?N?\d*", re.IGNORECASE)
_REFUSED = re.compile(r"(?:echo: ?)?(Unknown command:.*|Home \S+ first.*|.*homing needed.*)", re.IGNORECASE)
_BUSY = re.compile(r"(?:echo: ?)?busy:.*", re.IGNORECASE)
_SETTING = re.compile(r"(?:echo: ?)? *(M92|M201|M203|M206|M211) +((?:[A-Z]-?[\d.]+ *)+)(?:;.*)?")
_WORD = re.compile(r"([A-Z])(-?\d{1,9}(?:\.\d{1,9})?)")
_PLACES = re.compile(r" *(?:[A-Z]: ?-?\d{1,9}(?:\.\d{1,6})? *)+")
_PLACE = re.compile(r"([XYZ]): ?(-?\d{1,9}(?:\.\d{1,6})?)")
_NAME = re.compile(r"FIRMWARE_NAME: ?(.{1,60}?)(?: \(| [A-Z_]+:|$)")


@dataclass(slots=True)
class Marlin:
    """Marlin 1 and 2. `lamp`: M106 dims the fan output. Remembers an unfinished line, a refusal whose ok is still to
    come, and the scales that were set."""

    lamp: Literal["M106", "none"] = "M106"
    manner: Manner = MANNER
    _lines: Lines = field(default_factory=Lines)
    _refusal: str = ""
    _scales: dict[str, float] = field(default_factory=dict)

    def feed(self, data: bytes) -> list[Event]:
        return [event for line in self._lines.cut(data) for event in self._read(line)]

    def clear(self) -> None:
        self._lines.clear()
        self._refusal = ""

    def encode(self, line: str) -> bytes:
        return ascii_line(line, LINE_LIMIT) + b"\n"

    def prepare(self, scales: Mapping[str, float]) -> tuple[str, ...]:
        """Soft endstops off, since they clamp in silence and the limits are kept here; the scales; motors on.

        Motors that are off at the start would let the tilt sag while a person brings it to its zero.
        """
        self._scales = dict(scales)
        words = " ".join(f"{letter}{number(scale, 6)}" for letter, scale in scales.items())
        return ("M211 S0", *([f"M92 {words}"] if words else []), *POWER)

    def doubts(self, own: Mapping[str, float], scales: Mapping[str, float]) -> str:
        for letter, scale in scales.items():
            told = own.get(f"M92 {letter}", math.nan if own else scale)
            if not abs(told - scale) <= TWO_DECIMALS:
                return f"{scale:g} steps a unit of {letter}, of which it says {told:g}"
        return "soft endstops off (M211 S0)" if own.get("M211 S") else ""

    def axis(self, own: Mapping[str, float], letter: str) -> Own:
        """M92, M203, M201: steps a unit, units a second, units a second²."""
        return Own(
            steps=self._scales.get(letter) or own.get(f"M92 {letter}") or None,
            speed=own.get(f"M203 {letter}") or None,
            acceleration=own.get(f"M201 {letter}") or None,
        )

    def move(self, move: Move) -> Orders:
        """The fence is put up twice: one that noise turned into another command would be no fence."""
        line = f"G1 {axis_word(move.letter, move.target)} F{number(60 * move.speed, 2)}"
        return Orders(lines=("G90", line), fence=("M400", "M400"))

    def home(self, letter: str) -> str:
        return f"G28 {letter}"

    def light(self, level: float, own: Mapping[str, float]) -> Lamp | None:  # noqa: ARG002 - 255 is always full
        if self.lamp == "none":
            return None
        return Lamp(f"M106 S{round(255 * level)}" if level > 0 else "M107", level)

    def hold(self, own: Mapping[str, float], port: str) -> tuple[str, ...]:  # noqa: ARG002 - every Marlin can
        return POWER

    def notes(self, own: Mapping[str, float]) -> list[str]:
        moved = [letter for letter in "XYZ" if own.get(f"M206 {letter}")]
        if not moved:
            return []
        zeros = " ".join(f"{letter}0" for letter in moved)
        return [f"The controller has a home offset ({' '.join(moved)}): send M206 {zeros}, then M500."]

    def _read(self, line: bytes) -> list[Event]:
        text = line.decode("ascii", "replace").strip()
        if _BANNER.search(text):
            self._refusal = ""
            return [Banner(text.rpartition("echo:")[2].strip() if "Marlin" in text else "")]
        if _OK.fullmatch(text):
            return [self._answer()]
        if refused := (_REFUSED.fullmatch(text) or _GARBLED.fullmatch(text) or _RESEND.fullmatch(text)):
            self._refusal = self._refusal or refused[refused.lastindex or 0].strip()
            return [Note(text)]
        return _told(text, self._scales) or [Unknown(line)]

    def _answer(self) -> Ok | Refused:
        """What was wrong with a line is said before its ok."""
        refusal, self._refusal = self._refusal, ""
        return Refused(0, refusal) if refusal else Ok()


def _told(text: str, scales: Mapping[str, float]) -> list[Event]:
    if _BUSY.fullmatch(text):
        return [Busy()]
    if alarm := _ALARM.fullmatch(text):
        words = (alarm[1] or text).strip().rstrip(".")
        return [Alarm(words, alarm_hint(words))]
    if setting := _SETTING.fullmatch(text):
        return [Setting(f"{setting[1]} {name}", float(value)) for name, value in _WORD.findall(setting[2])]
    if name := _NAME.search(text):
        return [Version(name[1])]
    if text.startswith("echo:"):
        return [Note(text)]
    return _report(text, scales)


def _report(text: str, scales: Mapping[str, float]) -> list[Event]:
    """The answer to M114. Counts are steps, but units where they have decimals (Marlin 1.0)."""
    planned, _, counted = text.partition("Count")
    if not _PLACES.fullmatch(planned) or (counted and not _PLACES.fullmatch(counted)):
        return []
    plan = {letter: float(value) for letter, value in _PLACE.findall(planned)}
    count = {letter: value for letter, value in _PLACE.findall(counted) if letter in scales}
    if not plan:
        return []
    exact = {k: float(v) if "." in v else float(v) / scales[k] for k, v in count.items()}
    fine = bool(count) and not any("." in value for value in count.values())
    return [Report(state="", at=plan | exact, still=True, within=0.0 if fine else TWO_DECIMALS)]
