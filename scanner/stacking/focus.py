"""How sharp a slice is at each place, and what weight that gives it.

Everything here is at half resolution: a quarter of the work, less noise, and no less sharp a stack.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.slices import Plane
from scanner.stacking.strips import Map, strips

STRONGEST = 1e30
"""Weights end here: the sum of weights x 255 over any number of slices still fits a float32."""


@dataclass(frozen=True, slots=True)
class Weighing:
    """How sharpness becomes weight; lengths are in half-size pixels.

    `window`: sigma over which detail is averaged. `steepness`: power of the weight over it; more is sharper and
    noisier. `reach`, `pull`: how far the surroundings are looked at and how much they count: where a place has no
    detail of its own, the slice that is sharp around it is right, and light spilled by blurred highlights is not taken
    for detail. `floor`: what counts as detail, in multiples of the noise.
    """

    window: float = 2.0
    steepness: int = 6
    reach: float = 16.0
    pull: float = 0.02
    floor: float = 2.0


def shrunk(plane: Plane, columns: int, rows: int) -> Plane:
    """Means of `columns` x `rows` samples: (ceil(h / rows), ceil(w / columns)) uint8; where that does not come out, the
    last row and column are repeated."""
    below, right = -plane.shape[0] % rows, -plane.shape[1] % columns
    if below or right:
        plane = np.asarray(cv2.copyMakeBorder(plane, 0, below, 0, right, cv2.BORDER_REPLICATE), np.uint8)
    size = (plane.shape[1] // columns, plane.shape[0] // rows)
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.uint8)


def detail(half: Plane, window: float) -> Map:
    """Squared Laplacian of half-size luma, smoothed over `window` half-size pixels (sigma)."""
    squared = np.asarray(cv2.Laplacian(half, cv2.CV_32F), np.float32)
    cv2.multiply(squared, squared, dst=squared)
    return np.asarray(cv2.GaussianBlur(squared, (0, 0), window, dst=squared), np.float32)


def noise(energy: Map) -> float:
    """What `detail` gives where there is none: its low quantile, and at least that of 8-bit rounding."""
    return max(float(np.quantile(energy[::4, ::4], 0.05)), 0.5)


def surroundings(energy: Map, reach: float) -> Map:
    """`energy` averaged over `reach` half-size pixels (sigma), at a quarter of the picture's size."""
    height, width = energy.shape
    small = cv2.resize(energy, (-(-width // 8), -(-height // 8)), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), reach / 8)
    size = (-(-width // 2), -(-height // 2))
    return np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_LINEAR), np.float32)


def weight(energy: Map, around: Map, noise_: float, weighing: Weighing) -> Map:
    """The weight, 1..STRONGEST, of what a slice shows at each place, from its `detail` and `surroundings`.

    It takes the place of `energy`, since these are large.
    """
    for rows, pull in strips(_raised(around, noise_, weighing), 2, 2, energy.shape):
        own = _raised(energy[rows], noise_, weighing)
        energy[rows] = _steep(cv2.addWeighted(own, 1.0, pull, weighing.pull, 1.0), weighing)
    return energy


def weight_around(around: Map, noise_: float, weighing: Weighing) -> Map:
    """The same, from the surroundings alone."""
    return _steep(_raised(around, noise_, weighing) + 1, weighing)


def _raised(energy: Map, noise_: float, weighing: Weighing) -> Map:
    """What stands above the floor, in multiples of it."""
    limit = np.float32(weighing.floor * noise_)
    above = energy / limit
    above -= 1
    return np.asarray(np.maximum(above, 0), np.float32)


def _steep(measure: NDArray[Any], weighing: Weighing) -> Map:
    np.minimum(measure, STRONGEST ** (1 / weighing.steepness), out=measure)
    return np.asarray(cv2.pow(measure, weighing.steepness), np.float32)
