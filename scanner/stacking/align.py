"""Where a slice lies on the reference slice: a robust similarity, coarse to fine, in linear light.

Defocus mixes light, not the gamma-coded values of a file: after gamma a blurred bright thing looks larger than a sharp
one, and an aligner takes that for magnification. So pictures are linearised first.
"""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.slices import Plane
from scanner.stacking.geometry import Similarity

WIDEST = 2400
"""Alignment pictures are at most this wide, pixels: finer detail than that no longer adds to the transform."""

COARSEST = 120
POINTS = 80_000
"""Compared in the last steps; before those, one in THIN."""

THIN = 6
LAST_STEPS = 2
PRE_BLUR = 2.0
"""Sigma in pixels, before gradients are taken: it makes them linear over a step, and slices more alike."""

EDGE = 8
STEPS = 12
STILL = 0.004
OUTLIER = 3.5
"""Robust standard deviations at which a point no longer counts: silhouettes and highlights, mostly."""

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
    values: Picture
    jacobian: Picture
    """(points, 4): how the value changes with stretch, turn (both times half the width), dx, dy."""

    @property
    def reach(self) -> float:
        return self.size[0] / 2

    def thinned(self) -> "Points":
        some = slice(None, None, THIN)
        return Points(self.size, self.x[some], self.y[some], self.values[some], self.jacobian[some])


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
    """Linear light of a luma plane, at most WIDEST wide, and the whole factor by which it is smaller."""
    factor = -(-luma.shape[1] // WIDEST)
    height, width = luma.shape[0] // factor, luma.shape[1] // factor
    small = np.empty((height, width), np.float32)
    for top in range(0, height, 128):
        rows = luma[top * factor : min(top + 128, height) * factor, : width * factor]
        light = cv2.LUT(rows, _linear())
        small[top : top + 128] = light if factor == 1 else cv2.resize(
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


def _points(level: Picture) -> Points:
    """The strongest gradients, no more than a tile's fair share of them from each tile."""
    gx = cv2.Sobel(level, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8)
    gy = cv2.Sobel(level, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8)
    strength = gx * gx + gy * gy
    inner = strength[EDGE:-EDGE, EDGE:-EDGE]
    wanted = min(POINTS, inner.size // 4)
    limit = np.partition(inner[::2, ::2].ravel(), -max(1, wanted // 4))[-max(1, wanted // 4)]
    y, x = np.nonzero(inner >= limit)
    y, x = y + EDGE, x + EDGE
    height, width = level.shape
    u, v = x - (width - 1) / 2, y - (height - 1) / 2
    px, py = gx[y, x], gy[y, x]
    reach = width / 2
    jacobian = np.stack([(px * u + py * v) / reach, (py * u - px * v) / reach, px, py], axis=1)
    return Points((width, height), x.astype(np.float32), y.astype(np.float32), level[y, x], jacobian.astype(np.float32))


def target(luma: Plane) -> Target:
    """The reference slice's luma, ready for `align`."""
    picture, factor = alignment_picture(luma)
    levels = pyramid(picture)
    points = [_points(level) for level in levels]
    return Target(factor, levels[0], (*(each.thinned() for each in points), points[-1]))


def _sample(level: Picture, points: Points, similarity: Similarity) -> Picture:
    matrix = similarity.matrix(points.size).astype(np.float32)
    x = matrix[0, 0] * points.x + matrix[0, 1] * points.y + matrix[0, 2]
    y = matrix[1, 0] * points.x + matrix[1, 1] * points.y + matrix[1, 2]
    inside = (x >= 1) & (y >= 1) & (x <= points.size[0] - 2) & (y <= points.size[1] - 2)
    wide = 1024  # remap takes maps of at most 32767 rows
    pad = -len(x) % wide
    maps = [np.pad(m, (0, pad)).reshape(-1, wide) for m in (x, y)]
    values = cv2.remap(level, maps[0], maps[1], cv2.INTER_LINEAR).ravel()[: len(x)]
    return np.where(inside, values, np.nan).astype(np.float32)


@dataclass(frozen=True, slots=True)
class _Normal:
    """One step of Gauss-Newton."""

    step: NDArray[np.float64]
    likeness: float
    residual: float


def _step(points: Points, values: Picture) -> _Normal | None:
    """The step for (stretch, turn, dx, dy) with gain and offset fitted beside, outliers weighed down (Tukey)."""
    seen = np.isfinite(values)
    if seen.sum() < 60:
        return None
    mine, theirs, jacobian = points.values[seen], values[seen], points.jacobian[seen]
    centred = theirs - theirs.mean()
    base = mine - mine.mean()
    gain = float(np.dot(base, centred) / max(np.dot(base, base), 1e-12))
    likeness = float(np.dot(base, centred) / max(np.sqrt(np.dot(base, base) * np.dot(centred, centred)), 1e-12))
    if gain <= 0:
        return None
    residual = theirs - theirs.mean() - gain * base
    spread = 1.4826 * float(np.median(np.abs(residual))) + 1e-9
    weight = np.clip(1 - (residual / (OUTLIER * spread)) ** 2, 0, None) ** 2
    columns = np.column_stack([jacobian * np.float32(gain), mine, np.ones_like(mine)])
    weighed = columns * weight[:, None]
    normal = (columns.T @ weighed).astype(np.float64)
    try:
        inverse = np.linalg.inv(normal)
    except np.linalg.LinAlgError:
        return None
    solved = inverse @ (weighed.T @ residual).astype(np.float64)
    variance = float((weight * residual**2).sum() / max(float(weight.sum()), 1.0))
    scatter = np.sqrt(variance * max(float(np.trace(inverse[:4, :4])), 0.0))
    step = -solved[:4] / (points.reach, points.reach, 1, 1)
    return _Normal(step, likeness, float(scatter))


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
    here = start.resized(1 / factor)
    for points, level in zip(target.levels[:-1], levels, strict=True):
        ratio = points.size[0] / picture.shape[1]
        found = _refined(points, level, here.resized(ratio), STEPS)
        if found is None:
            return None
        here = found[0].resized(1 / ratio)
    last = _refined(target.levels[-1], levels[-1], here, LAST_STEPS)
    if last is None:
        return None
    here, normal = last
    gain = _gain(target.light, levels[0], here.resized(target.levels[0].size[0] / picture.shape[1]))
    return Fit(here.resized(factor), gain, normal.residual * factor, normal.likeness)


def _refined(points: Points, level: Picture, now: Similarity, steps: int) -> tuple[Similarity, _Normal] | None:
    """Up to `steps` steps of Gauss-Newton, until they move nothing by more than STILL pixels."""
    normal = _step(points, _sample(level, points, now))
    for left in range(steps - 1, -1, -1):
        if normal is None:
            return None
        now = now.stepped(normal.step)
        if left == 0 or np.abs(normal.step * (points.reach, points.reach, 1, 1)).max() < STILL:
            return now, normal
        normal = _step(points, _sample(level, points, now))
    return None
