"""What moves an axis, in one form for turntable, tilt and rail."""

from dataclasses import dataclass
from typing import Literal

from scanner.hardware.motion_settings import MotionSettings
from scanner.hardware.protocols import AxisName
from scanner.units import Seconds


@dataclass(frozen=True, slots=True)
class Drive:
    """One motor and what it moves: lengths in `unit`, steps in that unit, `speed` in units a second.

    `words`: what a person calls it. `key`: where its settings stand. `reference`: where homing ends.
    """

    name: AxisName
    words: str
    key: str
    unit: Literal["°", "mm"]
    letter: str
    low: float | None
    high: float | None
    steps: float
    speed: float
    acceleration: float
    approach: float
    inverted: bool
    homing: bool
    reference: float
    home_within_s: Seconds


def drives(rig: MotionSettings, rail: bool) -> list[Drive]:
    """All motors of a rig; the rail where it is asked for."""
    names: list[AxisName] = ["turntable"]
    if rig.tilt.fitted:
        names.append("tilt")
    return [drive(name, rig) for name in names] + ([rail_drive(rig)] if rail else [])


def drive(name: AxisName, rig: MotionSettings) -> Drive:
    """The motor of one axis."""
    if name == "focus":
        return rail_drive(rig)
    axis = rig.turntable if name == "turntable" else rig.tilt
    return Drive(
        name=name,
        words=name,
        key=f"rig.motion.{name}",
        unit="°",
        letter=axis.letter,
        low=axis.low,
        high=axis.high,
        steps=axis.steps_per_degree,
        speed=axis.max_speed,
        acceleration=axis.acceleration,
        approach=axis.approach,
        inverted=axis.inverted,
        homing=axis.homing,
        reference=axis.switch_angle,
        home_within_s=rig.home_timeout_s,
    )


def rail_drive(rig: MotionSettings) -> Drive:
    """The motor of the rail: millimetres, always with limits."""
    rail = rig.rail
    return Drive(
        name="focus",
        words="focus rail",
        key="rig.motion.rail",
        unit="mm",
        letter=rail.letter,
        low=rail.low,
        high=rail.high,
        steps=rail.steps_per_mm,
        speed=rail.max_speed,
        acceleration=rail.acceleration,
        approach=rail.approach,
        inverted=rail.inverted,
        homing=rail.homing,
        reference=rail.switch_at,
        home_within_s=rig.home_timeout_s,
    )
