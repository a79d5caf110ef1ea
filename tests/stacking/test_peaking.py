"""Focus peaking: what is as fine as the pixels is marked, and noise is not."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from scanner.slices import Planes
from scanner.stacking.peaking import peaked, sharp

SIZE = (240, 320)


def textured(blur_left: float, blur_right: float, noise: float = 2.0) -> NDArray[np.uint8]:
    """Texture on a dark ground, each half blurred by its own sigma in pixels."""
    rng = np.random.default_rng(4)
    paint = rng.normal(0, 1, SIZE).astype(np.float32)
    out = np.full(SIZE, 40, np.float32)
    for columns, blur in ((slice(60, 150), blur_left), (slice(170, 260), blur_right)):
        seen = cv2.GaussianBlur(paint, (0, 0), blur)
        out[60:180, columns] = 120 + 40 * seen[60:180, columns] / seen.std()
    return np.clip(out + rng.normal(0, noise, SIZE), 0, 255).astype(np.uint8)


def shares(luma: NDArray[np.uint8]) -> tuple[float, float, float]:
    """The marked share of the left half, the right half, and the ground."""
    marks = sharp(luma)
    return float(marks[70:170, 70:140].mean()), float(marks[70:170, 180:250].mean()), float(marks[:50].mean())


@pytest.mark.parametrize("noise", [0.5, 2.0, 4.0])
def test_the_sharp_half_is_marked_and_neither_the_blurred_one_nor_noise(noise: float) -> None:
    left, right, ground = shares(textured(1.0, 6.0, noise))
    assert left > 0.7
    assert right < 0.05
    assert ground < 0.02
    left, right, _ = shares(textured(6.0, 1.0, noise))
    assert right > 0.7
    assert left < 0.05


def test_nothing_is_marked_where_nothing_is_sharp() -> None:
    assert not sharp(np.full(SIZE, 90, np.uint8)).any()
    assert max(shares(textured(8.0, 8.0))) < 0.02


def test_marks_are_red_and_the_rest_stays_as_it_was() -> None:
    luma = textured(1.0, 6.0)
    half = (SIZE[0] // 2, SIZE[1] // 2)
    plain = Planes(luma, np.full(half, 120, np.uint8), np.full(half, 130, np.uint8))
    shown, marks = peaked(plain), sharp(luma)
    assert (shown.cr[50, 52] > 200) == marks[100:102, 104:106].any()
    assert np.array_equal(shown.y[~marks], luma[~marks])
    assert set(np.unique(shown.cr)) == {130, 255}
    assert (plain.cr == 130).all(), "the picture itself is left alone"
