"""Axes and a lamp on a GRBL controller, in degrees: whole microsteps, arrivals from one side, limits that refuse."""

import math
from typing import Literal

from scanner.errors import MotionError, OutOfRange, PositionLost
from scanner.hardware.motion_controller import MotionController, Move
from scanner.hardware.motion_settings import AxisSettings, MotionSettings
from scanner.hardware.protocols import AxisFacts
from scanner.hardware.wire import grbl
from scanner.units import Degrees, Seconds

EXACT_STEPS = 2**20
"""GRBL counts in float32 and rounds about five times from the text of a target to steps: exact up to here."""

REPORT_UNIT = 0.0006
"""Half of the last of three decimals in a report, and a little for its own rounding."""


def duration(distance: float, speed: float, acceleration: float) -> Seconds:
    """Time from rest to rest over `distance` at most `speed`, with ramps of `acceleration`; any one unit of length."""
    if distance >= speed**2 / acceleration:
        return distance / speed + speed / acceleration
    return 2 * math.sqrt(distance / acceleration)


class SerialAxis:
    """One axis of a controller.

    Counts whole microsteps from zero in float64 and names them in the controller's units (steps / its $100), so that
    angles never drift, whatever $100 is set to. An axis without limits turns on and on; once the controller's own
    numbers would get too large to be exact, it turns back by less than a turn. Arrivals are from below: a move down
    goes `approach` degrees further and comes back.
    """

    def __init__(self, name: Literal["turntable", "tilt"], rig: MotionSettings, controller: MotionController) -> None:
        settings: AxisSettings = rig.turntable if name == "turntable" else rig.tilt
        self.facts = AxisFacts(
            name=name,
            low=settings.low,
            high=settings.high,
            step=1 / settings.steps_per_degree,
            can_home=settings.homing,
        )
        self._settings = settings
        self._controller = controller
        self._index = "XYZ".index(settings.letter)
        self._homed_in: int | None = None
        self._zero = 0
        self._left_at = 0
        self._home_line = grbl.home(settings.letter if rig.home_one_axis else "")
        self._home_within = rig.home_timeout_s

    @property
    def angle(self) -> Degrees | None:
        """Where the controller last reported the axis, modulo 360 without limits; None while that is unknown."""
        self._controller.listen()
        if self._homed_in != self._controller.epoch or self._controller.mpos is None:
            return None
        return self._angle(self._steps() - self._zero)

    def home(self) -> None:
        """Run to the switch where there is one, else call the present position zero.

        Ends an alarm. Raises MotionTimeout, ControllerAlarm.
        """
        self._controller.wake()
        if self._settings.homing:
            self._controller.home(self._home_line, self._home_within)
            reference = round(self._settings.switch_angle * self._settings.steps_per_degree)
        else:
            self._controller.unlock()
            reference = 0
        self._left_at = self._steps()
        self._zero = self._left_at - reference
        self._homed_in = self._controller.epoch

    def move_to(self, angle: Degrees) -> Degrees:
        """Move and block until the controller reports the target and stands still; return the angle reached."""
        self._refuse_outside(angle)
        self._refuse_lost()
        for steps in self._legs(angle):
            self._run(steps)
        return self._angle(self._left_at - self._zero)

    def stop(self) -> None:
        """Stop at once; from any thread. The `move_to` or `home` under way raises MotionError."""
        self._controller.stop()

    def _refuse_outside(self, angle: Degrees) -> None:
        low, high = self._settings.low, self._settings.high
        if not math.isfinite(angle) or (low is not None and angle < low) or (high is not None and angle > high):
            between = "any finite angle" if low is None else f"between {low:g}° and {high:g}°"
            raise OutOfRange(
                f"The {self.facts.name} cannot go to {angle:g}°; its limits are {between}.",
                f"Choose another angle, or set low and high of motion.{self.facts.name} in the config.",
            )

    def _refuse_lost(self) -> None:
        """A position is believed only as long as the controller reports the axis where it was left."""
        self._controller.drain()
        if self._homed_in == self._controller.epoch:
            self._controller.status()
            if self._homed_in == self._controller.epoch and abs(self._steps() - self._left_at) > 1:
                self._controller.lose("the controller reports another position than it was left at")
        if self._homed_in != self._controller.epoch:
            raise PositionLost(
                f"The position of the {self.facts.name} is unknown: {self._controller.lost_because}.",
                "Home it, or bring it to its start by hand and zero it.",
            )

    def _legs(self, angle: Degrees) -> list[int]:
        """Where to go, in steps of the controller: the target, before it a point below where the way leads down."""
        per_degree, here = self._settings.steps_per_degree, self._left_at
        if self._settings.low is not None:
            target = self._zero + round(angle * per_degree)
        else:
            turns = math.floor(((here - self._zero) / per_degree - angle) / 360)
            below, above = (self._zero + round((angle + 360 * t) * per_degree) for t in (turns, turns + 1))
            target = above if self._forward(below, here, above) else below
        if target >= here or not self._settings.approach:
            return [target]
        run_up = target - round(self._settings.approach * per_degree)
        if self._settings.low is not None:
            run_up = max(run_up, self._zero + round(self._settings.low * per_degree))
        return [run_up, target]

    def _forward(self, below: int, here: int, above: int) -> bool:
        """Whether an endless axis turns on: unless back is shorter, run-up and all, or the numbers get too large."""
        if above > EXACT_STEPS:
            return False
        back = here - below
        if back <= 1:
            return False
        approach = round(self._settings.approach * self._settings.steps_per_degree)
        return approach == 0 or above - here <= back + 2 * approach or below - approach < -EXACT_STEPS

    def _run(self, steps: int) -> None:
        """One straight movement to `steps`."""
        unit = self._steps_per_unit()
        speed, acceleration = self._limits()
        target = steps / unit
        move = Move(
            letter=self._settings.letter,
            index=self._index,
            target=target,
            feed=60 * speed * self._settings.steps_per_degree / unit,
            seconds=duration(abs(steps - self._left_at) / self._settings.steps_per_degree, speed, acceleration),
            tolerance=0.5 / unit + REPORT_UNIT + abs(target) * 2**-23,
        )
        try:
            self._controller.move(move)
        finally:
            if self._controller.mpos is not None:
                self._left_at = self._steps()
        self._left_at = steps

    def _limits(self) -> tuple[float, float]:
        """Speed and acceleration in degrees, the lower of config and controller ($110, $120)."""
        degrees_a_unit = self._steps_per_unit() / self._settings.steps_per_degree
        own = self._controller.settings
        speed = own.get(110 + self._index, math.inf) / 60 * degrees_a_unit
        acceleration = own.get(120 + self._index, math.inf) * degrees_a_unit
        return min(speed, self._settings.max_speed), min(acceleration, self._settings.acceleration)

    def _steps_per_unit(self) -> float:
        """Steps for one "millimetre" of the controller ($100); without that setting its unit is a degree."""
        return self._controller.settings.get(100 + self._index) or self._settings.steps_per_degree

    def _steps(self) -> int:
        mpos = self._controller.mpos
        if mpos is None or len(mpos) <= self._index:
            raise MotionError(
                f"The controller at {self._controller.name} does not report the {self._settings.letter} axis.",
                "Send $10=1, so that reports hold machine positions.",
            )
        return round(mpos[self._index] * self._steps_per_unit())

    def _angle(self, steps: int) -> Degrees:
        angle = steps / self._settings.steps_per_degree
        return angle if self._settings.low is not None else angle % 360


class SerialLight:
    """A lamp on an output of the controller: M8 switches, M3 dims."""

    def __init__(self, output: Literal["M8", "M3"], controller: MotionController) -> None:
        self.level = 0.0
        self._output = output
        self._controller = controller

    def set(self, level: float) -> None:
        """Brightness 0..1; a lamp that only switches is fully on above 0. Raises OutOfRange, MotionError."""
        if not 0 <= level <= 1:
            raise OutOfRange(f"The light cannot be set to {level:g}.", "Choose a level from 0 (off) to 1 (full).")
        if self._output == "M8":
            self._controller.light(grbl.switch(level > 0))
            self.level = 1.0 if level > 0 else 0.0
        else:
            self._controller.light(grbl.pwm(level * self._controller.settings.get(30, 1000.0)))
            self.level = level
