"""Transforms between planes of one picture agree about where a point is."""

import numpy as np
import pytest

from scanner.stacking.geometry import Similarity, covered, on_plane

SIZE = (641, 480)
MOVED = Similarity(stretch=0.03, turn=0.002, dx=1.5, dy=-2.25)


def test_no_parameters_is_the_identity() -> None:
    assert np.allclose(Similarity().matrix(SIZE), [[1, 0, 0], [0, 1, 0]])
    assert Similarity().scale == 1


def test_the_centre_moves_by_the_shift_alone() -> None:
    centre = np.array([320, 239.5, 1])
    assert np.allclose(MOVED.matrix(SIZE) @ centre, [321.5, 237.25])


def test_scale_is_the_length_of_a_moved_unit() -> None:
    matrix = MOVED.matrix(SIZE)
    assert np.hypot(*matrix[:, 0]) == pytest.approx(MOVED.scale)
    assert np.hypot(*matrix[:, 1]) == pytest.approx(MOVED.scale)


def test_a_step_adds_and_resizing_moves_the_shift_alone() -> None:
    assert MOVED.stepped(np.array([0, 0, 1.0, 0])).dx == pytest.approx(2.5)
    assert MOVED.resized(2) == Similarity(0.03, 0.002, 3.0, -4.5)


def test_two_transforms_are_apart_by_what_they_do_to_points() -> None:
    other = Similarity(0.02, -0.001, 1.0, -2.0)
    y, x = (axis.ravel() for axis in np.indices((480, 641)))
    moved = (MOVED.matrix(SIZE) - other.matrix(SIZE)) @ np.stack([x, y, np.ones_like(x)])
    assert MOVED.apart(other, SIZE) == pytest.approx(float(np.sqrt((moved**2).sum(axis=0).mean())), rel=1e-4)
    assert MOVED.apart(MOVED, SIZE) == 0


def test_a_cropped_picture_moves_as_the_whole_did() -> None:
    """The right 3 columns and the lower 2 rows cut off."""
    assert np.allclose(MOVED.about(-1.5, -1).matrix((638, 478)), MOVED.matrix(SIZE))
    assert MOVED.about(-1.5, -1).about(1.5, 1).parameters == pytest.approx(MOVED.parameters)


@pytest.mark.parametrize(("columns", "rows"), [(1, 1), (2, 1), (2, 2), (4, 4)])
def test_a_plane_sees_the_same_movement_at_centred_samples(columns: int, rows: int) -> None:
    """A sample stands for the middle of its pixels: moving the middle is moving the sample."""
    sample = np.array([50.0, 30.0])
    middle = sample * (columns, rows) + ((columns - 1) / 2, (rows - 1) / 2)
    moved = MOVED.matrix(SIZE) @ np.array([*middle, 1])
    expected = (moved - ((columns - 1) / 2, (rows - 1) / 2)) / (columns, rows)
    assert np.allclose(on_plane(MOVED.matrix(SIZE), columns, rows) @ np.array([*sample, 1]), expected)


def test_all_but_the_margin_is_covered_by_a_picture_that_did_not_move() -> None:
    seen = covered(Similarity().matrix((40, 30)), (40, 30), 3)
    assert seen.shape == (30, 40)
    assert seen[3:-3, 3:-3].all()
    assert seen.sum() == 24 * 34


def test_what_a_larger_picture_leaves_out_is_not_covered() -> None:
    """Scale above one: the border of the reference slice lies outside the slice."""
    seen = covered(Similarity(stretch=0.1).matrix((400, 300)), (400, 300), 0)
    assert not seen[:10].any()
    assert not seen[:, :15].any()
    assert seen[20:-20, 25:-25].all()
