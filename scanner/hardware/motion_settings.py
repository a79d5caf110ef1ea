"""The settings of a serial motion controller: part of the config file, and a form in the browser."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from scanner.units import Degrees, Frozen, Seconds

DegreesPerSecond = Annotated[float, Field(json_schema_extra={"unit": "°/s"})]
DegreesPerSecondSquared = Annotated[float, Field(json_schema_extra={"unit": "°/s²"})]


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


class MotionSettings(Frozen):
    """A GRBL controller on a serial port with a turntable, a tilt axis and a lamp."""

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
    light: Literal["M8", "M3"] = Field(
        default="M8", description="Output of the lamp: M8 switches (coolant pin), M3 dims (spindle PWM pin)."
    )
    home_one_axis: bool = Field(
        default=False, description="The firmware homes single axes ($HX): grblHAL, FluidNC. Stock GRBL: false."
    )
    home_timeout_s: Seconds = Field(default=60.0, ge=1, le=600, description="How long homing may take.")

    @model_validator(mode="after")
    def _letters_differ(self) -> Self:
        if self.tilt.fitted and self.tilt.letter == self.turntable.letter:
            raise ValueError("turntable and tilt need different letters")
        return self
