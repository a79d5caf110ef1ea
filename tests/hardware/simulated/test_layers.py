from dataclasses import dataclass

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from scanner.hardware.simulated import layers
from scanner.hardware.simulated.layers import HALO, Backdrop, Sheet
from scanner.hardware.simulated.optics import LINEAR_OF_CODE, Image

FAR, NEAR = 8.0, 12.5
H, W = 160, 200


@dataclass(frozen=True)
class Made:
    front: Sheet
    back: Sheet
    inset: NDArray[np.uint8]


def sheet(depth: NDArray[np.float64], colour: int = 255) -> Sheet:
    """A sheet of one colour at a depth in dioptres, 0 = nothing."""
    code = layers.code_of(depth, FAR, NEAR)
    return Sheet((np.full((3, *depth.shape), colour, np.uint8) * (code > 0)).astype(np.uint8), code)


def nothing() -> Sheet:
    return sheet(np.zeros((H, W)))


def made(front: Sheet, back: Sheet | None = None) -> Made:
    return Made(front, back or nothing(), layers.inset_of(front.depth > 0))


def box(low: float, high: float) -> NDArray[np.float64]:
    """A plate from column 40 to 160, its depth running from left to right."""
    depth = np.zeros((H, W))
    depth[30:130, 40:160] = np.linspace(low, high, 120)
    return depth


def circles(focus: float, gain: float = 3.9) -> NDArray[np.float64]:
    return gain * (layers.dioptres_of(np.arange(256) * 256 + 128, FAR, NEAR) - focus)


def composite(picture: Made, focus: float, gain: float = 3.9) -> Image:
    blur = circles(focus, gain)
    sheets = (picture.front, picture.back)
    strips = [light[:, HALO:-HALO] for _, light in layers.composite(sheets, picture.inset, blur)]
    margin = layers.margin_of(blur)
    return np.concatenate(strips, 1)[:, margin:-margin, margin:-margin]


def test_codes_hold_depth_finely() -> None:
    depth = np.linspace(FAR, NEAR, 1001)
    assert layers.dioptres_of(layers.code_of(depth, FAR, NEAR), FAR, NEAR) == pytest.approx(depth, abs=5e-5)
    assert layers.code_of(np.array([0.0]), FAR, NEAR)[0] == 0
    assert layers.code_of(np.array([FAR, NEAR]), FAR, NEAR).tolist() == [1, 65535]


@pytest.mark.parametrize("focus", [0.0, 8.0, 10.1, 12.5, 15.0])
def test_shares_add_up_to_one_and_keep_the_blur(focus: float) -> None:
    blur = circles(focus)
    shares = layers.shares_of(blur)
    assert shares.sum(0) == pytest.approx(1.0, abs=1e-5)
    assert (shares > 0).sum(0).max() <= 2
    assert layers.LEVELS @ shares == pytest.approx(blur, abs=1e-4)


def test_inset_counts_pixels_to_the_outline() -> None:
    inset = layers.inset_of(box(9, 9) > 0)
    assert inset[80, 100] == pytest.approx(50, abs=1)
    assert inset[80, 40] == 1
    assert inset[0, 0] == 0
    assert layers.inset_of(np.ones((9, 9), bool)).max() == 5


@pytest.mark.parametrize("focus", [8.0, 9.5, 12.5, 15.0, 0.0])
def test_a_slanted_bright_plate_stays_even_inside(focus: float) -> None:
    light = composite(made(sheet(box(8.2, 12.3))), focus)
    reach = int(np.abs(circles(focus)).max() / 2) + 5
    inner = light[:, 30 + reach : 130 - reach, 40 + reach : 160 - reach]
    assert inner.min() > 0.985
    assert light.max() < 1.0001


@pytest.mark.parametrize("focus", [8.0, 10.0, 12.5])
def test_no_light_is_lost_or_made(focus: float) -> None:
    plate = sheet(box(8.2, 12.3))
    assert composite(made(plate), focus)[3].sum() == pytest.approx((plate.depth > 0).sum(), rel=0.01)


def occluded() -> tuple[Made, NDArray[np.bool_]]:
    """A bright near bar before a bright far plate that goes on behind it."""
    far = box(8.5, 8.5)
    near = far.copy()
    near[:, 90:110] = np.where(far[:, 90:110] > 0, 12.0, 0)
    hidden = np.where((near > 11) & (far > 0), 8.5, 0.0)
    return made(sheet(near), sheet(hidden)), near > 11


@pytest.mark.parametrize("focus", [8.5, 10.0, 12.0])
def test_no_dark_fringe_beside_a_bar_before_a_plate(focus: float) -> None:
    picture, _ = occluded()
    row = composite(picture, focus)[3, 80, 60:140]
    assert row.min() > 0.985


def test_without_the_hidden_surface_there_would_be_a_fringe() -> None:
    """What the hidden sheet is for: focused behind, the blurred bar is half transparent at its edges."""
    picture, _ = occluded()
    bare = Made(picture.front, nothing(), np.zeros_like(picture.inset))
    assert composite(bare, 8.5)[3, 80, 60:140].min() < 0.7


def test_a_blurred_bar_mixes_with_what_is_behind_it() -> None:
    """A dark bar in front, out of focus: at its edge half of the light is the plate's, seen through the bar."""
    picture, bar = occluded()
    colour = (picture.front.colour * ~bar).astype(np.uint8)
    light = composite(Made(Sheet(colour, picture.front.depth), picture.back, picture.inset), 8.5)[0, 80]
    assert light[89:91].mean() == pytest.approx(0.5, abs=0.06)
    assert light[100] < 0.02
    assert light[75] > 0.98


def test_a_bar_in_focus_hides_what_is_behind_it_sharply() -> None:
    picture, bar = occluded()
    colour = (picture.front.colour * ~bar).astype(np.uint8)
    light = composite(Made(Sheet(colour, picture.front.depth), picture.back, picture.inset), 12.0)[0, 80]
    assert light[90:110].max() < 0.02


@pytest.mark.parametrize("depth", [8.5, 9.5, 11.0, 12.4])
def test_an_edge_is_blurred_by_the_circle_of_its_depth(depth: float) -> None:
    """The image of a straight edge under a disc of diameter c rises over c, with a variance of (c / 4)^2."""
    blur = 3.9 * abs(depth - 10.0)
    row = composite(made(sheet(box(depth, depth))), 10.0)[3, 80, 10:100].astype(np.float64)
    rise = np.diff(row)
    x = np.arange(rise.size)
    middle = (rise * x).sum() / rise.sum()
    width = 4 * np.sqrt((rise * np.square(x - middle)).sum() / rise.sum())
    assert width == pytest.approx(blur, abs=0.6)
    assert middle + 10 + 0.5 == pytest.approx(39.5, abs=0.3)


def test_strips_do_not_show() -> None:
    """A tall picture is put together from strips: a plate that is the same in all rows looks the same in all rows."""
    depth = np.zeros((600, 120))
    depth[:, 20:100] = np.linspace(8.2, 12.3, 80)
    picture = made(sheet(depth), sheet(np.zeros((600, 120))))
    rows = composite(picture, 10.0)[:, 40:560]
    assert np.abs(rows - rows[:, :1]).max() < 1e-3


def test_in_focus_is_what_defocus_gives_without_blur() -> None:
    depth = box(9.99, 10.01)
    front = sheet(depth)
    colour = np.random.default_rng(1).integers(0, 256, (3, H, W), np.uint8) * (depth > 0)
    picture = made(Sheet(colour.astype(np.uint8), front.depth))
    wall = np.array([0.01, 0.02, 0.03], np.float32)
    sharp, stacked = layers.in_focus(picture, wall), layers.defocus(picture, circles(10.0, 0.5), wall)
    margin = (sharp.shape[0] - stacked.shape[0]) // 2
    assert margin == 0
    assert np.abs(sharp.astype(int) - stacked).max() <= 2


def test_the_wall_shows_where_nothing_is() -> None:
    wall = np.array([0.01, 0.02, 0.03], np.float32)
    light = layers.defocus(made(sheet(box(9, 9), 188)), circles(12.0), wall)
    assert light[2, 2] / 65535 == pytest.approx(wall, abs=1e-4)
    middle = light[light.shape[0] // 2, light.shape[1] // 2] / 65535
    assert middle == pytest.approx(LINEAR_OF_CODE[188], abs=1e-3)


def test_blur_is_the_disc_s_own() -> None:
    """A small light out of focus becomes a disc: flat inside, nothing outside."""
    depth = np.zeros((H, W))
    depth[80, 100] = 12.0
    light = composite(made(sheet(depth)), 8.0, gain=5.0)[3]
    radius = 5.0 * 4.0 / 2
    y, x = np.mgrid[0:H, 0:W]
    away = np.hypot(x - 100, y - 80)
    inside = light[away < radius - 3]
    assert light[away > radius + 4].max() < 1e-4
    assert inside.mean() == pytest.approx(1 / (np.pi * radius**2), rel=0.1)
    assert inside.std() / inside.mean() < 0.25
    assert cv2.countNonZero((light > inside.mean() / 2).astype(np.uint8)) == pytest.approx(np.pi * radius**2, rel=0.15)


# ------------------------------------------------------- a printed wall behind


def backdrop(x: float = 0.0, y: float = 0.0, scale: float = 1.0) -> Backdrop:
    """A soft pattern of 64 dots that repeats, its first dot at (x, y)."""
    wave = np.sin(np.arange(64) / 64 * 2 * np.pi)
    light = 0.3 + 0.1 * wave[:, None, None] + 0.1 * wave[None, :, None] * np.array([1.0, 0.5, -1.0])
    return Backdrop(np.rint(light * 65535).astype(np.uint16), np.array([[scale, 0, x], [0, scale, y]]))


def test_then_does_one_move_after_the_other() -> None:
    first, second = np.array([[2.0, 0, 1], [0, 3, 5]]), np.array([[0.0, -1, 7], [1, 0, 0]])
    point = np.array([3.0, 4.0, 1.0])
    assert layers.then(first, second) @ point == pytest.approx(second @ np.append(first @ point, 1))


def test_a_backdrop_goes_on_for_ever() -> None:
    rows = backdrop().rows(-70, 200, 300)
    assert rows.shape == (270, 300, 3)
    assert (rows[:64] == rows[64:128]).all()
    assert (rows[:, :64] == rows[:, 192:256]).all()
    assert (rows[70] == backdrop().light[0, np.arange(300) % 64]).all()


def test_a_backdrop_is_where_it_is_moved() -> None:
    moved = backdrop().moved(np.array([[1.0, 0, 5], [0, 1, -3]]))
    assert (moved.rows(0, 20, 40)[:, 5:] == backdrop().rows(3, 23, 35)).all()
    assert backdrop(scale=2.0).rows(0, 9, 9)[::2, ::2] == pytest.approx(backdrop().rows(0, 5, 5), abs=1)


@pytest.mark.parametrize("focus", [8.5, 12.0])
def test_before_a_backdrop_the_object_covers_as_much_as_before_a_plain_wall(focus: float) -> None:
    """Light = object + (1 - coverage) x wall, the same coverage whatever the wall."""
    picture, blur = made(sheet(box(10.2, 10.4), 188)), circles(focus)
    coverage = composite(picture, focus)[3]
    seen = layers.defocus(picture, blur, backdrop(11.0, 7.0)) / 65535
    margin = layers.margin_of(blur)
    behind = backdrop(11.0, 7.0).rows(0, H, W) / 65535
    soft = cv2.GaussianBlur(coverage, (0, 0), layers.SOFTNESS)[:, :, None]
    expected = soft * LINEAR_OF_CODE[188] + (1 - soft) * behind
    assert seen[margin:-margin, margin:-margin] == pytest.approx(expected, abs=2e-3)


def test_a_backdrop_of_one_colour_is_a_plain_wall() -> None:
    wall = np.array([0.2, 0.3, 0.4], np.float32)
    flat = Backdrop(np.rint(np.tile(wall, (4, 4, 1)) * 65535).astype(np.uint16), np.eye(2, 3))
    picture = made(sheet(box(8.5, 12.0), 188))
    for one, two in (
        (layers.defocus(picture, circles(9.0), wall), layers.defocus(picture, circles(9.0), flat)),
        (layers.in_focus(picture, wall), layers.in_focus(picture, flat)),
    ):
        assert one.shape == two.shape
        assert np.abs(one.astype(int) - two).max() <= 3


def test_the_strips_of_a_tall_picture_fit_before_a_backdrop() -> None:
    """Where nothing is, the wall goes through all strips as it is."""
    tall = layers.Sheet(np.zeros((3, 500, 80), np.uint8), np.zeros((500, 80), np.uint16))
    picture = Made(tall, tall, np.zeros((500, 80), np.uint8))
    seen = layers.in_focus(picture, backdrop(3.0, 5.0))
    margin = layers.margin_of(np.zeros(1))
    behind = backdrop(3.0, 5.0).rows(-margin, 500 + margin, 80)
    assert np.abs(seen[:, margin:-margin].astype(int) - behind).max() <= 1
