"""Motors stand where physics leaves them, whatever is counted."""

import math

import pytest

from scanner.clock import FakeClock
from scanner.hardware.simulated.controller_motors import FULL_STEP, OVERSHOOT, SAG, STOP, Drive, Motors, Switch

DRIVE = Drive((100, 100, 1600), (30, 30, 5), (60, 60, 50))


def held(motors: Motors) -> bool:
    return motors.held


def test_a_path_is_no_faster_than_its_slowest_axis() -> None:
    clock = FakeClock()
    motors = Motors(clock)
    assert motors.run((3000, 0, 0), DRIVE) == pytest.approx((30 / 30 + 30 / 60) / 2)
    assert motors.run((3000, 0, 0), DRIVE) is None
    begin = motors.planner.done_at(0)
    motors.run((3000, 0, 16_000), DRIVE, feed=100)
    assert motors.planner.done_at(0) - begin == pytest.approx(10 / 5 + 5 / 50)
    clock.sleep(9)
    assert motors.physical() == (3000, 0, 16_000)


def test_without_current_the_tilt_sags_and_others_snap_to_a_full_step() -> None:
    clock = FakeClock()
    motors = Motors(clock)
    assert held(motors)
    motors.cut()
    clock.sleep(0.5)
    assert motors.physical() == (FULL_STEP, -SAG / 2, FULL_STEP)
    clock.sleep(9)
    motors.power([1])
    assert not held(motors)
    motors.power()
    assert held(motors)
    assert motors.physical() == (FULL_STEP, -SAG, FULL_STEP)
    assert motors.planner.at(clock.monotonic()) == (0, 0, 0)


def test_the_tilt_sags_no_further_than_its_stop() -> None:
    clock = FakeClock()
    motors = Motors(clock)
    for _ in range(10):
        motors.cut()
        clock.sleep(2)
        motors.power()
    assert motors.physical()[1] == STOP


def test_current_ends_at_the_time_said_unless_something_else_is_said() -> None:
    clock = FakeClock()
    motors = Motors(clock)
    motors.cut_later(5.0)
    clock.sleep(4)
    motors.cut_later(6.0)
    clock.sleep(1.5)
    assert held(motors)
    clock.sleep(1)
    assert motors.physical()[1] == -SAG / 2
    motors.power()
    motors.cut_later(8.0)
    motors.cut_later(None)
    clock.sleep(9)
    assert held(motors)


def test_a_motor_stopped_dead_overshoots() -> None:
    clock = FakeClock()
    motors = Motors(clock)
    motors.run((-3000, 0, 0), DRIVE)
    clock.sleep(0.75)
    assert motors.stop()
    count = motors.planner.at(clock.monotonic())[0]
    assert motors.physical() == (count - OVERSHOOT, 0, 0)
    assert not motors.stop()
    motors.restart()
    assert motors.planner.at(clock.monotonic()) == (0, 0, 0)
    assert motors.physical() == (count - OVERSHOOT, 0, 0)


@pytest.mark.parametrize(("start", "marks"), [(0, 0), (1, 1), (36_000, 1), (36_001, 2), (-5, 0)])
def test_an_index_mark_comes_again_every_turn(start: int, marks: int) -> None:
    clock = FakeClock()
    motors = Motors(clock, (Switch(0, 50, 36_000),))
    motors.run((start + 50.0, 0, 0), DRIVE, math.inf)
    clock.sleep(1e4)
    assert motors.seek(motors.switches)[0] == 50 + 36_000 * marks


def test_a_switch_brings_count_and_truth_together() -> None:
    clock = FakeClock()
    motors = Motors(clock, (Switch(1, -2000),))
    motors.cut()
    clock.sleep(2)
    motors.power()
    end = motors.seek(motors.switches)
    assert end[1] == -2000 + SAG
    motors.run(end, DRIVE)
    clock.sleep(9)
    motors.count_from(1, -250)
    assert motors.physical()[1] == -2000
    assert motors.planner.at(clock.monotonic())[1] == -250
