"""Weighted sums of planes, and planes moved."""

import numpy as np
import pytest

from scanner.slices import Planes
from scanner.stacking.fuse import WeightedPlanes, WeightedSum, subsampling, warped, warped_planes
from scanner.stacking.geometry import Similarity

RNG = np.random.default_rng(2)


def random_planes(height: int, width: int, columns: int, rows: int) -> Planes:
    chroma = (-(-height // rows), -(-width // columns))
    y, cb, cr = (RNG.integers(0, 256, shape).astype(np.uint8) for shape in ((height, width), chroma, chroma))
    return Planes(y, cb, cr)


@pytest.mark.parametrize(("columns", "rows"), [(1, 1), (2, 1), (2, 2)])
@pytest.mark.parametrize(("height", "width"), [(300, 64), (301, 63), (5, 3)])
def test_one_picture_comes_back_as_it_was(columns: int, rows: int, height: int, width: int) -> None:
    planes = random_planes(height, width, columns, rows)
    sums = WeightedPlanes(planes, 2)
    weights = RNG.uniform(1, 1e20, sums.total.shape).astype(np.float32)
    sums.add(planes, weights, 1.0)
    again = sums.mean()
    assert subsampling(planes) == (columns, rows)
    for plane in ("y", "cb", "cr"):
        assert np.abs(getattr(again, plane).astype(int) - getattr(planes, plane)).max() <= 0


def test_the_mean_is_weighed() -> None:
    total = WeightedSum((2, 2), 1, 1, 0)
    total.add(np.full((2, 2), 10, np.uint8), np.full((2, 2), 3, np.float32))
    total.add(np.full((2, 2), 50, np.uint8), np.full((2, 2), 1, np.float32))
    assert (total.mean(np.full((2, 2), 4, np.float32)) == 20).all()


def test_brightness_scales_light_and_colour_but_not_grey() -> None:
    weight = np.ones((2, 2), np.float32)
    for zero, value, expected in ((0, 100, 110), (128, 128, 128), (128, 228, 238)):
        total = WeightedSum((2, 2), 1, 1, zero)
        total.add(np.full((2, 2), value, np.uint8), weight, 1.1)
        assert (total.mean(weight) == expected).all()


def test_a_whole_pixel_of_shift_moves_pixels_unchanged() -> None:
    plane = RNG.integers(0, 256, (40, 50)).astype(np.uint8)
    moved = warped(plane, Similarity(dx=3, dy=-2).matrix((50, 40)))
    assert (moved[5:-5, 5:-5] == plane[3:-7, 8:-2]).all()


def test_chroma_moves_with_luma() -> None:
    planes = random_planes(40, 60, 2, 2)
    moved = warped_planes(planes, Similarity(dx=4, dy=6).matrix((60, 40)))
    assert (moved.y[:-6, :-4] == planes.y[6:, 4:]).all()
    assert (moved.cb[:-3, :-2] == planes.cb[3:, 2:]).all()
    assert (moved.cr[:-3, :-2] == planes.cr[3:, 2:]).all()


def test_outside_repeats_the_border_and_is_never_black() -> None:
    plane = np.full((40, 50), 77, np.uint8)
    assert (warped(plane, Similarity(stretch=0.2, dx=9).matrix((50, 40))) == 77).all()
