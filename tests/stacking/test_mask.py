"""The mask of a stack against the known object, and what an empty, a full and a hollow one are."""

from dataclasses import replace
from typing import Literal

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from scanner.hardware.simulated.scene import SceneSettings
from scanner.slices import Planes
from scanner.stacking.mask import Masked, object_mask
from tests.stacking.masks import compared, stack_of, textured

Texture = Literal["rich", "weak"]
Background = Literal["plain", "textured"]

SMALL = SceneSettings(width=640, height=360)
LEAST_IOU, MOST_CUT = 0.97, 0.01
TURNTABLES, TILTS = (0.0, 60.0, 105.0, 150.0, 270.0, 325.0), (0.0, 28.0)


def grey(light: NDArray[np.float32]) -> Planes:
    """A picture without colour, 4:2:0, with a little noise."""
    noise = np.random.default_rng(5).normal(0, 0.7, light.shape)
    y = np.clip(np.rint(light + noise), 0, 255).astype(np.uint8)
    chroma = np.full((-(-light.shape[0] // 2), -(-light.shape[1] // 2)), 128, np.uint8)
    return Planes(y, chroma, chroma)


def masked(pixels: Planes) -> Masked:
    """Of a picture of which nothing is known to be the sharpest at an end of the sweep."""
    return object_mask(pixels, np.zeros((-(-pixels.height // 2), -(-pixels.width // 2)), np.bool_))


def disc_before_a_wall(hole: int = 0, height: int = 300, width: int = 400) -> tuple[Planes, NDArray[np.bool_]]:
    """A textured disc of radius 100 with a round `hole` in it, before a plain dark wall; and where the disc is."""
    y, x = np.mgrid[0:height, 0:width]
    away = np.hypot(y - height / 2, x - width / 2)
    there = (away < 100) & (away >= hole)
    return grey(np.where(there, textured(height, width), np.float32(20))), there


@pytest.mark.parametrize(
    ("texture", "background", "turntable", "tilt"),
    [("rich", "plain", 60, 28), ("weak", "plain", 150, 0), ("rich", "textured", 0, 0), ("weak", "textured", 0, 0)],
)
def test_the_mask_is_the_known_object(texture: Texture, background: Background, turntable: float, tilt: float) -> None:
    stack, true = stack_of(replace(SMALL, texture=texture, background=background), turntable, tilt)
    found = compared(stack.mask, true)
    assert found.iou >= LEAST_IOU
    assert found.cut <= MOST_CUT
    assert stack.quality.certainty > 0.8


def test_a_disc_is_found_to_the_pixel() -> None:
    pixels, there = disc_before_a_wall()
    result = masked(pixels)
    found = compared(result.mask, there.astype(np.uint8))
    assert found.iou > 0.98
    assert found.cut < 0.005
    assert result.certainty > 0.95


def test_a_hole_that_shows_the_wall_stays_open() -> None:
    pixels, there = disc_before_a_wall(hole=40)
    result = masked(pixels)
    assert compared(result.mask, there.astype(np.uint8)).iou > 0.97
    assert not result.mask[65:85, 90:110].any()


def test_a_plain_part_that_is_not_like_the_wall_is_closed_over() -> None:
    pixels, _ = disc_before_a_wall()
    light = pixels.y.astype(np.float32)
    light[110:190, 160:240] = 150
    whole = np.hypot(*(np.mgrid[0:300, 0:400] - np.array([150, 200])[:, None, None])) < 100
    found = compared(masked(grey(light)).mask, whole.astype(np.uint8))
    assert found.iou > 0.97
    assert found.cut < 0.005


def test_specks_are_not_of_the_object() -> None:
    pixels, there = disc_before_a_wall()
    pixels.y[20:24, 20:24] = 250
    mask = masked(pixels).mask
    assert not mask[:30, :30].any()
    assert compared(mask, there.astype(np.uint8)).iou > 0.98


@pytest.mark.parametrize("level", [0, 20, 255])
def test_a_picture_with_nothing_in_focus_has_an_empty_mask_and_no_certainty(level: int) -> None:
    plain = grey(np.full((150, 200), level, np.float32))
    wall = grey(np.asarray(cv2.GaussianBlur(textured(150, 200, 400.0), (0, 0), 8), np.float32))
    for pixels in (plain, wall):
        result = masked(pixels)
        assert result.mask.shape == (75, 100)
        assert not result.mask.any()
        assert result.certainty == 0


@pytest.mark.parametrize(("height", "width"), [(240, 320), (241, 323), (33, 35)])
def test_an_object_that_fills_the_picture_fills_the_mask(height: int, width: int) -> None:
    result = masked(grey(textured(height, width)))
    assert result.mask.shape == (-(-height // 2), -(-width // 2))
    assert (result.mask == 255).all()
    assert result.certainty > 0.95


@pytest.mark.parametrize(("height", "width"), [(602, 1301), (1202, 2403), (901, 2502)])
def test_of_whatever_size_the_mask_is_half_of_it(height: int, width: int) -> None:
    light = np.full((height, width), 15, np.float32)
    light[height // 4 : height // 2, width // 4 : width // 2] = textured(height, width)[
        height // 4 : height // 2, width // 4 : width // 2
    ]
    mask = masked(grey(light)).mask
    assert mask.shape == (-(-height // 2), -(-width // 2))
    assert compared(mask, (light != 15).astype(np.uint8)).iou > 0.97


@pytest.mark.parametrize(("columns", "rows"), [(1, 1), (2, 1)])
def test_chroma_of_any_kind_and_sixteen_bit_make_the_same_mask(columns: int, rows: int) -> None:
    pixels, _ = disc_before_a_wall()
    chroma = np.full((300 // rows, 400 // columns), 128 * 257, np.uint16)
    other = masked(Planes(pixels.y.astype(np.uint16) * 257, chroma, chroma))
    assert (other.mask == masked(pixels).mask).all()


@pytest.mark.parametrize(("part", "most"), [((-0.8, -0.3), 0.4), ((1.1, 1.5), 0.5)])
def test_a_mask_that_lacks_much_of_the_object_is_not_certain(part: tuple[float, float], most: float) -> None:
    """Of a sweep that ends too soon."""
    stack, true = stack_of(SMALL, 60, 28, 3, part)
    assert compared(stack.mask, true).cut > 0.1
    assert stack.quality.certainty < most


@pytest.mark.slow
@pytest.mark.parametrize("texture", ["rich", "weak"])
@pytest.mark.parametrize("background", ["plain", "textured"])
def test_masks_of_a_whole_scan(texture: Texture, background: Background) -> None:
    """Twelve positions at 1280 x 720: how like the object masks are, and how much of it they cut away."""
    settings = SceneSettings(width=1280, height=720, texture=texture, background=background)
    found = []
    for turntable in TURNTABLES:
        for tilt in TILTS:
            stack, true = stack_of(settings, turntable, tilt, 10)
            found.append((*compared(stack.mask, true), stack.quality.certainty))
    iou, cut, certainty = np.array(found).T
    print(
        f"\n{texture:5}{background:9} IoU {iou.min():.4f} at least, {np.median(iou):.4f} median; "
        f"cut away {cut.max():.4f} at most, {np.median(cut):.4f} median; certainty {certainty.min():.2f} at least"
    )
    assert iou.min() >= LEAST_IOU
    assert cut.max() <= MOST_CUT
    assert certainty.min() > 0.8
