"""The sweep that is proposed covers what the one that was used left out, and is no longer than that takes."""

import numpy as np
import pytest
from numpy.typing import NDArray

from scanner.plan.sweep import MAX_SLICES
from scanner.slices import SweepProposal
from scanner.stacking.coverage import Coverage, CurveShape, cover
from scanner.stacking.proposal import KEPT, WASTE, place_at, propose, rounded, stepping

WIDE = CurveShape(width=2.7, power=2.2)
"""Dioptres: of pictures 960 px wide."""

NEAR, FAR = 12.4, 8.6
"""Where the object of these tests begins and ends."""


def curves(focus: NDArray[np.float64], object_: tuple[float, float] = (NEAR, FAR)) -> NDArray[np.float32]:
    """Of 1200 tiles spread evenly over the object."""
    foci = np.random.default_rng(3).uniform(min(object_), max(object_), 1200)
    return np.asarray(np.exp(WIDE.log(focus[:, None] - foci) + 6) + 1, np.float32)


def covered(near: float, far: float, count: int) -> tuple[list[float], Coverage]:
    focus = np.linspace(near, far, count)
    return focus.tolist(), cover(np.arange(count, dtype=np.float64), curves(focus), 1.0)


def proposed(near: float, far: float, count: int) -> SweepProposal | None:
    return propose(*covered(near, far, count))


NEEDED = 2 * WIDE.reach(KEPT)
"""The widest step, dioptres, that keeps KEPT of sharpness halfway."""


@pytest.mark.parametrize("count", [4, 5, 8, 12])
def test_a_good_sweep_needs_no_other(count: int) -> None:
    assert proposed(NEAR + 0.1, FAR - 0.1, count) is None


@pytest.mark.parametrize("count", [5, 7, 12])
@pytest.mark.parametrize(
    ("near", "far"), [(11.4, 8.5), (10.6, 8.5), (12.5, 9.6), (12.5, 10.2), (11.4, 9.6)], ids=str
)  # fmt: skip
def test_the_sweep_proposed_covers_the_object_and_is_not_wasteful(near: float, far: float, count: int) -> None:
    better = proposed(near, far, count)
    assert better is not None
    assert proposed(better.near, better.far, better.count) is None
    assert better.near >= NEAR - 0.45
    assert better.far <= FAR + 0.45
    assert better.count <= 1.5 * (np.ceil((NEAR - FAR) / NEEDED) + 1)


@pytest.mark.parametrize(("near", "far"), [(11.0, 8.5), (12.5, 10.0)])
def test_an_end_that_reaches_stays(near: float, far: float) -> None:
    better = proposed(near, far, 9)
    assert better is not None
    assert (better.near == near) == (near > NEAR)
    assert (better.far == far) == (far < FAR)


@pytest.mark.parametrize("count", [2, 3])
def test_of_few_slices_more_are_asked_for_between_the_same_ends(count: int) -> None:
    better = proposed(12.9, 8.1, count)
    assert better is not None
    assert (better.near, better.far) == (12.9, 8.1)
    assert better.count > count
    assert proposed(better.near, better.far, better.count) is None


def test_a_slice_missing_in_the_middle_is_a_step_too_wide() -> None:
    focus = [12.6, 11.6, 8.8, 8.4]
    table = curves(np.array(focus))
    places = (12.6 - np.array(focus)) / 1.4
    better = propose(focus, cover(places, table, 1.0))
    assert better is not None
    assert (better.near, better.far) == (12.6, 8.4)
    assert better.count >= 4


def test_nothing_is_proposed_where_focus_positions_are_unknown_or_one() -> None:
    _, coverage = covered(11.0, 8.5, 9)
    assert coverage.near is not None
    assert propose([], coverage) is None
    assert propose([10.0] * 9, coverage) is None
    assert propose([10.0], Coverage()) is None
    assert propose([11.0, 8.5], Coverage()) is None


def test_a_rail_counts_in_millimetres() -> None:
    """The same curves, 20 mm for 1 D, seen from where the rail is at 35 mm."""
    focus, coverage = covered(11.0, 8.5, 9)
    rail = [35 + 20 * (place - 11.0) for place in focus]
    better, lens = propose(rail, coverage), propose(focus, coverage)
    assert better is not None
    assert lens is not None
    assert better.near == pytest.approx(35 + 20 * (lens.near - 11.0), abs=1)
    assert better.far == pytest.approx(-15, abs=1)
    assert better.count == lens.count


def test_slices_that_came_from_far_to_near_are_proposed_near_to_far() -> None:
    focus, coverage = covered(11.0, 8.5, 9)
    better = propose([8.5 + 11.0 - place for place in focus], coverage)
    assert better is not None
    assert better.near > better.far


def test_a_place_outside_lies_on_the_line_through_the_ends_and_not_beyond_infinity() -> None:
    assert place_at((12.0, 11.0, 10.0), -1) == 13.0
    assert place_at((2.0, 1.0, 0.5), 4) == 0.0
    assert place_at((2.0, 0.0, -4.0), 3) == -4.0
    assert place_at((), 2) is None
    assert place_at((2.0, 1.0), None) is None


def test_steps_stay_as_they_were_where_they_are_neither_too_wide_nor_a_waste() -> None:
    assert stepping(0.9, 1.0) == 0.9
    assert stepping(2.0, 1.0) == 1.0
    assert stepping(0.1, 1.0) == pytest.approx(1 / WASTE)


@pytest.mark.parametrize(
    ("step", "near", "far"), [(1.57, 12.5, 8.1), (0.5, 12.47, 8.13), (0.02, 12.465, 8.137), (21.0, 13.0, 8.0)]
)
def test_what_is_proposed_is_round_and_reaches_at_least_as_far(step: float, near: float, far: float) -> None:
    better = rounded(12.4647, 8.1373, step)
    assert (better.near, better.far) == (near, far)
    if better.count < MAX_SLICES and step < 5:
        assert (better.near - better.far) / (better.count - 1) <= step * 1.02


def test_as_many_slices_as_a_sweep_can_have_are_proposed_at_most() -> None:
    assert rounded(15.0, 0.0, 0.01).count == MAX_SLICES
    assert rounded(10.0, 9.9, 3.0).count == 2
