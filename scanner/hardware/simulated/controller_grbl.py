"""A simulated GRBL 1.1h, and its relatives grblHAL and FluidNC: bytes in, bytes out, a clock from the caller.

Behaves as the real one where it matters to a driver (gnea/grbl 1.1h: protocol.c, report.c, motion_control.c,
stepper.c): `ok` means queued; dwell, lamp and homing wait for all movement; numbers are float32; a hard limit ends in
silence; a reset in motion is an alarm; motors are let go `$1` milliseconds after a movement.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from scanner.clock import Clock
from scanner.hardware.simulated.controller_board import Board
from scanner.hardware.simulated.controller_faults import Faults
from scanner.hardware.simulated.controller_flavours import GRBL, Flavour
from scanner.hardware.simulated.controller_motors import LETTERS, Drive, Motors, Switch
from scanner.units import Seconds

LINE = 79
HELD = 255
INCH = 25.4
_WORD = re.compile(r"([A-Z])(-?\d*\.?\d+)")
_KNOWN_G = {0, 1, 4, 17, 20, 21, 53, 54, 90, 91, 94}
_KNOWN_M = {3, 5, 7, 8, 9}


def stock_settings() -> dict[int, float]:
    """Answer to `$$`: GRBL's defaults, but motors held, and speeds that make a demonstration quick."""
    values: dict[int, float] = {0: 10, 1: HELD, 10: 1, 11: 0.01, 13: 0, 20: 0, 21: 0, 22: 0, 27: 1, 30: 1000, 32: 0}
    for axis in range(3):
        values |= {100 + axis: 250.0, 110 + axis: 30_000.0, 120 + axis: 1000.0, 130 + axis: 200.0}
    return values


@dataclass(slots=True)
class Modes:
    """What a reset forgets."""

    absolute: bool = True
    rapid: bool = True
    unit: float = 1.0
    feed: float = 0.0
    lamp: bool = False
    spindle: float = 0.0


class GrblFirmware(Board):
    """One controller. `settings` are its `$` settings; `flavour` says which firmware it is."""

    line_end = b"\r\n"
    _homing: tuple[Switch, ...] = ()

    def __init__(
        self,
        clock: Clock,
        faults: Faults | None = None,
        switches: tuple[Switch, ...] = (),
        motors: Motors | None = None,
        flavour: Flavour = GRBL,
    ) -> None:
        super().__init__(clock, faults, motors or Motors(clock, switches))
        self.settings = stock_settings()
        self.flavour = flavour
        self._forget()
        self._state = "Idle"

    def light(self) -> float:
        return 1.0 if self._modes.lamp else min(1.0, self._modes.spindle / self.settings[30])

    def tune(self, setting: int | str, value: float) -> None:
        self.settings[int(setting)] = value

    def power_on(self) -> None:
        super().power_on()
        self._state = "Alarm" if self.settings[22] else "Idle"

    def hard_limit(self) -> None:
        """A switch was hit: motors stop at once and lose their current, ALARM:1, then silence until a reset."""
        self.motors.stop()
        self._homing = ()
        self._alarm(1)
        self._silent = True
        self.motors.cut_later(self.clock.monotonic() + self.settings[1] / 1000)

    def _seize(self) -> None:
        self.hard_limit()

    def _forget(self) -> None:
        self._lines.clear()
        self._partial.clear()
        self._modes = Modes()
        self._silent = False
        self._asked = False
        self._blocked_until = 0.0
        self._homing = ()

    def _started(self) -> None:
        if self.settings[1] == HELD:
            self.motors.power()
        else:
            self.motors.cut()
        for line in self.flavour.chatter:
            self._say(line)
        self._greet()

    def _byte(self, byte: int) -> None:
        """Real-time commands act at once, even inside a line; bytes from 0x80 up are others that change no movement."""
        if byte == 0x18:
            self._soft_reset()
        elif byte == ord("?"):
            self._asked = not self._silent
        elif byte in b"!~":
            self._hold_or_resume(byte)
        elif byte < 0x80 and not self._silent:
            self._collect(byte)

    def _hold_or_resume(self, byte: int) -> None:
        now = self.clock.monotonic()
        if self._silent or self._homing:
            return
        if byte == ord("~"):
            self.motors.planner.resume(now)
            self._let_go_after_motion()
        elif self._state == "Idle":
            self.motors.planner.hold(now)
            self.motors.cut_later(None)

    def _soft_reset(self) -> None:
        homing = bool(self._homing)
        self._trouble = None
        if self.motors.stop():
            self._alarm(6 if homing else 3)
        self._forget()
        if self._state == "Sleep":
            self._state = "Alarm"
        elif self.settings[1] == HELD:
            self.motors.cut_later(None)
            self.motors.power()
        self._greet()

    def _greet(self) -> None:
        self._say("")
        self._say(self.flavour.banner)
        if self._state == "Alarm":
            self._say(self.flavour.locked)

    def _alarm(self, code: int) -> None:
        self._state = "Alarm"
        self._lines.clear()
        self._say(self.flavour.alarm(code))

    def _work(self, now: Seconds) -> None:
        if self._homing and not self.motors.planner.busy(now):
            self._homed()
        if self._asked and not self._homing:
            self._asked = False
            self._report(now)
        while self._lines and not self._silent and self._ready(self._lines[0], now):
            reply = self._execute(self._lines.popleft().strip().upper().replace(" ", ""), now)
            if reply:
                self._say(reply)

    def _waits_until(self) -> Iterator[Seconds]:
        now = self.clock.monotonic()
        planner = self.motors.planner
        if self._blocked_until > now:
            yield self._blocked_until
        elif ((self._lines and not self._silent) or self._homing) and planner.moving(now) and not planner.held:
            yield planner.next_free(now) if self._lines and planner.full(now) else planner.done_at(now)

    def _report(self, now: Seconds) -> None:
        planner = self.motors.planner
        state = self._state
        if state == "Idle" and planner.held:
            state = "Hold:1" if planner.moving(now) else "Hold:0"
        elif state == "Idle" and planner.busy(now):
            state = "Run"
        units = (round(s) / self.settings[100 + i] for i, s in enumerate(planner.at(now)))
        position = ",".join(f"{np.float32(u):.3f}" for u in units)
        label, offset = ("MPos", "") if int(self.settings[10]) & 1 else ("WPos", "|WCO:0.000,0.000,0.000")
        self._say(f"<{state}|{label}:{position}{self.flavour.fields}|FS:0,0{offset}>")

    def _ready(self, line: str, now: Seconds) -> bool:
        planner = self.motors.planner
        if now < self._blocked_until or planner.held or self._homing or self._state == "Sleep":
            return False
        line = line.upper()
        if "G4" in line or "M" in line or line.startswith(("$H", "$S")):
            return not planner.busy(now)
        return not planner.full(now)

    def _execute(self, line: str, now: Seconds) -> str:
        if len(line) > LINE:
            return self.flavour.error(11)
        if line.startswith("$"):
            return self._system(line)
        if self._state == "Alarm" and line:
            return self.flavour.error(9)
        words = _WORD.findall(line)
        if "".join(a + b for a, b in words) != line:
            return self.flavour.error(2 if line[:1].isalpha() else 1)
        return self._block([(letter, float(number)) for letter, number in words], now)

    def _system(self, line: str) -> str:
        if line == "$X":
            if self._state == "Alarm":
                self._say("[MSG:Caution: Unlocked]")
            self._state = "Idle"
        elif line == "$SLP":
            self._state = "Sleep"
            self._say("ok")
            self._say("[MSG:Sleeping]")
            self.motors.cut()
            return ""
        elif line.startswith("$H"):
            return self._home(line[2:])
        elif setting := re.fullmatch(r"\$(\d+)=(\d+\.?\d*)", line):
            self.settings[int(setting[1])] = float(setting[2])
        elif line in ("$$", "$I", "$G"):
            for told in self._told(line):
                self._say(told)
        else:
            return self.flavour.error(3)
        return "ok"

    def _told(self, line: str) -> Iterator[str]:
        if line == "$I":
            yield from self.flavour.identity
        elif line == "$G":
            motion, distance = int(not self._modes.rapid), 90 if self._modes.absolute else 91
            lamp = "M8" if self._modes.lamp else "M9"
            yield f"[GC:G{motion} G54 G17 G21 G{distance} G94 M5 {lamp} T0 F{self._modes.feed:g} S0]"
        else:
            for number, value in sorted(self.settings.items()):
                if number not in self.flavour.without:
                    yield f"${number}={value:g}" if value == int(value) else f"${number}={value:.3f}"

    def _home(self, letter: str) -> str:
        """All switches, or that of one axis; the answer comes when the way has been gone."""
        if not self.settings[22]:
            return self.flavour.error(5)
        if letter and not self.flavour.homes_one_axis:
            return self.flavour.error(3)
        switches = tuple(s for s in self.motors.switches if letter in ("", LETTERS[s.axis]))
        if not switches:
            self._alarm(9)
            return ""
        self._homing = switches
        self.motors.power()
        self._travel(self.motors.seek(switches), math.inf)
        self._modes.rapid = True
        return ""

    def _homed(self) -> None:
        """Behind the switches by the pull-off: there the count is that far below zero."""
        for switch in self._homing:
            self.motors.count_from(switch.axis, -round(self.settings[27] * self.settings[100 + switch.axis]))
        self._homing = ()
        self._state = "Idle"
        self._say("ok")

    def _block(self, words: list[tuple[str, float]], now: Seconds) -> str:
        given = dict(words)
        if any((a == "G" and n not in _KNOWN_G) or (a == "M" and n not in _KNOWN_M) for a, n in words):
            return self.flavour.error(20)
        for letter, number in words:
            if letter == "M":
                self._outputs(int(number), given.get("S", self._modes.spindle))
            elif letter == "G":
                self._mode(int(number))
        if "F" in given:
            self._modes.feed = given["F"] * self._modes.unit
        if ("G", 4) in words:
            return self._answer_at(now + given["P"]) if "P" in given else self.flavour.error(28)
        targets = {LETTERS.index(letter): number * self._modes.unit for letter, number in words if letter in LETTERS}
        return self._move(targets, relative=not self._modes.absolute and ("G", 53) not in words) if targets else "ok"

    def _mode(self, number: int) -> None:
        if number in (90, 91):
            self._modes.absolute = number == 90
        elif number in (0, 1):
            self._modes.rapid = number == 0
        elif number in (20, 21):
            self._modes.unit = INCH if number == 20 else 1.0

    def _outputs(self, code: int, speed: float) -> None:
        if code in (7, 8, 9):
            self._modes.lamp = code != 9
        else:
            self._modes.spindle = speed if code == 3 else 0.0

    def _answer_at(self, when: Seconds) -> str:
        """No line is looked at before `when`; the empty line put in front then says the ok."""
        self._blocked_until = when
        self._lines.appendleft("")
        return ""

    def _move(self, targets: dict[int, float], relative: bool) -> str:
        if not self._modes.rapid and not self._modes.feed:
            return self.flavour.error(22)
        begin = self.motors.planner.planned_end
        end = list(begin)
        for axis, value in targets.items():
            unit = np.float32(self.settings[100 + axis])
            base = begin[axis] / float(unit) if relative else 0.0
            end[axis] = float(round(float(_float32(value + base) * unit)))
        self._travel((end[0], end[1], end[2]), math.inf if self._modes.rapid else self._modes.feed / 60)
        return "ok"

    def _travel(self, end: tuple[float, float, float], feed: float) -> None:
        own = self.settings
        self.motors.power()
        drive = Drive(
            (own[100], own[101], own[102]),
            (own[110] / 60, own[111] / 60, own[112] / 60),
            (own[120], own[121], own[122]),
        )
        self._run(end, drive, feed)
        self._let_go_after_motion()

    def _let_go_after_motion(self) -> None:
        stays = self.settings[1] == HELD
        done = self.motors.planner.done_at(self.clock.monotonic())
        self.motors.cut_later(None if stays else done + self.settings[1] / 1000)


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
