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
"""Slices without which it is not told where a sweep should end: the foot of the common curve is not seen."""

BEYOND = 0.75
"""Steps outside the sweep from which a tile counts as not reached: half a step is depth of field, the rest error."""

FARTHEST = 6.0
"""Steps outside the sweep that are told apart."""

POWER = 1.5
"""Of the curves' shape, where two slices alone cannot tell it: lenses have 1 to 2."""

HALFWAY = 0.12
"""Share of the tiles that lie about halfway between two slices, from which these are judged; evenly spread it is more
than 0.2."""

OUTERMOST = 0.85
"""Quantile, of the tiles beyond an end, that a better sweep should reach: outlines blur it further out."""


STRAYS = 0.05
"""Share of tiles that may seem to lie outside a sweep that covers all: outlines before a far ground."""


@dataclass(frozen=True, slots=True)
class CurveShape:
    """Log sharpness against the distance from the focus in steps: -`power` log(1 + (x / `width`)²)."""

    width: float
    power: float

    def log(self, steps: Values) -> Values:
        return np.asarray(-self.power * np.log1p((steps / self.width) ** 2))


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a sweep leaves out. `near`, `far`: where it should begin and end, in steps (0 = the first slice), None where
    it does reach; `halfway`: sharpness kept halfway between each two slices, 0..1."""

    beyond_near: float = 0.0
    beyond_far: float = 0.0
    near: float | None = None
    far: float | None = None
    halfway: tuple[float, ...] = ()

    @property
    def kept(self) -> float:
        """Sharpness kept halfway between two slices of the sweep, 0..1; 1 where that is unknown."""
        return float(np.median(self.halfway)) if self.halfway else 1.0


def cover(places: Values, curves: Curves, noise: float) -> Coverage:
    """The coverage of slices at `places` (ascending, in mean steps) by `curves` (slices, tiles), sharpness.

    Too few slices or tiles with detail tell nothing: then all counts as covered. Two slices tell of what is halfway.
    """
    curves = curves[:, curves.max(axis=0) > OBJECT * noise]
    if curves.shape[0] < 2 or curves.shape[1] < FEWEST:
        return Coverage()
    logs = np.log(np.maximum(curves - noise, 0.1 * noise)).astype(np.float64)
    if len(places) == 2:
        return Coverage(halfway=_between_two(logs))
    shape = _shape(places, logs, curves > CLEAR * noise)
    if shape is None:
        return Coverage()
    foci = _foci(places, logs, curves > CLEAR * noise, shape)
    first, last = places[0] - BEYOND, places[-1] + BEYOND
    best, ends = logs.argmax(axis=0), len(places) >= ENDS
    near, far = (foci < first) & (best == 0), (foci > last) & (best == len(places) - 1)
    return Coverage(
        float(near.mean()),
        float(far.mean()),
        float(np.quantile(foci[near], 1 - OUTERMOST)) if ends and near.mean() > STRAYS else None,
        float(np.quantile(foci[far], OUTERMOST)) if ends and far.mean() > STRAYS else None,
        tuple(float(v) for v in np.exp(shape.log(np.diff(places) / 2))),
    )


def _between_two(logs: Values) -> tuple[float, ...]:
    """Sharpness kept halfway between two slices; nothing where hardly any tile lies there, as before a wall.

    Three quarters of the tiles lie so that they differ by less than what is in focus in one of them does.
    """
    falls = np.abs(logs[1] - logs[0])
    fall = float(np.quantile(falls, 0.75))
    if (falls < fall / 3).mean() < HALFWAY:
        return ()
    return (float((1 + np.expm1(fall / POWER) / 4) ** -POWER),)


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
    return min((_fitted(width, distance, middle) for width in np.geomspace(0.2, 6, 24)), key=lambda fit: fit[0])[1]


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
    power = max(float(unit @ fall) / (float(unit @ unit) + 1e-12), 0.05)
    return float(np.sum((power * unit - fall) ** 2)), CurveShape(float(width), power)


def _foci(places: Values, logs: Values, clear: NDArray[np.bool_], shape: CurveShape) -> Values:
    """Where each tile is in focus, in steps: the place at which the shape, moved up or down, fits its curve best.

    NaN where that is as far away as is told apart: such a curve has another shape, as at an outline.
    """
    candidates = np.arange(places[0] - FARTHEST, places[-1] + FARTHEST + 0.01, 0.25)
    weights = clear.astype(np.float64)
    count = np.maximum(weights.sum(axis=0), 1)
    misfit = np.empty((len(candidates), logs.shape[1]))
    for row, candidate in enumerate(candidates):
        rest = logs - shape.log(places - candidate)[:, None]
        rest -= (weights * rest).sum(axis=0) / count
        misfit[row] = (weights * rest**2).sum(axis=0)
    best = misfit.argmin(axis=0)
    return np.asarray(np.where((best == 0) | (best == len(candidates) - 1), np.nan, candidates[best]))
