"""Frames that are black or white throughout are told from dim and bright ones."""

import numpy as np
import pytest

from scanner.slices import Planes
from scanner.stacking.exposed import exposed


def planes(luma: float, spread: float = 0.0, bits: int = 8) -> Planes:
    """Luma around a level, 0..1."""
    top = 2**bits - 1
    kind = np.uint8 if bits == 8 else np.uint16
    values = np.random.default_rng(1).normal(luma, spread, (64, 96))
    y = np.clip(np.rint(values * top), 0, top).astype(kind)
    grey = np.full((32, 48), (top + 1) // 2, kind)
    return Planes(y, grey, grey)


NORMAL = exposed(planes(0.4, 0.1))


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize(
    ("level", "fault"), [(0.0, "dark"), (0.01, "dark"), (0.2, None), (0.7, None), (0.97, None), (1.0, "saturated")]
)
def test_black_and_white_frames_are_named(level: float, fault: str | None, bits: int) -> None:
    assert exposed(planes(level, 0.0, bits)).fault(NORMAL) == fault


def test_noise_does_not_make_a_black_frame_bright() -> None:
    assert exposed(planes(0.004, 0.002)).fault(NORMAL) == "dark"


def test_a_scene_that_is_dark_or_white_itself_is_no_fault() -> None:
    picture = planes(1.0)
    picture.y[:, :8] = 90
    dim, bright = exposed(planes(0.03)), exposed(picture)
    assert exposed(planes(0.025)).fault(dim) is None
    assert bright.white > 0.9
    assert bright.fault(bright) is None


def test_frames_without_anything_are_named_even_where_the_reference_slice_is_no_better() -> None:
    for level, fault in ((0.0, "dark"), (1.0, "saturated")):
        nothing = exposed(planes(level))
        assert nothing.fault(nothing) == fault


def test_a_white_ground_around_an_object_is_no_fault() -> None:
    picture = planes(1.0)
    picture.y[20:45, 30:70] = 90
    assert exposed(picture).fault(NORMAL) is None
