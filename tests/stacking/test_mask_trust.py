"""The certainty of a mask: less, the more of it is guessed, missed or cut through."""

import numpy as np
import pytest

from scanner.slices import Mask
from scanner.stacking.mask_look import Look
from scanner.stacking.mask_plain import Whole
from scanner.stacking.mask_trust import certainty


def square(low: int, high: int) -> Mask:
    mask = np.zeros((200, 300), np.uint8)
    mask[low:high, low:high] = 1
    return mask


def seen(sharp: Mask) -> Look:
    grey = np.full_like(sharp, 100)
    return Look((grey, grey, grey), 1, np.zeros_like(sharp), sharp)


def found(likeness: float, missed: Mask | None = None) -> Whole:
    map_ = np.full((100, 150), likeness, np.float32)
    if missed is not None:
        map_[missed[::2, ::2] > 0] = 3.0
    return Whole(np.zeros((200, 300), np.uint8), map_)


def test_a_mask_that_is_sharp_all_over_is_sure() -> None:
    assert certainty(square(50, 150), found(-5.0), seen(square(48, 152))) == 1


def test_an_empty_mask_is_not_sure_at_all() -> None:
    assert certainty(square(0, 0), found(-5.0), seen(square(0, 0))) == 0


def test_a_full_mask_of_something_sharp_is_sure() -> None:
    full = np.ones((200, 300), np.uint8)
    assert certainty(full, found(0.0), seen(full)) == 1


def test_plain_parts_count_as_guessed_unless_their_colours_speak_for_them() -> None:
    outline = square(48, 152) - square(60, 140)
    inside = Whole(
        np.zeros((200, 300), np.uint8), np.where(square(50, 150)[::2, ::2] > 0, 4.0, -4.0).astype(np.float32)
    )
    assert certainty(square(50, 150), inside, seen(outline)) == 1
    assert certainty(square(50, 150), found(-1.0), seen(outline)) == pytest.approx(1 - 0.64, abs=0.05)


def test_what_looks_like_the_object_but_is_not_in_the_mask_tells_against_it() -> None:
    values = [
        certainty(square(50, 150), found(-5.0, square(160, high)), seen(square(48, 152))) for high in (160, 180, 200)
    ]
    assert values[0] == 1
    assert values[0] > values[1] > values[2]
    assert values[2] < 0.6


def test_a_rim_with_nothing_sharp_beside_it_is_a_guess() -> None:
    half = square(48, 152)
    half[100:] = 0
    assert certainty(square(50, 150), found(-5.0), seen(half)) < 0.3
