"""The lens drive by itself, on times given by hand."""

import math
from itertools import pairwise

import pytest

from scanner.hardware.simulated.sensor_lens import SLEW, LensDrive, LensLoop, LensScale

LAG = 0.03


def test_a_true_scale_shows_dioptres() -> None:
    assert LensScale().shown(8.25) == LensScale().true(8.25) == 8.25


def test_a_false_scale_shows_what_a_real_module_did() -> None:
    """Sharp at 300 mm with 7.82 on the scale."""
    scale = LensScale(offset=0.2, factor=(7.82 - 0.2) / (1 / 0.3))
    assert scale.shown(1 / 0.3) == pytest.approx(7.82)
    assert scale.true(7.82) == pytest.approx(1 / 0.3)


def test_it_swings_in_exponentially() -> None:
    lens = LensDrive(8.0, LAG)
    lens.command(9.0, 1.0)
    assert [9.0 - lens.at(1.0 + n * LAG) for n in range(4)] == pytest.approx([math.exp(-n) for n in range(4)])


def test_it_rests_before_the_first_command() -> None:
    lens = LensDrive(8.0, LAG)
    lens.command(9.0, 1.0)
    assert lens.at(0.5) == 8.0
    assert lens.commanded == 9.0


def test_a_new_command_starts_from_where_it_is() -> None:
    lens = LensDrive(8.0, LAG)
    lens.command(9.0, 1.0)
    here = lens.at(1.0 + LAG)
    lens.command(7.0, 1.0 + LAG)
    assert lens.at(1.0 + LAG) == pytest.approx(here)
    assert lens.at(1.0 + 20 * LAG) == pytest.approx(7.0, abs=1e-6)


def test_the_past_does_not_change_with_a_command() -> None:
    lens = LensDrive(8.0, LAG)
    lens.command(9.0, 1.0)
    before = lens.at(1.02)
    for later in (1.05, 1.1, 1.2):
        lens.command(5.0, later)
    assert lens.at(1.02) == before


@pytest.mark.parametrize(("target", "frames"), [(9.0, 1), (9.6, 2), (2.0, 4), (8.0, 0)])
def test_one_step_a_frame_is_limited(target: float, frames: int) -> None:
    lens, seen = LensDrive(8.0, LAG), [8.0]
    for number in range(6):
        lens.towards(target, number * 0.1)
        seen.append(lens.commanded)
    steps = [abs(after - before) for before, after in pairwise(seen)]
    assert max(steps) <= SLEW
    assert sum(step > 0 for step in steps) == frames
    assert lens.commanded == pytest.approx(target)


def test_an_order_waits_for_its_request() -> None:
    loop = LensLoop(LensDrive(8.0, LAG))
    loop.order(5, 9.0)
    assert [loop.frame(reached, reached * 0.1) for reached in range(3, 7)] == [8.0, 8.0, 9.0, 9.0]


def test_of_two_orders_that_came_through_the_later_one_holds() -> None:
    loop = LensLoop(LensDrive(8.0, LAG))
    loop.order(5, 9.0)
    loop.order(6, 7.0)
    assert loop.frame(6, 1.0) == 7.0


def test_a_start_forgets_what_was_underway_and_a_rest_drops_the_lens() -> None:
    drive = LensDrive(8.0, LAG)
    loop = LensLoop(drive)
    loop.order(5, 9.0)
    loop.rest(0.0, 1.0)
    loop.start()
    assert loop.frame(9, 2.0) == 0.0
    assert drive.at(2.0) == pytest.approx(0.0, abs=1e-6)
