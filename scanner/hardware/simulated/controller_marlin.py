"""A simulated Marlin 2 of a printer board: bytes in, bytes out, a clock from the caller.

Behaves as the real one where it matters to a driver (MarlinFirmware/Marlin 2.1: queue.cpp, planner.cpp, motion.cpp,
M114.cpp): `ok` means queued; `M114` tells the plan, not the place; movements of less than six steps are left out; soft
endstops clamp in silence once an axis is homed; motors are off until they move, and after two idle minutes.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from scanner.clock import Clock
from scanner.hardware.simulated.controller_board import Sequencer, Wait
from scanner.hardware.simulated.controller_faults import Faults
from scanner.hardware.simulated.controller_motors import ALL, LETTERS, Drive, Motors, Switch
from scanner.units import Seconds

LEAST_STEPS = 6
LINE = 95
BUSY_S = 2.0
IDLE_S = 120.0
BED = 200.0
KILLED = "Error:Printer halted. kill() called!"
GREETING = (
    "start",
    "Marlin 2.1.2.4",
    "",
    "echo: Last Updated: 2024-04-13 | Author: (none, default config)",
    "echo:Compiled: Apr 13 2024",
    "echo: Free Memory: 4041  PlannerBufferBytes: 1232",
    "echo:Hardcoded Default Settings Loaded",
)
_IDENTITY = (
    "FIRMWARE_NAME:Marlin 2.1.2.4 (Apr 13 2024 12:00:00) SOURCE_CODE_URL:github.com/MarlinFirmware/Marlin "
    "PROTOCOL_VERSION:1.0 MACHINE_TYPE:Turntable EXTRUDER_COUNT:1 UUID:cede2a2f-41a2-4748-9b12-c55c62f367ff"
)
_REPORTS = {
    "M92": "Steps per unit",
    "M203": "Max feedrates (units/s)",
    "M201": "Max Acceleration (units/s2)",
}
_COMMAND = re.compile(r"([GMT]\d+)(.*)")
_WORD = re.compile(r"([A-Z])\s*([-+]?(?:\d+\.?\d*|\.\d+))?")
_WAITS_FOR_ALL = {"G4", "G28", "G92", "M18", "M84", "M400"}
_NOTHING_TO_DO = {"G21", "M82", "M110", "M113", "M117", "M155", "M204", "M205", "M420"}

Words = dict[str, float]


def default_settings() -> dict[str, list[float]]:
    """Steps a unit, units a second, units a second squared, of X, Y and Z: a printer's, but as fast as the motors."""
    return {"M92": [80.0, 80.0, 400.0], "M203": [300.0, 300.0, 200.0], "M201": [3000.0, 3000.0, 4000.0]}


@dataclass(slots=True)
class State:
    """What a reset forgets. `at`: where the axes will be when all is done, in units."""

    absolute: bool = True
    feed: float = 25.0
    fan: float = 0.0
    at: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    shift: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    homed: set[int] = field(default_factory=set)
    clamping: bool = True
    idle_s: float = IDLE_S


class MarlinFirmware(Sequencer):
    """One controller. `eager`: built with EMERGENCY_PARSER, so that M410 and M112 do not wait for their turn.

    `home_first`: built with NO_MOTION_BEFORE_HOMING. `settings`: what M503 tells.
    """

    depth = 4

    def __init__(
        self,
        clock: Clock,
        faults: Faults | None = None,
        switches: tuple[Switch, ...] = (),
        motors: Motors | None = None,
        *,
        eager: bool = True,
        home_first: bool = False,
    ) -> None:
        super().__init__(clock, faults, motors or Motors(clock, switches))
        self.settings = default_settings()
        self.eager = eager
        self.home_first = home_first
        self._forget()
        self.motors.cut()

    def light(self) -> float:
        return self._state.fan / 255

    def hard_limit(self) -> None:
        """An endstop that is always watched: the movement ends there, and the commands go on as if it had not."""
        if self.motors.stop():
            self._from_steppers()
            self._say(
                "echo:endstops hit: " + "".join(f" {a}:{u:.2f}" for a, u in zip("XYZ", self._state.at, strict=True))
            )

    def tune(self, setting: int | str, value: float) -> None:
        code, letter = str(setting).split()
        self.settings[code][LETTERS.index(letter)] = value

    def _seize(self) -> None:
        """kill(): everything off, and deaf until a reset."""
        self.motors.stop()
        self.motors.cut()
        self._forget()
        self._say(KILLED)
        self.deaf = True

    def _forget(self) -> None:
        super()._forget()
        self._busy_at = math.inf
        self._state = State()

    def _started(self) -> None:
        self.motors.cut()
        for line in (*GREETING, *self._settings_told()):
            self._say(line)

    def _byte(self, byte: int) -> None:
        if self.deaf or (byte not in b"\r\n" and len(self._partial) >= LINE):
            return
        line = bytes(self._partial.strip())
        if self.eager and byte in b"\r\n" and line in (b"M112", b"M410"):
            self._act(line.decode(), {})
        if not self.deaf:
            self._collect(byte)

    def _quick_stop(self) -> None:
        self.motors.stop()
        self._from_steppers()

    def _from_steppers(self) -> None:
        """The plan is from now on what the steppers have done."""
        end = self.motors.planner.planned_end
        self._state.at = [round(end[axis]) / self.settings["M92"][axis] for axis in ALL]

    def _work(self, now: Seconds) -> None:
        """One command after the other; one that takes long says that it is busy."""
        super()._work(now)
        while self._task is not None and now >= self._busy_at:
            self._say("echo:busy: processing")
            self._busy_at += BUSY_S

    def _waits_until(self) -> Iterator[Seconds]:
        yield from super()._waits_until()
        if self._wait is not None:
            yield self._busy_at

    def _obey(self, line: str) -> Iterator[Wait]:
        """Do what one line says."""
        line = line.split(";", maxsplit=1)[0].strip()
        if not line:
            return
        self._busy_at = self._began + BUSY_S
        found = _COMMAND.match(line.upper())
        code, words = (found[1], _words(found[2])) if found else ("", {})
        if code in _WAITS_FOR_ALL:
            yield self._stillness
        elif code in ("G0", "G1"):
            yield self._room_in_plan
        if code == "G28":
            yield from self._home(words)
        elif code == "G4":
            until = self.clock.monotonic() + words.get("S", words.get("P", 0.0) / 1000)
            yield lambda: until
        elif not self._act(code, words):
            self._say(f'echo:Unknown command: "{line}"')
        if not self.deaf:
            self._say("ok")

    def _stillness(self) -> Seconds:
        return self.motors.planner.done_at(self.clock.monotonic())

    def _room_in_plan(self) -> Seconds:
        now = self.clock.monotonic()
        return self.motors.planner.next_free(now) if self.motors.planner.full(now) else now

    def _act(self, code: str, words: Words) -> bool:
        """Commands that take no time; False for an unknown one."""
        if code in ("G0", "G1"):
            self._move(words)
        elif code in ("G90", "G91"):
            self._state.absolute = code == "G90"
        elif code in ("M17", "M18", "M84"):
            self._steppers(words, on=code == "M17")
        elif code in ("M106", "M107"):
            self._state.fan = min(255.0, max(0.0, words.get("S", 255.0))) if code == "M106" else 0.0
        elif code in ("M112", "M410"):
            self._seize() if code == "M112" else self._quick_stop()
        elif code in _REPORTS:
            self._set_or_tell(code, words)
        elif code in ("G92", "M211"):
            self._frame(code, words)
        else:
            return self._tell(code)
        return True

    def _tell(self, code: str) -> bool:
        if code == "M114":
            end = self.motors.planner.planned_end
            logical = [a + s for a, s in zip(self._state.at, self._state.shift, strict=True)]
            place = " ".join(f"{letter}:{value:.2f}" for letter, value in zip(LETTERS, logical, strict=True))
            count = " ".join(f"{letter}:{round(steps)}" for letter, steps in zip(LETTERS, end, strict=True))
            self._say(f"{place} E:0.00 Count {count}")
        elif code == "M115":
            self._say(_IDENTITY)
            self._say("Cap:SERIAL_XON_XOFF:0")
            self._say(f"Cap:EMERGENCY_PARSER:{self.eager:d}")
        elif code == "M503":
            for line in self._settings_told():
                self._say(line)
        return code in ("M114", "M115", "M503", "M400") or code in _NOTHING_TO_DO

    def _settings_told(self) -> Iterator[str]:
        for code, heading in _REPORTS.items():
            yield f"echo:; {heading}:"
            yield f"echo:{self._setting(code)}"

    def _setting(self, code: str) -> str:
        values = (f"{letter}{value:.2f}" for letter, value in zip(LETTERS, self.settings[code], strict=True))
        return f"  {code} {' '.join(values)} E500.00"

    def _set_or_tell(self, code: str, words: Words) -> None:
        if not words:
            self._say(self._setting(code))
        for axis, letter in enumerate(LETTERS):
            if words.get(letter):
                self.settings[code][axis] = words[letter]
        if code == "M92" and words:
            self._from_steppers()

    def _frame(self, code: str, words: Words) -> None:
        """G92 names the place where the axes stand; M211 S0 ends the clamping to the bed."""
        if code == "M211":
            self._state.clamping = words.get("S", float(self._state.clamping)) != 0
            return
        for axis, letter in enumerate(LETTERS):
            if letter in words:
                self._state.shift[axis] = words[letter] - self._state.at[axis]

    def _steppers(self, words: Words, on: bool) -> None:
        axes = [axis for axis, letter in enumerate(LETTERS) if letter in words] or list(ALL)
        if "S" in words and not on:
            self._state.idle_s = words["S"]
            self._let_go_when_idle()
        elif on:
            self.motors.power(axes)
            self._let_go_when_idle()
        else:
            self.motors.cut(axes)

    def _let_go_when_idle(self) -> None:
        done = self.motors.planner.done_at(self.clock.monotonic())
        self.motors.cut_later(done + self._state.idle_s if self._state.idle_s else None)

    def _move(self, words: Words) -> None:
        state = self._state
        if words.get("F", 0.0) > 0:
            state.feed = words["F"] / 60
        axes = [axis for axis, letter in enumerate(LETTERS) if letter in words]
        unhomed = "".join(LETTERS[axis] for axis in axes if axis not in state.homed)
        if self.home_first and unhomed:
            self._say(f"echo:Home {unhomed} First")
            return
        for axis in axes:
            value = words[LETTERS[axis]]
            target = value - state.shift[axis] if state.absolute else state.at[axis] + value
            if state.clamping and axis in state.homed:
                target = min(max(target, 0.0), BED)
            state.at[axis] = float(np.float32(target))
        self._travel(state.feed)

    def _travel(self, feed: float) -> None:
        """To the plan's end; what is shorter than LEAST_STEPS on every axis is left out."""
        scale = self.settings["M92"]
        begin = self.motors.planner.planned_end
        end = [float(round(float(np.float32(u) * np.float32(s)))) for u, s in zip(self._state.at, scale, strict=True)]
        moving = [axis for axis in ALL if end[axis] != begin[axis]]
        if max(abs(e - b) for b, e in zip(begin, end, strict=True)) < LEAST_STEPS:
            return
        self.motors.power(moving)
        self._run((end[0], end[1], end[2]), self._drive(), feed)
        self._let_go_when_idle()

    def _drive(self) -> Drive:
        scale, speed, acceleration = (
            (self.settings[code][0], self.settings[code][1], self.settings[code][2]) for code in _REPORTS
        )
        return Drive(scale, speed, acceleration)

    def _home(self, words: Words) -> Iterator[Wait]:
        """To the switches of the axes named, or of all; an axis that finds none ends in kill()."""
        wanted = [axis for axis, letter in enumerate(LETTERS) if letter in words]
        switches = [s for s in self.motors.switches if s.axis in wanted or not wanted]
        self.motors.power()
        end = self.motors.seek(switches)
        self._run(end, self._drive(), math.inf)
        self._let_go_when_idle()
        yield self._stillness
        if {s.axis for s in switches} < set(wanted) or not switches or self.motors.planner.planned_end != end:
            self._seize()
            return
        for switch in switches:
            self.motors.count_from(switch.axis, 0.0)
            self._state.at[switch.axis] = self._state.shift[switch.axis] = 0.0
            self._state.homed.add(switch.axis)
        self._tell("M114")


def _words(text: str) -> Words:
    """Letters with their numbers; a letter alone counts as 0."""
    return {letter: float(np.float32(number or 0)) for letter, number in _WORD.findall(text)}
