"""Motors in one form: what of which settings, and which motors a rig has."""

import pytest

from scanner.hardware.motion_drives import drive, drives
from scanner.hardware.motion_settings import AxisSettings, MotionSettings, RailSettings, TiltSettings

RIG = MotionSettings(
    turntable=AxisSettings(letter="X", steps_per_degree=10, inverted=True),
    tilt=TiltSettings(letter="Y", low=-5, high=60, homing=True, switch_angle=-5, approach=1),
    rail=RailSettings(letter="Z", low=1, high=40, steps_per_mm=1000, switch_at=1, max_speed=4, acceleration=40),
    home_timeout_s=33,
)


def test_the_rail_is_there_where_it_is_asked_for() -> None:
    assert [motor.name for motor in drives(RIG, rail=False)] == ["turntable", "tilt"]
    assert [motor.name for motor in drives(RIG, rail=True)] == ["turntable", "tilt", "focus"]
    bare = RIG.model_copy(update={"tilt": RIG.tilt.model_copy(update={"fitted": False})})
    assert [motor.name for motor in drives(bare, rail=True)] == ["turntable", "focus"]


def test_turntable_and_tilt() -> None:
    turntable, tilt = drive("turntable", RIG), drive("tilt", RIG)
    assert (turntable.letter, turntable.steps, turntable.inverted, turntable.low) == ("X", 10, True, None)
    assert (turntable.words, turntable.key, turntable.unit) == ("turntable", "rig.motion.turntable", "°")
    assert (tilt.low, tilt.high, tilt.homing, tilt.reference, tilt.approach) == (-5, 60, True, -5, 1)
    assert (tilt.speed, tilt.acceleration, tilt.home_within_s) == (15, 60, 33)


def test_the_rail_is_the_focus_axis_in_millimetres() -> None:
    rail = drive("focus", RIG)
    assert (rail.name, rail.words, rail.key, rail.unit) == ("focus", "focus rail", "rig.motion.rail", "mm")
    assert (rail.letter, rail.low, rail.high, rail.steps, rail.reference) == ("Z", 1, 40, 1000, 1)
    assert (rail.speed, rail.acceleration) == (4, 40)
    assert rail.approach == pytest.approx(0.2)
