"""The settings of a serial motion controller: part of the config file, and a form in the browser."""

import re
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from scanner.units import Degrees, Frozen, Millimetres, Seconds

DegreesPerSecond = Annotated[float, Field(json_schema_extra={"unit": "°/s"})]
DegreesPerSecondSquared = Annotated[float, Field(json_schema_extra={"unit": "°/s²"})]
MillimetresPerSecond = Annotated[float, Field(json_schema_extra={"unit": "mm/s"})]
MillimetresPerSecondSquared = Annotated[float, Field(json_schema_extra={"unit": "mm/s²"})]
Minutes = Annotated[float, Field(json_schema_extra={"unit": "min"})]


class AxisSettings(Frozen):
    """One motor. The defaults are a 200-step motor at 16 microsteps that drives its axis directly."""

    letter: Literal["X", "Y", "Z"] = Field(default="X", description="The controller's letter for this axis.")
    low: Degrees | None = Field(
        default=None, ge=-360, le=360, description="Lowest angle; without low and high the axis turns without end."
    )
    high: Degrees | None = Field(default=None, ge=-360, le=360, description="Highest angle.")
    steps_per_degree: float = Field(
        default=200 * 16 / 360,
        ge=0.5,
        le=5000,
        description="Microsteps for one degree: steps a turn of the motor x microsteps x gear / 360.",
    )
    max_speed: DegreesPerSecond = Field(
        default=30.0, ge=0.1, le=1000, description="Speed of moves; the controller's own limit ($110) holds as well."
    )
    acceleration: DegreesPerSecondSquared = Field(
        default=60.0,
        ge=0.1,
        le=100_000,
        description="Acceleration of the axis as set in the controller ($120): how long to wait for it.",
    )
    approach: Degrees = Field(
        default=2.0,
        ge=0,
        le=45,
        description="Arrive from below: a move down goes this far past and comes back, which hides play. 0: never.",
    )
    inverted: bool = Field(default=False, description="The motor turns the other way round than angles grow.")
    homing: bool = Field(default=False, description="The axis has a limit switch that the controller homes to.")
    switch_angle: Degrees = Field(
        default=0.0, ge=-360, le=360, description="Angle of the axis where homing ends (with homing = true)."
    )

    @model_validator(mode="after")
    def _limits_in_order(self) -> Self:
        if (self.low is None) != (self.high is None):
            raise ValueError("low and high go together: give both, or neither for an axis that turns without end")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError("low must be below high")
        if self.homing and self.low is not None and self.high is not None:
            _require_inside(self.switch_angle, self.low, self.high, "switch_angle")
        return self


class TiltSettings(AxisSettings):
    """The tilt axis: the same settings, other defaults, and it may be missing."""

    fitted: bool = Field(default=True, description="The rig has a tilt axis.")
    letter: Literal["X", "Y", "Z"] = Field(default="Y", description="The controller's letter for this axis.")
    low: Degrees | None = Field(default=-20.0, ge=-360, le=360, description="Lowest angle.")
    high: Degrees | None = Field(default=90.0, ge=-360, le=360, description="Highest angle.")
    max_speed: DegreesPerSecond = Field(
        default=15.0, ge=0.1, le=1000, description="Speed of moves; the controller's own limit ($111) holds as well."
    )


class RailSettings(Frozen):
    """The rail that carries the camera (rig.focus.drive = rail). Its millimetres grow away from the object.

    The larger, the nearer to the camera is what it shows sharp, as with dioptres. The defaults are a 200-step motor at
    16 microsteps on a spindle of 2 mm a turn.
    """

    letter: Literal["X", "Y", "Z"] = Field(default="Z", description="The controller's letter for this axis.")
    low: Millimetres = Field(default=0.0, ge=-1000, le=1000, description="Place nearest to the object.")
    high: Millimetres = Field(default=50.0, ge=-1000, le=1000, description="Place farthest from the object.")
    steps_per_mm: float = Field(
        default=200 * 16 / 2,
        ge=1,
        le=100_000,
        description="Microsteps for one millimetre: steps a turn of the motor x microsteps / pitch of the spindle.",
    )
    max_speed: MillimetresPerSecond = Field(default=5.0, ge=0.01, le=1000, description="Speed of moves.")
    acceleration: MillimetresPerSecondSquared = Field(
        default=50.0, ge=0.01, le=100_000, description="Acceleration of the axis as set in the controller ($122)."
    )
    approach: Millimetres = Field(
        default=0.2,
        ge=0,
        le=20,
        description="Arrive from below: a move down goes this far past and comes back, which hides play. 0: never.",
    )
    inverted: bool = Field(default=False, description="The motor turns the other way round than millimetres grow.")
    homing: bool = Field(default=False, description="The rail has a limit switch that the controller homes to.")
    switch_at: Millimetres = Field(
        default=0.0, ge=-1000, le=1000, description="Place where homing ends (with homing = true)."
    )

    @model_validator(mode="after")
    def _limits_in_order(self) -> Self:
        if self.low >= self.high:
            raise ValueError("low must be below high")
        if self.homing:
            _require_inside(self.switch_at, self.low, self.high, "switch_at")
        return self


def _require_inside(place: float, low: float, high: float, key: str) -> None:
    if not low <= place <= high:
        raise ValueError(f"{key} {place:g} lies outside low {low:g} to high {high:g}: the axis could not leave it")


Line = Annotated[str, Field(max_length=200)]
Pattern = Annotated[str, Field(max_length=200)]


class TemplateSettings(Frozen):
    """An existing sketch (rig.motion.dialect = templated): its lines as templates, its answers as regular expressions.

    In `move` the words in braces are filled in: {axis} the letter, {steps} and {angle} the absolute target in
    microsteps and degrees, {dsteps} and {dangle} the way from where the axis stands, {speed} in degrees a second;
    {angle:.2f} gives two decimals. A sketch that knows only relative moves loses its position whenever an answer fails
    to come.
    """

    terminator: Literal["LF", "CR", "CRLF", "NONE"] = Field(default="LF", description="What ends a line to the sketch.")
    greeting: Pattern = Field(default="", description="What it says when it has started; empty: nothing, wait boot_s.")
    boot_s: Seconds = Field(
        default=3.0, ge=0, le=30, description="How long it takes to start after the port is opened."
    )
    identify: Line = Field(default="", description="Line that asks who it is; empty: it is not asked.")
    identified: Pattern = Field(default="", description="What it answers to that.")
    move: Line = Field(default="G1 {axis}{angle:.3f} F{speed:.1f}", description="Line that moves one axis.")
    done: Pattern = Field(
        default="ok",
        min_length=1,
        description="What it says once the move is over. A group named position, in degrees, is checked.",
    )
    error: Pattern = Field(default="error.*", description="What it says when it cannot.")
    home: Line = Field(default="", description="Line that homes one axis, with {axis}; empty: it cannot.")
    stop: Line = Field(default="", description="Line that stops a move; empty: it cannot be stopped.")
    light: Line = Field(
        default="", description="Line that sets the lamp, with {level} 0 to 1, {percent} or {byte}; empty: no lamp."
    )
    hold: Line = Field(default="", description="Line that powers the motors; empty: they always are.")
    release: Line = Field(default="", description="Line that releases the motors; empty: it cannot.")

    @model_validator(mode="after")
    def _usable(self) -> Self:
        for name in ("greeting", "identified", "done", "error"):
            try:
                re.compile(getattr(self, name))
            except re.error as error:
                raise ValueError(f"{name} is not a regular expression: {error}") from error
        if bool(self.identify) != bool(self.identified):
            raise ValueError("identify and identified go together: give both, or neither")
        return self


class MotionSettings(Frozen):
    """A motion controller on a serial port with a turntable, a tilt axis, a rail and a lamp."""

    dialect: Literal["grbl", "marlin", "templated"] = Field(
        default="grbl",
        description="What the controller speaks: GRBL 1.1 (also grblHAL, FluidNC), Marlin, or as template says.",
    )

    port: str = Field(
        default="/dev/ttyUSB0",
        min_length=1,
        max_length=200,
        description="Serial port; a name below /dev/serial/by-id/ stays the same after a restart.",
        json_schema_extra={"readOnly": True},
    )
    baud: int = Field(default=115_200, ge=1200, le=4_000_000, description="Speed of the port in bits a second.")
    turntable: AxisSettings = Field(default=AxisSettings(), description="The axis that turns the object.")
    tilt: TiltSettings = Field(
        default=TiltSettings(), description="The axis that tilts the object or raises the camera."
    )
    rail: RailSettings = Field(default=RailSettings(), description="The rail, where rig.focus.drive is rail.")
    light: Literal["M8", "M3", "M106", "none"] = Field(
        default="M8",
        description="Output of the lamp. GRBL: M8 switches (coolant pin), M3 dims (spindle PWM pin). "
        "Marlin: M106 dims (fan output). A template says its own, with any but none.",
    )
    release_after_min: Minutes = Field(
        default=30.0,
        ge=0,
        le=1440,
        description="The motors are released when nothing was moved for so long; 0: never. "
        "Axes then have to be homed or zeroed.",
    )
    template: TemplateSettings = Field(
        default=TemplateSettings(), description="The lines of a sketch (dialect = templated)."
    )
    home_one_axis: bool = Field(
        default=False, description="The firmware homes single axes ($HX): grblHAL, FluidNC. Stock GRBL: false."
    )
    home_timeout_s: Seconds = Field(default=60.0, ge=1, le=600, description="How long homing may take.")

    @model_validator(mode="after")
    def _letters_differ(self) -> Self:
        if self.tilt.fitted and self.tilt.letter == self.turntable.letter:
            raise ValueError("turntable and tilt need different letters")
        if self.dialect != "templated" and self.light != "none" and (self.light == "M106") == (self.dialect == "grbl"):
            fits = "M8 or M3" if self.dialect == "grbl" else "M106"
            raise ValueError(f"the light of a {self.dialect} controller is {fits}, or none")
        return self
