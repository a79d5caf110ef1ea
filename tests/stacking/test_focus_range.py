"""Finding near and far from a coarse sharpness sweep over a scene of known depth."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from scanner.slices import Plane
from scanner.stacking.focus_range import FocusRange, ends

HEIGHT, WIDTH = 540, 960
BLUR_PX_PER_DIOPTRE = 2.5


def _ramp(near: float, far: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A textured object in the middle of a dark picture, its depth running from near (left) to far (right)."""
    rng = np.random.default_rng(4)
    texture = np.zeros((HEIGHT, WIDTH), np.float32)
    texture[100:440, 240:720] = rng.normal(120, 40, (340, 480))
    depth = np.interp(np.arange(WIDTH), [240, 720], [near, far]).astype(np.float32)
    return cv2.GaussianBlur(texture, (0, 0), 0.8).astype(np.float32), depth


def _picture(texture: NDArray[np.float32], depth: NDArray[np.float32], lens: float) -> Plane:
    """The scene at one lens position: each column blurred by its own distance from focus, plus sensor noise."""
    levels = np.abs(depth - lens) * BLUR_PX_PER_DIOPTRE
    out = np.empty_like(texture)
    for level in np.unique(np.round(levels)):
        blurred = texture if level < 1 else cv2.GaussianBlur(texture, (0, 0), float(level) * 0.5)
        columns = np.round(levels) == level
        out[:, columns] = blurred[:, columns]
    noise = np.random.default_rng(int(lens * 100)).normal(0, 1.5, out.shape)
    return np.clip(out + noise + 8, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(("near", "far"), [(12.5, 8.3), (9.0, 7.5), (5.0, 2.0)])
def test_the_ends_hold_the_object_and_little_more(near: float, far: float) -> None:
    texture, depth = _ramp(near, far)
    looked = FocusRange()
    for lens in np.linspace(15, 0, 16):
        looked.add(float(lens), _picture(texture, depth, float(lens)))
    found = ends([looked.look()], 0.15)
    assert found is not None
    assert near - 0.35 < found[0] < near + 0.6
    assert far - 0.6 < found[1] < far + 0.35


def test_nothing_in_focus_gives_nothing() -> None:
    looked = FocusRange()
    blank = np.zeros((HEIGHT, WIDTH), np.float32)
    for lens in np.linspace(15, 0, 16):
        looked.add(float(lens), _picture(blank, np.full(WIDTH, 5, np.float32), float(lens)))
    assert ends([looked.look()], 0.15) is None


def test_the_order_of_pictures_does_not_matter() -> None:
    texture, depth = _ramp(12, 9)
    lenses = [float(lens) for lens in np.linspace(15, 5, 11)]
    one, other = FocusRange(), FocusRange()
    for lens in lenses:
        one.add(lens, _picture(texture, depth, lens))
    for lens in reversed(lenses):
        other.add(lens, _picture(texture, depth, lens))
    np.testing.assert_array_equal(one.look().foci, other.look().foci)
