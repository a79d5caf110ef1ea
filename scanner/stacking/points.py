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
from scanner.stacking.geometry import Similarity

WIDTH = 1152
"""Alignment pictures are about this wide, pixels: wider ones took longer and erred more."""

STRIP = 32
"""Rows of the alignment picture made at a time: what is worked on stays in the cache."""

COARSEST = 120
POINTS = 24_000
"""Compared at the finest level."""

COARSE = 1_500
"""Compared at each of the levels before that."""

FEW = 8_000
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
class Reduced:
    """The light of a luma plane, `factor` times smaller; `rest` columns and rows at its end are left out."""

    light: Picture
    factor: int
    rest: tuple[int, int]

    def reduced(self, similarity: Similarity) -> Similarity:
        """A transform of whole pictures, for reduced ones."""
        return similarity.about(-self.rest[0] / 2, -self.rest[1] / 2).resized(1 / self.factor)

    def whole(self, similarity: Similarity) -> Similarity:
        """A transform of reduced pictures, for whole ones."""
        return similarity.resized(self.factor).about(self.rest[0] / 2, self.rest[1] / 2)


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
    starts: NDArray[np.intp]
    """Points are sorted by which of PARTS x PARTS equal parts of their range they are in: where each that has any
    begins."""

    @property
    def reach(self) -> float:
        return self.size[0] / 2


@dataclass(frozen=True, slots=True)
class Target:
    """The reference slice made ready to align others to it: levels from coarse to fine."""

    light: Picture
    """The coarsest level."""
    lit: NDArray[np.bool_]
    """Where that shows the object itself: bright enough, its outline left out."""
    levels: tuple[Points, ...]
    few: Points
    """Some of the finest level's."""


@cache
def _linear() -> Picture:
    """Linear light 0..1 for each value of an sRGB plane (IEC 61966-2-1)."""
    v = np.arange(256) / 255
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4).astype(np.float32)


def alignment_picture(luma: Plane) -> Reduced:
    """The light of a luma plane, about WIDTH wide.

    Of 16 bits the upper 8 are used, rounded: averaged over an object, the lower ones do not move a fit.
    """
    factor = max(1, round(luma.shape[1] / WIDTH))
    height, width = luma.shape[0] // factor, luma.shape[1] // factor
    small = np.empty((height, width), np.float32)
    room = np.empty((STRIP * factor, width * factor), np.float32)
    for top in range(0, height, STRIP):
        rows = luma[top * factor : min(top + STRIP, height) * factor, : width * factor]
        small[top : top + STRIP] = _shrunk(_light(rows, room[: len(rows)]), factor)
    return Reduced(small, factor, (luma.shape[1] % factor, luma.shape[0] % factor))


def _light(rows: Plane, room: Picture) -> Picture:
    codes = rows if rows.dtype == np.uint8 else cv2.convertScaleAbs(rows, alpha=1 / 257)
    return np.asarray(cv2.LUT(codes, _linear(), dst=room), np.float32)


def _shrunk(light: Picture, factor: int) -> Picture:
    """Averages of factor x factor pixels; by halves, since that is faster."""
    while factor > 1:
        step = 2 if factor % 2 == 0 else factor
        size = (light.shape[1] // step, light.shape[0] // step)
        light, factor = np.asarray(cv2.resize(light, size, interpolation=cv2.INTER_AREA), np.float32), factor // step
    return light


def pyramid(picture: Picture) -> list[Picture]:
    """Pre-blurred pictures, coarse to fine, each twice as large as the one before."""
    levels = [picture]
    while levels[-1].shape[1] >= 2 * COARSEST:
        height, width = levels[-1].shape
        even = levels[-1][: height // 2 * 2, : width // 2 * 2]
        levels.append(np.asarray(cv2.resize(even, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.float32))
    return [pre_blurred(level) for level in reversed(levels)]


def pre_blurred(level: Picture) -> Picture:
    return np.asarray(cv2.GaussianBlur(level, (7, 7), PRE_BLUR), np.float32)


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
    """The points at (x, y) of a picture with its slopes."""
    height, width = seen.shape[1:]
    part = PARTS * _part(y) + _part(x)
    order = np.argsort(part, kind="stable")
    x, y = x[order], y[order]
    spread = np.stack([x - (width - 1) / 2, y - (height - 1) / 2]) / (width / 2)
    return Points(
        (width, height),
        x.astype(np.float32),
        y.astype(np.float32),
        np.ascontiguousarray(seen[:, y, x]),
        spread.astype(np.float32),
        np.unique(part[order], return_index=True)[1],
    )


def _part(places: NDArray[np.intp]) -> NDArray[np.intp]:
    """Which of PARTS equal parts of the range of `places` each is in."""
    if not len(places):
        return places
    low, high = places.min(), places.max() + 1
    return np.asarray((places - low) * PARTS // (high - low), np.intp)


def target(luma: Plane) -> Target:
    """The reference slice's luma, ready for `align`."""
    picture = alignment_picture(luma).light
    mask = inside(picture)
    *coarse, finest = pyramid(picture)
    points = [_points(level, mask, COARSE) for level in coarse]
    points.append(_points(finest, mask, POINTS))
    light = coarse[0] if coarse else finest
    return Target(light, _lit(light, mask), tuple(points), _points(finest, mask, FEW))


def _lit(light: Picture, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The places inside the object, of a coarse level, that have light; all that have any where there are none."""
    size = (light.shape[1], light.shape[0])
    inner = cv2.resize(mask.astype(np.uint8) * np.uint8(255), size, interpolation=cv2.INTER_AREA) == 255
    lit = inner & (light > DARK * np.quantile(light, 0.99))
    return np.asarray(lit if lit.any() else light > 0)
