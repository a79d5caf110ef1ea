"""Spilled light is taken back, detail is left alone."""

import numpy as np
import pytest

from scanner.slices import Planes
from scanner.stacking.spill import calmed, quarter, spilled
from scanner.stacking.strips import Map


def grey(y: "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]", columns: int = 2, rows: int = 2) -> Planes:
    chroma = np.full((-(-y.shape[0] // rows), -(-y.shape[1] // columns)), 128, np.uint8)
    return Planes(y, chroma, chroma)


DARK = np.full((160, 160), 40, np.uint8)


def blotched() -> Planes:
    y = DARK.copy()
    y[60:100, 60:100] = 70
    return grey(y)


def peak(energy: float) -> Map:
    return np.full((80, 80), energy, np.float32)


def test_a_blotch_without_detail_goes() -> None:
    share = spilled(blotched(), quarter(grey(DARK)), peak(20.0))
    mended = calmed(blotched(), quarter(grey(DARK)), share)
    assert share.shape == (40, 40)
    assert float(share[20, 20]) == pytest.approx(1)
    assert np.abs(mended.y[68:92, 68:92].astype(int) - 40).max() <= 1


def test_true_detail_of_another_brightness_stays() -> None:
    share = spilled(blotched(), quarter(grey(DARK)), peak(20_000.0))
    assert float(share.max()) == 0
    assert (calmed(blotched(), quarter(grey(DARK)), share).y == blotched().y).all()


def test_a_picture_that_agrees_with_the_calm_one_is_not_touched() -> None:
    noisy = grey(np.random.default_rng(1).integers(38, 43, (160, 160)).astype(np.uint8))
    share = spilled(noisy, quarter(noisy), peak(1.0))
    assert float(share.max()) == 0


@pytest.mark.parametrize(("columns", "rows"), [(1, 1), (2, 1), (2, 2)])
def test_colour_is_mended_with_luma_at_any_subsampling_and_size(columns: int, rows: int) -> None:
    y = np.full((101, 83), 90, np.uint8)
    sharp = grey(y, columns, rows)
    tinted = Planes(sharp.y, sharp.cb + np.uint8(20), sharp.cr - np.uint8(20))
    calm = quarter(sharp)
    mended = calmed(tinted, calm, np.ones(calm.y.shape, np.float32))
    assert calm.shapes == ((26, 21), (26, 21))
    assert mended.shapes == tinted.shapes
    assert (mended.cb == 128).all()
    assert (mended.cr == 128).all()
