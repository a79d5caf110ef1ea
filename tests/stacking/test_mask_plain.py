"""Plain parts between sharp ones: closed over by their colours."""

from dataclasses import replace

import numpy as np

from scanner.slices import Mask
from scanner.stacking.mask_look import Look
from scanner.stacking.mask_plain import closed, halved, whole

OBJECT, WALL = (150, 90, 170), (30, 128, 128)


def seen(sharp: Mask, inside: Mask) -> Look:
    """A picture that has the colour of the object where it is `inside`, that of the wall around it."""
    y, cb, cr = (np.where(inside > 0, np.uint8(ours), np.uint8(wall)) for ours, wall in zip(OBJECT, WALL, strict=True))
    return Look((y, cb, cr), 1, np.zeros_like(sharp), sharp)


def square(low: int, high: int, shape: tuple[int, int] = (240, 320)) -> Mask:
    mask = np.zeros(shape, np.uint8)
    mask[low:high, low:high] = 1
    return mask


def test_an_outline_is_filled() -> None:
    inside, outline = square(60, 180), square(56, 184) - square(64, 176)
    found = whole(seen(outline, inside))
    assert (found.region == square(56, 184)).mean() > 0.999
    assert found.likeness[60, 60] > 2
    assert found.likeness[20, 140] < -2


def test_a_gap_in_the_outline_does_not_let_the_wall_in() -> None:
    inside, outline = square(60, 180), square(56, 184) - square(64, 176)
    outline[105:135, 50:70] = 0
    assert whole(seen(outline, inside)).region[70:170, 70:170].mean() > 0.98


def test_a_hole_with_the_colours_of_the_wall_stays_open() -> None:
    ring = square(40, 200) - square(80, 160)
    found = whole(seen(ring, ring))
    assert not found.region[90:150, 90:150].any()


def test_a_bay_of_the_outline_is_not_filled() -> None:
    inside = square(40, 200)
    inside[90:150, 100:] = 0
    assert not whole(seen(inside, inside)).region[96:144, 112:].any()


def test_specks_and_pinholes_are_nothing() -> None:
    inside = square(60, 180)
    sharp = inside.copy()
    sharp[20:24, 20:24] = 1
    sharp[100:103, 100:103] = 0
    region = whole(seen(sharp, inside)).region
    assert not region[:50, :50].any()
    assert region[62:178, 62:178].all()


def test_where_nothing_is_outside_all_is_object() -> None:
    sharp = np.ones((240, 320), np.uint8)
    sharp[100:140, 100:160] = 0
    found = whole(seen(sharp, sharp))
    assert found.region.all()
    assert not found.likeness.any()


def test_nothing_sharp_is_no_object() -> None:
    nothing = np.zeros((240, 320), np.uint8)
    assert not whole(seen(nothing, nothing)).region.any()


def test_closing_leaves_what_lies_against_the_border_open() -> None:
    mask = square(60, 180)
    mask[100:106, 60:180] = 0
    assert closed(mask, 9)[103, 100]
    edge = np.zeros((60, 60), np.uint8)
    edge[20:40, 5:20] = 1
    assert not closed(edge, 15)[30, 0]


def test_halving_takes_the_greater_part() -> None:
    mask = np.zeros((5, 7), np.uint8)
    mask[:2, :2] = 1
    mask[2:4, 2] = 1
    small = halved(mask)
    assert small.shape == (3, 4)
    assert small[0, 0] == 1
    assert small.sum() == 1


def test_what_is_the_sharpest_at_the_far_end_of_the_sweep_is_rather_outside() -> None:
    """A hole whose colours tell nothing: the wall in it is the sharpest where the wall around is."""
    ring = square(40, 200) - square(80, 160)
    inside = square(40, 200)
    plain, walled = seen(ring, inside), seen(ring, inside)
    walled.far[ring == 0] = 1
    grey = np.full_like(ring, 100)
    found = [whole(replace(look, planes=(grey, grey, grey))).likeness[60, 60] for look in (plain, walled)]
    assert found[1] < found[0] - 0.5
