"""A simulated sketch, as people write them: it knows the lines of one template and nothing else.

It reads the move that the template names, goes there, and answers only when it has arrived. Behind a line in work the
Arduino keeps 63 bytes; a stop order is the one line that is read at once.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from string import Formatter

from scanner.clock import Clock
from scanner.errors import ConfigError
from scanner.hardware.motion_settings import TemplateSettings
from scanner.hardware.simulated.controller_board import Sequencer, Wait
from scanner.hardware.simulated.controller_faults import Faults
from scanner.hardware.simulated.controller_motors import ALL, LETTERS, Drive, Motors, Switch
from scanner.units import Seconds

_NUMBER = r"\s*[-+]?\d+(?:\.\d+)?"
_ENDS = {"LF": b"\n", "CR": b"\r", "CRLF": b"\r\n", "NONE": b""}
_QUIET_S = 0.02
_DRIVE = Drive((100.0, 100.0, 1600.0), (120.0, 60.0, 50.0), (1000.0, 500.0, 1000.0))


@dataclass(frozen=True, slots=True)
class Answers:
    """What a sketch says where the template only has a pattern for it; None: the pattern is itself a line that fits.

    In `done` {position} may stand for where the axis is, in degrees.
    """

    greeting: str | None = None
    identified: str | None = None
    done: str | None = None
    error: str | None = None


class SketchFirmware(Sequencer):
    """One controller that obeys `template`. `drive`: steps a degree (a millimetre on Z), speeds, accelerations.

    Raises ConfigError where no answer fits a pattern of the template.
    """

    room = 63

    def __init__(
        self,
        clock: Clock,
        template: TemplateSettings,
        faults: Faults | None = None,
        switches: tuple[Switch, ...] = (),
        motors: Motors | None = None,
        *,
        answers: Answers = Answers(),
        drive: Drive = _DRIVE,
    ) -> None:
        super().__init__(clock, faults, motors or Motors(clock, switches))
        self.template = template
        self.line_end = _ENDS[template.terminator] or b"\n"
        self._drive = drive
        self._light = 0.0
        self._axis = 0
        self._answers = {
            name: _answer(name, getattr(template, name), getattr(answers, name)) for name in Answers.__slots__
        }
        self._orders: list[tuple[re.Pattern[str], Callable[[dict[str, str]], Iterator[Wait]]]] = [
            (_pattern(text), order)
            for text, order in (
                (template.identify, self._identify),
                (template.stop, self._halt),
                (template.home, self._home),
                (template.light, self._lamp),
                (template.hold, self._hold),
                (template.release, self._release),
                (template.move, self._move),
            )
            if text
        ]
        self._forget()

    def light(self) -> float:
        return self._light

    def hard_limit(self) -> None:
        """A switch the sketch watches: the movement ends, and it says that it could not."""
        if self.motors.stop():
            self._break_off()
            self._answer("error")

    def tune(self, setting: int | str, value: float) -> None:
        """A sketch has nothing to set."""
        raise KeyError(f"{setting} = {value:g}")

    def _seize(self) -> None:
        """It hangs."""
        self.motors.stop()
        self._forget()
        self.deaf = True

    def _forget(self) -> None:
        super()._forget()
        self._heard_at = 0.0
        self._light = 0.0

    def _started(self) -> None:
        self.motors.power()
        if self.template.greeting:
            self._answer("greeting")

    def _byte(self, byte: int) -> None:
        if self.deaf:
            return
        self._heard_at = self.clock.monotonic()
        stop = self.template.stop
        if stop and self._task is not None and byte in b"\r\n" and self._partial.strip() == stop.encode():
            self._partial.clear()
            self.motors.stop()
        else:
            self._collect(byte)

    def _work(self, now: Seconds) -> None:
        """Without a terminator a line ends when nothing follows for a moment."""
        if self._unended() and now >= self._heard_at + _QUIET_S:
            self._lines.append(self.faults.into_the_controller(bytes(self._partial), self._chance))
            self._partial.clear()
        super()._work(now)

    def _waits_until(self) -> Iterator[Seconds]:
        yield from super()._waits_until()
        if self._unended():
            yield self._heard_at + _QUIET_S

    def _unended(self) -> bool:
        return self.template.terminator == "NONE" and bool(self._partial)

    def _obey(self, line: str) -> Iterator[Wait]:
        if not line:
            return
        for pattern, order in self._orders:
            if found := pattern.fullmatch(line):
                yield from order(found.groupdict())
                return
        self._answer("error")

    def _answer(self, name: str) -> None:
        steps = self.motors.planner.at(self.clock.monotonic())[self._axis]
        self._say(self._answers[name].format(position=steps / self._drive.scale[self._axis]))

    def _identify(self, _: dict[str, str]) -> Iterator[Wait]:
        yield from ()
        self._answer("identified")

    def _halt(self, _: dict[str, str]) -> Iterator[Wait]:
        yield from ()
        self.motors.stop()
        self._answer("done")

    def _lamp(self, words: dict[str, str]) -> Iterator[Wait]:
        yield from ()
        whole = {"level": 1.0, "percent": 100.0, "byte": 255.0}
        self._light = next((float(words[name]) / full for name, full in whole.items() if name in words), 1.0)
        self._answer("done")

    def _hold(self, _: dict[str, str]) -> Iterator[Wait]:
        yield from ()
        self.motors.power()
        self._answer("done")

    def _release(self, _: dict[str, str]) -> Iterator[Wait]:
        yield from ()
        self.motors.cut()
        self._answer("done")

    def _home(self, words: dict[str, str]) -> Iterator[Wait]:
        axes = [LETTERS.index(words["axis"])] if "axis" in words else list(ALL)
        switches = [switch for switch in self.motors.switches if switch.axis in axes]
        if not switches:
            self._answer("error")
            return
        self.motors.power()
        end = self.motors.seek(switches)
        yield from self._go(end, switches[0].axis)
        if self.motors.planner.planned_end != end:
            self._answer("error")
            return
        for switch in switches:
            self.motors.count_from(switch.axis, 0.0)
        self._answer("done")

    def _move(self, words: dict[str, str]) -> Iterator[Wait]:
        axis = LETTERS.index(words.get("axis", "X"))
        scale = self._drive.scale[axis]
        end = list(self.motors.planner.planned_end)
        here = end[axis] if "dsteps" in words or "dangle" in words else 0.0
        wanted = [float(words[name]) for name in ("steps", "dsteps") if name in words]
        wanted += [float(words[name]) * scale for name in ("angle", "dangle") if name in words]
        end[axis] = float(round(here + wanted[0]))
        yield from self._go((end[0], end[1], end[2]), axis, float(words.get("speed", self._drive.speed[axis])))
        self._answer("done")

    def _go(self, end: tuple[float, float, float], axis: int, speed: float = 60.0) -> Iterator[Wait]:
        """Go there; a sketch knows nothing better than to wait for it."""
        self._axis = axis
        self.motors.power()
        self._run(end, self._drive, max(speed, 1e-3))
        yield lambda: self.motors.planner.done_at(self.clock.monotonic())


def _answer(name: str, pattern: str, given: str | None) -> str:
    """The line for a pattern: the one given, else the pattern itself where that is one."""
    if given is not None:
        return given
    plain = re.sub(r"\\(.)", r"\1", pattern)
    if not re.search(pattern, plain):
        raise ConfigError(
            f"The simulated sketch has no line that fits {name} = {pattern!r} of rig.motion.template.",
            "Give a plain line there, or use a real controller.",
        )
    return plain.replace("{", "{{").replace("}", "}}")


def _pattern(template: str) -> re.Pattern[str]:
    """What reads the lines that a template writes: words in braces become groups of their names."""
    pieces: list[str] = []
    for literal, name, _, _ in Formatter().parse(template):
        pieces.append(re.escape(literal))
        if name and f"(?P<{name}>" in "".join(pieces):
            pieces.append(f"(?P={name})")
        elif name:
            pieces.append(f"(?P<{name}>{'[XYZ]' if name == 'axis' else _NUMBER})")
    return re.compile("".join(pieces).strip())
