"""What is in focus and what is blurred, whatever its contrast."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from scanner.slices import Planes
from scanner.stacking.mask_look import WIDEST, Look, look
from tests.stacking.masks import textured


def looked(light: NDArray[np.float32], far: bool = False) -> Look:
    y = np.clip(np.rint(light), 0, 255).astype(np.uint8)
    half = (-(-light.shape[0] // 2), -(-light.shape[1] // 2))
    chroma = np.full(half, 128, np.uint8)
    return look(Planes(y, chroma, chroma), np.full(half, far))


def blurred(light: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(light, (0, 0), sigma), np.float32)


@pytest.mark.parametrize("strength", [8.0, 16.0, 40.0])
def test_detail_in_focus_is_sharp_whatever_its_contrast(strength: float) -> None:
    assert looked(textured(200, 300, strength)).sharp.mean() > 0.98


@pytest.mark.parametrize("strength", [40.0, 120.0, 400.0])
def test_blurred_detail_is_not_whatever_its_contrast(strength: float) -> None:
    """Even ten times as strong as what is blurred is in focus."""
    assert looked(blurred(textured(200, 300, strength), 4.0)).sharp.mean() < 0.02


def test_noise_is_not_detail() -> None:
    noise = np.random.default_rng(3).normal(0, 0.8, (200, 300)).astype(np.float32)
    assert looked(60 + noise).sharp.mean() < 0.01


def test_one_strong_edge_does_not_make_its_surroundings_sharp() -> None:
    light = np.full((200, 300), 20, np.float32)
    light[:, 150:] = 230
    columns = np.flatnonzero(looked(blurred(light, 0.6)).sharp.any(axis=0))
    assert columns.size
    assert columns.min() >= 144
    assert columns.max() <= 155


def test_what_lies_behind_the_sweep_must_be_sharper_to_count() -> None:
    """A wall next to the sweep is blurred over a few pixels only: the sweep tells it."""
    light = blurred(textured(200, 300, 200.0), 1.5)
    inside, outside = looked(light).sharp.mean(), looked(light, far=True).sharp.mean()
    assert inside > 0.9
    assert outside < 0.2
    assert looked(textured(200, 300), far=True).sharp.mean() > 0.98


@pytest.mark.parametrize(("width", "step"), [(200, 1), (WIDEST, 1), (WIDEST + 2, 2), (2 * WIDEST + 2, 4)])
def test_large_pictures_are_looked_at_small(width: int, step: int) -> None:
    seen = looked(np.full((90, width), 50, np.float32))
    assert seen.step == step
    assert {plane.shape for plane in (*seen.planes, seen.far, seen.sharp)} == {(-(-90 // step), -(-width // step))}
    assert {plane.dtype for plane in seen.planes} == {np.dtype(np.uint8)}


@pytest.mark.parametrize(("columns", "rows"), [(1, 1), (2, 1), (2, 2)])
def test_chroma_is_laid_under_luma(columns: int, rows: int) -> None:
    y = np.full((101, 203), 100, np.uint8)
    chroma = np.full((-(-101 // rows), -(-203 // columns)), 90, np.uint8)
    chroma[:, : chroma.shape[1] // 2] = 160
    seen = look(Planes(y, chroma, chroma), np.zeros((51, 102), np.bool_))
    assert seen.planes[1].shape == (101, 203)
    assert (seen.planes[1][:, :99] == 160).all()
    assert (seen.planes[1][:, 104:] == 90).all()
