"""What slices are compared by: linear light, small; the object without its outline; points that tell most."""

import numpy as np
import pytest

from scanner.stacking.geometry import Similarity
from scanner.stacking.points import (
    EDGE,
    PARTS,
    POINTS,
    Reduced,
    alignment_picture,
    at,
    inside,
    pre_blurred,
    pyramid,
    target,
    with_slopes,
)
from tests.stacking.scene import Scene


def test_wide_pictures_are_aligned_smaller_by_a_whole_factor() -> None:
    picture = alignment_picture(np.full((22, 4611), 128, np.uint8))
    assert picture.factor == 4
    assert picture.rest == (3, 2)
    assert picture.light.shape == (5, 1152)
    assert picture.light.dtype == np.float32
    assert float(picture.light.mean()) == pytest.approx(0.2158, abs=1e-3)


@pytest.mark.parametrize("width", [640, 1920, 4608])
def test_sixteen_bits_are_the_light_of_eight(width: int) -> None:
    eight = np.random.default_rng(1).integers(0, 256, (70, width)).astype(np.uint8)
    sixteen = eight.astype(np.uint16) * 257
    assert np.allclose(alignment_picture(sixteen).light, alignment_picture(eight).light, atol=1e-6)


def test_light_is_averaged_not_its_code() -> None:
    """Black beside white is half the light."""
    checked = np.zeros((16, 2304), np.uint8)
    checked[:, ::2] = 255
    picture = alignment_picture(checked)
    assert picture.factor == 2
    assert np.allclose(picture.light, 0.5)


def test_a_transform_is_the_same_for_reduced_pictures() -> None:
    """The middle of a block of 3 x 3 pixels moves as the block does, where two columns and a row are left over."""
    picture, moved = Reduced(np.zeros((30, 40), np.float32), 3, (2, 1)), Similarity(0.03, 0.002, 1.5, -2)
    small = picture.reduced(moved)
    block = np.array([7, 20, 1])
    there = moved.matrix((122, 91)) @ (block * (3, 3, 1) + (1, 1, 0))
    assert np.allclose(small.matrix((40, 30)) @ block * 3 + 1, there)
    assert picture.whole(small).parameters == pytest.approx(moved.parameters)


def test_levels_double_up_to_the_whole_picture() -> None:
    levels = pyramid(np.zeros((270, 481), np.float32))
    assert [level.shape for level in levels] == [(67, 120), (135, 240), (270, 481)]


def test_slopes_are_those_of_a_plane() -> None:
    y, x = np.mgrid[0:20, 0:30].astype(np.float32)
    seen = with_slopes(3 * x - 2 * y)
    assert np.allclose(seen[1:, 1:-1, 1:-1], np.array([3, -2])[:, None, None])
    assert np.array_equal(seen[0], 3 * x - 2 * y)


def test_the_outline_of_the_object_is_left_out() -> None:
    picture = np.full((180, 240), 0.01, np.float32)
    picture[40:140, 60:180] = 0.4
    picture[80:84, 100:103] = 0.0
    mask = inside(picture)
    assert mask.shape == picture.shape
    assert mask[46:134, 66:174].all()
    assert not mask[:41].any()
    assert not mask[:, 179:].any()


@pytest.mark.parametrize("light", [0.0, 0.3])
def test_all_of_a_picture_counts_where_no_outline_is_in_it(light: float) -> None:
    assert inside(np.full((90, 120), light, np.float32)).all()


def test_all_of_a_picture_counts_where_next_to_nothing_is_bright() -> None:
    picture = np.full((90, 120), 0.001, np.float32)
    picture[40:52, 50:62] = 0.9
    assert inside(picture).all()


def test_points_are_the_steepest_places_inside_the_object() -> None:
    scene = Scene()
    ready = target(scene.slice(scene.reference).pixels.y)
    finest, picture = ready.levels[-1], alignment_picture(scene.slice(scene.reference).pixels.y).light
    x, y = finest.x.astype(int), finest.y.astype(int)
    assert finest.size == (480, 360)
    assert 2000 < len(x) <= POINTS
    assert inside(picture)[y, x].all()
    assert min(x.min(), y.min()) >= EDGE
    assert np.allclose(finest.seen, with_slopes(pre_blurred(picture))[:, y, x])
    steepness = np.hypot(*with_slopes(pre_blurred(picture))[1:])
    few = ready.few
    assert len(few.x) < len(x)
    assert steepness[few.y.astype(int), few.x.astype(int)].min() >= np.median(steepness[y, x])


def test_points_know_where_they_are() -> None:
    y, x = np.array([0, 0, 40, 79]), np.array([0, 119, 60, 119])
    points = at(with_slopes(np.zeros((80, 120), np.float32)), y, x)
    assert points.size == (120, 80)
    assert np.allclose(points.spread[:, 0], (-59.5 / 60, -39.5 / 60))
    assert points.starts.tolist() == [0, 1, 2, 3]
    matrix = Similarity(stretch=0.01).matrix(points.size)
    moved = matrix @ np.stack([points.x, points.y, np.ones(4)]) - np.stack([points.x, points.y])
    assert np.allclose(moved, 0.01 * points.reach * points.spread, atol=1e-5)


def test_a_picture_without_any_edge_has_no_points() -> None:
    ready = target(np.full((90, 120), 90, np.uint8))
    assert all(len(points.x) == 0 for points in (*ready.levels, ready.few))


def test_points_of_a_part_stand_together() -> None:
    y, x = (axis.ravel() for axis in np.indices((60, 90)))
    order = np.random.default_rng(1).permutation(len(x))
    points = at(with_slopes(np.zeros((60, 90), np.float32)), y[order], x[order])
    assert points.starts.tolist() == [k * 150 for k in range(PARTS**2)]
    first = np.s_[points.starts[1] : points.starts[2]]
    assert (points.x[first].min(), points.x[first].max(), points.y[first].max()) == (15, 29, 9)
