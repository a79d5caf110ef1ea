"""What every Axis and Light must hold, whatever drives them.

Runs on the simulated controllers; with FOCUSRIG_TEST_PORT=/dev/... (and FOCUSRIG_TEST_DIALECT) on a real one, whose
motors then move by up to 40° and 40 mm.
"""

import math
import os
from collections.abc import Iterator

import pytest

from scanner.clock import SystemClock
from scanner.errors import NoSwitch, OutOfRange, PositionLost
from scanner.hardware.motion_settings import MotionSettings, TemplateSettings
from scanner.hardware.protocols import Axis, AxisName, Light
from scanner.hardware.serial_motion import SerialMotion, open_motion
from scanner.hardware.simulated.controller import SimulatedController
from scanner.hardware.simulated.controller_sketch import Answers

SKETCH = TemplateSettings(
    greeting="ready",
    move="M {axis} {steps} {speed:.1f}",
    done=r"at (?P<position>-?\d+\.\d+)",
    home="H {axis}",
    light="L {percent}",
    stop="S",
    error="error",
)
RIGS: dict[str, tuple[MotionSettings, bool]] = {
    "grbl": (MotionSettings(), False),
    "grbl-with-switches": (MotionSettings(light="M3"), True),
    "marlin": (MotionSettings(dialect="marlin", light="M106"), False),
    "marlin-with-switches": (MotionSettings(dialect="marlin", light="M106"), True),
    "sketch": (MotionSettings(dialect="templated", template=SKETCH), False),
    "sketch-with-switches": (MotionSettings(dialect="templated", template=SKETCH), True),
}


def real() -> MotionSettings | None:
    """The controller that the environment names."""
    port = os.environ.get("FOCUSRIG_TEST_PORT")
    dialect = os.environ.get("FOCUSRIG_TEST_DIALECT", "grbl")
    lamp = "M106" if dialect == "marlin" else "M8"
    return MotionSettings.model_validate({"port": port, "dialect": dialect, "light": lamp}) if port else None


LONGER = {"marlin", "sketch-with-switches"}


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=[pytest.mark.slow] if name in LONGER else []) for name in RIGS],
)
def settings(request: pytest.FixtureRequest) -> Iterator[MotionSettings]:
    if found := real():
        yield found
        return
    rig, switches = RIGS[request.param]
    answers = Answers(done="at {position:.4f}")
    with SimulatedController(SystemClock(), rig, switches=switches, answers=answers) as controller:
        yield controller.settings()


@pytest.fixture(scope="module")
def motion(settings: MotionSettings) -> Iterator[SerialMotion]:
    motion = open_motion(settings, SystemClock(), rail=True)
    yield motion
    if motion.light is not None:
        motion.light.set(0)
    motion.close()


def refer(axis: Axis) -> None:
    """Make its position known."""
    if axis.facts.can_home:
        axis.home()
    else:
        axis.set_zero()


@pytest.fixture(params=["turntable", "tilt", "focus"])
def axis(motion: SerialMotion, request: pytest.FixtureRequest) -> Axis:
    name: AxisName = request.param
    axis = motion.axes[name]
    if not knows_where_it_is(axis):
        refer(axis)
    return axis


def knows_where_it_is(axis: Axis) -> bool:
    """Stock GRBL homes all axes at once, so that homing one spoils what another knew."""
    try:
        axis.move_to(5)
    except PositionLost as lost:
        return not lost.message
    return True


@pytest.fixture
def light(motion: SerialMotion) -> Light:
    assert motion.light is not None
    return motion.light


def test_axes_are_named_for_what_they_are(motion: SerialMotion) -> None:
    assert {name: axis.facts.name for name, axis in motion.axes.items()} == {n: n for n in motion.axes}


def test_position_is_unknown_until_homed_or_zeroed(settings: MotionSettings, motion: SerialMotion) -> None:
    assert settings.port
    for axis in motion.axes.values():
        if axis.angle is None:
            with pytest.raises(PositionLost):
                axis.move_to(5)
            refer(axis)
        assert axis.angle is not None


def test_degrees_and_millimetres(motion: SerialMotion) -> None:
    assert [axis.facts.unit for axis in motion.axes.values()] == ["°", "°", "mm"]


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
        refer(table)
    table.move_to(350)
    assert table.move_to(10) == pytest.approx(10, abs=table.facts.step)
    assert table.angle is not None
    assert 0 <= table.angle < 360


def test_home_makes_the_position_known_where_there_is_a_switch(settings: MotionSettings, axis: Axis) -> None:
    here = axis.move_to(5)
    if not axis.facts.can_home:
        with pytest.raises(NoSwitch) as none:
            axis.home()
        assert none.value.hint
        assert axis.angle == pytest.approx(here, abs=axis.facts.step)
        return
    axis.home()
    ends = {"turntable": settings.turntable.switch_angle, "tilt": settings.tilt.switch_angle}
    assert axis.angle == pytest.approx(ends.get(axis.facts.name, settings.rail.switch_at), abs=axis.facts.step)


def test_set_zero_makes_this_place_zero(axis: Axis) -> None:
    axis.move_to(5)
    axis.set_zero()
    assert axis.angle == 0
    refer(axis)


def test_hold_and_release(motion: SerialMotion) -> None:
    """Held motors keep the position; released ones lose it, or the controller cannot release them."""
    motion.hold()
    table = motion.axes["turntable"]
    if table.angle is None:
        refer(table)
    table.move_to(5)
    motion.hold()
    assert table.angle is not None
    motion.release()
    motion.release()
    if not knows_where_it_is(table):
        refer(table)
    assert table.move_to(7) == pytest.approx(7, abs=table.facts.step)


def test_mend_of_a_whole_connection_is_harmless(motion: SerialMotion) -> None:
    before = motion.axes["turntable"].angle
    motion.mend()
    assert motion.alive
    assert motion.axes["turntable"].angle == before


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
