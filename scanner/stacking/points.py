"""What is compared to align slices: small pictures in linear light, coarse to fine, and the pixels that tell most.

Defocus mixes light, not the gamma-coded values of a file: after gamma a blurred bright thing looks larger than a sharp
one, and an aligner takes that for magnification. So pictures are linearised first. They are small, because the finer
the detail, the more two slices differ in it; and only points inside the object are compared, because what a blurred
outline does depends on what is behind it.
"""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.slices import Plane

WIDTH = 1152
"""Alignment pictures are about this wide, pixels: wider ones took longer and erred more."""

COARSEST = 120
POINTS = 24_000
"""Compared at the finest level."""

COARSE = 2_000
"""Compared at each of the levels before that."""

FEW = 6_000
"""Compared where only shake is looked for."""

APART = 2
"""One pixel in this many, across and down, may be a point: that spreads them, and halves the error of scale against the
strongest of all pixels."""

PRE_BLUR = 1.2
"""Sigma in pixels, before gradients are taken: it makes them linear over a step, and slices more alike."""

DARK = 0.03
"""Share of the light of the brightest places below which there is no object."""

RIM = 0.012
"""Share of the width by which the object's outline is kept away from; plain dark parts up to twice that are closed."""

LEAST = 0.05
"""Where less than this share of the picture is inside an object, all of it counts."""

PARTS = 6
"""Down and across, into which the object is divided to see whether its parts agree."""

EDGE = 4

Picture = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Points:
    """The pixels of one pyramid level that are compared, with what the reference slice has there."""

    size: tuple[int, int]
    x: Picture
    y: Picture
    seen: Picture
    """(3, points): value, and its slope to the right and down."""
    spread: Picture
    """(2, points): to the right of and below the middle of the picture, in multiples of `reach`."""
    part: NDArray[np.intp]
    """(points,): which of PARTS x PARTS equal parts of where points are."""

    @property
    def reach(self) -> float:
        return self.size[0] / 2


@dataclass(frozen=True, slots=True)
class Target:
    """The reference slice made ready to align others to it: levels from coarse to fine."""

    factor: int
    light: Picture
    """The coarsest level."""
    levels: tuple[Points, ...]
    few: Points
    """Some of the finest level's."""


@cache
def _linear() -> Picture:
    """Linear light 0..1 for each value of an sRGB plane (IEC 61966-2-1)."""
    return _light(np.arange(256) / 255)


def _light(v: NDArray[np.float64]) -> Picture:
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4).astype(np.float32)


@cache
def _linear16() -> Picture:
    """The same for each value of a 16-bit plane."""
    return _light(np.arange(65536) / 65535)


def alignment_picture(luma: Plane) -> tuple[Picture, int]:
    """Linear light of a luma plane, about WIDTH wide, and the whole factor by which it is smaller."""
    factor = max(1, round(luma.shape[1] / WIDTH))
    height, width = luma.shape[0] // factor, luma.shape[1] // factor
    small = np.empty((height, width), np.float32)
    for top in range(0, height, 64):
        rows = luma[top * factor : min(top + 64, height) * factor, : width * factor]
        light = cv2.LUT(rows, _linear()) if rows.dtype == np.uint8 else np.take(_linear16(), rows)
        small[top : top + 64] = light if factor == 1 else cv2.resize(
            light, (width, rows.shape[0] // factor), interpolation=cv2.INTER_AREA)  # fmt: skip
    return small, factor


def pyramid(picture: Picture) -> list[Picture]:
    """Pre-blurred pictures, coarse to fine, each twice as large as the one before."""
    levels = [picture]
    while levels[-1].shape[1] >= 2 * COARSEST:
        height, width = levels[-1].shape
        even = levels[-1][: height // 2 * 2, : width // 2 * 2]
        levels.append(np.asarray(cv2.resize(even, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.float32))
    return [pre_blurred(level) for level in reversed(levels)]


def pre_blurred(level: Picture) -> Picture:
    return np.asarray(cv2.GaussianBlur(level, (0, 0), PRE_BLUR), np.float32)


def inside(picture: Picture) -> NDArray[np.bool_]:
    """(height, width): where an alignment picture shows the object, its outline left out."""
    bright = cv2.GaussianBlur(picture, (0, 0), max(1.0, picture.shape[1] / 300))
    mask = (bright > DARK * np.quantile(picture[::4, ::4], 0.99)).astype(np.uint8)
    size = 2 * max(1, round(picture.shape[1] * RIM)) + 1
    square = np.ones((size, size), np.uint8)
    closed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, square)
    inner = cv2.erode(closed, square, borderType=cv2.BORDER_CONSTANT, borderValue=1) > 0
    return inner if inner.mean() >= LEAST else np.ones(picture.shape, bool)


def with_slopes(level: Picture) -> Picture:
    """(3, height, width): value, and its slope to the right and down, a pixel."""
    seen = np.empty((3, *level.shape), np.float32)
    seen[0] = level
    cv2.Sobel(level, cv2.CV_32F, 1, 0, dst=seen[1], ksize=3, scale=1 / 8)
    cv2.Sobel(level, cv2.CV_32F, 0, 1, dst=seen[2], ksize=3, scale=1 / 8)
    return seen


def _points(level: Picture, mask: NDArray[np.bool_], most: int) -> Points:
    """The strongest gradients inside the object, of every APART-th pixel across and down."""
    seen = with_slopes(level)
    height, width = level.shape
    few = cv2.resize(mask.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
    few[:EDGE], few[-EDGE:], few[:, :EDGE], few[:, -EDGE:] = 0, 0, 0, 0
    sparse = seen[:, ::APART, ::APART]
    strength = (sparse[1] ** 2 + sparse[2] ** 2) * few[::APART, ::APART]
    most = min(most, strength.size)
    chosen = np.sort(np.argpartition(strength, -most, axis=None)[-most:])
    y, x = np.unravel_index(chosen[strength.ravel()[chosen] > 0], strength.shape)
    y, x = y * APART, x * APART
    return at(seen, y, x)


def at(seen: Picture, y: NDArray[np.intp], x: NDArray[np.intp]) -> Points:
    height, width = seen.shape[1:]
    spread = np.stack([x - (width - 1) / 2, y - (height - 1) / 2]) / (width / 2)
    values = np.ascontiguousarray(seen[:, y, x])
    part = PARTS * _part(y) + _part(x)
    return Points((width, height), x.astype(np.float32), y.astype(np.float32), values, spread.astype(np.float32), part)


def _part(places: NDArray[np.intp]) -> NDArray[np.intp]:
    """Which of PARTS equal parts of the range of `places` each is in."""
    if not len(places):
        return places
    low, high = places.min(), places.max() + 1
    return np.asarray((places - low) * PARTS // (high - low), np.intp)


def target(luma: Plane) -> Target:
    """The reference slice's luma, ready for `align`."""
    picture, factor = alignment_picture(luma)
    mask = inside(picture)
    *coarse, finest = pyramid(picture)
    points = [_points(level, mask, COARSE) for level in coarse]
    points.append(_points(finest, mask, POINTS))
    return Target(factor, coarse[0] if coarse else finest, tuple(points), _points(finest, mask, FEW))
