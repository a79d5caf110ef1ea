"""From places in focus to an object."""

import numpy as np

from scanner.stacking.mask import object_mask


def test_plain_parts_inside_are_closed_over_and_specks_are_dropped() -> None:
    in_focus = np.zeros((240, 320), bool)
    in_focus[60:180, 80:240] = True
    in_focus[100:115, 120:135] = False
    in_focus[20, 30] = True
    mask = object_mask(in_focus)
    assert mask.shape == in_focus.shape
    assert set(np.unique(mask)) == {0, 255}
    assert mask[65:175, 85:235].all()
    assert not mask[:50].any()


def test_the_rim_of_the_focus_window_is_taken_off() -> None:
    in_focus = np.zeros((240, 320), bool)
    in_focus[60:180, 80:240] = True
    mask = object_mask(in_focus)
    assert mask.sum() / 255 < in_focus.sum()
    assert mask.sum() / 255 > 0.9 * in_focus.sum()


def test_an_object_that_fills_the_frame_reaches_the_border() -> None:
    assert (object_mask(np.ones((120, 161), bool)) == 255).all()


def test_nothing_in_focus_is_no_object() -> None:
    assert not object_mask(np.zeros((120, 160), bool)).any()
