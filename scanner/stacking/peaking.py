"""Focus peaking: marks in a small picture what is sharp in the large one.

Detail as fine as the pixels, against detail twice as coarse at the same place, tells focus from contrast: blur takes
the fine first, whatever is painted there. A small picture alone cannot tell, since shrinking makes everything sharp.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.slices import Plane, Planes
from scanner.stacking.strips import Map

FINE = 1.0
"""Sigma, in pixels, of the blur against which detail counts as fine; of half-size pixels for coarse."""

LOUD, QUIETEST = 2.5, 10.0
"""Times the detail of the quietest places (percentile), which is noise: from there a place has something to show."""

LEAST, ENOUGH = 0.7, 3.0
"""Grey levels of detail: with less nothing has, with more everything, as where the object fills the picture."""

SHARPEST = 95.0
"""Percentile of the places with detail that stands for sharp, in this picture of this camera."""

NEARLY = 0.6
"""Share of that from which a place is marked."""

AT_LEAST = 0.35
"""Fine detail against coarse of anything in focus: where all is blurred, nothing is marked."""

AROUND = 5
"""Pixels of the small picture over which detail is averaged, across and down."""

BRIGHT, RED_CB, RED_CR = 150, 84, 255
"""The mark, in the values of Planes of 8 bit: a red that no object has in such a fine line."""


def sharp(luma: Plane, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Where a picture (height, width), 8 bit, is in focus, on a grid of `size` (width, height): (height, width)."""
    fine = _detail(luma, size)
    half = cv2.resize(luma, (max(1, luma.shape[1] // 2), max(1, luma.shape[0] // 2)), interpolation=cv2.INTER_AREA)
    coarse = _detail(np.asarray(half, luma.dtype), size)
    there = coarse > np.clip(LOUD * np.percentile(coarse, QUIETEST), LEAST, ENOUGH)
    if not there.any():
        return there
    noise = min(float(np.percentile(fine, QUIETEST)), ENOUGH)
    ratio = np.sqrt(np.maximum(fine**2 - noise**2, 0.0)) / np.maximum(coarse, LEAST)
    sharpest = float(np.percentile(ratio[there], SHARPEST))
    return np.asarray(there & (ratio > max(AT_LEAST, NEARLY * sharpest)))


def peaked(shown: Planes, luma: Plane) -> Planes:
    """A copy of `shown`, 8 bit, with fine red lines where `luma`, the same view with all its pixels, is in focus."""
    marks = sharp(luma, shown.size) & _edges(shown.y)
    rows, columns = shown.cb.shape
    wide = cv2.resize(marks.astype(np.uint8) * 255, (columns, rows), interpolation=cv2.INTER_AREA) > 63
    y, cb, cr = shown.y.copy(), shown.cb.copy(), shown.cr.copy()
    y[marks] = BRIGHT
    cb[wide], cr[wide] = RED_CB, RED_CR
    return Planes(y, cb, cr)


def _detail(luma: Plane, size: tuple[int, int]) -> Map:
    """Mean strength of detail around each place of the grid, grey levels."""
    blurred = cv2.GaussianBlur(luma, (0, 0), FINE)
    strength = cv2.resize(cv2.absdiff(luma, blurred).astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.blur(strength, (AROUND, AROUND)), np.float32)


def _edges(luma: Plane) -> NDArray[np.bool_]:
    """Where the small picture changes most nearby: marks there leave the rest to be seen."""
    strength = cv2.absdiff(luma, cv2.GaussianBlur(luma, (0, 0), FINE)).astype(np.float32)
    return np.asarray(strength > cv2.blur(strength, (AROUND, AROUND)))
