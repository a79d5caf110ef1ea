"""The one driver over Marlin and sketches: what must hold is that of GRBL. Simulated boards on a fake clock."""

import pytest

from scanner.clock import FakeClock
from scanner.errors import ControllerAlarm, MotionError, MotionTimeout, PositionLost
from scanner.hardware.motion_settings import AxisSettings, MotionSettings, TemplateSettings
from scanner.hardware.serial_motion import SerialMotion, motion_over
from scanner.hardware.simulated.controller_faults import Faults
from scanner.hardware.simulated.controller_wiring import Wiring
from tests.hardware.links import BoardLink

MARLIN = MotionSettings(dialect="marlin", light="M106")
ABSOLUTE = TemplateSettings(greeting="ready", move="M {axis} {steps} {speed:.1f}", done="done", error="err")
RELATIVE = ABSOLUTE.model_copy(update={"move": "M {axis} {dsteps} {speed:.1f}"})


class Bench:
    """A rig of one dialect with its truth; the motors stand at zero."""

    def __init__(self, rig: MotionSettings) -> None:
        self.clock = FakeClock()
        self.wiring = Wiring(rig)
        self.board = self.wiring.board(self.clock)
        self.link = BoardLink(self.board, self.clock)
        self.settings = self.wiring.settings("simulated")
        self.motion: SerialMotion = motion_over(self.link.open, self.settings, self.clock, rail=True)
        self.table, self.rail = self.motion.axes["turntable"], self.motion.axes["focus"]
        for axis in self.motion.axes.values():
            axis.set_zero()
        self.zero = self.wiring.angles(self.board)[0]
        self.rail_zero = self.wiring.rail(self.board)
        self.link.sent.clear()

    def turned(self) -> float:
        """Degrees that the table really turned since it was at zero; motors without power had drifted before."""
        return self.wiring.angles(self.board)[0] - self.zero


def templated(template: TemplateSettings) -> MotionSettings:
    return MotionSettings(dialect="templated", template=template)


@pytest.mark.parametrize("rig", [MARLIN, templated(ABSOLUTE), templated(RELATIVE)], ids=["marlin", "steps", "dsteps"])
def test_angles_and_millimetres_are_true(rig: MotionSettings) -> None:
    bench = Bench(rig)
    for turn in range(1, 40):
        bench.table.move_to(turn * 100.03)
        assert bench.turned() == pytest.approx(turn * 100.03, abs=0.0051), "no angle drifts"
    assert bench.rail.move_to(12.3456) == pytest.approx(12.3456, abs=0.0004)
    assert bench.wiring.rail(bench.board) - bench.rail_zero == pytest.approx(12.3456, abs=0.0004)


@pytest.mark.parametrize("rig", [MARLIN, templated(ABSOLUTE), templated(RELATIVE)], ids=["marlin", "steps", "dsteps"])
def test_an_inverted_motor_turns_the_other_way(rig: MotionSettings) -> None:
    bench = Bench(rig.model_copy(update={"turntable": AxisSettings(inverted=True)}))
    assert bench.table.move_to(30) == pytest.approx(30)
    assert bench.turned() == pytest.approx(-30)
    assert bench.table.angle == pytest.approx(30)


def test_ways_too_short_for_marlin_are_gone_by_a_detour() -> None:
    bench = Bench(MARLIN)
    for steps in (3, 4, 9, 8, 6, 5):
        bench.table.move_to(steps / 100)
        assert bench.turned() == pytest.approx(steps / 100)


def test_marlin_started_anew_is_prepared_again() -> None:
    """Between two moves: the position is lost, and the scale is set before the next is believed."""
    bench = Bench(MARLIN)
    bench.table.move_to(30)
    bench.board.power_on()
    bench.clock.sleep(1)
    assert bench.table.angle is None
    with pytest.raises(PositionLost, match="started anew by itself"):
        bench.table.move_to(60)
    bench.link.sent.clear()
    bench.table.set_zero()
    assert b"M92 X100.000000" in bench.link.sent
    assert b"M84 S0\n" in bench.link.sent
    here = bench.turned()
    bench.table.move_to(45)
    assert bench.turned() - here == pytest.approx(45)


def test_marlin_that_killed_itself_is_an_alarm_and_reopened() -> None:
    bench = Bench(MARLIN)
    bench.board.spoil(Faults(mute_alarm_in_move=1))
    with pytest.raises(ControllerAlarm) as alarm:
        bench.table.move_to(90)
    assert alarm.value.hint
    bench.board.spoil(Faults())
    bench.motion.hold()
    bench.table.set_zero()
    assert bench.table.move_to(10) == pytest.approx(10)


def test_a_relative_move_is_never_said_again() -> None:
    bench = Bench(templated(RELATIVE))
    bench.board.spoil(Faults(lose_reply=1))
    with pytest.raises(MotionTimeout):
        bench.table.move_to(30)
    assert bench.link.sent.count(b"M X 3000") == 1
    assert bench.table.angle is None
    bench.board.spoil(Faults())
    with pytest.raises(PositionLost):
        bench.table.move_to(30)


def test_an_absolute_move_is_said_again_where_the_sketch_greets() -> None:
    bench = Bench(templated(ABSOLUTE))
    bench.board.spoil(Faults(lose_reply=1))
    with pytest.raises(MotionTimeout):
        bench.table.move_to(30)
    assert bench.link.sent.count(b"M X 3000") == 3
    mute = Bench(templated(ABSOLUTE.model_copy(update={"greeting": ""})))
    mute.board.spoil(Faults(lose_reply=1))
    with pytest.raises(MotionTimeout):
        mute.table.move_to(30)
    assert mute.link.sent.count(b"M X 3000") == 1


@pytest.mark.parametrize(
    "rig", [MARLIN, templated(ABSOLUTE.model_copy(update={"stop": "S"}))], ids=["marlin", "sketch"]
)
def test_stop_loses_the_position_and_ends_the_move(rig: MotionSettings) -> None:
    bench = Bench(rig)
    at = bench.clock.monotonic() + 0.4

    def stop() -> None:
        if bench.clock.monotonic() >= at:
            bench.link.whenever = None
            bench.motion.stop()

    bench.link.whenever = stop
    with pytest.raises(MotionError, match="stopped"):
        bench.table.move_to(170)
    assert 0 < bench.turned() < 165
    assert bench.table.angle is None
    bench.table.set_zero()
    assert bench.table.move_to(10) == pytest.approx(10)


def test_every_fault_ends_within_its_deadline() -> None:
    for rig in (MARLIN, templated(ABSOLUTE), templated(RELATIVE)):
        bench = Bench(rig)
        bench.board.spoil(Faults(lose_reply=1))
        before = bench.clock.monotonic()
        with pytest.raises(MotionError):
            bench.table.move_to(90)
        assert bench.clock.monotonic() - before < 3 * (1.5 * 1.0 + 2.0) + 5
