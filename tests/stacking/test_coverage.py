"""How much of an object lies outside a sweep is read from curves that never come to their peak."""

import numpy as np
import pytest
from numpy.typing import NDArray

from scanner.stacking.coverage import STRAYS, UNSURE, CurveShape, cover

SHAPE = CurveShape(width=1.3, power=0.9)


def curves(places: NDArray[np.float64], foci: NDArray[np.float64], noise: float = 1.0) -> NDArray[np.float32]:
    """Curves of tiles in focus at `foci`, of different strength, with a floor of noise and some scatter."""
    rng = np.random.default_rng(5)
    strength = rng.uniform(4, 8, len(foci))
    logs = SHAPE.log(places[:, None] - foci) + strength + rng.normal(0, 0.05, (len(places), len(foci)))
    return np.asarray(np.exp(logs) + noise, np.float32)


def places(count: int) -> NDArray[np.float64]:
    return np.arange(count, dtype=np.float64)


def test_a_sweep_that_reaches_all_is_called_so() -> None:
    foci = np.random.default_rng(1).uniform(-0.4, 9.4, 600)
    found = cover(places(10), curves(places(10), foci), 1.0)
    assert found.beyond_near < 0.02
    assert found.beyond_far < 0.02
    assert found.near is None
    assert found.far is None


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("share", [0.1, 0.3])
def test_what_lies_outside_is_told_with_the_end_that_would_reach_it(share: float, sign: int) -> None:
    rng = np.random.default_rng(2)
    inside, outside = rng.uniform(0, 9, 600), rng.uniform(-3, -1, int(600 * share / (1 - share)))
    foci = np.concatenate([inside, outside])
    foci = foci if sign > 0 else 9 - foci
    found = cover(places(10), curves(places(10), foci), 1.0)
    mine, other = (found.beyond_near, found.beyond_far)[::sign]
    needed = found.near if sign > 0 else found.far
    assert mine == pytest.approx(share, abs=0.05)
    assert other < 0.02
    assert needed is not None
    assert (needed if sign > 0 else 9 - needed) == pytest.approx(-2.7, abs=0.5)


def test_slices_missing_near_an_end_are_not_taken_for_an_end_too_far() -> None:
    """By index they seem evenly spaced, and the slices before the gap to lie closer than they do."""
    true = np.array([0.0, 1, 4, 5, 6, 7, 8, 9])
    foci = np.random.default_rng(1).uniform(-0.3, 9.3, 2000)
    for there, order in ((true, 1), (9 - true[::-1], -1)):
        found = cover(places(8), curves(there, foci), 1.0, UNSURE)
        assert (found.beyond_near, found.beyond_far)[::order][0] < STRAYS
        assert found.near is None
        assert found.far is None


def test_three_slices_do_not_tell_where_their_sweep_should_end() -> None:
    foci = np.concatenate([np.random.default_rng(1).uniform(0, 2, 500), np.full(300, -1.5)])
    found = cover(places(3), curves(places(3), foci), 1.0)
    assert found.beyond_near < 0.5
    assert found.beyond_far < 0.02
    assert found.near is None
    assert len(found.halfway) == 2


def test_three_slices_tell_how_sharp_it_is_halfway() -> None:
    foci = np.random.default_rng(1).uniform(-0.3, 2.3, 2000)
    found = cover(places(3), curves(places(3), foci), 1.0)
    assert found.beyond_near < 0.02
    assert found.beyond_far < 0.02
    assert found.kept == pytest.approx(np.exp(SHAPE.log(np.array(0.5))), abs=0.12)


@pytest.mark.parametrize(("apart", "gap"), [(0.5, False), (1.0, False), (5.0, True), (8.0, True)])
def test_two_slices_tell_whether_they_are_too_far_apart(apart: float, gap: bool) -> None:
    there = np.array([0.0, apart])
    found = cover(places(2), curves(there, np.random.default_rng(3).uniform(-0.2, apart + 0.2, 800)), 1.0)
    assert (found.kept < 0.5) == gap
    assert gap == (np.exp(SHAPE.log(np.array(apart / 2))) < 0.5)
    assert found.beyond_near == found.beyond_far == 0


def test_two_planes_with_nothing_between_them_need_no_slice_there() -> None:
    found = cover(places(2), curves(np.array([0.0, 8]), np.repeat([0.0, 8.0], 300)), 1.0)
    assert found.halfway == ()


def test_two_equal_slices_have_no_gap() -> None:
    assert cover(places(2), curves(np.zeros(2), np.linspace(-1, 1, 500)), 1.0).kept > 0.9


def test_sharpness_halfway_follows_the_spacing() -> None:
    uneven = np.array([0.0, 1, 2, 3, 4, 8, 9])
    found = cover(uneven, curves(uneven, np.random.default_rng(3).uniform(0, 9, 800)), 1.0)
    assert found.halfway[0] == pytest.approx(np.exp(SHAPE.log(np.array([0.5])))[0], abs=0.12)
    assert found.halfway[4] == pytest.approx(np.exp(SHAPE.log(np.array([2.0])))[0], abs=0.12)
    assert found.halfway[4] < 0.5 < found.halfway[0]


@pytest.mark.parametrize(("count", "tiles", "strength"), [(3, 500, 1.0), (10, 12, 1.0), (10, 500, 0.0), (1, 500, 1.0)])
def test_too_little_to_tell_counts_as_covered(count: int, tiles: int, strength: float) -> None:
    foci = np.linspace(-5, -3, tiles)
    found = cover(places(count), curves(places(count), foci) * np.float32(strength), 1.0)
    assert found.beyond_near == 0
    assert found.near is None
    assert found.halfway == ()


def test_nothing_in_focus_inside_the_sweep_tells_nothing_about_its_shape() -> None:
    assert cover(places(6), curves(places(6), np.full(400, -4.0)), 1.0).beyond_near == 0


def test_what_stands_behind_the_object_does_not_count_as_left_out() -> None:
    rng = np.random.default_rng(7)
    foci = np.concatenate([rng.uniform(0, 6, 150), rng.uniform(8.0, 8.4, 400)])
    told, within = curves(places(7), foci), np.arange(len(foci)) < 150
    alone, whole = cover(places(7), told, 1.0, within=within), cover(places(7), told, 1.0)
    assert whole.beyond_far > 0.5
    assert alone.beyond_far < 0.03
    assert alone.far is None
    assert alone.shape == whole.shape


def test_a_mask_of_hardly_anything_hides_nothing() -> None:
    foci = np.random.default_rng(7).uniform(0, 9, 300)
    told = curves(places(7), foci)
    assert cover(places(7), told, 1.0, within=np.arange(300) < 20) == cover(places(7), told, 1.0)
