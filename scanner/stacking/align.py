"""Where a slice lies on the reference slice: a robust similarity, coarse to fine, in linear light."""

from dataclasses import dataclass

import cv2
import numpy as np

from scanner.slices import Plane
from scanner.stacking.geometry import Similarity
from scanner.stacking.parts import disagreement
from scanner.stacking.points import (
    Picture,
    Points,
    Reduced,
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

STEPS = 8
REWEIGHED = 4
"""Times that outliers are told anew before the slice is sampled again."""

STILL = 0.03
"""A step smaller than this, in pixels of the level, is the last: what it leaves is a hundredth of it."""

FARTHEST = 0.25
"""Share of the picture's width by which a slice may have moved: what moved further is no slice of this stack."""

BRIGHTEST = 16.0
"""Light of a slice against the reference slice's, either way: beyond that it is no slice of this stack."""

OUTLIER = 1.0
"""Robust standard deviations at which a point counts half: silhouettes and highlights, mostly."""

SOUND = 0.6
"""Likeness from which a fit counts: what shows the scene so blurred that hardly an edge is left has more, another scene
less than 0.3, and a place that is wrong on the same scene hardly more than 0.5."""


@dataclass(frozen=True, slots=True)
class Fit:
    """How a slice lies on the reference slice.

    `similarity`: reference pixel -> slice pixel at full resolution. `gain`: how much brighter than the reference slice,
    in linear light. `residual_px`: the misplacement that remains, rms over the object, estimated from how parts of the
    picture disagree. `likeness`: correlation 0..1 of the two at the points compared.
    """

    similarity: Similarity
    gain: float
    residual_px: float
    likeness: float

    @property
    def sound(self) -> bool:
        """Whether the slice shows the same scene, and lies where the fit says."""
        return self.likeness >= SOUND


@dataclass(frozen=True, slots=True)
class _Compared:
    """A slice compared at the points of one level, linear about the place where it was sampled.

    `left`: (points,), gain x slice - reference. `jacobian`: (6, points), how that changes with stretch and turn (both
    times the reach), dx, dy, gain and offset. `within`: (points,), 1 where the slice has the point, else 0.
    """

    left: Picture
    jacobian: Picture
    within: Picture
    likeness: float


@dataclass(frozen=True, slots=True)
class _Found:
    """Where a level puts the slice, `fitted` of its four parameters being free; the last step moved nothing by more
    than about `moved` pixels. `left`: as in `compared`, after that step.
    """

    points: Points
    fitted: int
    similarity: Similarity
    moved: float
    compared: _Compared
    left: Picture


def align(target: Target, luma: Plane, start: Similarity) -> Fit | None:
    """The similarity of a slice's luma to the reference slice, from `start` on; None where none is found.

    Where that leads to nothing sound, it starts again from the shift at which the coarsest pictures correlate best:
    then a slice is found that moved by up to a quarter of the picture. What comes back may still be unsound: look.
    """
    picture = alignment_picture(luma)
    levels = [with_slopes(level) for level in pyramid(picture.light)]
    coarsest = levels[0][0]
    fit = _descended(target, levels, picture, picture.reduced(start))
    if fit is not None and fit.sound:
        return fit
    moved = _correlated(target.light, coarsest)
    if max(abs(moved.dx), abs(moved.dy)) > FARTHEST * coarsest.shape[1]:
        return fit
    again = _descended(target, levels, picture, moved.resized(picture.light.shape[1] / coarsest.shape[1]))
    return max((found for found in (fit, again) if found), key=lambda found: found.likeness, default=None)


def _descended(target: Target, levels: list[Picture], picture: Reduced, start: Similarity) -> Fit | None:
    """From `start`, in pixels of the finest level, through all levels; through the finest with few points, then all."""
    here, finest, found = start, levels[-1], None
    stages = [*zip(target.levels[:-1], levels[:-1], strict=True), (target.few, finest), (target.levels[-1], finest)]
    for points, level in stages:
        ratio = level.shape[2] / finest.shape[2]
        found = _refined(points, level, here.resized(ratio))
        if found is None:
            return None
        here = found.similarity.resized(1 / ratio)
    return None if found is None else _fit(target, found, levels[0][0], picture)


def _correlated(light: Picture, theirs: Picture) -> Similarity:
    """The shift at which two pictures correlate best, by phase (Kuglin and Hines 1975)."""
    window = cv2.createHanningWindow((light.shape[1], light.shape[0]), cv2.CV_32F)
    (dx, dy), _ = cv2.phaseCorrelate(light.copy(), theirs.copy(), window)  # it applies the window to what it is given
    return Similarity(dx=dx, dy=dy)


def check(target: Target, luma: Plane, where: Similarity) -> Fit | None:
    """The shake of a slice that lies at `where` but for it: turn and shift are measured, the scale is taken as known.

    Much cheaper than `align`, for a lens whose breathing is calibrated. It finds shake of up to 3 px; None where
    nothing is found.
    """
    picture = alignment_picture(luma)
    found = _refined(target.few, with_slopes(pre_blurred(picture.light)), picture.reduced(where), held=1)
    if found is None:
        return None
    size = (target.light.shape[1], target.light.shape[0])
    shrink = picture.light.shape[1] // size[0]
    whole = picture.light[: size[1] * shrink, : size[0] * shrink]
    coarse = pre_blurred(np.asarray(cv2.resize(whole, size, interpolation=cv2.INTER_AREA), np.float32))
    return _fit(target, found, coarse, picture)


def _fit(target: Target, found: _Found, coarse: Picture, picture: Reduced) -> Fit:
    gain = _gain(target, coarse, found.similarity.resized(target.light.shape[1] / found.points.size[0]))
    compared = found.compared
    left = disagreement(found.points.starts, compared.jacobian[2:4], found.left, compared.within, found.fitted)
    return Fit(picture.whole(found.similarity), gain, left * picture.factor, compared.likeness)


def _refined(points: Points, slice_: Picture, start: Similarity, held: int = 0) -> _Found | None:
    """Up to STEPS steps, until they move nothing by more than STILL pixels."""
    found = _step(points, slice_, start, held)
    for _ in range(STEPS - 1):
        if found is None or found.moved < STILL:
            break
        found = _step(points, slice_, found.similarity, held)
    return found


def _step(points: Points, slice_: Picture, now: Similarity, held: int) -> _Found | None:
    """The next step of geometry, with gain and offset fitted beside it, outliers weighed down (Cauchy).

    The first `held` of (stretch, turn, dx, dy) stay as they are.
    """
    compared = _compared(points, slice_, now)
    if compared is None:
        return None
    jacobian, left, step = compared.jacobian[held:], compared.left, np.zeros(6)
    for _ in range(REWEIGHED):
        weight = compared.within / (1 + (left / np.float32(OUTLIER * _spread(left))) ** 2)
        weighed = jacobian * weight
        try:
            step[held:] = -np.linalg.solve((weighed @ jacobian.T).astype(np.float64), weighed @ compared.left)
        except np.linalg.LinAlgError:
            return None
        left = compared.left + step[held:].astype(np.float32) @ jacobian
    moved = float(np.abs(step[:4]).max())
    there = now.stepped(step[:4] / (points.reach, points.reach, 1, 1))
    return _Found(points, 4 - held, there, moved, compared, left)


def _spread(left: Picture) -> float:
    """Robust standard deviation, from every fourth point."""
    return 1.4826 * float(np.median(np.abs(left[::4]))) + 1e-9


def _compared(points: Points, slice_: Picture, now: Similarity) -> _Compared | None:
    """Slopes are the mean of both pictures' (efficient second-order minimisation: Benhimane and Malis 2004), so that
    neither the sharper nor the more blurred has more say. None where too little is in sight."""
    theirs, within = _sampled(slice_, points, now)
    count = float(within.sum())
    if count < FEWEST:
        return None
    light = (theirs[0] - np.dot(theirs[0], within) / count) * within
    base = (points.seen[0] - np.dot(points.seen[0], within) / count) * within
    shared, power = float(np.dot(light, base)), float(np.dot(light, light))
    if shared <= 0:
        return None
    gain = np.float32(shared / power)
    right, down = (gain * theirs[1:] + points.seen[1:]) / 2
    u, v = points.spread
    jacobian = np.stack([right * u + down * v, down * u - right * v, right, down, light, np.ones_like(light)])
    likeness = shared / float(np.sqrt(power * np.dot(base, base)))
    return _Compared(gain * light - base, jacobian, within, likeness)


def _sampled(slice_: Picture, points: Points, similarity: Similarity) -> tuple[Picture, Picture]:
    """(3, points) of a slice's level where the points lie on it; and 1 where they do, else 0.

    Between pixels the value is quadratic: linear interpolation is corrected by the slopes, as its error, which repeats
    with each pixel, was the greatest that similar slices had.
    """
    matrix, (width, height) = similarity.matrix(points.size), points.size
    x = (matrix[0, 0] * points.x + matrix[0, 1] * points.y + matrix[0, 2]).astype(np.float32)
    y = (matrix[1, 0] * points.x + matrix[1, 1] * points.y + matrix[1, 2]).astype(np.float32)
    within = (x >= 1) & (y >= 1) & (x <= width - 2) & (y <= height - 2)
    x, y = np.where(within, x, 1), np.where(within, y, 1)
    column, row = x.astype(np.intp), y.astype(np.intp)
    x, y, at, flat = x - column, y - row, row * width + column, slice_.reshape(3, -1)
    values = np.zeros((3, len(x)), np.float32)
    for below, share_y in ((0, 1 - y), (1, y)):
        for beside, share_x in ((0, 1 - x), (1, x)):
            share, here = share_x * share_y, at + (below * width + beside)
            value, right, down = (np.take(plane, here) for plane in flat)
            values[0] += share * (value + (right * (x - beside) + down * (y - below)) / 2)
            values[1] += share * right
            values[2] += share * down
    return values, within.astype(np.float32)


def _gain(target: Target, theirs: Picture, similarity: Similarity) -> float:
    """How much brighter a slice is, on coarse pictures, where blur no longer tells: the median over the object, since
    a dark ground does not follow the lamp. Within what can be evened out at all."""
    size = (target.light.shape[1], target.light.shape[0])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    moved = cv2.warpAffine(theirs, similarity.matrix(size), size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    if not target.lit.any():
        return 1.0
    ratios = moved[target.lit] / target.light[target.lit]
    return float(np.clip(np.median(ratios), 1 / BRIGHTEST, BRIGHTEST))
