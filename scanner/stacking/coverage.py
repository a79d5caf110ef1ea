"""How well a sweep covers an object, read from the focus curves of tiles.

All curves of one lens have one shape: log sharpness falls with the distance from the focus x as -m log(1 + (x / a)²).
It is fitted to tiles that come into focus inside the sweep. A tile that is the sharpest in the first or the last slice
then tells, by how slowly its curve falls, how far outside the sweep its focus lies. Of others such a fall tells
nothing: it comes from slices that lie closer there than lens positions or indices say.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Curves = NDArray[np.float32]
Values = NDArray[np.float64]

OBJECT = 4.0
"""Peak sharpness of a tile, in multiples of the noise, from which it counts as object."""

CLEAR = 3.0
"""Sharpness from which a point of a curve is used."""

FEWEST = 30
"""Tiles and points on them without which nothing is told."""

ENDS = 4
"""Slices without which it is not told how far a sweep should go on: the foot of the common curve is not seen."""

KEPT = 0.7
"""Sharpness kept at the reach of a slice: a blur of 1.2 pixels, measured on rendered stacks of any width."""

BEYOND = 0.2
"""Reaches outside the sweep from which a tile counts as not reached. Half the depth of field of a pixel is 0.4; a focus
outside the sweep seems nearer to it than it is."""

UNSURE = 0.75
"""Steps by which places are wrong that are only counted: a slice may be missing between two."""

FARTHEST = 3.0
"""Reaches outside the sweep that are told apart."""

FINENESS = 8
"""Places to a reach where a focus is looked for."""

STRAYS = 0.035
"""Share of tiles that may seem to lie outside a sweep that covers all: outlines before a far ground."""

LEAST_POWER, MOST_POWER = 0.8, 2.5
"""Of the curves' shape: lenses have 1 to 2. Beyond, width and power of a short sweep's curves stand for each other."""

POWER = 1.5
"""Where two slices alone cannot tell it."""

HALFWAY = 0.12
"""Share of the tiles that lie about halfway between two slices, from which these are judged; evenly spread it is more
than 0.2."""

SPARSE = 0.75
"""Sharpness kept halfway below which two slices are too far apart: the steps of a plan keep 0.8 or more by default,
those of half as many slices 0.5 to 0.7."""

LEFT = 0.01
"""Share of tiles that a better sweep may still leave out: outlines, which seem to lie anywhere."""

LOOK = 2.0
"""Reaches to go on at an end of which it is not known how far; on rendered stacks of three slices that was enough."""

ROOM = 0.2
"""Reaches by which it should go beyond: what lies far outside a sweep seems nearer to it than it is."""


@dataclass(frozen=True, slots=True)
class CurveShape:
    """Log sharpness against the distance from the focus in steps: -`power` log(1 + (x / `width`)²)."""

    width: float
    power: float

    def log(self, steps: Values) -> Values:
        return np.asarray(-self.power * np.log1p((steps / self.width) ** 2))

    def reach(self, kept: float) -> float:
        """How far from the focus so much of sharpness, 0..1, is kept; in steps."""
        return float(self.width * np.sqrt(np.expm1(-np.log(kept) / self.power)))


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a sweep leaves out. `near`, `far`: where it should begin and end, in steps (0 = the first slice), None where
    it does reach; `halfway`: sharpness kept halfway between each two slices, 0..1. `shape`: of the curves, None where
    they do not tell."""

    beyond_near: float = 0.0
    beyond_far: float = 0.0
    near: float | None = None
    far: float | None = None
    halfway: tuple[float, ...] = ()
    shape: CurveShape | None = None

    @property
    def sparse(self) -> tuple[int, ...]:
        """Which slices, from 0, lie too far from the next."""
        return tuple(place for place, kept in enumerate(self.halfway) if kept < SPARSE)

    @property
    def kept(self) -> float:
        """Sharpness kept halfway between two slices of the sweep, 0..1; 1 where that is unknown."""
        return float(np.median(self.halfway)) if self.halfway else 1.0


def cover(
    places: Values, curves: Curves, noise: float, unsure: float = 0.0, within: NDArray[np.bool_] | None = None
) -> Coverage:
    """The coverage of slices at `places` (ascending, in mean steps) by `curves` (slices, tiles), sharpness.

    `unsure`: steps by which places may be wrong; what seems to lie outside the sweep by less is not told. `within`:
    (tiles,), which of them show the object, so that what stands behind it does not count as left out; None, or hardly
    any: all do. The shape of the curves is told by all.
    Too few slices or tiles with detail tell nothing: then all counts as covered. Two slices tell of what is halfway.
    """
    detailed = curves.max(axis=0) > OBJECT * noise
    curves, counted = curves[:, detailed], _counted(detailed, within)
    if curves.shape[0] < 2 or curves.shape[1] < FEWEST:
        return Coverage()
    logs = np.log(np.maximum(curves - noise, 0.1 * noise)).astype(np.float64)
    if len(places) == 2:
        return _between_two(logs)
    shape = _shape(places, logs, curves > CLEAR * noise)
    if shape is None:
        return Coverage()
    foci, best = _foci(places, logs, curves > CLEAR * noise, shape), logs.argmax(axis=0)
    foci, best = foci[counted], best[counted]
    reach, ends = shape.reach(KEPT), len(places) >= ENDS
    margin = max(BEYOND * reach, unsure)
    near = (foci < places[0] - margin) & (best == 0)
    far = (foci > places[-1] + margin) & (best == len(places) - 1)
    return Coverage(
        float(near.mean()),
        float(far.mean()),
        _needed(places[0] - foci, near, places[0], -reach, ends),
        _needed(foci - places[-1], far, places[-1], reach, ends),
        _halfway(places, shape),
        shape,
    )


def _counted(detailed: NDArray[np.bool_], within: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
    """Of the tiles with detail, those that count as object."""
    if within is None or (detailed & within).sum() < FEWEST:
        return np.ones(int(detailed.sum()), np.bool_)
    return np.asarray(within[detailed], np.bool_)


def _needed(away: Values, beyond: NDArray[np.bool_], end: float, reach: float, seen: bool) -> float | None:
    """Where a sweep should end instead of at `end`, in steps; None where it reaches what there is.

    `away`: how far outside that end each tile comes into focus; `beyond`: which tiles count; `reach` points outward.
    `seen`: whether the curves tell how far; else a sweep should look LOOK reaches farther.
    """
    if beyond.mean() <= STRAYS:
        return None
    if not seen:
        return float(end + LOOK * reach)
    outermost = float(np.quantile(away[beyond], 1 - LEFT / beyond.mean()))
    return float(end + np.sign(reach) * outermost + ROOM * reach)


def _halfway(places: Values, shape: CurveShape) -> tuple[float, ...]:
    return tuple(float(kept) for kept in np.exp(shape.log(np.diff(places) / 2)))


def _between_two(logs: Values) -> Coverage:
    """What two slices tell of what is halfway; nothing where hardly any tile lies there, as before a wall.

    They differ the most where one of them is in focus, and mostly by three quarters of that or less.
    """
    falls = np.abs(logs[1] - logs[0])
    usual, fall = (float(value) for value in np.quantile(falls, (0.75, 0.85)))
    if (falls < usual / 3).mean() < HALFWAY:
        return Coverage()
    shape = CurveShape(float(1 / np.sqrt(np.expm1(max(fall, 1e-6) / POWER))), POWER)
    return Coverage(halfway=_halfway(np.arange(2.0), shape), shape=shape)


def _shape(places: Values, logs: Values, clear: NDArray[np.bool_]) -> CurveShape | None:
    """The common shape, from tiles whose sharpest slice has neighbours; None where there are too few."""
    best = logs.argmax(axis=0)
    inner = (best > 0) & (best < len(places) - 1)
    if inner.sum() < FEWEST:
        return None
    focus, peak = _vertices(places, logs[:, inner], best[inner])
    away = np.abs(places[:, None] - focus)
    fall = (logs[:, inner] - peak)[clear[:, inner]]
    away = away[clear[:, inner]]
    if len(away) < FEWEST:
        return None
    distance, middle = _medians(away, fall)
    return min((_fitted(width, distance, middle) for width in np.geomspace(0.2, 24, 32)), key=lambda fit: fit[0])[1]


def _vertices(places: Values, logs: Values, best: NDArray[np.intp]) -> tuple[Values, Values]:
    """Place and height of the parabola through the peak of each curve and the points beside it."""
    tiles = np.arange(logs.shape[1])
    left, mid, right = (logs[best + step, tiles] for step in (-1, 0, 1))
    before, after = places[best] - places[best - 1], places[best + 1] - places[best]
    down, up = (mid - left) / before, (right - mid) / after
    bend = np.minimum((up - down) / (before + after), -1e-3)
    slope = down + bend * before
    shift = np.clip(-slope / (2 * bend), -before / 2, after / 2)
    return places[best] + shift, mid + slope * shift + bend * shift**2


def _medians(away: Values, fall: Values) -> tuple[Values, Values]:
    """Median of the fall over bins of half a step."""
    bins = np.floor(away * 2).astype(np.intp)
    groups = [(bins == b) for b in range(int(bins.max()) + 1)]
    full = [group for group in groups if group.sum() >= FEWEST]
    if not full:
        return away, fall
    return np.array([away[g].mean() for g in full]), np.array([np.median(fall[g]) for g in full])


def _fitted(width: float, distance: Values, fall: Values) -> tuple[float, CurveShape]:
    unit = -np.log1p((distance / width) ** 2)
    power = float(np.clip(float(unit @ fall) / (float(unit @ unit) + 1e-12), LEAST_POWER, MOST_POWER))
    return float(np.sum((power * unit - fall) ** 2)), CurveShape(float(width), power)


def _foci(places: Values, logs: Values, clear: NDArray[np.bool_], shape: CurveShape) -> Values:
    """Where each tile is in focus, in steps: the place at which the shape, moved up or down, fits its curve best.

    NaN where that is as far away as is told apart: such a curve has another shape, as at an outline.
    """
    reach = shape.reach(KEPT)
    candidates = np.arange(places[0] - FARTHEST * reach, places[-1] + FARTHEST * reach, reach / FINENESS)
    weights = clear.astype(np.float64)
    count = np.maximum(weights.sum(axis=0), 1)
    misfit = np.empty((len(candidates), logs.shape[1]))
    for row, candidate in enumerate(candidates):
        rest = logs - shape.log(places - candidate)[:, None]
        rest -= (weights * rest).sum(axis=0) / count
        misfit[row] = (weights * rest**2).sum(axis=0)
    best = misfit.argmin(axis=0)
    return np.asarray(np.where((best == 0) | (best == len(candidates) - 1), np.nan, candidates[best]))
