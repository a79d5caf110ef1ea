"""A simulated GRBL 1.1h without its wire: bytes in, bytes out, a clock from the caller.

Behaves as the real one where it matters to a driver: `ok` means queued; dwell, lamp and homing wait for all movement;
numbers are float32; a hard limit ends in silence; a reset in motion is an alarm; an opened port is a reset.
"""

import math
import random
import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from scanner.clock import Clock
from scanner.hardware.simulated.controller_faults import Faults
from scanner.hardware.simulated.controller_planner import Planner, Steps

LETTERS = "XYZ"
REPLY_END = b"\r\n"
GREETING = "Grbl 1.1h ['$' for help]"
_WORD = re.compile(r"([A-Z])(-?\d*\.?\d+)")
_KNOWN_G = {0, 1, 4, 17, 21, 54, 90, 91, 94}
_KNOWN_M = {3, 5, 7, 8, 9}


def stock_settings() -> dict[int, float]:
    """Answer to `$$`: GRBL's defaults, but motors held, and speeds that make a demonstration quick."""
    values: dict[int, float] = {0: 10, 1: 255, 10: 1, 11: 0.01, 13: 0, 20: 0, 21: 0, 22: 0, 27: 1, 30: 1000, 32: 0}
    for axis in range(3):
        values |= {100 + axis: 250.0, 110 + axis: 30_000.0, 120 + axis: 1000.0, 130 + axis: 200.0}
    return values


@dataclass(slots=True)
class Modes:
    """What a reset forgets."""

    absolute: bool = True
    rapid: bool = True
    feed: float = 0.0
    lamp: bool = False
    spindle: float = 0.0


@dataclass(slots=True)
class Switch:
    """A limit switch: `steps` is where it sits, counted from where the axis stood when power came on."""

    axis: int
    steps: int


@dataclass(slots=True)
class Firmware:
    """One controller. Call `receive` and `send` from one thread."""

    clock: Clock
    faults: Faults = field(default_factory=Faults)
    settings: dict[int, float] = field(default_factory=stock_settings)
    switches: tuple[Switch, ...] = ()
    modes: Modes = field(default_factory=Modes)
    _planner: Planner = field(default_factory=Planner)
    _lines: deque[str] = field(default_factory=deque)
    _partial: bytearray = field(default_factory=bytearray)
    _out: bytearray = field(default_factory=bytearray)
    _chance: random.Random = field(default_factory=random.Random)
    _state: str = "Idle"
    _silent: bool = False
    _blocked_until: float = 0.0
    _boots_at: float | None = None
    _slipped: tuple[float, float, float] = (0.0, 0.0, 0.0)
    _trouble_at: tuple[float, str] | None = None
    _homing: tuple[Switch, ...] = ()

    def __post_init__(self) -> None:
        self.spoil(self.faults)

    def spoil(self, faults: Faults) -> None:
        """From now on these go wrong."""
        self.faults = faults
        self._chance.seed(faults.seed)

    def physical(self) -> Steps:
        """Steps of the motors since the start of the simulation: the truth, whatever the controller believes."""
        x, y, z = (a + b for a, b in zip(self._planner.at(self.clock.monotonic()), self._slipped, strict=True))
        return x, y, z

    def light(self) -> float:
        """Brightness 0..1 of the lamp on either output."""
        return 1.0 if self.modes.lamp else min(1.0, self.modes.spindle / self.settings[30])

    def power_on(self) -> None:
        """Start anew, as on power or when the port is opened: the count is zero, the motors stand where they are."""
        now = self.clock.monotonic()
        self._planner.abort(now)
        self._slipped = self.physical()
        self._planner.put((0, 0, 0))
        self._forget()
        self._out.clear()
        self._state = "Alarm" if self.settings[22] else "Idle"
        self._boots_at = now + self.faults.boot_s
        self._out += self._chance.randbytes(self.faults.boot_noise)

    def hard_limit(self) -> None:
        """A switch was hit: motors stop at once, ALARM:1, then silence until a reset."""
        self._planner.abort(self.clock.monotonic())
        self._homing = ()
        self._alarm(1)
        self._silent = True

    def receive(self, data: bytes) -> None:
        """Take bytes as they come; real-time commands act at once, even inside a line."""
        self._advance()
        for byte in data:
            if self._boots_at is not None:
                continue
            if byte == 0x18:
                self._soft_reset()
            elif self._silent or (self._homing and byte in b"?!~"):
                continue
            elif byte in b"?!~":
                self._real_time(byte)
            elif byte in b"\r\n":
                self._line_complete()
            elif byte < 0x80:
                self._partial.append(byte)
        self._advance()

    def send(self) -> bytes:
        """Bytes that left the controller by now."""
        self._advance()
        data = bytes(self._out)
        self._out.clear()
        return data

    def waiting(self) -> bool:
        """Whether time alone will make it say something."""
        return bool(self._lines or self._boots_at is not None or self._trouble_at or self._homing or self._blocked())

    def _blocked(self) -> bool:
        return self.clock.monotonic() < self._blocked_until

    def _real_time(self, byte: int) -> None:
        now = self.clock.monotonic()
        if byte == ord("?"):
            self._report()
        elif byte == ord("!") and self._state != "Alarm":
            self._planner.hold(now)
        elif byte == ord("~"):
            self._planner.resume(now)

    def _report(self) -> None:
        now = self.clock.monotonic()
        state = self._state
        if state == "Idle" and self._planner.held:
            state = "Hold:1" if self._planner.moving(now) else "Hold:0"
        elif state == "Idle" and self._planner.busy(now):
            state = "Run"
        units = (round(s) / self.settings[100 + i] for i, s in enumerate(self._planner.at(now)))
        position = ",".join(f"{np.float32(u):.3f}" for u in units)
        label, offset = ("MPos", "") if int(self.settings[10]) & 1 else ("WPos", "|WCO:0.000,0.000,0.000")
        self._say(f"<{state}|{label}:{position}|FS:0,0{offset}>")

    def _soft_reset(self) -> None:
        if self._planner.abort(self.clock.monotonic()):
            self._alarm(6 if self._homing else 3)
        self._forget()
        self._greet()

    def _forget(self) -> None:
        self._lines.clear()
        self._partial.clear()
        self.modes = Modes()
        self._silent = False
        self._blocked_until = 0.0
        self._trouble_at = None
        self._homing = ()

    def _greet(self) -> None:
        self._say("")
        self._say(GREETING)
        if self._state == "Alarm":
            self._say("[MSG:'$H'|'$X' to unlock]")

    def _alarm(self, code: int) -> None:
        self._state = "Alarm"
        self._lines.clear()
        self._say(f"ALARM:{code}")

    def _line_complete(self) -> None:
        line = self.faults.into_the_controller(bytes(self._partial), self._chance).strip().upper().replace(" ", "")
        self._partial.clear()
        if self._chance.random() >= self.faults.lose_line:
            self._lines.append(line)

    def _advance(self) -> None:
        """Do all that was due by now: boot, trouble, lines that had to wait."""
        now = self.clock.monotonic()
        if self._boots_at is not None:
            if now < self._boots_at:
                return
            self._boots_at = None
            self._greet()
        if self._trouble_at is not None and now >= self._trouble_at[0]:
            self._strike(self._trouble_at[1])
        if self._homing and not self._planner.busy(now):
            self._homed()
        while self._lines and not self._silent and self._ready(self._lines[0], now):
            reply = self._execute(self._lines.popleft(), now)
            if reply:
                self._say(reply)

    def _strike(self, kind: str) -> None:
        self._trouble_at = None
        if kind == "reset":
            self.power_on()
        else:
            self.hard_limit()

    def _ready(self, line: str, now: float) -> bool:
        if now < self._blocked_until or self._planner.held or self._homing:
            return False
        if "G4" in line or "M" in line or line.startswith("$H"):
            return not self._planner.busy(now)
        return not self._planner.full(now)

    def _execute(self, line: str, now: float) -> str:
        if line.startswith("$"):
            return self._system(line, now)
        if self._state == "Alarm" and line:
            return "error:9"
        words = _WORD.findall(line)
        if "".join(a + b for a, b in words) != line:
            return "error:2" if line[:1].isalpha() else "error:1"
        return self._block([(letter, float(number)) for letter, number in words], now)

    def _system(self, line: str, now: float) -> str:
        if line == "$$":
            for number, value in sorted(self.settings.items()):
                self._say(f"${number}={value:g}" if value == int(value) else f"${number}={value:.3f}")
            return "ok"
        if line == "$I":
            self._say("[VER:1.1h.20190825:]")
            self._say("[OPT:V,15,128]")
            return "ok"
        if line == "$X":
            if self._state == "Alarm":
                self._say("[MSG:Caution: Unlocked]")
            self._state = "Idle"
            return "ok"
        if line.startswith("$H"):
            return self._home(line[2:], now)
        if setting := re.fullmatch(r"\$(\d+)=(\d+\.?\d*)", line):
            self.settings[int(setting[1])] = float(setting[2])
            return "ok"
        return "error:3"

    def _home(self, letter: str, now: float) -> str:
        """All switches, or that of one axis; the answer comes when the way has been gone."""
        if not self.settings[22]:
            return "error:5"
        switches = [s for s in self.switches if letter in ("", LETTERS[s.axis])]
        if not switches:
            self._alarm(9)
            return ""
        begin = self._planner.planned_end
        end = list(begin)
        for switch in switches:
            end[switch.axis] = switch.steps - self._slipped[switch.axis]
        self._homing = tuple(switches)
        self.modes.rapid = True
        self._queue((end[0], end[1], end[2]), now)
        return ""

    def _homed(self) -> None:
        """At the switches: there the count is zero."""
        here, slipped = list(self._planner.planned_end), list(self._slipped)
        for switch in self._homing:
            here[switch.axis], slipped[switch.axis] = 0.0, float(switch.steps)
        self._planner.put((here[0], here[1], here[2]))
        self._slipped = (slipped[0], slipped[1], slipped[2])
        self._homing = ()
        self._state = "Idle"
        self._say("ok")

    def _block(self, words: list[tuple[str, float]], now: float) -> str:
        given = dict(words)
        if any((a == "G" and n not in _KNOWN_G) or (a == "M" and n not in _KNOWN_M) for a, n in words):
            return "error:20"
        self.modes.feed = given.get("F", self.modes.feed)
        for letter, number in words:
            if letter == "M":
                self._outputs(int(number), given.get("S", self.modes.spindle))
            elif letter == "G" and number in (90, 91):
                self.modes.absolute = number == 90
            elif letter == "G" and number in (0, 1):
                self.modes.rapid = number == 0
        if ("G", 4) in words:
            return self._answer_at(now + given["P"]) if "P" in given else "error:28"
        targets = {LETTERS.index(letter): number for letter, number in words if letter in LETTERS}
        return self._move(targets, now) if targets else "ok"

    def _outputs(self, code: int, speed: float) -> None:
        if code in (7, 8, 9):
            self.modes.lamp = code != 9
        else:
            self.modes.spindle = speed if code == 3 else 0.0

    def _answer_at(self, when: float) -> str:
        """No line is looked at before `when`; the empty line put in front then says the ok."""
        self._blocked_until = when
        self._lines.appendleft("")
        return ""

    def _move(self, targets: dict[int, float], now: float) -> str:
        if not self.modes.rapid and not self.modes.feed:
            return "error:22"
        begin = self._planner.planned_end
        end = list(begin)
        for axis, value in targets.items():
            unit = np.float32(self.settings[100 + axis])
            base = 0.0 if self.modes.absolute else begin[axis] / float(unit)
            end[axis] = float(round(float(_float32(value + base) * unit)))
        self._queue((end[0], end[1], end[2]), now)
        return "ok"

    def _queue(self, end: Steps, now: float) -> None:
        """No axis goes beyond its own speed and acceleration."""
        begin = self._planner.planned_end
        ways = [(e - b) / self.settings[100 + i] for i, (b, e) in enumerate(zip(begin, end, strict=True))]
        length = math.hypot(*ways)
        if not length:
            return
        speed = _most((self.settings[110 + i] / 60 for i in range(3)), ways, length)
        acceleration = _most((self.settings[120 + i] for i in range(3)), ways, length)
        if not self.modes.rapid:
            speed = min(speed, self.modes.feed / 60)
        self._planner.add(end, now, length, speed, acceleration)
        halfway = (now + self._planner.done_at(now)) / 2
        if self._chance.random() < self.faults.reset_in_move:
            self._trouble_at = (halfway, "reset")
        elif self._chance.random() < self.faults.mute_alarm_in_move:
            self._trouble_at = (halfway, "limit")

    def _say(self, text: str) -> None:
        self._out += self.faults.on_the_wire(text.encode("ascii") + REPLY_END, self._chance)


def _float32(text_value: float) -> np.float32:
    """As GRBL reads a number: digits as an integer, then scaled by tenths, each step rounded to float32."""
    digits = round(text_value * 1e5)
    places = 5
    while digits and abs(digits) >= 10**8:
        digits //= 10
        places -= 1
    value = np.float32(digits)
    while places >= 2:
        value *= np.float32(0.01)
        places -= 2
    return value * np.float32(0.1) if places else value


def _most(limits: Iterable[float], ways: list[float], length: float) -> float:
    return min(limit * length / abs(way) for limit, way in zip(limits, ways, strict=True) if way)
