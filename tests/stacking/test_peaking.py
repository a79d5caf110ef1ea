"""Focus peaking: what is in focus is marked, whatever its contrast; what is blurred, and noise, is not."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from scanner.slices import Planes
from scanner.stacking.peaking import peaked, sharp

HEIGHT, WIDTH = 720, 960
SMALL = (320, 240)
LEFT, RIGHT, GROUND = np.s_[80:160, 60:130], np.s_[80:160, 190:260], np.s_[:30]


def textured(blur_left: float, blur_right: float, *, contrast: float = 40.0, noise: float = 2.0) -> NDArray[np.uint8]:
    """One texture on a dark ground, its halves blurred by sigmas in pixels. `contrast`: of the right one."""
    rng = np.random.default_rng(4)
    paint = cv2.GaussianBlur(rng.normal(0, 1, (HEIGHT, WIDTH)).astype(np.float32), (0, 0), 0.8)
    paint = paint / paint.std()
    out = np.full((HEIGHT, WIDTH), 40, np.float32)
    for columns, blur, much in ((slice(120, 450), blur_left, 40.0), (slice(510, 840), blur_right, contrast)):
        seen = cv2.GaussianBlur(paint, (0, 0), blur) if blur else paint
        out[120:600, columns] = 120 + much * seen[120:600, columns]
    return np.clip(out + rng.normal(0, noise, out.shape), 0, 255).astype(np.uint8)


def shares(luma: NDArray[np.uint8]) -> tuple[float, float, float]:
    """The marked share of the left half, the right half, and the ground."""
    marks = sharp(luma, SMALL)
    return float(marks[LEFT].mean()), float(marks[RIGHT].mean()), float(marks[GROUND].mean())


@pytest.mark.parametrize("noise", [0.5, 2.0, 4.0])
@pytest.mark.parametrize("blur", [1.5, 4.0])
def test_the_half_in_focus_is_marked_and_neither_the_blurred_one_nor_noise(blur: float, noise: float) -> None:
    """The small picture shows both halves equally sharp: three pixels make one of its own."""
    left, right, ground = shares(textured(0.0, blur, noise=noise))
    assert left > 0.8
    assert right < 0.1
    assert ground < 0.02
    left, right, _ = shares(textured(blur, 0.0, noise=noise))
    assert right > 0.8
    assert left < 0.1


def test_weak_texture_in_focus_is_marked_beside_strong_texture_out_of_focus() -> None:
    left, right, _ = shares(textured(2.5, 0.0, contrast=10.0, noise=1.0))
    assert right > 0.6
    assert left < 0.1


def test_nothing_is_marked_where_nothing_is_in_focus() -> None:
    assert not sharp(np.full((HEIGHT, WIDTH), 90, np.uint8), SMALL).any()
    assert max(shares(textured(5.0, 5.0))) < 0.05


def test_marks_are_red_and_the_rest_stays_as_it_was() -> None:
    luma = textured(0.0, 4.0)
    small = cv2.resize(luma, SMALL, interpolation=cv2.INTER_AREA).astype(np.uint8)
    half = (SMALL[1] // 2, SMALL[0] // 2)
    plain = Planes(small, np.full(half, 120, np.uint8), np.full(half, 130, np.uint8))
    shown = peaked(plain, luma)
    red, changed = shown.cr == 255, shown.y != small
    assert red[40:80, 30:65].mean() > 4 * red[40:80, 95:130].mean()
    assert not (changed & ~sharp(luma, SMALL)).any()
    assert 0.1 < changed[LEFT].mean() < 0.9, "lines, which leave the rest to be seen"
    assert (plain.cr == 130).all(), "the picture itself is left alone"
