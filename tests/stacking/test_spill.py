"""Spilled light is taken back, detail is left alone."""

import numpy as np
import pytest
from numpy.typing import NDArray

from scanner.slices import Plane, Planes
from scanner.stacking.spill import calmed, quarter, spilled
from scanner.stacking.strips import Map


def grey(y: Plane, columns: int = 2, rows: int = 2) -> Planes:
    neutral = 128 if y.itemsize == 1 else 32768
    chroma = np.full((-(-y.shape[0] // rows), -(-y.shape[1] // columns)), neutral, y.dtype)
    return Planes(y, chroma, chroma.copy())


def plain(level: int) -> NDArray[np.uint8]:
    return np.full((160, 160), level, np.uint8)


def blotched(ground: int, blotch: int) -> Planes:
    y = plain(ground)
    y[60:100, 60:100] = blotch
    return grey(y)


def peak(energy: float) -> Map:
    return np.full((80, 80), energy, np.float32)


@pytest.mark.parametrize(("ground", "blotch"), [(40, 70), (40, 47), (200, 240), (220, 200)])
def test_a_blotch_without_detail_goes(ground: int, blotch: int) -> None:
    sharp, calm = blotched(ground, blotch), quarter(grey(plain(ground)))
    share = spilled(sharp, calm, peak(5.0))
    mended = calmed(sharp, calm, share)
    assert share.shape == (40, 40)
    assert share.dtype == np.float32
    assert float(share[20, 20]) == pytest.approx(1, abs=1e-3)
    assert np.abs(mended.y[68:92, 68:92].astype(int) - ground).max() <= 1


def test_a_dark_place_does_not_get_the_light_of_what_is_beside_it() -> None:
    """There the calm picture is the wrong one: its slice was chosen for the object."""
    share = spilled(grey(plain(30)), quarter(grey(plain(50))), peak(5.0))
    assert float(share.max()) == 0


def test_true_detail_of_another_brightness_stays() -> None:
    sharp, calm = blotched(40, 70), quarter(grey(plain(40)))
    share = spilled(sharp, calm, peak(20_000.0))
    assert float(share.max()) == 0
    assert (calmed(blotched(40, 70), calm, share).y == sharp.y).all()


def test_a_picture_that_agrees_with_the_calm_one_is_not_touched() -> None:
    noisy = grey(np.random.default_rng(1).integers(38, 43, (160, 160)).astype(np.uint8))
    assert float(spilled(noisy, quarter(noisy), peak(1.0)).max()) == 0


def test_16_bit_is_judged_and_mended_as_8_bit() -> None:
    eight = blotched(40, 70)
    deep = Planes(*(plane.astype(np.uint16) * np.uint16(257) for plane in (eight.y, eight.cb, eight.cr)))
    ground = np.full((160, 160), 40 * 257, np.uint16)
    calm = quarter(grey(ground))
    share = spilled(deep, calm, peak(5.0))
    assert calm.bits == 16
    assert np.allclose(share, spilled(eight, quarter(grey(plain(40))), peak(5.0)), atol=1e-4)
    mended = calmed(deep, calm, share)
    assert mended.bits == 16
    assert np.abs(mended.y[68:92, 68:92].astype(int) - 40 * 257).max() <= 32
    assert (mended.cb[38:42, 38:42] == mended.neutral).all()


@pytest.mark.parametrize(("columns", "rows"), [(1, 1), (2, 1), (2, 2)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_colour_is_mended_with_luma_at_any_subsampling_and_size(
    columns: int, rows: int, dtype: type[np.uint8 | np.uint16]
) -> None:
    sharp = grey(np.full((101, 83), 90, dtype), columns, rows)
    tinted = Planes(sharp.y, sharp.cb + dtype(20), sharp.cr - dtype(20))
    calm = quarter(sharp)
    mended = calmed(tinted, calm, np.ones(calm.y.shape, np.float32))
    assert calm.shapes == ((26, 21), (26, 21))
    assert mended.shapes == tinted.shapes
    assert (mended.cb == sharp.neutral).all()
    assert (mended.cr == sharp.neutral).all()


@pytest.mark.parametrize("shape", [(1, 1), (2, 5), (16, 16)])
@pytest.mark.parametrize("level", [0, 255])
def test_tiny_black_and_white_pictures(shape: tuple[int, int], level: int) -> None:
    planes = grey(np.full(shape, level, np.uint8))
    calm = quarter(planes)
    energy = np.zeros(tuple(-(-side // 2) for side in shape), np.float32)
    share = spilled(planes, calm, energy)
    assert share.shape == calm.y.shape
    assert float(share.max()) == 0
    assert (calmed(planes, calm, share).y == level).all()
