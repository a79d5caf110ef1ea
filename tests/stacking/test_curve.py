"""The depth of a place comes out between slices, in any order of slices; whole curves are kept of few tiles only."""

import numpy as np
import pytest
from numpy.typing import NDArray

from scanner.stacking.curve import AWAY, FocusCurve, TileCurves
from scanner.stacking.strips import Map

COUNT = 7


def sharpness(index: int, truth: NDArray[np.float32]) -> Map:
    """A bell over the index, whose peak lies at `truth`."""
    return np.asarray(1000 * np.exp(-((index - truth) ** 2)), np.float32)


def curve(truth: NDArray[np.float32], order: list[int]) -> FocusCurve:
    found = FocusCurve(order[0], sharpness(order[0], truth))
    for index in order[1:]:
        found.note(index, sharpness(index, truth))
    return found


@pytest.mark.parametrize("order", [[3, 0, 1, 2, 4, 5, 6], [3, 6, 5, 4, 2, 1, 0], [3, 2, 4, 1, 5, 0, 6]])
def test_depth_lies_between_slices_in_any_order(order: list[int]) -> None:
    truth = np.repeat(np.linspace(0.2, COUNT - 1.2, 60, dtype=np.float32)[None], 9, axis=0)
    found = curve(truth, order)
    depth = found.depth(np.ones(truth.shape, bool))
    assert np.abs(depth - truth).max() < 0.2
    assert np.abs(depth - truth).mean() < 0.08
    assert (found.best == np.rint(truth)).all()
    assert np.allclose(found.peak, sharpness(0, np.abs(truth - np.rint(truth))), rtol=1e-5)


def test_how_far_from_the_nearest_slice_a_place_comes_into_focus() -> None:
    for truth, apart in ((3.0, 0.0), (3.25, 0.5), (3.5, 1.0), (2.75, 0.5)):
        found = curve(np.full((8, 12), truth, np.float32), list(range(COUNT))).apart()
        assert found.shape == (4, 6)
        assert np.allclose(found, apart, atol=0.3)


def test_a_step_in_depth_stays_sharp() -> None:
    truth = np.zeros((16, 31), np.float32)
    truth[:, 15:] = 6
    depth = curve(truth, list(range(COUNT))).depth(np.ones(truth.shape, bool))
    assert np.abs(depth - truth).max() <= AWAY
    beside = np.s_[:, 13:18]
    depth[beside] = truth[beside]
    assert np.allclose(depth, truth, atol=0.1)


def test_depth_is_nan_where_nothing_is_in_focus() -> None:
    truth = np.full((8, 8), 2, np.float32)
    in_focus = np.zeros(truth.shape, bool)
    in_focus[2:4] = True
    depth = curve(truth, list(range(4))).depth(in_focus)
    assert np.isnan(depth[~in_focus]).all()
    assert np.allclose(depth[in_focus], 2, atol=0.05)


def test_no_sharpness_at_all_is_the_reference_slice_everywhere() -> None:
    nothing = np.zeros((5, 7), np.float32)
    found = FocusCurve(3, nothing)
    found.note(1, nothing)
    assert (found.best == 3).all()
    assert np.allclose(found.depth(np.ones((5, 7), bool)), 3)


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (180, 240), (540, 960), (1296, 2304)])
def test_tiles_are_few_however_large_the_picture(shape: tuple[int, int]) -> None:
    tiles = TileCurves()
    for index in (4, 2):
        tiles.note(index, np.full(shape, index, np.float32))
    table = tiles.table([2, 4])
    assert table.dtype == np.float32
    assert 1 <= table.shape[1] <= 6000
    assert (table == [[2], [4]]).all()


def test_tiles_are_within_a_mask_that_covers_more_than_half_of_them() -> None:
    tiles = TileCurves()
    sharpness = np.ones((80, 160), np.float32)
    tiles.note(0, sharpness)
    mask = np.zeros((80, 160), np.uint8)
    mask[:40, :52] = 255
    within = tiles.within(mask).reshape(10, 20)
    assert within.size == tiles.table([0]).shape[1]
    assert within[:5, :6].all()
    assert not within[5:].any()
    assert not within[:, 7:].any()
    assert not within[0, 6]  # covered to half exactly
