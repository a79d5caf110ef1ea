"""What a simulated controller is wired to: which firmware a config names, its switches, and how fine its motors are."""

from typing import Literal

from scanner.clock import Clock
from scanner.hardware.motion_settings import AxisSettings, MotionSettings, RailSettings
from scanner.hardware.simulated.controller_board import Board
from scanner.hardware.simulated.controller_faults import Faults
from scanner.hardware.simulated.controller_flavours import FLUIDNC, GRBL, GRBLHAL
from scanner.hardware.simulated.controller_grbl import GrblFirmware
from scanner.hardware.simulated.controller_marlin import MarlinFirmware
from scanner.hardware.simulated.controller_motors import LETTERS, Drive, Motors, Switch
from scanner.hardware.simulated.controller_sketch import Answers, SketchFirmware
from scanner.units import Degrees, Millimetres

STEPS_PER_DEGREE = 100.0
STEPS_PER_MM = RailSettings().steps_per_mm
FINER = STEPS_PER_DEGREE / AxisSettings().steps_per_degree
TURNTABLE_SPEED, TILT_SPEED, RAIL_SPEED = 120.0, 60.0, 50.0
TURNTABLE_RAMP, TILT_RAMP, RAIL_RAMP = 1000.0, 500.0, 1000.0

Flavour = Literal["grbl", "grblhal", "fluidnc"]
FLAVOURS = {"grbl": GRBL, "grblhal": GRBLHAL, "fluidnc": FLUIDNC}


class Wiring:
    """The rig that `motion` describes: its letters, where its switches sit, and how its angles follow from steps.

    `switched`: the axes have limit switches; a sketch without a line that homes could not use any.
    """

    def __init__(self, motion: MotionSettings, switches: bool = False) -> None:
        self.motion = motion
        self.switched = switches and (motion.dialect != "templated" or bool(motion.template.home))
        self._turntable = LETTERS.index(motion.turntable.letter)
        self._tilt = LETTERS.index(motion.tilt.letter) if motion.tilt.fitted else None
        self._rail = LETTERS.index(motion.rail.letter)
        if self._rail in (self._turntable, self._tilt):
            self._rail = min({0, 1, 2} - {self._turntable, self._tilt})

    def settings(self, port: str, flavour: Flavour = "grbl") -> MotionSettings:
        """What a config would say of this controller: motors finer and faster than those of `motion`."""
        motion = self.motion
        turntable = motion.turntable.model_copy(update=self._finer(motion.turntable, TURNTABLE_SPEED, TURNTABLE_RAMP))
        tilt = motion.tilt.model_copy(update=self._finer(motion.tilt, TILT_SPEED, TILT_RAMP))
        rail = motion.rail.model_copy(
            update={"max_speed": RAIL_SPEED, "acceleration": RAIL_RAMP, "homing": self.switched}
        )
        return motion.model_copy(
            update={
                "port": port,
                "turntable": turntable,
                "tilt": tilt,
                "rail": rail,
                "home_one_axis": motion.home_one_axis or FLAVOURS[flavour].homes_one_axis,
            }
        )

    def _finer(self, axis: AxisSettings, speed: float, ramp: float) -> dict[str, object]:
        return {
            "steps_per_degree": FINER * axis.steps_per_degree,
            "max_speed": speed,
            "acceleration": ramp,
            "homing": self.switched,
        }

    def switches(self) -> tuple[Switch, ...]:
        """An index mark on the turntable; tilt and rail end where the config says that they do."""
        if not self.switched:
            return ()
        motion, turn = self.motion, round(360 * STEPS_PER_DEGREE)
        every = turn if motion.turntable.low is None else None
        found = [Switch(self._turntable, round(motion.turntable.switch_angle * STEPS_PER_DEGREE), every)]
        if self._tilt is not None:
            found.append(Switch(self._tilt, round(motion.tilt.switch_angle * STEPS_PER_DEGREE)))
        found.append(Switch(self._rail, round(motion.rail.switch_at * STEPS_PER_MM)))
        return tuple(found)

    def board(
        self, clock: Clock, faults: Faults | None = None, flavour: Flavour = "grbl", answers: Answers | None = None
    ) -> Board:
        """The firmware that `motion` names."""
        motors = Motors(clock, self.switches(), self._tilt)
        if self.motion.dialect == "marlin":
            return MarlinFirmware(clock, faults, motors=motors)
        if self.motion.dialect == "templated":
            return SketchFirmware(
                clock,
                self.motion.template,
                faults,
                motors=motors,
                answers=answers or Answers(),
                drive=Drive(
                    self._each(STEPS_PER_DEGREE, STEPS_PER_DEGREE, STEPS_PER_MM),
                    self._each(TURNTABLE_SPEED, TILT_SPEED, RAIL_SPEED),
                    self._each(TURNTABLE_RAMP, TILT_RAMP, RAIL_RAMP),
                ),
            )
        grbl = GrblFirmware(clock, faults, motors=motors, flavour=FLAVOURS[flavour])
        grbl.settings |= {22: float(self.switched), 100 + self._rail: STEPS_PER_MM, 110 + self._rail: 6000.0}
        return grbl

    def angles(self, board: Board) -> tuple[Degrees, Degrees]:
        """Where turntable and tilt really are, in degrees since power came on."""
        steps = board.physical()
        tilt = 0.0 if self._tilt is None else steps[self._tilt] / STEPS_PER_DEGREE
        return steps[self._turntable] / STEPS_PER_DEGREE, tilt

    def rail(self, board: Board) -> Millimetres:
        """Where the rail really is, in millimetres since power came on."""
        return board.physical()[self._rail] / STEPS_PER_MM

    def _each(self, turntable: float, tilt: float, rail: float) -> tuple[float, float, float]:
        """One number for each letter, by what it drives."""
        values = [tilt] * 3
        values[self._turntable], values[self._rail] = turntable, rail
        return values[0], values[1], values[2]
