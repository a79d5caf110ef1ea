"""Axes over the real firmware's behaviour, on a clock that jumps: whole turns and whole faults in a moment."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.clock import FakeClock
from scanner.errors import (
    ControllerAlarm,
    FocusrigError,
    MotionError,
    MotionTimeout,
    OutOfRange,
    PositionLost,
)
from scanner.hardware.motion_axes import EXACT_STEPS, SerialAxis, SerialLight, duration
from scanner.hardware.motion_controller import MotionController
from scanner.hardware.motion_drives import drives
from scanner.hardware.motion_settings import AxisSettings, MotionSettings, TiltSettings
from scanner.hardware.motion_talk import Stopped
from scanner.hardware.serial_motion import dialect_of
from scanner.hardware.simulated.controller_faults import Faults
from scanner.hardware.simulated.controller_flavours import GRBL, GRBLHAL, Flavour
from scanner.hardware.simulated.controller_grbl import GrblFirmware
from scanner.hardware.simulated.controller_motors import Switch
from tests.hardware.links import BoardLink

FAST = MotionSettings(
    turntable=AxisSettings(letter="X", max_speed=120, acceleration=1000),
    tilt=TiltSettings(max_speed=60, acceleration=500),
)


@dataclass
class Bench:
    """A greeted controller with both axes homed, and the truth behind it."""

    rig: MotionSettings = FAST
    faults: Faults = field(default_factory=Faults)
    switches: tuple[Switch, ...] = ()
    own: dict[int, float] = field(default_factory=dict)
    flavour: Flavour = GRBL

    def __post_init__(self) -> None:
        self.clock = FakeClock()
        self.firmware = GrblFirmware(self.clock, self.faults, switches=self.switches, flavour=self.flavour)
        self.firmware.settings |= self.own
        self.link = BoardLink(self.firmware, self.clock)
        motors = drives(self.rig, rail=True)
        self.controller = MotionController(self.link.open, dialect_of(self.rig), self.clock, {})
        self.controller.start()
        self.turntable, self.tilt, self.rail = (SerialAxis(motor, self.controller) for motor in motors)
        self.lamp = SerialLight(self.controller)

    def zeroed(self) -> "Bench":
        for axis in (self.turntable, self.tilt, self.rail):
            axis.set_zero()
        return self

    def truth(self) -> float:
        """Steps that the turntable's motor really made."""
        return self.firmware.physical()[0]


def where(axis: SerialAxis) -> float | None:
    return axis.angle


def powered(bench: Bench) -> bool:
    return bench.firmware.held


@pytest.mark.parametrize(
    ("distance", "speed", "acceleration", "seconds"),
    [(30, 30, 60, 1.5), (15, 30, 60, 1.0), (5, 30, 60, 2 * math.sqrt(5 / 60)), (0, 30, 60, 0)],
)
def test_duration(distance: float, speed: float, acceleration: float, seconds: float) -> None:
    assert duration(distance, speed, acceleration) == pytest.approx(seconds)


def test_a_scale_told_with_three_decimals_costs_no_step() -> None:
    """80/9 is told as 8.889: a real GRBL 1.1h sent on and on by that is a step behind from its 13th turn."""
    quick = AxisSettings(max_speed=1000, acceleration=100_000)
    bench = Bench(FAST.model_copy(update={"turntable": quick}), own={100: 80 / 9, 110: 1e9, 120: 1e9}).zeroed()
    for shot in range(1, 121):
        bench.turntable.move_to(shot % 6 * 60)
        assert (bench.truth() - shot * 3200 / 6 + 1600) % 3200 - 1600 == pytest.approx(0, abs=0.5), f"position {shot}"
    assert abs(bench.truth()) <= 900 * 80 / 9


def test_unknown_until_homed() -> None:
    bench = Bench()
    assert where(bench.turntable) is None
    with pytest.raises(PositionLost, match="not homed or zeroed"):
        bench.turntable.move_to(10)
    assert bench.truth() == 0
    bench.turntable.set_zero()
    assert where(bench.turntable) == 0
    assert where(bench.tilt) is None


@pytest.mark.parametrize("own", [{}, {100: 8.889}, {100: 1777.778, 110: 4000}, {10: 0}], ids=str)
@pytest.mark.parametrize("per_degree", [200 * 16 / 360, 1000 / 7, 0.5])
def test_hundred_turns_end_where_they_began(own: dict[int, float], per_degree: float) -> None:
    """Whatever the gear and whatever $100 says: no angle ever drifts by as much as one step."""
    turntable = AxisSettings(steps_per_degree=per_degree, max_speed=1000, acceleration=100_000, approach=2)
    bench = Bench(FAST.model_copy(update={"turntable": turntable}), own={110: 1e9, 120: 1e9} | own).zeroed()
    for shot in range(1, 1201):
        reached = bench.turntable.move_to(shot % 12 * 30)
        off = (bench.truth() / per_degree - shot * 30 + 180) % 360 - 180
        assert abs(off) <= 0.5 / per_degree + 1e-9, f"position {shot}"
        assert abs((reached - shot * 30 + 180) % 360 - 180) <= 0.5 / per_degree + 1e-9
        assert abs(bench.truth()) <= EXACT_STEPS
    assert bench.clock.monotonic() > 10


def test_numbers_beyond_the_bound_would_drift() -> None:
    """Why the turntable ever turns back: GRBL's float32 misses whole steps when the count grows."""
    bench = Bench(own={110: 1e12, 120: 1e12, 100: 250})
    missed = 0
    for steps in range(30_000_001, 30_000_012, 2):
        bench.controller.command(f"G21 G90 G0 X{steps / 250:.5f}")
        bench.controller.command("G4 P0.01")
        missed += round(bench.truth()) != steps
    assert missed


def test_turntable_goes_on_across_zero() -> None:
    bench = Bench().zeroed()
    travelled = 0.0
    for angle in (120, 240, 0, 120):
        before = bench.truth()
        bench.turntable.move_to(angle)
        travelled += bench.truth() - before
    assert travelled == round(480 * 200 * 16 / 360)


def arrivals(bench: Bench, axis: int) -> list[float]:
    """Record the motor's place at every wait."""
    path: list[float] = []
    bench.link.whenever = lambda: path.append(bench.firmware.physical()[axis])
    return path


@pytest.mark.parametrize(("start", "end"), [(50, 20), (20, 50), (80, -20), (0, -19)])
def test_tilt_arrives_from_below(start: float, end: float) -> None:
    bench = Bench().zeroed()
    bench.tilt.move_to(start)
    path = arrivals(bench, 1)
    bench.tilt.move_to(end)
    last = path[-1]
    assert last == round(end * FAST.tilt.steps_per_degree)
    moving = [p for p in path if p != last]
    if end > -20:
        assert moving[-1] < last
    lowest = max(-20.0, end - FAST.tilt.approach) if end < start else start
    assert min(path) == pytest.approx(lowest * FAST.tilt.steps_per_degree, abs=5)


def test_turntable_jogs_back_the_short_way_and_arrives_forward() -> None:
    bench = Bench().zeroed()
    bench.turntable.move_to(90)
    path = arrivals(bench, 0)
    assert bench.turntable.move_to(80) == pytest.approx(80, abs=0.1)
    assert min(path) == pytest.approx(78 * 200 * 16 / 360, abs=1)
    assert max(path) <= 90 * 200 * 16 / 360


def test_without_approach_the_turntable_only_turns_forward() -> None:
    rig = FAST.model_copy(update={"turntable": FAST.turntable.model_copy(update={"approach": 0.0})})
    bench = Bench(rig).zeroed()
    bench.turntable.move_to(90)
    path = arrivals(bench, 0)
    bench.turntable.move_to(80)
    assert path == sorted(path)
    assert bench.truth() == round(440 * 200 * 16 / 360)


@pytest.mark.parametrize("approach", [0.0, 2.0])
@pytest.mark.parametrize("angle", [0.0, 30.0, 60.0, 359.99, 7.7])
def test_to_where_it_is_the_turntable_does_not_turn(approach: float, angle: float) -> None:
    rig = FAST.model_copy(update={"turntable": FAST.turntable.model_copy(update={"approach": approach})})
    bench = Bench(rig).zeroed()
    bench.turntable.move_to(angle)
    here = bench.truth()
    bench.turntable.move_to(angle)
    bench.turntable.move_to(angle + 360)
    assert bench.truth() == here


@pytest.mark.parametrize("angle", [90.1, -20.1, 450, math.nan, math.inf])
def test_out_of_range_moves_nothing(angle: float) -> None:
    bench = Bench().zeroed()
    said = len(bench.link.sent)
    with pytest.raises(OutOfRange) as refused:
        bench.tilt.move_to(angle)
    assert "tilt" in refused.value.message
    assert "-20° and 90°" in refused.value.message
    assert "motion.tilt" in refused.value.hint
    assert len(bench.link.sent) == said


def test_turntable_takes_any_finite_angle() -> None:
    bench = Bench().zeroed()
    assert bench.turntable.move_to(-30) == pytest.approx(330, abs=0.1)
    assert bench.turntable.move_to(750) == pytest.approx(30, abs=0.1)
    with pytest.raises(OutOfRange, match="any finite angle"):
        bench.turntable.move_to(math.inf)


def test_a_slow_controller_is_waited_for() -> None:
    """Speed and acceleration are the lower of the config's and the controller's, and so is the patience."""
    bench = Bench(own={110: 10, 120: 1}).zeroed()
    before = bench.clock.monotonic()
    bench.turntable.move_to(90)
    assert bench.clock.monotonic() - before > 18


def test_homing_to_a_switch() -> None:
    tilt = FAST.tilt.model_copy(update={"homing": True, "switch_angle": -20.0})
    rig = FAST.model_copy(update={"tilt": tilt})
    switch = Switch(axis=1, steps=-500)
    bench = Bench(rig, switches=(switch,), own={22: 1})
    assert bench.tilt.facts.can_home
    assert not bench.turntable.facts.can_home
    bench.tilt.home()
    assert where(bench.tilt) == pytest.approx(-20, abs=0.03)
    bench.tilt.move_to(0)
    assert bench.firmware.physical()[1] == round(-500 + 20 * tilt.steps_per_degree)
    assert b"$H\n" in bench.link.sent


def test_homing_one_axis_where_the_firmware_can() -> None:
    tilt = FAST.tilt.model_copy(update={"homing": True})
    rig = FAST.model_copy(update={"tilt": tilt, "home_one_axis": True})
    bench = Bench(rig, switches=(Switch(1, 10),), own={22: 1}, flavour=GRBLHAL)
    bench.tilt.home()
    assert b"$HY\n" in bench.link.sent


def test_homing_without_a_switch_there_is_an_alarm_in_words() -> None:
    rig = FAST.model_copy(update={"tilt": FAST.tilt.model_copy(update={"homing": True})})
    bench = Bench(rig, own={22: 1})
    with pytest.raises(ControllerAlarm, match="did not find the limit switch") as alarm:
        bench.tilt.home()
    assert "homing = false" in alarm.value.hint
    assert where(bench.tilt) is None


def test_a_banner_nobody_asked_for_loses_the_position() -> None:
    bench = Bench().zeroed()
    bench.turntable.move_to(30)
    bench.firmware.power_on()
    bench.clock.sleep(1)
    assert where(bench.turntable) is None
    assert where(bench.tilt) is None
    with pytest.raises(PositionLost, match="started anew by itself"):
        bench.turntable.move_to(60)
    assert bench.truth() == pytest.approx(30 * 200 * 16 / 360, abs=0.5)
    bench.turntable.set_zero()
    assert where(bench.turntable) == 0
    assert bench.turntable.move_to(30) == pytest.approx(30, abs=0.1)


def test_a_reset_whose_banner_got_lost_is_seen_in_the_numbers() -> None:
    bench = Bench().zeroed()
    bench.turntable.move_to(30)
    bench.firmware.power_on()
    bench.clock.sleep(1)
    bench.firmware.send()
    with pytest.raises(PositionLost, match="another position"):
        bench.turntable.move_to(60)


def test_a_reset_in_the_middle_of_a_move() -> None:
    bench = Bench().zeroed()
    bench.firmware.spoil(Faults(reset_in_move=1))
    with pytest.raises(PositionLost, match="started anew in the middle"):
        bench.turntable.move_to(90)
    assert where(bench.turntable) is None


def test_a_limit_hit_is_an_alarm_and_homing_ends_the_silence() -> None:
    bench = Bench().zeroed()
    bench.lamp.set(1)
    bench.firmware.spoil(Faults(mute_alarm_in_move=1))
    with pytest.raises(ControllerAlarm, match="limit switch was hit") as alarm:
        bench.turntable.move_to(90)
    assert "home or zero" in alarm.value.hint
    bench.firmware.spoil(Faults())
    with pytest.raises(PositionLost, match="alarm 1"):
        bench.turntable.move_to(0)
    bench.turntable.set_zero()
    assert bench.turntable.move_to(10) == pytest.approx(10, abs=0.1)
    assert bench.firmware.light() == 1


def test_an_alarm_that_got_lost_is_a_timeout_not_a_hang() -> None:
    bench = Bench().zeroed()
    bench.firmware.spoil(Faults(mute_alarm_in_move=1, lose_reply=0))
    began = bench.clock.monotonic()

    def swallow() -> None:
        if bench.firmware._silent:
            bench.firmware.send()

    bench.link.whenever = swallow
    with pytest.raises((MotionTimeout, ControllerAlarm)):
        bench.turntable.move_to(90)
    assert bench.clock.monotonic() - began < 10
    assert where(bench.turntable) is None


def test_motors_that_never_arrive_are_stopped() -> None:
    """The controller believes in another speed than it makes: past the deadline the motors are brought to rest."""
    bench = Bench().zeroed()
    bench.controller.own["$110"] = 30_000.0
    bench.controller.own["$120"] = 1000.0
    bench.firmware.settings[110] = 1.0
    with pytest.raises(MotionTimeout, match="did not report"):
        bench.turntable.move_to(90)
    here = bench.truth()
    bench.clock.sleep(100)
    assert bench.truth() == here
    assert 0 < here < 90 * 200 * 16 / 360
    assert where(bench.turntable) == pytest.approx(here / (200 * 16 / 360), abs=0.1)


def stop_after(bench: Bench, seconds: float) -> None:
    at = bench.clock.monotonic() + seconds

    def stop() -> None:
        if bench.clock.monotonic() >= at:
            bench.link.whenever = None
            bench.turntable.stop()
            assert bench.link.sent[-1] in b"!\x18", "the order is out before the waiting thread knows"

    bench.link.whenever = stop


def test_released_motors_are_powered_again_before_a_place_is_called_zero() -> None:
    """A motor that gets its current only with the first move jumps by up to two full steps, zero and all."""
    bench = Bench().zeroed()
    bench.controller.release()
    assert not powered(bench)
    bench.controller.hold()
    assert powered(bench)
    bench.controller.release()
    bench.turntable.set_zero()
    assert powered(bench)
    assert bench.turntable.move_to(45) == pytest.approx(45)


def test_a_lamp_asked_for_in_sleep_is_lit_and_its_motors_powered() -> None:
    bench = Bench().zeroed()
    bench.controller.release()
    bench.lamp.set(1)
    assert bench.firmware.light() == 1
    assert powered(bench)


def test_stop_holds_and_keeps_the_position() -> None:
    bench = Bench().zeroed()
    bench.lamp.set(1)
    stop_after(bench, 0.4)
    with pytest.raises(Stopped):
        bench.turntable.move_to(120)
    here = bench.truth()
    assert 0 < here < 120 * 200 * 16 / 360
    bench.clock.sleep(10)
    assert bench.truth() == here
    assert where(bench.turntable) == pytest.approx(here * 360 / 3200, abs=0.1)
    assert bench.firmware.light() == 1
    bench.turntable.move_to(90)
    assert bench.truth() == 800


def test_stop_while_homing_loses_the_position() -> None:
    rig = FAST.model_copy(update={"tilt": FAST.tilt.model_copy(update={"homing": True})})
    bench = Bench(rig, switches=(Switch(1, 2_000_000),), own={22: 1})
    stop_after(bench, 1.0)
    with pytest.raises(Stopped):
        bench.tilt.home()
    assert where(bench.tilt) is None
    speed = bench.firmware.settings[111] / 60 * bench.firmware.settings[101]
    assert bench.firmware.physical()[1] < 1.1 * speed, "homing hears nothing but a reset"


def test_stop_of_nothing_is_nothing() -> None:
    bench = Bench().zeroed()
    said = len(bench.link.sent)
    bench.turntable.stop()
    assert len(bench.link.sent) == said
    assert bench.turntable.move_to(10) == pytest.approx(10, abs=0.1)


def test_a_dead_cable_is_an_error_and_an_unknown_angle() -> None:
    bench = Bench().zeroed()
    bench.link.dead = True
    assert where(bench.turntable) is None
    with pytest.raises(MotionError, match="cable"):
        bench.turntable.move_to(10)


def test_the_light_switches_and_comes_back_after_a_reset() -> None:
    bench = Bench().zeroed()
    bench.lamp.set(0.3)
    assert bench.lamp.level == 1.0
    assert bench.firmware.light() == 1
    bench.controller.reset()
    assert bench.firmware.light() == 1
    bench.lamp.set(0)
    assert bench.firmware.light() == 0
    assert where(bench.turntable) == 0


def test_the_light_dims() -> None:
    bench = Bench(FAST.model_copy(update={"light": "M3"}), own={30: 255})
    bench.lamp.set(0.5)
    assert bench.lamp.level == 0.5
    assert bench.firmware.light() == pytest.approx(0.5, abs=0.01)
    for level in (-0.1, 1.1, math.nan):
        with pytest.raises(OutOfRange):
            bench.lamp.set(level)
    assert bench.lamp.level == 0.5


FAULTS: dict[str, Callable[[int, float], Faults]] = {
    "lost replies": lambda seed, chance: Faults(seed=seed, lose_reply=chance),
    "doubled replies": lambda seed, chance: Faults(seed=seed, double_reply=chance),
    "flipped bits": lambda seed, chance: Faults(seed=seed, garble_reply=chance),
    "noise": lambda seed, chance: Faults(seed=seed, noise=chance),
    "flipped bits in lines": lambda seed, chance: Faults(seed=seed, garble_line=chance),
    "lost lines": lambda seed, chance: Faults(seed=seed, lose_line=chance),
    "resets": lambda seed, chance: Faults(seed=seed, reset_in_move=chance),
    "limits hit": lambda seed, chance: Faults(seed=seed, mute_alarm_in_move=chance),
    "all at once": lambda seed, c: Faults(seed, c / 4, c / 4, c / 4, c / 4, c / 4, c / 8, c / 8),
}


def attempt(bench: Bench, angle: float) -> str:
    """Move; what was wrong, or "" for an arrival."""
    try:
        bench.turntable.move_to(angle)
    except FocusrigError as error:
        assert error.hint, error  # noqa: PT017 - every error says what to do
        return error.code
    return ""


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32),
    st.lists(st.floats(0, 359.9), min_size=1, max_size=12),
    st.sampled_from(sorted(FAULTS)),
    st.sampled_from([0.02, 0.1, 0.3]),
)
def test_no_fault_ever_makes_a_wrong_angle(seed: int, angles: list[float], fault: str, chance: float) -> None:
    """A move returns at the right place, or raises; after an error, homing brings the rig back."""
    bench = Bench().zeroed()
    zero = bench.truth()
    for i, angle in enumerate(angles):
        bench.firmware.spoil(FAULTS[fault](seed + i, chance))
        began = bench.clock.monotonic()
        if not attempt(bench, angle):
            off = ((bench.truth() - zero) * 360 / 3200 - angle + 180) % 360 - 180
            assert abs(off) <= 0.5 * 360 / 3200 + 1e-6
        else:
            bench.firmware.spoil(Faults())
            bench.clock.sleep(0.5)
            bench.turntable.set_zero()
            zero = bench.truth()
        assert bench.clock.monotonic() - began < 60


HOMING = FAST.model_copy(
    update={
        "turntable": FAST.turntable.model_copy(update={"homing": True}),
        "tilt": FAST.tilt.model_copy(update={"homing": True, "switch_angle": -4.5}),
    }
)
SWITCHES = tuple(Switch(axis=axis, steps=0) for axis in range(3))


def test_homing_one_axis_of_stock_grbl_homes_all_that_have_switches() -> None:
    """`$H` runs every axis to its switch: none of them may be believed to stand where it was left."""
    bench = Bench(HOMING, switches=SWITCHES, own={22: 1})
    bench.turntable.home()
    assert (where(bench.turntable), where(bench.tilt)) == (0, -4.5)
    bench.turntable.move_to(40)
    bench.tilt.move_to(10)
    bench.tilt.home()
    assert where(bench.tilt) == -4.5
    assert where(bench.turntable) == 0, "it was moved to its switch as well"
    moved = bench.truth()
    assert bench.turntable.move_to(30) == pytest.approx(30, abs=0.06)
    assert (bench.truth() - moved) / FAST.turntable.steps_per_degree == pytest.approx(30, abs=0.06)


def test_homing_all_leaves_an_axis_without_a_switch_in_the_dark() -> None:
    rig = HOMING.model_copy(update={"turntable": FAST.turntable})
    bench = Bench(rig, switches=SWITCHES[1:2], own={22: 1})
    bench.turntable.set_zero()
    bench.tilt.home()
    assert where(bench.tilt) == -4.5
    assert where(bench.turntable) is None
    with pytest.raises(PositionLost, match="homing moved all axes at once"):
        bench.turntable.move_to(10)


def test_homing_one_axis_alone_leaves_the_others_as_they_are() -> None:
    rig = HOMING.model_copy(update={"home_one_axis": True})
    bench = Bench(rig, switches=SWITCHES, own={22: 1}, flavour=GRBLHAL)
    bench.turntable.home()
    bench.tilt.home()
    bench.turntable.move_to(40)
    bench.tilt.home()
    assert where(bench.turntable) == pytest.approx(40, abs=0.06)


def test_a_pose_is_confirmed_only_as_long_as_the_controller_says_so() -> None:
    bench = Bench().zeroed()
    bench.turntable.move_to(40)
    assert bench.turntable.confirm() == pytest.approx(40, abs=0.06)
    bench.firmware.power_on()
    with pytest.raises((PositionLost, MotionTimeout)):
        bench.turntable.confirm()
    assert where(bench.turntable) is None or bench.firmware.due() is not None


def test_a_dead_line_confirms_nothing() -> None:
    bench = Bench().zeroed()
    bench.link.dead = True
    with pytest.raises(MotionError):
        bench.tilt.confirm()
    assert where(bench.tilt) is None
