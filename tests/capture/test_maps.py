"""Mask and depth map of a position as files."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from scanner.capture.events import SweepFacts
from scanner.capture.maps import Maps
from scanner.plan.scan import OutputPlan
from scanner.slices import Planes, Stacked
from scanner.units import FocusPosition

SWEEP = SweepFacts(near=12.0, far=8.0, count=5, reference=2)
WIDTH, HEIGHT = 62, 41


def stacked(sweep: tuple[FocusPosition, ...] = (12.0, 11.0, 10.0, 9.0, 8.0)) -> Stacked:
    """The left half comes into focus, slice 1 above and slice 3.5 below."""
    grey = np.full((HEIGHT, WIDTH), 90, np.uint8)
    half = np.full(((HEIGHT + 1) // 2, (WIDTH + 1) // 2), 128, np.uint8)
    depth = np.full(half.shape, np.nan, np.float32)
    depth[:10, :15], depth[10:, :15] = 1, 3.5
    mask = np.where(np.isfinite(depth), 255, 0).astype(np.uint8)
    best = np.nan_to_num(depth).astype(np.int16)
    return Stacked(Planes(grey, half, half), depth, best, mask, 2, sweep=sweep)


def decoded(data: bytes | None) -> NDArray[np.generic]:
    assert data is not None
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED))


def test_the_mask_is_of_the_size_of_the_image() -> None:
    mask = decoded(Maps(OutputPlan(), SWEEP).mask(stacked()))
    assert mask.shape == (HEIGHT, WIDTH)
    assert mask.dtype == np.uint8
    assert (mask[:, :28] == 255).all()
    assert (mask[:, 32:] == 0).all()


def test_the_depth_map_tells_focus_positions_in_16_bit() -> None:
    depth = decoded(Maps(OutputPlan(depth=True), SWEEP).depth(stacked()))
    assert depth.shape == (HEIGHT, WIDTH)
    assert depth.dtype == np.uint16
    above, below, nothing = (int(depth[row, column]) for row, column in ((5, 5), (35, 5), (20, 50)))
    assert 8 + (above - 1) * 4 / 65534 == pytest.approx(11.0, abs=1e-4)
    assert 8 + (below - 1) * 4 / 65534 == pytest.approx(8.5, abs=1e-4)
    assert nothing == 0


def test_what_the_plan_does_not_want_is_not_made() -> None:
    wanted = Maps(OutputPlan(masks=False), SWEEP)
    assert wanted.mask(stacked()) is None
    assert wanted.depth(stacked()) is None


def test_without_focus_positions_there_is_no_depth_map() -> None:
    assert Maps(OutputPlan(depth=True), SWEEP).depth(stacked(sweep=())) is None


def test_one_slice_tells_no_depth() -> None:
    single = SweepFacts(near=0.0, far=0.0, count=1, reference=0)
    assert Maps(OutputPlan(depth=True), single).depth(stacked(sweep=(0.0, 0.0, 0.0, 0.0, 0.0))) is None
