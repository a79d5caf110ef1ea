"""Where an object begins and ends in depth, from quick sharpness sweeps at a few positions.

What does not turn with the table is not the object: tiles that show the same detail in other positions are background,
and where most tiles are background the object is over. It stands behind the object, so only the far end asks for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.slices import Plane
from scanner.units import FocusPosition

WIDTH = 960
"""Pictures are measured at this width: it makes depth of field large against the coarse steps of the search."""

TILE = 12
CONTRAST = 6.0
"""How far the sharpest picture of a tile must stand above its median one to count as having come into focus."""

FEWEST = 8
"""Tiles in focus without which nothing is told."""

ALIKE = 0.8
"""Correlation of the detail of a tile in two positions above which both show the same. Measured: 99 % of the tiles of a
printed wall, 3 % of those of a plain turned object; 0.2 % of a painted one."""

OFTEN = 2
"""Other positions in which a tile must show the same: an object with two or four like sides looks the same in one."""

CLEARLY = 4
"""How many tiles that stand still count as much as one that turns: better a little of the wall than less object."""

STRAYS = 0.01
"""Share of the tiles of a position, at either end, that may be wrong."""


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What one position showed. `foci`: (rows, columns) float32, where each tile came into focus, NaN where it did not.

    `detail`: (rows, columns, TILE²) float16, the Laplacian of each tile where that was the sharpest, of length 1.
    """

    foci: NDArray[np.float32]
    detail: NDArray[np.float16]


def sharpness(luma: Plane) -> NDArray[np.float32]:
    """Energy of the Laplacian over tiles, of a (height, width) uint8 luma plane: (rows, columns) float32."""
    return _energy(_detail(luma))


def _detail(luma: Plane) -> NDArray[np.float32]:
    """The Laplacian at `WIDTH`, tile by tile: (rows, columns, TILE²); what is left at the lower border is dropped."""
    height = max(TILE, round(luma.shape[0] * WIDTH / luma.shape[1]))
    small = cv2.resize(luma, (WIDTH, height), interpolation=cv2.INTER_AREA)
    rows, columns = height // TILE, WIDTH // TILE
    whole = np.asarray(cv2.Laplacian(small, cv2.CV_32F), np.float32)[: rows * TILE]
    return whole.reshape(rows, TILE, columns, TILE).swapaxes(1, 2).reshape(rows, columns, TILE * TILE)


def _energy(detail: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(np.einsum("rct,rct->rc", detail, detail) / detail.shape[2], np.float32)


@dataclass(slots=True)
class FocusRange:
    """Collects sharpness over a sweep, one object per position; at least three pictures, at even places."""

    places: list[FocusPosition] = field(default_factory=list)
    maps: list[NDArray[np.float32]] = field(default_factory=list)
    best: NDArray[np.float32] | None = None
    """Detail of each tile where it was the sharpest so far."""

    def add(self, focus: FocusPosition, luma: Plane) -> None:
        """One picture taken with the focus drive at `focus`."""
        detail = _detail(luma)
        energy = _energy(detail)
        if self.best is None:
            self.best = detail
        else:
            sharper = energy > np.max(self.maps, axis=0)
            self.best[sharper] = detail[sharper]
        self.places.append(focus)
        self.maps.append(energy)

    def look(self, *, more: bool = False) -> Look:
        """What the position showed. `more`: there is something to see beyond the far end of this sweep, so that tiles
        that are the sharpest there belong to it. Raises ValueError where there is no picture.
        """
        if self.best is None:
            raise ValueError("no picture has been added")
        order = np.argsort(self.places)
        places = np.asarray(self.places, np.float32)[order]
        curves = np.stack(self.maps)[order]
        best, peak = curves.argmax(axis=0), curves.max(axis=0)
        base = np.median(curves, axis=0) + np.float32(1e-3)
        strong = (peak > CONTRAST * base) & (peak > 0.02 * np.quantile(peak, 0.99)) & (best >= int(more))
        foci = np.where(strong, _refined(places, curves, best), np.float32(np.nan))
        length = np.linalg.norm(self.best, axis=2, keepdims=True)
        return Look(foci.astype(np.float32), (self.best / np.maximum(length, 1e-3)).astype(np.float16))


def _refined(places: NDArray[np.float32], curves: NDArray[np.float32], best: NDArray[np.intp]) -> NDArray[np.float32]:
    """The peak between samples: a parabola through the logarithm of three, which is exact for a Gaussian curve.

    At either end of a sweep the foot of a curve is hollow: its peak is that end, or beyond.
    """
    inner = np.clip(best, 1, len(places) - 2)
    logs = np.log(curves + np.float32(1e-6))
    left, mid, right = (np.take_along_axis(logs, (inner + d)[None], axis=0)[0] for d in (-1, 0, 1))
    bend = left - 2 * mid + right
    shift = np.where(bend < -1e-6, 0.5 * (left - right) / np.minimum(bend, -1e-6), best - inner)
    step = places[1] - places[0]
    return np.asarray(places[inner] + np.clip(shift, -1, 1) * step, np.float32)


def ends(looks: Sequence[Look], margin: FocusPosition) -> tuple[FocusPosition, FocusPosition] | None:
    """(near, far) of the object in all `looks` but for a few tiles of each, plus `margin`; None: nothing found.

    Looks of one position, or of hardly anything that turns, do not tell the object from its background: then all that
    comes into focus is object.
    """
    end = _background(looks)
    found = [look.foci[look.foci > end] for look in looks]
    if sum(foci.size for foci in found) < FEWEST:
        return None
    each = [np.quantile(foci, [STRAYS, 1 - STRAYS]) for foci in found if foci.size]
    return float(max(near for _, near in each)) + margin, float(min(far for far, _ in each)) - margin


def _background(looks: Sequence[Look]) -> FocusPosition:
    """The nearest focus of the background, -inf where there is none: it parts best what turns from what stands still.

    It is looked for behind the middle of what turns.
    """
    foci, still = np.stack([look.foci for look in looks]), _still([look.detail for look in looks])
    focused = np.isfinite(foci)
    stands, turns = foci[focused & still], foci[focused & ~still]
    if turns.size < FEWEST or not stands.size:
        return -np.inf
    places, which = np.unique(np.concatenate([turns, stands]), return_inverse=True)
    lost = np.cumsum(np.bincount(which, np.repeat([CLEARLY, -1.0], [turns.size, stands.size])))
    lost[places > np.median(turns)] = 0
    return float(places[lost.argmin()]) if lost.min() < 0 else -np.inf


def _still(details: Sequence[NDArray[np.float16]]) -> NDArray[np.bool_]:
    """Which tiles show the same in others of `details`, (looks, rows, columns)."""
    single = [detail.astype(np.float32) for detail in details]
    times = np.zeros((len(details), *details[0].shape[:2]), np.uint8)
    for one, other in combinations(range(len(details)), 2):
        alike = np.einsum("rct,rct->rc", single[one], single[other]) > ALIKE
        times[one] += alike
        times[other] += alike
    return np.asarray(times >= max(1, min(OFTEN, len(details) - 1)), np.bool_)
