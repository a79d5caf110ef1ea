"""What counts as sharp, and how much weight it gets."""

import cv2
import numpy as np
import pytest

from scanner.stacking import focus
from scanner.stacking.focus import Weighing

RNG = np.random.default_rng(5)
TEXTURE = RNG.integers(60, 190, (120, 160)).astype(np.uint8)


def blurred(sigma: float) -> "np.ndarray[tuple[int, int], np.dtype[np.uint8]]":
    return np.asarray(cv2.GaussianBlur(TEXTURE, (0, 0), sigma), np.uint8)


def test_more_blur_is_less_detail() -> None:
    energies = [float(focus.detail(blurred(sigma), 2.0).mean()) for sigma in (0.5, 1.0, 2.0, 4.0)]
    assert energies == sorted(energies, reverse=True)
    assert energies[0] > 20 * energies[-1]


@pytest.mark.parametrize(("shape", "half"), [((8, 6), (4, 3)), ((9, 7), (5, 4)), ((1, 1), (1, 1))])
def test_shrinking_keeps_the_last_row_and_column(shape: tuple[int, int], half: tuple[int, int]) -> None:
    plane = np.zeros(shape, np.uint8)
    plane[-1, -1] = 200
    small = focus.shrunk(plane, 2, 2)
    assert small.shape == half
    assert small[-1, -1] >= 50


def test_noise_is_what_is_there_without_detail_and_never_nothing() -> None:
    flat = np.full((120, 160), 30, np.uint8)
    assert focus.noise(focus.detail(flat, 2.0)) == 0.5
    grain = np.rint(30 + RNG.normal(0, 2, (120, 160))).astype(np.uint8)
    energy = focus.detail(grain, 2.0)
    assert 0.4 * float(energy.mean()) < focus.noise(energy) < float(energy.mean())


def test_without_detail_all_slices_weigh_one() -> None:
    energy = np.full((16, 16), 1.5, np.float32)
    around = np.full((8, 8), 1.5, np.float32)
    assert (focus.weight(energy, around, 1.0, Weighing(floor=2.0)) == 1).all()
    assert (focus.weight_around(around, 1.0, Weighing(floor=2.0)) == 1).all()


def test_where_nothing_has_detail_the_surroundings_decide() -> None:
    energy = np.zeros((64, 64), np.float32)
    near, far = energy.copy(), energy.copy()
    near[:, 40:] = 3000
    weights = [focus.weight(e, focus.surroundings(e, 12), 1.0, Weighing()) for e in (near, far)]
    assert weights[0][32, 30] > 3 * weights[1][32, 30]


def test_weight_is_steep() -> None:
    around = np.zeros((8, 8), np.float32)
    low, high = (focus.weight(np.full((16, 16), e, np.float32), around, 1.0, Weighing(steepness=6)) for e in (400, 800))
    assert high[0, 0] / low[0, 0] == pytest.approx(2**6, rel=0.01)


@pytest.mark.parametrize("steepness", [2, 6, 12])
def test_the_strongest_weight_still_adds_up_in_float32(steepness: int) -> None:
    energy = np.full((16, 16), 1e6, np.float32)
    weight = focus.weight(energy, focus.surroundings(energy, 8), 0.5, Weighing(steepness=steepness))
    assert np.isfinite(weight * np.float32(255 * 1000)).all()
    assert weight.dtype == np.float32
