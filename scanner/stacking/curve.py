"""The focus curve of every place: which slice is the sharpest there, and where between slices sharpness would peak."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.slices import Mask
from scanner.stacking.strips import Map, strips

STEEPNESS = 4
"""Power of sharpness in the mean that finds the peak between slices: least error against known depths.

More is better for narrow steps, less for wide ones."""

AWAY = 2.0
"""Slices that the mean may lie away from the sharpest: with narrow steps that one is a matter of noise."""


class FocusCurve:
    """The peaks of all focus curves so far, in memory that does not grow with slices.

    `peak`, `best`: greatest sharpness, and the index of its slice, at half size.
    """

    def __init__(self, index: int, sharpness: Map) -> None:
        """Begin with the reference slice."""
        rows, columns = (-(-length // 2) for length in sharpness.shape)
        self.peak: Map = np.zeros(sharpness.shape, np.float32)
        self.best: NDArray[np.int16] = np.full(sharpness.shape, index, np.int16)
        self._weights = np.full((rows, columns), 1e-6, np.float32)
        self._places = np.full((rows, columns), 1e-6 * index, np.float32)
        self.note(index, sharpness)

    def note(self, index: int, sharpness: Map) -> None:
        """Look at one more slice."""
        self.best[sharpness > self.peak] = index
        cv2.max(sharpness, self.peak, dst=self.peak)
        size = (self._weights.shape[1], self._weights.shape[0])
        weight = cv2.pow(cv2.resize(sharpness, size, interpolation=cv2.INTER_AREA), STEEPNESS)
        cv2.add(self._weights, weight, dst=self._weights)
        cv2.scaleAdd(weight, float(index), self._places, dst=self._places)

    def apart(self) -> Map:
        """How far from the nearest slice each place comes into focus, 0..1, 1 = halfway between two; quarter size."""
        place = self._places / self._weights
        return np.asarray(2 * np.abs(place - np.rint(place)), np.float32)

    def depth(self, in_focus: NDArray[np.bool_]) -> Map:
        """Index of the sharpest slice, fractional, NaN where not `in_focus`.

        It is the mean of indices weighted by sharpness to the power STEEPNESS, kept near the sharpest slice: that alone
        follows a step in depth.
        """
        depth: Map = np.empty(in_focus.shape, np.float32)
        for rows, place in strips(np.asarray(self._places / self._weights, np.float32), 2, 2, depth.shape):
            best = self.best[rows]
            depth[rows] = best + np.clip(place - best, -AWAY, AWAY)
        depth[~in_focus] = np.nan
        return depth


class TileCurves:
    """Whole focus curves, of tiles of the picture: few enough to be kept for every slice."""

    COLUMNS = 96
    SMALLEST = 8

    def __init__(self) -> None:
        self._curves: dict[int, NDArray[np.float32]] = {}

    def note(self, index: int, sharpness: Map) -> None:
        """Look at one more slice: keeps the mean `sharpness` of each tile."""
        self._curves[index] = self._means(sharpness)

    def within(self, mask: Mask) -> NDArray[np.bool_]:
        """(tiles,): those that lie more than half inside a mask of the size of sharpness."""
        return np.asarray(self._means((mask > 0).astype(np.float32)) > 0.5)

    def _means(self, values: Map) -> Map:
        tile = max(self.SMALLEST, values.shape[1] // self.COLUMNS)
        rows, columns = (max(1, length // tile) for length in values.shape)
        whole = values[: rows * tile, : columns * tile]
        return np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA), np.float32).ravel()

    def table(self, indices: Sequence[int]) -> NDArray[np.float32]:
        """(slices, tiles) float32: the curves at `indices`."""
        return np.stack([self._curves[index] for index in indices])
