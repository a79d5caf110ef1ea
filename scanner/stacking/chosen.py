"""At each place the sharpest slice alone: what it shows is kept as it is, with its noise, and nothing of the others.

Where two slices are about equally sharp, and where nothing is sharp at all, they share the place: so the seam between
two slices has no jagged edge, and plain surfaces are as calm as they can be.
"""

import cv2
import numpy as np

from scanner.slices import Planes
from scanner.stacking.fuse import TINY, RunningMeans
from scanner.stacking.strips import Map, bands

DECIDED = 4
"""Power of a slice's weight over others': with the steepest weights a tenth more sharpness is ten times the share."""


class ChosenPlanes:
    """All planes of a picture, each place from its sharpest slice: `fuse.WeightedPlanes` taken to the extreme."""

    def __init__(self, like: Planes) -> None:
        self._means = RunningMeans(like, 2)
        shape = -(-like.height // 2), -(-like.width // 2)
        self._peak: Map = np.full(shape, TINY, np.float32)
        self._total: Map = np.zeros(shape, np.float32)

    def add(self, planes: Planes, weights: Map, brightness: float) -> None:
        """Add `planes`, their brightness and colour multiplied by `brightness`. Overwrites `weights`."""
        for rows in bands(weights.shape):
            claim(weights[rows], self._peak[rows], self._total[rows], DECIDED)
        self._means.add(planes, weights, brightness)

    def mean(self) -> Planes:
        return self._means.value()


def claim(weights: Map, peak: Map, total: Map, power: int) -> None:
    """Put in place of `weights` the part of each place that is this slice's, of all slices so far: weight^`power` over
    the sum of these.

    `peak`: the greatest weight so far. `total`: the sum of (weight / peak)^`power`, which cannot overflow. Both are
    brought up to date.
    """
    np.maximum(weights, TINY, out=weights)
    before = peak.copy()
    np.maximum(peak, weights, out=peak)
    total *= _power(before, peak, power)
    total += _power(weights, peak, power)
    weights /= total


def _power(weights: Map, peak: Map, power: int) -> Map:
    """(weights / peak)^`power`, in place of `weights`."""
    cv2.divide(weights, peak, dst=weights)
    return np.asarray(cv2.pow(weights, power, dst=weights), np.float32)
