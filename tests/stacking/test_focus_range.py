"""Finding near and far from a coarse sharpness sweep over a scene of known depth."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from scanner.slices import Plane
from scanner.stacking.focus_range import TILE, FocusRange, Look, ends, sharpness

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


def test_what_is_the_sharpest_in_the_last_picture_lies_beyond_where_there_is_more_to_see() -> None:
    texture, depth = _ramp(12, 6)
    looked = FocusRange()
    for lens in np.linspace(15, 8, 8):
        looked.add(float(lens), _picture(texture, depth, float(lens)))
    all_of_it, cut = looked.look().foci, looked.look(more=True).foci
    lost = np.isfinite(all_of_it) & np.isnan(cut)
    assert 0.15 < lost.sum() / np.isfinite(all_of_it).sum() < 0.45
    assert all_of_it[lost].max() < 8.6
    np.testing.assert_array_equal(cut[~lost], all_of_it[~lost])


def test_a_look_keeps_the_detail_of_the_sharpest_picture() -> None:
    texture, depth = _ramp(10, 10)
    looked, other = FocusRange(), FocusRange()
    for lens in np.linspace(15, 5, 11):
        looked.add(float(lens), _picture(texture, depth, float(lens)))
    for lens in (10.0, 10.0, 10.0):
        other.add(lens, _picture(texture, depth, lens))
    in_focus = np.isfinite(looked.look().foci)
    np.testing.assert_array_equal(looked.look().detail[in_focus], other.look().detail[in_focus])
    assert looked.look().detail.shape == (*sharpness(texture.astype(np.uint8)).shape, TILE * TILE)
    assert np.linalg.norm(looked.look().detail[in_focus].astype(np.float32), axis=1) == pytest.approx(1, abs=1e-2)


def test_without_a_picture_there_is_no_look() -> None:
    with pytest.raises(ValueError, match="no picture"):
        FocusRange().look()


def test_a_picture_whose_tiles_do_not_fit_its_height_is_measured_but_for_the_rest() -> None:
    assert sharpness(np.zeros((641, 960), np.uint8)).shape == (53, 80)
    assert sharpness(np.zeros((2464, 3280), np.uint8)).shape == (60, 80)


ROWS, COLUMNS = 10, 40


def _tiles(seed: int) -> NDArray[np.float16]:
    """Detail of other paint for each `seed`."""
    detail = np.random.default_rng(seed).normal(0, 1, (ROWS, COLUMNS, TILE * TILE))
    return np.asarray(detail / np.linalg.norm(detail, axis=2, keepdims=True), np.float16)


def _look(side: int, wall: float = 2.0, *, across: int = 20, like: int = 0) -> Look:
    """An object from 12 to 9 over `across` columns, of which `like` at the far end look alike on all sides."""
    foci, detail = np.full((ROWS, COLUMNS), wall, np.float32), _tiles(0)
    foci[:, :across] = np.linspace(12, 9, across)
    detail[:, : across - like] = _tiles(side)[:, : across - like]
    return Look(foci, detail)


def _far(looks: list[Look]) -> float:
    found = ends(looks, 0.0)
    assert found is not None
    assert found[0] == pytest.approx(12, abs=0.2)
    return found[1]


@pytest.mark.parametrize("wall", [8.0, 5.0, 0.0])
def test_tiles_that_stand_still_behind_the_object_are_not_it(wall: float) -> None:
    assert _far([_look(side, wall) for side in (1, 2, 3)]) == pytest.approx(9, abs=0.1)
    assert _far([_look(side, wall) for side in (1, 2)]) == pytest.approx(9, abs=0.1)


def test_one_look_cannot_tell_and_neither_can_looks_in_which_nothing_turns() -> None:
    assert _far([_look(1)]) == pytest.approx(2)
    assert _far([_look(1), _look(1), _look(1)]) == pytest.approx(2)


def test_of_three_looks_a_like_side_in_one_other_makes_no_background() -> None:
    looks = [_look(side, across=COLUMNS) for side in (1, 2, 3)]
    assert _far([*looks, looks[1]]) == pytest.approx(9, abs=0.1)


def test_a_few_tiles_that_turn_before_the_wall_are_given_up_but_not_a_fifth() -> None:
    few, many = ([_look(side) for side in (1, 2, 3)] for _ in range(2))
    for looks, tiles in ((few, 1), (many, 6)):
        for side, look in enumerate(looks):
            look.detail[:, -tiles:] = _tiles(20 + side)[:, -tiles:]
    assert _far(few) == pytest.approx(9, abs=0.1)
    assert _far(many) == pytest.approx(2)


def test_what_stands_still_among_what_turns_is_kept() -> None:
    looks = [_look(side, across=COLUMNS) for side in (1, 2, 3)]
    for look in looks:
        look.detail[5:, 20:30] = _tiles(0)[5:, 20:30]
    assert _far(looks) == pytest.approx(9, abs=0.1)


def test_what_stands_still_in_front_is_no_background() -> None:
    found = ends([_look(side, 14.0) for side in (1, 2, 3)], 0.0)
    assert found is not None
    assert found[0] == pytest.approx(14)
    assert found[1] == pytest.approx(9, abs=0.1)


def test_the_look_that_reaches_farthest_says_where_the_ends_are() -> None:
    deep = Look(_look(4).foci * np.float32(1.1) - np.float32(1.2), _look(4).detail)
    found = ends([_look(1), _look(2), _look(3), Look(np.where(deep.foci > 3, deep.foci, np.nan), deep.detail)], 0.5)
    assert found is not None
    assert found[0] == pytest.approx(12.5, abs=0.1)
    assert found[1] == pytest.approx(8.2, abs=0.1)
