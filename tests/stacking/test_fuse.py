"""Weighted sums of planes, and planes moved, in 8 and in 16 bit."""

import numpy as np
import pytest

from scanner.slices import Plane, Planes
from scanner.stacking.focus import STRONGEST
from scanner.stacking.fuse import RunningMean, WeightedPlanes, subsampling, warped, warped_planes
from scanner.stacking.geometry import Similarity

RNG = np.random.default_rng(2)
BITS = pytest.mark.parametrize("bits", [8, 16])


def random_planes(height: int, width: int, columns: int, rows: int, bits: int = 8) -> Planes:
    chroma = (-(-height // rows), -(-width // columns))
    return Planes(*(random_plane(shape, bits) for shape in ((height, width), chroma, chroma)))


def random_plane(shape: tuple[int, int], bits: int) -> Plane:
    values = RNG.integers(0, 1 << bits, shape)
    return values.astype(np.uint8) if bits == 8 else values.astype(np.uint16)


def same(value: int, bits: int = 8) -> Plane:
    return np.full((2, 2), value, np.uint8 if bits == 8 else np.uint16)


@BITS
@pytest.mark.parametrize(("columns", "rows"), [(1, 1), (2, 1), (2, 2)])
@pytest.mark.parametrize(("height", "width"), [(300, 64), (301, 63), (5, 3), (1, 1)])
def test_one_picture_comes_back_as_it_was(columns: int, rows: int, height: int, width: int, bits: int) -> None:
    planes = random_planes(height, width, columns, rows, bits)
    sums = WeightedPlanes(planes, 2)
    weights = RNG.uniform(1, 1e20, sums.total.shape).astype(np.float32)
    sums.add(planes, weights, 1.0)
    again = sums.mean()
    assert subsampling(planes) == (min(columns, width), min(rows, height))
    for plane in ("y", "cb", "cr"):
        assert getattr(again, plane).dtype == planes.y.dtype
        assert np.array_equal(getattr(again, plane), getattr(planes, plane))


@BITS
def test_the_mean_is_weighed_and_rounded(bits: int) -> None:
    like = Planes(same(0, bits), same(0, bits), same(0, bits))
    sums = WeightedPlanes(like, 1)
    for value, weight in ((10, 3), (53, 1), (200, 0)):
        sums.add(Planes(*(same(value, bits),) * 3), np.full((2, 2), weight, np.float32), 1.0)
    for plane in (sums.mean().y, sums.mean().cb, sums.mean().cr):
        assert plane.dtype == like.y.dtype
        assert (plane == 21).all()  # 20.75


@BITS
def test_the_last_share_keeps_nothing_of_what_was_before(bits: int) -> None:
    mean = RunningMean(same(0, bits), 1, 1, 0)
    for value, share in ((77, 1.0), (3, 0.5), (200, 0.0)):
        mean.add(same(value, bits), np.full((2, 2), share, np.float32), 1.0)
    assert (mean.value() == 40).all()
    white = (1 << bits) - 1
    mean.add(same(white, bits), np.ones((2, 2), np.float32), 1.0)
    assert (mean.value() == white).all()


@BITS
def test_many_shares_do_not_drift(bits: int) -> None:
    plane = same(77 << (bits - 8), bits)
    mean = RunningMean(plane, 1, 1, 0)
    for index in range(300):
        mean.add(plane, np.full((2, 2), 1 / (index + 1), np.float32), 1.0)
    assert (mean.value() == plane).all()


@BITS
def test_the_mean_of_many_is_exact(bits: int) -> None:
    """No rounding adds up: to half a grey level of 8 bits, 8 of the 65536 of 16 bits."""
    values = RNG.integers(0, 1 << bits, (200, 16, 16))
    dtype = np.uint8 if bits == 8 else np.uint16
    mean = RunningMean(values[0].astype(dtype), 1, 1, 0)
    for index, plane in enumerate(values):
        mean.add(plane.astype(dtype), np.full((16, 16), 1 / (index + 1), np.float32), 1.0)
    assert np.abs(mean.value() - values.mean(axis=0)).max() < (0.6 if bits == 8 else 8)


@BITS
def test_the_strongest_weights_of_many_bright_slices_do_not_overflow(bits: int) -> None:
    white = (1 << bits) - 1
    sums = WeightedPlanes(Planes(same(0, bits), same(0, bits), same(0, bits)), 2)
    for _ in range(200):
        sums.add(Planes(*(same(white, bits),) * 3), np.full((1, 1), STRONGEST, np.float32), 1.0)
    assert np.isfinite(sums.total).all()
    for plane in (sums.mean().y, sums.mean().cb, sums.mean().cr):
        assert (plane == white).all()


@BITS
def test_brightness_scales_light_and_colour_but_not_grey(bits: int) -> None:
    step = 1 << (bits - 8)
    y, cb, cr = (same(value * step, bits) for value in (100, 128, 228))
    sums = WeightedPlanes(Planes(y, cb, cr), 1)
    sums.add(Planes(y, cb, cr), np.full((2, 2), 7, np.float32), 1.1)
    mean = sums.mean()
    for plane, expected in zip((mean.y, mean.cb, mean.cr), (110, 128, 238), strict=True):
        assert (plane == expected * step).all()


@BITS
def test_what_is_brighter_than_white_is_white(bits: int) -> None:
    white = (1 << bits) - 1
    planes = Planes(same(white, bits), same(0, bits), same(white, bits))
    sums = WeightedPlanes(planes, 2)
    sums.add(planes, np.ones((1, 1), np.float32), 1.5)
    mean = sums.mean()
    assert (int(mean.y[0, 0]), int(mean.cb[0, 0]), int(mean.cr[0, 0])) == (white, 0, white)


@BITS
def test_a_whole_pixel_of_shift_moves_pixels_unchanged(bits: int) -> None:
    plane = random_planes(40, 50, 2, 2, bits).y
    moved = warped(plane, Similarity(dx=3, dy=-2).matrix((50, 40)))
    assert moved.dtype == plane.dtype
    assert (moved[5:-5, 5:-5] == plane[3:-7, 8:-2]).all()


@BITS
def test_chroma_moves_with_luma(bits: int) -> None:
    planes = random_planes(40, 60, 2, 2, bits)
    moved = warped_planes(planes, Similarity(dx=4, dy=6).matrix((60, 40)))
    assert (moved.y[:-6, :-4] == planes.y[6:, 4:]).all()
    assert (moved.cb[:-3, :-2] == planes.cb[3:, 2:]).all()
    assert (moved.cr[:-3, :-2] == planes.cr[3:, 2:]).all()


def test_a_16_bit_plane_is_moved_as_its_8_bit_copy_only_finer() -> None:
    planes = random_planes(40, 50, 2, 2)
    matrix = Similarity(stretch=0.01, turn=0.002, dx=0.4, dy=-0.7).matrix((50, 40))
    fine = warped(planes.y.astype(np.uint16) * 257, matrix)
    assert np.abs(fine / 257 - warped(planes.y, matrix)).max() <= 0.55


def test_outside_repeats_the_border_and_is_never_black() -> None:
    plane = np.full((40, 50), 77, np.uint8)
    assert (warped(plane, Similarity(stretch=0.2, dx=9).matrix((50, 40))) == 77).all()
