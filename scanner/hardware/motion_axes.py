"""Axes and a lamp on a controller: whole microsteps, arrivals from one side, limits that refuse."""

import math

from scanner.errors import MotionError, NoSwitch, OutOfRange, PositionLost
from scanner.hardware.motion_controller import MotionController
from scanner.hardware.motion_drives import Drive
from scanner.hardware.protocols import AxisFacts
from scanner.hardware.wire.dialect import Move
from scanner.units import Degrees, Seconds

EXACT_STEPS = 2**20
"""Controllers count in float32 and round about five times from the text of a target to steps: exact up to here."""


def duration(distance: float, speed: float, acceleration: float) -> Seconds:
    """Time from rest to rest over `distance` at most `speed`, with ramps of `acceleration`; any one unit of length."""
    if distance >= speed**2 / acceleration:
        return distance / speed + speed / acceleration
    return 2 * math.sqrt(distance / acceleration)


class SerialAxis:
    """One axis of a controller, in degrees, or millimetres of a rail.

    Counts whole microsteps from zero in float64 and names them in the controller's units (steps / its own scale), so
    that angles never drift, whatever that scale is. An axis without limits turns on and on; once the controller's own
    numbers would get too large to be exact, it turns back by less than a turn. Arrivals are from below: a move down
    goes `approach` further and comes back. Steps grow with angles here; `inverted` turns them at the controller.
    """

    def __init__(self, drive: Drive, controller: MotionController) -> None:
        self.facts = AxisFacts(
            name=drive.name,
            low=drive.low,
            high=drive.high,
            step=1 / drive.steps,
            can_home=drive.homing,
            unit=drive.unit,
        )
        self._drive = drive
        self._controller = controller
        self._sign = -1 if drive.inverted else 1
        self._homed_in: int | None = None
        self._zero = 0
        self._left_at = 0

    @property
    def angle(self) -> Degrees | None:
        """Where the controller last reported the axis, modulo 360 without limits; None while that is unknown."""
        self._controller.listen()
        self._adopt()
        at = self._controller.at
        if self._homed_in != self._controller.epoch or at is None or self._drive.letter not in at:
            return None
        return self._angle(self._steps() - self._zero)

    def home(self) -> None:
        """Run to the limit switch, which makes the position known; ends an alarm.

        Raises NoSwitch before anything moves, MotionTimeout, ControllerAlarm.
        """
        drive = self._drive
        if not drive.homing:
            raise NoSwitch(
                f"The {drive.words} has no limit switch to home to.",
                f"Bring it to its start by hand and set its zero; with a switch, set {drive.key}.homing.",
            )
        self._controller.wake()
        self._controller.home(drive.letter, drive.home_within_s)
        self._stands_at(round(drive.reference * drive.steps))

    def set_zero(self) -> None:
        """Call the place where the axis stands zero; ends an alarm. Raises MotionError."""
        self._controller.wake()
        self._controller.unlock()
        self._stands_at(0)

    def move_to(self, angle: Degrees) -> Degrees:
        """Move and block until the controller reports the target and stands still; return the angle reached."""
        self._refuse_outside(angle)
        self._refuse_lost()
        for steps in self._legs(angle):
            self._run(steps)
        return self._angle(self._left_at - self._zero)

    def confirm(self) -> Degrees:
        """Where the controller says the axis stands, asked now. Raises PositionLost, MotionTimeout, MotionError."""
        self._refuse_lost()
        return self._angle(self._left_at - self._zero)

    def stop(self) -> None:
        """Stop at once; from any thread. The `move_to` or `home` under way raises MotionError."""
        self._controller.stop()

    def _adopt(self) -> None:
        """The line that homed another axis may have homed this one as well: then it stands at its switch."""
        homed_by_another = self._controller.together_in == self._controller.epoch != self._homed_in
        if homed_by_another and self._drive.homing and self._drive.letter in (self._controller.at or {}):
            self._stands_at(round(self._drive.reference * self._drive.steps))

    def _stands_at(self, reference: int) -> None:
        self._left_at = self._steps()
        self._zero = self._left_at - reference
        self._homed_in = self._controller.epoch

    def _refuse_outside(self, angle: Degrees) -> None:
        low, high, unit = self._drive.low, self._drive.high, self._unit()
        if not math.isfinite(angle) or (low is not None and angle < low) or (high is not None and angle > high):
            between = "any finite angle" if low is None else f"between {low:g}{unit} and {high:g}{unit}"
            raise OutOfRange(
                f"The {self._drive.words} cannot go to {angle:g}{unit}; its limits are {between}.",
                f"Choose another place, or set low and high of {self._drive.key} in the config.",
            )

    def _refuse_lost(self) -> None:
        """A position is believed only as long as the controller reports the axis where it was left."""
        self._controller.drain()
        self._adopt()
        if self._homed_in == self._controller.epoch and not (self._is_where_left() or self._is_where_left()):
            self._controller.lose("the controller reports another position than it was left at")
        if self._homed_in != self._controller.epoch:
            raise PositionLost(
                f"The position of the {self._drive.words} is unknown: {self._controller.lost_because}.",
                "Home it, or bring it to its start by hand and set its zero.",
            )

    def _is_where_left(self) -> bool:
        """Asked twice before a no is believed: one report may be garbled."""
        self._controller.status()
        return abs(self._steps() - self._left_at) <= self._blur()

    def _legs(self, angle: Degrees) -> list[int]:
        """Where to go, in steps: the target, before it a point below where the way leads down.

        A way too short for the controller to make is gone by the same detour; where the low limit leaves no room for
        that, from above.
        """
        here, target = self._left_at, self._target(angle)
        approach, least = round(self._drive.approach * self._drive.steps), self._controller.dialect.manner.shortest
        way = target - here
        if way == 0 or way >= max(least, 1) or (way <= -least and not approach):
            return [target]
        run_up = target - max(approach, 2 * least)
        if self._drive.low is not None:
            run_up = max(run_up, self._zero + round(self._drive.low * self._drive.steps))
        if min(here, target) - run_up < least:
            run_up = max(here, target) + 2 * least
        return [run_up, target]

    def _target(self, angle: Degrees) -> int:
        per_unit, here = self._drive.steps, self._left_at
        if self._drive.low is not None:
            return self._zero + round(angle * per_unit)
        turns = math.floor(((here - self._zero) / per_unit - angle) / 360)
        below, above = (self._zero + round((angle + 360 * t) * per_unit) for t in (turns, turns + 1))
        return above if self._forward(below, here, above) else below

    def _forward(self, below: int, here: int, above: int) -> bool:
        """Whether an endless axis turns on: unless back is shorter, run-up and all, or the numbers get too large."""
        exact = self._exact()
        if above > exact:
            return False
        back = here - below
        if back <= 1:
            return False
        approach = round(self._drive.approach * self._drive.steps)
        return approach == 0 or above - here <= back + 2 * approach or below - approach < -exact

    def _exact(self) -> float:
        """How far from its zero, in steps, the controller still goes to the very step that it is sent to."""
        return min(EXACT_STEPS, self._controller.axis(self._drive.letter).reach * self._scale())

    def _run(self, steps: int) -> None:
        """One straight movement to `steps`."""
        scale = self._scale()
        speed, acceleration = self._limits()
        target = self._sign * steps / scale
        move = Move(
            letter=self._drive.letter,
            start=self._sign * self._left_at / scale,
            target=target,
            steps=self._sign * steps,
            way=self._sign * (steps - self._left_at),
            speed=speed * self._drive.steps / scale,
            seconds=duration(abs(steps - self._left_at) / self._drive.steps, speed, acceleration),
            tolerance=0.5 / scale + abs(target) * 2**-23,
        )
        try:
            self._controller.move(move)
        finally:
            if self._controller.at is not None:
                self._left_at = self._steps()
        self._left_at = steps

    def _limits(self) -> tuple[float, float]:
        """Speed and acceleration in our units, the lower of config and controller."""
        own, ratio = self._controller.axis(self._drive.letter), self._scale() / self._drive.steps
        speed = math.inf if own.speed is None else own.speed * ratio
        acceleration = math.inf if own.acceleration is None else own.acceleration * ratio
        return min(speed, self._drive.speed), min(acceleration, self._drive.acceleration)

    def _scale(self) -> float:
        """Steps for one unit of the controller; where it does not tell, its units are ours."""
        return self._controller.axis(self._drive.letter).steps or self._drive.steps

    def _steps(self) -> int:
        at = self._controller.at
        if at is None or self._drive.letter not in at:
            raise MotionError(
                f"The controller at {self._controller.name} does not report the {self._drive.letter} axis.",
                "GRBL: send $10=1, so that reports hold machine positions. Else check the letter in the config.",
            )
        return self._sign * round(at[self._drive.letter] * self._scale())

    def _blur(self) -> float:
        """How many steps a report may be beside the truth."""
        return 1 + self._controller.within * self._scale()

    def _angle(self, steps: int) -> Degrees:
        angle = steps / self._drive.steps
        return angle if self._drive.low is not None else angle % 360

    def _unit(self) -> str:
        return "°" if self._drive.unit == "°" else f" {self._drive.unit}"


class SerialLight:
    """A lamp on an output of the controller. `level` is what it has: one that only switches is 0 or 1."""

    def __init__(self, controller: MotionController) -> None:
        self.level = 0.0
        self._controller = controller

    def set(self, level: float) -> None:
        """Brightness 0..1; a lamp that only switches is fully on above 0. Raises OutOfRange, MotionError."""
        if not 0 <= level <= 1:
            raise OutOfRange(f"The light cannot be set to {level:g}.", "Choose a level from 0 (off) to 1 (full).")
        self.level = self._controller.light(level)
