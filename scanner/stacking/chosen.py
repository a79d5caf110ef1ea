"""At each place the sharpest slice alone: what it shows is kept as it is, with its noise, and nothing of the others.

Where two slices are about equally sharp, and where nothing is sharp at all, they share the place: so the seam between
two slices has no jagged edge, and plain surfaces are as calm as they can be.
"""

import cv2
import numpy as np

from scanner.slices import Planes
from scanner.stacking.fuse import TINY, RunningMeans
from scanner.stacking.strips import Map

DECIDED = 4
"""Power of a slice's weight over others': with the steepest weights a tenth more sharpness is ten times the share."""


class ChosenPlanes:
    """All planes of a picture, each place from its sharpest slice: `fuse.WeightedPlanes` taken to the extreme."""

    def __init__(self, like: Planes) -> None:
        self._means = RunningMeans(like, 2)
        shape = -(-like.height // 2), -(-like.width // 2)
        self._peak: Map = np.full(shape, TINY, np.float32)
        self._total: Map = np.zeros(shape, np.float32)
        """Sum of (weight / `_peak`)^DECIDED: in multiples of the greatest weight so far it cannot overflow."""

    def add(self, planes: Planes, weights: Map, brightness: float) -> None:
        self._means.add(planes, self._share(weights), brightness)

    def mean(self) -> Planes:
        return self._means.value()

    def _share(self, weights: Map) -> Map:
        """The part of each place that is this slice's, of all slices so far."""
        least = np.maximum(weights, TINY)
        peak = np.maximum(self._peak, least)
        power = np.asarray(cv2.divide(self._peak, peak, dst=self._peak), np.float32)
        cv2.pow(power, DECIDED, dst=power)
        self._total *= power
        cv2.divide(least, peak, dst=power)
        cv2.pow(power, DECIDED, dst=power)
        self._total += power
        power /= self._total
        self._peak = peak
        return power
