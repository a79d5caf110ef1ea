"""At each place the sharpest slice alone: what it shows is kept as it is, with its noise, and nothing of the others.

Where two slices are about equally sharp, and where nothing is sharp at all, they share the place: so the seam between
two slices has no jagged edge, and plain surfaces are as calm as they can be.
"""

import cv2
import numpy as np

from scanner.slices import Plane, Planes
from scanner.stacking.fuse import subsampling
from scanner.stacking.strips import Map, strips

DECIDED = 4
"""Power of a slice's weight over others': with the steepest weights a tenth more sharpness is ten times the share."""

TINY = 1e-30
"""In place of 0 where that would be divided by."""

UNSEEN = 1 / 512
"""Shares below this are none: half a grey level of nothing is not worth the time."""


class ChosenPlane:
    """What has been chosen of one plane, of the shape and depth of `like`, `columns` x `rows` samples to a weight.

    `zero` is the value that stands for no light or no colour. 8-bit values are kept in 256ths.
    """

    def __init__(self, like: Plane, columns: int, rows: int, zero: int) -> None:
        self._kept = np.zeros(like.shape, np.uint16)
        self._columns, self._rows = columns, rows
        self._unit = 256 if like.itemsize == 1 else 1
        self._zero = zero * self._unit

    def add(self, plane: Plane, share: Map, brightness: float) -> None:
        """Let `plane`, its distance from `zero` multiplied by `brightness`, have this `share`, 0..1, of each place."""
        factor, rest = np.float32(brightness * self._unit), np.float32(self._zero * (1 - brightness))
        for rows, much in strips(share, self._columns, self._rows, plane.shape):
            if not much.any():
                continue
            kept = self._kept[rows]
            own, change = kept.astype(np.float32), plane[rows].astype(np.float32)
            change *= factor
            change += rest
            change -= own
            change *= much
            cv2.add(own, change, dst=kept, dtype=cv2.CV_16U)

    def mean(self) -> Plane:
        if self._unit == 1:
            return self._kept.copy()
        return np.asarray(cv2.convertScaleAbs(self._kept, alpha=1 / self._unit), np.uint8)


class ChosenPlanes:
    """All planes of a picture, each place from its sharpest slice: `fuse.WeightedPlanes` taken to the extreme."""

    def __init__(self, like: Planes) -> None:
        columns, rows = (2 // step for step in subsampling(like))
        self._planes = (
            ChosenPlane(like.y, 2, 2, 0),
            ChosenPlane(like.cb, columns, rows, like.neutral),
            ChosenPlane(like.cr, columns, rows, like.neutral),
        )
        shape = -(-like.height // 2), -(-like.width // 2)
        self._peak: Map = np.full(shape, TINY, np.float32)
        self._total: Map = np.full(shape, TINY, np.float32)
        """Sum of (weight / `_peak`)^DECIDED: in multiples of the greatest weight so far it cannot overflow."""

    def add(self, planes: Planes, weights: Map, brightness: float) -> None:
        share = self._share(weights)
        for chosen, plane in zip(self._planes, (planes.y, planes.cb, planes.cr), strict=True):
            chosen.add(plane, share, brightness)

    def mean(self) -> Planes:
        return Planes(*(chosen.mean() for chosen in self._planes))

    def _share(self, weights: Map) -> Map:
        """The part of each place that is this slice's, of all slices so far."""
        peak = np.maximum(self._peak, weights)
        power = np.asarray(cv2.divide(self._peak, peak, dst=self._peak), np.float32)
        cv2.pow(power, DECIDED, dst=power)
        self._total *= power
        cv2.divide(weights, peak, dst=power)
        cv2.pow(power, DECIDED, dst=power)
        self._total += power
        power /= self._total
        power[power < UNSEEN] = 0
        self._peak = peak
        return power
