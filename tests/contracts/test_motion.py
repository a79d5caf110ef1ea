"""What every Axis and Light must hold, whatever drives them.

Runs on the simulated controller; with FOCUSRIG_TEST_PORT=/dev/... on a real one, whose motors then move by up to 40°.
"""

import math
import os
from collections.abc import Iterator

import pytest

from scanner.clock import SystemClock
from scanner.errors import OutOfRange, PositionLost
from scanner.hardware.motion_settings import MotionSettings
from scanner.hardware.protocols import Axis, Light
from scanner.hardware.serial_motion import SerialMotion, open_motion
from scanner.hardware.simulated.controller import SimulatedController


@pytest.fixture(scope="module", params=[None, 0.0], ids=["zeroed", "with-switch"])
def settings(request: pytest.FixtureRequest) -> Iterator[MotionSettings]:
    if port := os.environ.get("FOCUSRIG_TEST_PORT"):
        yield MotionSettings(port=port)
        return
    with SimulatedController(SystemClock(), switch_at=request.param) as controller:
        yield controller.settings()


@pytest.fixture(scope="module")
def motion(settings: MotionSettings) -> Iterator[SerialMotion]:
    motion = open_motion(settings, SystemClock())
    yield motion
    motion.light.set(0)
    motion.close()


@pytest.fixture(params=["turntable", "tilt"])
def axis(motion: SerialMotion, request: pytest.FixtureRequest) -> Axis:
    axis = motion.axes[request.param]
    if axis.angle is None:
        axis.home()
    return axis


@pytest.fixture
def light(motion: SerialMotion) -> Light:
    return motion.light


def test_axes_are_named_for_what_they_are(motion: SerialMotion) -> None:
    assert {name: axis.facts.name for name, axis in motion.axes.items()} == {n: n for n in motion.axes}


def test_position_is_unknown_until_homed(settings: MotionSettings, motion: SerialMotion) -> None:
    assert settings.port
    for axis in motion.axes.values():
        if axis.angle is None:
            with pytest.raises(PositionLost):
                axis.move_to(5)
            axis.home()
        assert axis.angle is not None


@pytest.mark.parametrize("angle", [10.0, 40.0, 39.5, 0.0])
def test_move_to_returns_where_it_is(axis: Axis, angle: float) -> None:
    reached = axis.move_to(angle)
    assert reached == pytest.approx(angle, abs=axis.facts.step / 2 + 1e-9)
    assert axis.angle == pytest.approx(reached, abs=axis.facts.step)


def test_moving_to_where_it_is_already(axis: Axis) -> None:
    assert axis.move_to(5) == axis.move_to(5)


def test_steps_are_whole(axis: Axis) -> None:
    reached = axis.move_to(7.3)
    assert reached / axis.facts.step == pytest.approx(round(reached / axis.facts.step), abs=1e-6)


def test_outside_the_limits_nothing_moves(axis: Axis) -> None:
    here = axis.move_to(5)
    low, high = axis.facts.low, axis.facts.high
    outside = [math.nan, math.inf] + [limit + sign for limit, sign in ((low, -1), (high, 1)) if limit is not None]
    for angle in outside:
        with pytest.raises(OutOfRange) as refused:
            axis.move_to(angle)
        assert axis.facts.name in refused.value.message
        assert refused.value.hint
    assert axis.angle == pytest.approx(here, abs=axis.facts.step)


def test_turntable_turns_without_end(motion: SerialMotion) -> None:
    table = motion.axes["turntable"]
    if table.angle is None:
        table.home()
    table.move_to(350)
    assert table.move_to(10) == pytest.approx(10, abs=table.facts.step)
    assert table.angle is not None
    assert 0 <= table.angle < 360


def test_home_makes_the_position_known(axis: Axis) -> None:
    axis.move_to(5)
    axis.home()
    assert axis.angle is not None
    assert axis.angle == 0


def test_stop_of_a_standing_axis_is_harmless(axis: Axis) -> None:
    axis.stop()
    assert axis.move_to(3) == pytest.approx(3, abs=axis.facts.step)


@pytest.mark.parametrize("level", [1.0, 0.0])
def test_light_is_as_it_was_set(light: Light, level: float) -> None:
    light.set(level)
    assert light.level == level


@pytest.mark.parametrize("level", [-0.01, 1.01, math.nan])
def test_light_refuses_what_it_cannot_be(light: Light, level: float) -> None:
    light.set(1)
    with pytest.raises(OutOfRange):
        light.set(level)
    assert light.level == 1
