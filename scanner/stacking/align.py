"""Where a slice lies on the reference slice: a robust similarity, coarse to fine, in linear light.

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

COARSEST = 120
POINTS = 16_000
"""Compared at the finest level; a quarter of them before that."""

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

EDGE = 4
FEWEST = 60
"""Fewer points than this on both slices tell nothing."""

STEPS = 12
STILL = 0.003
OUTLIER = 2.0
"""Robust standard deviations at which a point counts half: silhouettes and highlights, mostly."""

Picture = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Fit:
    """How a slice lies on the reference slice.

    `similarity`: reference pixel -> slice pixel at full resolution. `gain`: how much brighter than the reference slice,
    in linear light. `residual_px`: the misplacement that remains, rms over the object, estimated from the scatter that
    the fit left. `likeness`: correlation 0..1 of the two at the points compared.
    """

    similarity: Similarity
    gain: float
    residual_px: float
    likeness: float


@dataclass(frozen=True, slots=True)
class Points:
    """The pixels of one pyramid level that are compared, with what the reference slice has there."""

    size: tuple[int, int]
    x: Picture
    y: Picture
    seen: Picture
    """(points, 3): value, and its slope to the right and down."""

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


@cache
def _linear() -> Picture:
    """Linear light 0..1 for each value of an sRGB plane (IEC 61966-2-1)."""
    v = np.arange(256) / 255
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4).astype(np.float32)


def alignment_picture(luma: Plane) -> tuple[Picture, int]:
    """Linear light of a luma plane, about WIDTH wide, and the whole factor by which it is smaller."""
    factor = max(1, round(luma.shape[1] / WIDTH))
    height, width = luma.shape[0] // factor, luma.shape[1] // factor
    small = np.empty((height, width), np.float32)
    for top in range(0, height, 64):
        rows = luma[top * factor : min(top + 64, height) * factor, : width * factor]
        light = cv2.LUT(rows, _linear())
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
    return [np.asarray(cv2.GaussianBlur(level, (0, 0), PRE_BLUR), np.float32) for level in reversed(levels)]


def inside(picture: Picture) -> NDArray[np.bool_]:
    """(height, width): where an alignment picture shows the object, its outline left out."""
    bright = cv2.GaussianBlur(picture, (0, 0), max(1.0, picture.shape[1] / 300))
    mask = (bright > DARK * np.quantile(picture[::4, ::4], 0.99)).astype(np.uint8)
    size = 2 * max(1, round(picture.shape[1] * RIM)) + 1
    square = np.ones((size, size), np.uint8)
    closed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, square)
    inner = cv2.erode(closed, square, borderType=cv2.BORDER_CONSTANT, borderValue=1) > 0
    return inner if inner.mean() >= LEAST else np.ones(picture.shape, bool)


def _with_slopes(level: Picture) -> Picture:
    """(height, width, 3): value, and its slope to the right and down, a pixel."""
    slopes = (cv2.Sobel(level, cv2.CV_32F, dx, dy, ksize=3, scale=1 / 8) for dx, dy in ((1, 0), (0, 1)))
    return np.asarray(cv2.merge([level, *slopes]), np.float32)


def _points(level: Picture, mask: NDArray[np.bool_], most: int) -> Points:
    """The strongest gradients inside the object, of every APART-th pixel across and down."""
    seen = _with_slopes(level)
    height, width = level.shape
    few = cv2.resize(mask.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
    few[:EDGE], few[-EDGE:], few[:, :EDGE], few[:, -EDGE:] = 0, 0, 0, 0
    sparse = seen[::APART, ::APART]
    strength = (sparse[..., 1] ** 2 + sparse[..., 2] ** 2) * few[::APART, ::APART]
    most = min(most, strength.size)
    chosen = np.sort(np.argpartition(strength, -most, axis=None)[-most:])
    y, x = np.unravel_index(chosen[strength.ravel()[chosen] > 0], strength.shape)
    y, x = y * APART, x * APART
    return Points((width, height), x.astype(np.float32), y.astype(np.float32), seen[y, x])


def target(luma: Plane) -> Target:
    """The reference slice's luma, ready for `align`."""
    picture, factor = alignment_picture(luma)
    mask = inside(picture)
    *coarse, finest = pyramid(picture)
    points = [_points(level, mask, POINTS // 4) for level in coarse]
    points.append(_points(finest, mask, POINTS))
    return Target(factor, coarse[0] if coarse else finest, tuple(points))


def _sampled(seen: Picture, points: Points, similarity: Similarity) -> tuple[Picture, NDArray[np.bool_]]:
    """(points, 3) of a slice's level where the points lie on it, and whether they do."""
    matrix = similarity.matrix(points.size).astype(np.float32)
    x = matrix[0, 0] * points.x + matrix[0, 1] * points.y + matrix[0, 2]
    y = matrix[1, 0] * points.x + matrix[1, 1] * points.y + matrix[1, 2]
    within = (x >= 1) & (y >= 1) & (x <= points.size[0] - 2) & (y <= points.size[1] - 2)
    wide = 1024  # remap takes maps of at most 32767 rows
    pad = -len(x) % wide
    maps = [np.pad(m, (0, pad)).reshape(-1, wide) for m in (x, y)]
    values = cv2.remap(seen, maps[0], maps[1], cv2.INTER_LINEAR).reshape(-1, 3)[: len(x)]
    return np.asarray(values, np.float32), within


@dataclass(frozen=True, slots=True)
class _Stepped:
    """After one step of Gauss-Newton, which moved nothing by more than about `moved` pixels."""

    similarity: Similarity
    moved: float
    likeness: float
    residual: float


def _step(points: Points, slice_: Picture, now: Similarity) -> _Stepped | None:
    """The next step of geometry, with gain and offset fitted beside it, outliers weighed down (Cauchy).

    Slopes are the mean of both pictures' (efficient second-order minimisation: Benhimane and Malis 2004), so that
    neither the sharper nor the more blurred has more say.
    """
    sampled, within = _sampled(slice_, points, now)
    if within.sum() < FEWEST:
        return None
    mine, theirs = points.seen[within], sampled[within]
    light, base = theirs[:, 0] - theirs[:, 0].mean(), mine[:, 0] - mine[:, 0].mean()
    shared, power = float(np.dot(light, base)), float(np.dot(light, light))
    if shared <= 0:
        return None
    gain = np.float32(shared / power)
    residual = gain * light - base
    spread = 1.4826 * float(np.median(np.abs(residual))) + 1e-9
    weight = 1 / (1 + (residual / np.float32(OUTLIER * spread)) ** 2)
    slopes = np.asarray((gain * theirs[:, 1:] + mine[:, 1:]) / 2, np.float32)
    columns = _columns(points, within, slopes, light)
    weighed = columns * weight[:, None]
    try:
        inverse = np.linalg.inv((columns.T @ weighed).astype(np.float64))
    except np.linalg.LinAlgError:
        return None
    solved = inverse @ (weighed.T @ residual).astype(np.float64)
    variance = float(np.dot(weight, residual**2)) / float(weight.sum())
    scatter = float(np.sqrt(variance * max(float(np.trace(inverse[:4, :4])), 0.0)))
    likeness = shared / float(np.sqrt(power * np.dot(base, base)))
    moved = float(np.abs(solved[:4]).max())
    return _Stepped(now.stepped(-solved[:4] / (points.reach, points.reach, 1, 1)), moved, likeness, scatter)


def _columns(points: Points, within: NDArray[np.bool_], slopes: Picture, light: Picture) -> Picture:
    """(points, 6): how the residual changes with stretch and turn (both times the reach), dx, dy, gain, offset."""
    reach = np.float32(points.reach)
    u = (points.x[within] - (points.size[0] - 1) / 2) / reach
    v = (points.y[within] - (points.size[1] - 1) / 2) / reach
    right, down = slopes[:, 0], slopes[:, 1]
    columns = (right * u + down * v, down * u - right * v, right, down, light, np.ones_like(light))
    return np.asarray(np.column_stack(columns), np.float32)


def _gain(light: Picture, theirs: Picture, similarity: Similarity) -> float:
    """How much brighter a slice is, on coarse pictures, where blur no longer tells: the median over bright places."""
    size = (light.shape[1], light.shape[0])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    moved = cv2.warpAffine(theirs, similarity.matrix(size), size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    bright = light >= np.quantile(light, 0.5)
    return float(np.median(moved[bright] / np.maximum(light[bright], 1e-4)))


def align(target: Target, luma: Plane, start: Similarity) -> Fit | None:
    """The similarity of a slice's luma to the reference slice, from `start` on; None where none is found."""
    picture, factor = alignment_picture(luma)
    levels = pyramid(picture)
    here, likeness, residual = start.resized(1 / factor), 0.0, 0.0
    for points, level in zip(target.levels, levels, strict=True):
        ratio = points.size[0] / picture.shape[1]
        found = _refined(points, _with_slopes(level), here.resized(ratio))
        if found is None:
            return None
        here, likeness, residual = found.similarity.resized(1 / ratio), found.likeness, found.residual
    gain = _gain(target.light, levels[0], here.resized(target.light.shape[1] / picture.shape[1]))
    return Fit(here.resized(factor), gain, residual * factor, likeness)


def _refined(points: Points, slice_: Picture, start: Similarity) -> _Stepped | None:
    """Up to STEPS steps of Gauss-Newton, until they move nothing by more than STILL pixels."""
    found = _step(points, slice_, start)
    for _ in range(STEPS - 1):
        if found is None or found.moved < STILL:
            break
        found = _step(points, slice_, found.similarity)
    return found
