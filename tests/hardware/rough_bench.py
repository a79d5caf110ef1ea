"""A bench for the driver under faults: a simulated board over a wire that is cut, and the truth beside what is said.

Nothing here knows how the driver works: it opens it as the rig does, and after an error does what a scan does.
"""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from scanner.clock import Clock, FakeClock, SystemClock
from scanner.errors import HardwareError, HardwareMissing, MotionError
from scanner.hardware.motion_line import OpenLink
from scanner.hardware.motion_settings import MotionSettings
from scanner.hardware.protocols import Axis, AxisName
from scanner.hardware.serial_motion import SerialMotion, open_motion
from scanner.hardware.simulated.controller import SimulatedController
from scanner.hardware.simulated.controller_board import Board
from scanner.hardware.simulated.controller_faults import Faults
from scanner.hardware.simulated.controller_sketch import Answers
from scanner.hardware.simulated.controller_wiring import STEPS_PER_DEGREE, STEPS_PER_MM, Flavour, Wiring

BACKOFF_S = (0.1, 0.2, 0.5, 1.0, 2.0, 4.0)
PATIENCE = 60
HOME_S, MEND_S, HOLD_S = 100.0, 60.0, 20.0
"""Longest that a call may take: homing and the reset after it; a start in noise; a line, thrice."""
RETRIES = 6
"""Three times a line may be said, and each of its answers be waited for."""
HALT_S = 20.0
"""A stop, a reset and its greeting."""
READS = 200_000
"""So many reads that bring nothing, while time stands still, are a hang."""
TURNTABLE: AxisName = "turntable"
TILT: AxisName = "tilt"
RAIL: AxisName = "focus"
AXES = (TURNTABLE, TILT, RAIL)
STEP: dict[AxisName, float] = {TURNTABLE: 1 / STEPS_PER_DEGREE, TILT: 1 / STEPS_PER_DEGREE, RAIL: 1 / STEPS_PER_MM}

Opens = Callable[[OpenLink, MotionSettings, Clock], SerialMotion]


@dataclass(frozen=True)
class Case:
    """A dialect, and how many moves it has to make. `spared`: kinds of faults that it cannot withstand."""

    name: str
    motion: MotionSettings
    moves: int
    flavour: Flavour = "grbl"
    answers: Answers | None = None
    spared: tuple[str, ...] = ()
    switches: bool = True


class Hang(AssertionError):
    """A call that does not end."""


@dataclass
class CutWire:
    """The wire to a board. A cable that came out stays out for a while; when it is back, the port has a new name."""

    board: Board
    clock: FakeClock
    chance: random.Random
    plugs: int = 0
    back_at: float = 0.0
    out: bool = False
    idle_reads: int = 0
    name: str = "port"

    def open(self) -> "CutWire":
        """Opening starts the board anew. Raises HardwareMissing while the cable is out."""
        if self.out and self.clock.monotonic() < self.back_at:
            raise HardwareMissing("No serial port.", "Plug it in.")
        self.out = False
        self.plugs += 1
        self.name = f"port{self.plugs}"
        self.board.power_on()
        return self

    def read(self, timeout: float) -> bytes:
        until = self.clock.monotonic() + timeout
        while True:
            self._look()
            data = self.board.send()
            now, due = self.clock.monotonic(), self.board.due()
            if data or now >= until:
                self._count(bool(data) or timeout > 0)
                return data
            self.clock.sleep((until if due is None else min(until, max(due, now + 1e-4))) - now)

    def write(self, data: bytes) -> None:
        self._look()
        self.board.receive(data)

    def close(self) -> None:
        """The port is free; the board goes on."""

    def _look(self) -> None:
        if not self.out and self.board.unplugged:
            self.out = True
            self.back_at = self.clock.monotonic() + self.chance.uniform(0.0, 8.0)
            self.board.power_off()
            self.board.spoil(replace(self.board.faults, unplug_at=None))
        if self.out:
            raise MotionError("The cable is out.", "Plug it in.")

    def _count(self, went_on: bool) -> None:
        self.idle_reads = 0 if went_on else self.idle_reads + 1
        if self.idle_reads > READS:
            raise Hang("reads for ever while time stands still")


@dataclass
class Tally:
    """What came of many moves. `faults`: those that struck, by kind. `references`: how often axes were homed anew."""

    moves: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    references: int = 0
    wrong: list[str] = field(default_factory=list)
    hangs: list[str] = field(default_factory=list)
    longest_s: float = 0.0


class Rig(Protocol):
    """A driver, and behind it a board that can be spoiled and says the truth."""

    @property
    def clock(self) -> Clock: ...

    @property
    def motion(self) -> SerialMotion: ...

    @property
    def board(self) -> Board: ...

    @property
    def settings(self) -> MotionSettings: ...

    def truth(self, name: AxisName) -> float:
        """Where an axis stands, in degrees or mm since power came on."""

    def spoil(self, faults: Faults) -> None:
        """From now on these go wrong."""

    def pause(self, seconds: float) -> None:
        """Time passes; a cable that is out is plugged in again some time."""

    def close(self) -> None: ...


class BoardRig:
    """A board without a terminal, on a clock that jumps. `opens`: the driver, or a worse one in its place."""

    def __init__(self, case: Case, opens: Opens, seed: int) -> None:
        self.clock = FakeClock()
        self._wiring = Wiring(case.motion, case.switches)
        self.board = self._wiring.board(self.clock, flavour=case.flavour, answers=case.answers)
        wire = CutWire(self.board, self.clock, random.Random(seed))  # noqa: S311
        self.settings = self._wiring.settings("port", case.flavour)
        self.motion = opens(wire.open, self.settings, self.clock)

    def truth(self, name: AxisName) -> float:
        turntable, tilt = self._wiring.angles(self.board)
        return {TURNTABLE: turntable, TILT: tilt, RAIL: self._wiring.rail(self.board)}[name]

    def spoil(self, faults: Faults) -> None:
        self.board.spoil(faults)

    def pause(self, seconds: float) -> None:
        self.clock.sleep(seconds)

    def close(self) -> None:
        self.motion.close()


class TerminalRig:
    """A board behind a real pseudo-terminal, opened by pyserial through a link whose target changes."""

    def __init__(self, case: Case, link: Path) -> None:
        self.clock = SystemClock()
        soon = case.motion.model_copy(update={"home_timeout_s": 10.0})
        self._controller = SimulatedController(
            self.clock, soon, link=link, switches=case.switches, flavour=case.flavour, answers=case.answers
        )
        self.board = self._controller._board
        self.settings = self._controller.settings()
        self.motion = open_motion(self.settings, self.clock, rail=True)

    def truth(self, name: AxisName) -> float:
        turntable, tilt = self._controller.angles()
        return {TURNTABLE: turntable, TILT: tilt, RAIL: self._controller.rail()}[name]

    def spoil(self, faults: Faults) -> None:
        self._controller.set_faults(faults)

    def pause(self, seconds: float) -> None:
        self.clock.sleep(seconds / 10)
        self._controller.plug()

    def close(self) -> None:
        self.motion.close()
        self._controller.close()


class RoughBench:
    """Moves on a rig, and keeps the tally."""

    def __init__(self, rig: Rig) -> None:
        self.tally = Tally()
        self._rig = rig
        self._stands: dict[AxisName, float] = {}
        self._origin = dict.fromkeys(AXES, 0.0)
        self._kind = "none"
        self._lost = True

    @property
    def unplugs(self) -> bool:
        """Whether the cable will come out."""
        return self._rig.board.faults.unplug_at is not None

    def spoil(self, kind: str, faults: Faults) -> None:
        """From now on `faults`, which are counted as `kind`."""
        self._count_faults()
        self._kind = kind
        self._rig.spoil(faults)

    def visit(self, name: AxisName, angle: float) -> None:
        """Go there as a scan does, through whatever errors; then see where the rig really stands."""
        for _ in range(PATIENCE):
            if self._lost and not self._re_reference():
                continue
            if self._arrives(name, angle):
                return
        self.tally.hangs.append(f"{name} to {angle:.2f} never succeeded under {self._kind}")
        self.spoil("none", Faults())

    def _arrives(self, name: AxisName, angle: float) -> bool:
        axis, reached = self._rig.motion.axes[name], list[float]()
        move = f"{name} to {angle:.2f}"
        self._lost = not self._ends(move, self._patience(name), lambda: reached.append(axis.move_to(angle)))
        if reached:
            self.tally.moves += 1
            self._compare(name, angle, reached[0])
        return bool(reached)

    def finish(self) -> Tally:
        """Count what struck last."""
        self._count_faults()
        self._rig.close()
        return self.tally

    def _re_reference(self) -> bool:
        """What a scan does after an error; False where one more try is needed."""
        self.tally.references += 1
        for pause in BACKOFF_S:
            if self._ends("mend", MEND_S, self._rig.motion.mend):
                break
            self._rig.pause(pause)
        else:
            return False
        lost: list[AxisName] = [name for name, axis in self._rig.motion.axes.items() if axis.angle is None]
        if lost:
            self._stands.clear()  # one axis that homes may take the others along
        self._lost = not self._ends("hold", HOLD_S, self._rig.motion.hold) or not all(
            self._refer(name, self._rig.motion.axes[name]) for name in lost
        )
        return not self._lost

    def _patience(self, name: AxisName) -> float:
        """Longest that a movement may take: two legs over the whole range, from speed and acceleration."""
        motion = self._rig.settings
        way, speed, ramp = {
            TURNTABLE: (400.0, motion.turntable.max_speed, motion.turntable.acceleration),
            TILT: (120.0, motion.tilt.max_speed, motion.tilt.acceleration),
            RAIL: (60.0, motion.rail.max_speed, motion.rail.acceleration),
        }[name]
        return 2 * RETRIES * (1.5 * (way / speed + speed / ramp) + 2.0) + HALT_S

    def _refer(self, name: AxisName, axis: Axis) -> bool:
        """To its switch, else to the hand of a person, who takes the place where it stands for zero."""
        if axis.facts.can_home:
            return self._ends(f"home {name}", HOME_S, axis.home)
        done = self._ends(f"zero {name}", HOLD_S, axis.set_zero)
        self._origin[name] = self._rig.truth(name)
        return done

    def _ends(self, what: str, within: float, call: Callable[[], object]) -> bool:
        """Whether a call came through; one that outstays `within` is a hang, other errors than HardwareError fail."""
        began = self._rig.clock.monotonic()
        try:
            call()
        except HardwareError as error:
            self.tally.errors[type(error).__name__] += 1
            through = False
        else:
            through = True
        took = self._rig.clock.monotonic() - began
        self.tally.longest_s = max(self.tally.longest_s, took)
        if took > within:
            self.tally.hangs.append(f"{what} took {took:.1f} s under {self._kind}")
        return through

    def _compare(self, moved: AxisName, asked: float, reached: float) -> None:
        """All axes that know where they are must stand where they were sent, within a step."""
        self._stands[moved] = reached
        for name, claim in self._stands.items():
            known, truth = self._rig.motion.axes[name].angle is not None, self._rig.truth(name) - self._origin[name]
            if known and _apart(name, claim, truth) > STEP[name] * 1.001:
                self.tally.wrong.append(f"{name} says {claim:.3f}, is at {truth:.3f}: {self._kind}, moved {moved}")
        if _apart(moved, reached, asked) > STEP[moved] * 1.001:
            self.tally.wrong.append(f"{moved} was sent to {asked:.3f} and says {reached:.3f}: {self._kind}")

    def _count_faults(self) -> None:
        self.tally.faults[self._kind] += self._rig.board.suffered.total()
        self._rig.board.suffered.clear()


def _apart(name: AxisName, one: float, other: float) -> float:
    """How far two places are apart: on the turntable, the short way round."""
    return abs((one - other + 180) % 360 - 180) if name == TURNTABLE else abs(one - other)
