"""Whether parts of a picture agree: made-up slopes, shifted part by part."""

import numpy as np
import pytest
from numpy.typing import NDArray

from scanner.stacking.parts import ALIKE, FAR, MOVED, UNKNOWN, disagreement, moves
from scanner.stacking.points import PARTS

COUNT = 16_000
RNG = np.random.default_rng(1)
PART = np.arange(COUNT) * PARTS**2 // COUNT
STARTS = np.flatnonzero(np.diff(PART, prepend=-1))
SLOPES = RNG.normal(0, 0.02, (2, COUNT)).astype(np.float32)
ALL = np.ones(COUNT, np.float32)


def left_by(shifts: NDArray[np.float64], noise: float = 0.0005) -> NDArray[np.float32]:
    """What the fit leaves where each part is shifted by (parts, 2) pixels to the right and down."""
    moved = -(SLOPES * shifts[PART].T).sum(axis=0)
    return np.asarray(moved + np.random.default_rng(2).normal(0, noise, COUNT), np.float32)


def usual(size: float) -> NDArray[np.float64]:
    return np.random.default_rng(3).normal(0, size, (PARTS**2, 2))


def test_shifts_of_parts_are_found() -> None:
    true = usual(0.1)
    found = moves(STARTS, SLOPES, left_by(true), ALL)
    assert np.sqrt(found.square) == pytest.approx(np.hypot(*true.T), abs=0.01)
    assert found.share == pytest.approx(np.full(PARTS**2, 1 / PARTS**2), rel=0.01)


def test_noise_of_a_shift_is_known() -> None:
    """A slope of 0.02 and 444 points: 0.0005 / 0.02 / sqrt(444)."""
    found = moves(STARTS, SLOPES, left_by(np.zeros((PARTS**2, 2))), ALL)
    assert np.median(np.sqrt(found.noise)) == pytest.approx(0.0012, rel=0.5)
    assert np.sqrt(found.square.mean() / 2) == pytest.approx(np.sqrt(found.noise.mean()), rel=0.5)


def test_outliers_in_a_part_do_not_move_it() -> None:
    left = left_by(np.zeros((PARTS**2, 2)))
    left[::50] += 0.5 * SLOPES[0, ::50] / np.abs(SLOPES[0, ::50])
    assert moves(STARTS, SLOPES, left, ALL).square.max() < 0.05**2


@pytest.mark.parametrize("size", [0.02, 0.1])
def test_a_fit_is_as_wrong_as_the_mean_of_its_parts(size: float) -> None:
    """Four parameters fitted to two shifts in each part."""
    expected = size * 2 / PARTS * ALIKE**0.5
    assert disagreement(STARTS, SLOPES, left_by(usual(size)), ALL, 4) == pytest.approx(expected, rel=0.35)


def test_fewer_parameters_are_known_better() -> None:
    left = left_by(usual(0.1))
    ratio = disagreement(STARTS, SLOPES, left, ALL, 3) / disagreement(STARTS, SLOPES, left, ALL, 4)
    assert ratio == pytest.approx((3 / 4) ** 0.5)


@pytest.mark.parametrize("far", [0.5, 1.0])
def test_a_part_that_moved_counts_by_how_much_of_the_object_it_is(far: float) -> None:
    shifts = usual(0.01)
    shifts[5] = far, 0
    assert far > MOVED * 0.01
    assert disagreement(STARTS, SLOPES, left_by(shifts), ALL, 4) == pytest.approx(far / PARTS, rel=0.1)


def test_noise_is_not_taken_for_movement() -> None:
    """A part with faint slopes wanders far, and its noise says so."""
    faint = SLOPES.copy()
    faint[:, PART == 5] /= 200
    left = np.asarray(np.random.default_rng(2).normal(0, 0.001, COUNT), np.float32)
    assert disagreement(STARTS, faint, left, ALL, 4) < 0.02


def test_nothing_is_said_to_move_further_than_slopes_can_tell() -> None:
    shifts = np.zeros((PARTS**2, 2))
    shifts[5] = 40, 30
    assert moves(STARTS, SLOPES, left_by(shifts), ALL).square.max() == FAR**2


def elsewhere(parts: list[int]) -> NDArray[np.float32]:
    """What is left where some parts show something else altogether: outliers all over."""
    left = left_by(usual(0.01))
    odd = np.isin(PART, parts)
    left[odd] = np.random.default_rng(4).normal(0, 0.06, odd.sum())
    return left


def test_a_part_that_shows_something_else_has_moved_further_than_slopes_can_tell() -> None:
    found = moves(STARTS, SLOPES, elsewhere([5]), ALL)
    assert found.square[5] == FAR**2
    assert found.noise[5] == 0
    assert np.delete(found.square, 5).max() < 0.1**2
    assert disagreement(STARTS, SLOPES, elsewhere([5, 6, 11]), ALL, 4) == pytest.approx(FAR * 3**0.5 / PARTS, rel=0.1)


@pytest.mark.parametrize("blur", [0.01, 0.03])
def test_blur_all_over_is_nothing_else(blur: float) -> None:
    """It leaves much everywhere; so no part is strange among the others."""
    left = left_by(np.zeros((PARTS**2, 2)), noise=blur)
    left[PART < 9] *= 2
    assert moves(STARTS, SLOPES, left, ALL).square.max() < 0.5**2


def test_without_slopes_nothing_can_be_strange() -> None:
    assert moves(STARTS, 0 * SLOPES, ALL, ALL).square.max() == 0


def test_a_perfect_fit_leaves_nothing_strange() -> None:
    assert moves(STARTS, SLOPES, 0 * ALL, ALL).square.max() == 0


def test_parts_out_of_sight_have_no_say() -> None:
    shifts = usual(0.01)
    shifts[5] = 1, 0
    seen = np.asarray(PART != 5, np.float32)
    assert len(moves(STARTS, SLOPES, left_by(shifts), seen).share) == PARTS**2 - 1
    assert disagreement(STARTS, SLOPES, left_by(shifts), seen, 4) < 0.02


def test_a_straight_edge_cannot_tell() -> None:
    straight = SLOPES.copy()
    straight[1] = 0
    assert len(moves(STARTS, straight, left_by(usual(0.1)), ALL).share) == 0


@pytest.mark.parametrize("count", [0, 20])
def test_too_few_points_know_nothing(count: int) -> None:
    some = np.s_[:count]
    starts = STARTS[: min(count, 1)]
    assert disagreement(starts, SLOPES[:, some], ALL[some], ALL[some], 4) == UNKNOWN
