"""Planes moved, and running means of them: what has arrived so far, in memory that does not grow with slices."""

import cv2
import numpy as np

from scanner.slices import Plane, Planes
from scanner.stacking.geometry import Matrix, on_plane
from scanner.stacking.strips import Map, strips

TINY = np.float32(1e-30)
"""In place of a weight of 0: where no slice is seen, the mean of what they repeat of their borders, never black."""


def subsampling(planes: Planes) -> tuple[int, int]:
    """Chroma (columns, rows) to a sample."""
    return -(-planes.width // planes.cb.shape[1]), -(-planes.height // planes.cb.shape[0])


def warped(plane: Plane, matrix: Matrix) -> Plane:
    """The plane in the reference's geometry, bicubic, 8 or 16 bit as it was; what lies outside repeats the border."""
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    size = (plane.shape[1], plane.shape[0])
    moved = cv2.warpAffine(plane, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, plane.dtype)


def warped_planes(planes: Planes, matrix: Matrix) -> Planes:
    """All planes in the reference's geometry, chroma at its own resolution."""
    chroma = on_plane(matrix, *subsampling(planes))
    return Planes(warped(planes.y, matrix), warped(planes.cb, chroma), warped(planes.cr, chroma))


def share(weights: Map, total: Map) -> Map:
    """The part of each place that is a slice's, of all slices so far, in place of `weights`; adds them to `total`."""
    np.maximum(weights, TINY, out=weights)
    total += weights
    return np.asarray(cv2.divide(weights, total, dst=weights), np.float32)


class RunningMean:
    """Mean of planes that have shares in it, of the shape and depth of `like`; `columns` x `rows` samples to a share.

    8-bit values are kept in 256ths: half the memory of a sum in float32, and no more error than the last rounding has.
    `zero` is the value that stands for no light or no colour: 0 in luma, `Planes.neutral` in chroma.
    """

    def __init__(self, like: Plane, columns: int, rows: int, zero: int) -> None:
        self._mean = np.zeros(like.shape, np.uint16)
        self._columns, self._rows = columns, rows
        self._unit = 256 if like.itemsize == 1 else 1
        self._zero = zero

    def add(self, plane: Plane, share: Map, brightness: float) -> None:
        """Give `plane`, its distance from `zero` multiplied by `brightness`, a `share`, 0..1, of each place.

        What was there before keeps the rest.
        """
        factor, rest = self._unit * brightness, self._unit * self._zero * (1 - brightness)
        for rows, much in strips(share, self._columns, self._rows, plane.shape):
            own, change = self._mean[rows].astype(np.float32), plane[rows].astype(np.float32)
            cv2.addWeighted(change, factor, own, -1.0, rest, dst=change)
            cv2.accumulateProduct(change, much, own)
            own += np.float32(0.5)
            if brightness > 1:
                np.clip(own, 0, 65535, out=own)
            np.copyto(self._mean[rows], own, casting="unsafe")

    def value(self) -> Plane:
        """The mean, rounded, clipped to what the plane can hold."""
        if self._unit == 1:
            return self._mean.copy()
        return np.asarray(cv2.convertScaleAbs(self._mean, alpha=1 / self._unit), np.uint8)


class RunningMeans:
    """Means of all planes of a picture; `size` is how many luma pixels, across and down, one share spans."""

    def __init__(self, like: Planes, size: int) -> None:
        columns, rows = (size // step for step in subsampling(like))
        self._means = (
            RunningMean(like.y, size, size, 0),
            RunningMean(like.cb, columns, rows, like.neutral),
            RunningMean(like.cr, columns, rows, like.neutral),
        )

    def add(self, planes: Planes, share: Map, brightness: float) -> None:
        """Give `planes`, their brightness and colour multiplied by `brightness`, this `share`, 0..1, of each place."""
        for mean, plane in zip(self._means, (planes.y, planes.cb, planes.cr), strict=True):
            mean.add(plane, share, brightness)

    def value(self) -> Planes:
        return Planes(*(mean.value() for mean in self._means))


class WeightedPlanes:
    """Weighted mean of pictures; `size` is how many luma pixels, across and down, one weight spans.

    A new slice takes the share of it that its weight has in the sum of all weights so far. Enlarged to single pixels it
    is that share that is even, not the weights, of which the greatest would reach too far: better by 0.1 dB.
    """

    def __init__(self, like: Planes, size: int) -> None:
        self._means = RunningMeans(like, size)
        self.total: Map = np.zeros((-(-like.height // size), -(-like.width // size)), np.float32)

    def add(self, planes: Planes, weights: Map, brightness: float) -> None:
        """Add `planes`, their brightness and colour multiplied by `brightness`. Overwrites `weights`."""
        self._means.add(planes, share(weights, self.total), brightness)

    def mean(self) -> Planes:
        return self._means.value()
