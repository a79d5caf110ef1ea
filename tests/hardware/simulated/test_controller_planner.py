"""The kinematics of the simulation: continuous, bounded, and what the formulas say."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.hardware.simulated.controller_planner import BLOCKS, Block, Planner

LONG = Block((0, 0, 0), (3000, 0, 0), start=1.0, length=30, speed=10, acceleration=20)
SHORT = Block((0, 0, 0), (100, 0, 0), start=0.0, length=1, speed=10, acceleration=20)


def test_long_block_cruises() -> None:
    assert LONG.ramp_s == 0.5
    assert LONG.duration_s == pytest.approx(30 / 10 + 10 / 20)
    assert LONG.velocity(2.0) == 10
    assert LONG.at(1.5)[0] == pytest.approx(250)
    assert LONG.at(LONG.stop - 0.5)[0] == pytest.approx(2750)


def test_short_block_is_a_triangle() -> None:
    assert SHORT.duration_s == pytest.approx(2 * math.sqrt(1 / 20))
    assert SHORT.way(SHORT.stop / 2) == pytest.approx(0.5)


@given(
    st.floats(0.001, 1000),
    st.floats(0.1, 100),
    st.floats(0.1, 1000),
    st.floats(-0.5, 1.5),
    st.floats(0, 0.05),
)
def test_way_is_monotonic_and_never_faster_than_allowed(
    length: float, speed: float, acceleration: float, at: float, dt: float
) -> None:
    block = Block((0, 0, 0), (1, 0, 0), 0.0, length, speed, acceleration)
    now = at * block.duration_s
    a, b = block.way(now), block.way(now + dt)
    assert 0 <= a <= b + 1e-9 <= length + 2e-9
    assert b - a <= speed * dt * (1 + 1e-6) + 1e-9
    assert block.way(block.stop + 1) == length


def planner_with(*ends: float) -> Planner:
    planner = Planner()
    for end in ends:
        length = abs(end - planner.planned_end[0]) / 100
        planner.add((end, 0, 0), 0.0, length, speed=10, acceleration=20)
    return planner


def test_blocks_follow_each_other() -> None:
    planner = planner_with(100, 300, 0)
    assert planner.planned_end[0] == 0
    first = 2 * math.sqrt(1 / 20)
    assert planner.at(first)[0] == pytest.approx(100)
    assert planner.busy(first + 0.01)
    assert not planner.busy(planner.done_at(0.0))
    assert planner.at(100.0) == (0, 0, 0)


def test_queue_is_bounded() -> None:
    planner = planner_with(*(10.0 * n for n in range(1, BLOCKS + 1)))
    assert planner.full(0.0)
    assert not planner.full(10.0)


def test_hold_ramps_down_without_a_jump_and_resume_goes_on() -> None:
    planner = planner_with(3000, 0)
    before = planner.at(1.0)
    planner.hold(1.0)
    assert planner.at(1.0)[0] == pytest.approx(before[0])
    assert planner.moving(1.2)
    assert planner.at(5.0)[0] == pytest.approx(before[0] + 250)
    assert planner.busy(5.0)
    assert not planner.moving(5.0)
    planner.resume(5.0)
    assert planner.at(50.0)[0] == 0
    assert not planner.busy(50.0)


def test_hold_of_nothing() -> None:
    planner = Planner()
    planner.hold(0.0)
    assert planner.held
    planner.add((100, 0, 0), 0.0, 1, 10, 20)
    assert planner.at(10.0) == (0, 0, 0)
    planner.hold(10.0)
    planner.resume(10.0)
    assert planner.at(20.0) == (100, 0, 0)


def test_abort_says_whether_it_cut_something_short() -> None:
    planner = planner_with(3000)
    assert planner.abort(1.0)
    here = planner.at(1.0)
    assert here[0] == round(here[0])
    assert planner.at(9.0) == here
    assert not planner.abort(9.0)
