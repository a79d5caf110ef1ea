"""What averaging softens is given back, and nothing more."""

import cv2
import numpy as np
import pytest

from scanner.slices import Plane
from scanner.stacking.crisp import AMOUNT, MOST, SCALE, crisped, lack
from scanner.stacking.strips import Map

TEXTURE = np.random.default_rng(3).integers(60, 190, (120, 160)).astype(np.uint8)
SOFT = np.asarray(cv2.GaussianBlur(TEXTURE, (0, 0), 0.8), np.uint8)

RAISED = 0.1


def even(value: float, height: int = 30, width: int = 40) -> Map:
    return np.full((height, width), value, np.float32)


def contrast(luma: Plane) -> float:
    return float(np.abs(np.diff(luma.astype(float))).mean())


def lacking(apart: float, kept: float, sharpness: float = 3000.0, floor: float = 3.0) -> float:
    found = lack(even(apart), kept, even(sharpness, 60, 80), floor)
    assert found.shape == (30, 40)
    assert found.min() == found.max()
    return float(found[0, 0])


def test_a_place_in_focus_in_a_slice_lacks_nothing() -> None:
    assert lacking(0.0, 0.5) == 0


def test_where_nothing_is_lost_between_slices_nothing_is_lacking() -> None:
    assert lacking(1.0, 1.0) == 0


def test_halfway_between_slices_what_is_lost_is_given_back() -> None:
    assert lacking(1.0, 0.81) == pytest.approx(AMOUNT * (1 / 0.9 - 1), rel=0.01)
    assert 0 < lacking(0.5, 0.81) < 0.5 * lacking(1.0, 0.81)


def test_what_no_filter_can_give_back_is_left() -> None:
    assert lacking(1.0, 0.05) == pytest.approx(MOST, rel=0.01)
    assert lacking(1.0, 0.0) == pytest.approx(MOST, rel=0.01)


def test_noise_is_not_raised() -> None:
    assert lacking(1.0, 0.5, sharpness=0.4, floor=6.0) < 0.1 * lacking(1.0, 0.5)


def test_detail_becomes_a_little_crisper() -> None:
    before = contrast(SOFT)
    after = contrast(crisped(SOFT.copy(), even(RAISED)))
    assert 1.02 * before < after < 1.12 * before


def test_nothing_lacking_changes_nothing() -> None:
    assert (crisped(TEXTURE.copy(), even(0)) == TEXTURE).all()


def test_it_acts_where_the_map_says() -> None:
    amount = even(0)
    amount[:, 20:] = RAISED
    result = crisped(SOFT.copy(), amount)
    half = 20 * SCALE
    assert (result[:, : half - 2 * SCALE] == SOFT[:, : half - 2 * SCALE]).all()
    assert contrast(result[:, half:]) > 1.02 * contrast(SOFT[:, half:])


@pytest.mark.parametrize("level", [0, 90, 255])
@pytest.mark.parametrize("shape", [(1, 1), (3, 7), (16, 16), (131, 18)])
def test_constant_pictures_of_any_size_stay(level: int, shape: tuple[int, int]) -> None:
    amount = even(RAISED, *(-(-side // SCALE) for side in shape))
    assert (crisped(np.full(shape, level, np.uint8), amount) == level).all()


def test_black_and_white_end_where_they_end() -> None:
    stripes = np.tile(np.array([0, 0, 0, 0, 255, 255, 255, 255], np.uint8), (120, 20))
    result = crisped(stripes.copy(), even(RAISED))
    assert (result == stripes).all()


def test_16_bit_is_made_as_crisp_as_8_bit() -> None:
    eight = crisped(SOFT.copy(), even(RAISED))
    deep = crisped(SOFT.astype(np.uint16) * np.uint16(257), even(RAISED))
    assert deep.dtype == np.uint16
    assert np.abs(deep / 257 - eight).max() <= 0.6
