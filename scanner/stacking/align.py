"""Where a slice lies on the reference slice: a robust similarity, coarse to fine, in linear light."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.slices import Plane
from scanner.stacking.geometry import Similarity
from scanner.stacking.points import (
    Picture,
    Points,
    Target,
    alignment_picture,
    pre_blurred,
    pyramid,
    target,
    with_slopes,
)

__all__ = ["Fit", "align", "check", "target"]

FEWEST = 60
"""Fewer points than this on both slices tell nothing."""

STEPS = 12
STILL = 0.003
OUTLIER = 2.0
"""Robust standard deviations at which a point counts half: silhouettes and highlights, mostly."""


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


def _step(points: Points, slice_: Picture, now: Similarity, held: int = 0) -> _Stepped | None:
    """The next step of geometry, with gain and offset fitted beside it, outliers weighed down (Cauchy).

    The first `held` of (stretch, turn, dx, dy) stay as they are.

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
    columns = _columns(points, within, slopes, light)[:, held:]
    weighed = columns * weight[:, None]
    try:
        inverse = np.linalg.inv((columns.T @ weighed).astype(np.float64))
    except np.linalg.LinAlgError:
        return None
    solved = np.zeros(6)
    solved[held:] = inverse @ (weighed.T @ residual).astype(np.float64)
    variance = float(np.dot(weight, residual**2)) / float(weight.sum())
    scatter = float(np.sqrt(variance * max(float(np.trace(inverse[: 4 - held, : 4 - held])), 0.0)))
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
        found = _refined(points, with_slopes(level), here.resized(ratio))
        if found is None:
            return None
        here, likeness, residual = found.similarity.resized(1 / ratio), found.likeness, found.residual
    gain = _gain(target.light, levels[0], here.resized(target.light.shape[1] / picture.shape[1]))
    return Fit(here.resized(factor), gain, residual * factor, likeness)


def check(target: Target, luma: Plane, where: Similarity) -> Fit | None:
    """The shake of a slice that lies at `where` but for it: turn and shift are measured, the scale is taken as known.

    Much cheaper than `align`, for a lens whose breathing is calibrated. It finds shake of up to 3 px; None where
    nothing is found.
    """
    picture, factor = alignment_picture(luma)
    found = _refined(target.levels[-1], with_slopes(pre_blurred(picture)), where.resized(1 / factor), held=1)
    if found is None:
        return None
    size = (target.light.shape[1], target.light.shape[0])
    coarse = pre_blurred(np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32))
    gain = _gain(target.light, coarse, found.similarity.resized(size[0] / picture.shape[1]))
    return Fit(found.similarity.resized(factor), gain, found.residual * factor, found.likeness)


def _refined(points: Points, slice_: Picture, start: Similarity, held: int = 0) -> _Stepped | None:
    """Up to STEPS steps of Gauss-Newton, until they move nothing by more than STILL pixels."""
    found = _step(points, slice_, start, held)
    for _ in range(STEPS - 1):
        if found is None or found.moved < STILL:
            break
        found = _step(points, slice_, found.similarity, held)
    return found
