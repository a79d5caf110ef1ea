"""The rim, to the pixel."""

import numpy as np
import pytest

from scanner.slices import Mask
from scanner.stacking.mask_look import Look
from scanner.stacking.mask_rim import trimmed


def disc(radius: float, shape: tuple[int, int] = (200, 260)) -> Mask:
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]]
    return np.asarray(np.hypot(y - 100.0, x - 130.0) < radius, np.uint8)


def seen(inside: Mask, ours: int = 150, wall: int = 30, noise: float = 2.0) -> Look:
    light = np.where(inside > 0, ours, wall) + np.random.default_rng(1).normal(0, noise, inside.shape)
    y = np.clip(np.rint(light), 0, 255).astype(np.uint8)
    grey = np.full_like(y, 128)
    return Look((y, grey, grey), 1, np.zeros_like(y), inside)


@pytest.mark.parametrize("wide", [1, 2, 3])
@pytest.mark.parametrize(("ours", "wall"), [(150, 30), (40, 180), (90, 75)])
def test_the_rim_is_found_whatever_was_too_wide(wide: int, ours: int, wall: int) -> None:
    found = trimmed(disc(60.0 + wide), seen(disc(60), ours, wall))
    wrong = int((found != disc(60)).sum())
    assert wrong <= 0.2 * 2 * np.pi * 60


def test_colour_alone_makes_a_rim() -> None:
    inside = disc(60)
    plain = np.full_like(inside, 100)
    cb = np.where(inside > 0, np.uint8(100), np.uint8(140))
    found = trimmed(disc(63), Look((plain, cb, plain), 1, np.zeros_like(inside), inside))
    assert (found != inside).sum() <= 60


def test_where_nothing_tells_the_rim_little_is_cut_away() -> None:
    """Object and wall alike: rather too much than too little."""
    found = trimmed(disc(64), seen(disc(60), 100, 100, 0.0))
    assert found[disc(59) > 0].mean() > 0.99


def test_what_is_too_thin_to_be_flooded_stays() -> None:
    inside = np.zeros((200, 260), np.uint8)
    inside[60:140, 100:160] = 1
    inside[98:101, 160:240] = 1
    wide = inside.copy()
    wide[57:143, 97:163] = 1
    wide[95:104, 160:243] = 1
    found = trimmed(wide, seen(inside))
    assert found[98:101, 165:235].mean() > 0.95
    assert found.sum() < 1.1 * inside.sum()


def test_at_the_border_of_the_picture_nothing_is_cut() -> None:
    inside = np.zeros((200, 260), np.uint8)
    inside[50:150, :120] = 1
    wide = np.zeros_like(inside)
    wide[47:153, :123] = 1
    found = trimmed(wide, seen(inside))
    assert found[52:148, 0].all()
    assert (found != inside).sum() < 60
    full = np.ones_like(inside)
    assert trimmed(full, seen(full)).all()


def test_nothing_stays_nothing() -> None:
    nothing = np.zeros((200, 260), np.uint8)
    assert not trimmed(nothing, seen(nothing)).any()
