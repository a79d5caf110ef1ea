"""Running sums of weighted slices: what has arrived so far, in memory that does not grow with slices."""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.slices import Plane, Planes
from scanner.stacking.geometry import Matrix, on_plane

STRIP = 128
"""Rows of weights worked on at a time: what they touch stays in the cache."""

Map = NDArray[np.float32]


def subsampling(planes: Planes) -> tuple[int, int]:
    """Chroma (columns, rows) to a sample."""
    return -(-planes.width // planes.cb.shape[1]), -(-planes.height // planes.cb.shape[0])


def warped(plane: Plane, matrix: Matrix) -> Plane:
    """The plane in the reference's geometry, bicubic; what lies outside repeats the border."""
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    size = (plane.shape[1], plane.shape[0])
    return np.asarray(cv2.warpAffine(plane, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def warped_planes(planes: Planes, matrix: Matrix) -> Planes:
    """All planes in the reference's geometry, chroma at its own resolution."""
    chroma = on_plane(matrix, *subsampling(planes))
    return Planes(warped(planes.y, matrix), warped(planes.cb, chroma), warped(planes.cr, chroma))


def _spread(weights: Map, top: int, bottom: int, columns: int, rows: int) -> Map:
    """Rows top..bottom of half-size `weights`, `columns` and `rows` times as large, bilinear, centres in register."""
    if columns == 1 and rows == 1:
        return weights[top:bottom]
    above, below = min(top, 1), min(weights.shape[0] - bottom, 1)
    part = weights[top - above : bottom + below]
    size = (part.shape[1] * columns, part.shape[0] * rows)
    large = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_LINEAR), np.float32)
    return large[above * rows : large.shape[0] - below * rows]


class WeightedSum:
    """Sum of weight x plane for one plane, whose samples are `columns` x `rows` to a half-size weight (1 or 2).

    `zero` is the value that stands for no light or no colour: 0 in luma, 128 in chroma.
    """

    def __init__(self, shape: tuple[int, ...], columns: int, rows: int, zero: int) -> None:
        self._sum = np.zeros(shape, np.float32)
        self._columns, self._rows = columns, rows
        self._zero = zero

    def add(self, plane: Plane, weights: Map, brightness: float = 1.0) -> None:
        """Add `plane` with `weights`, its distance from `zero` multiplied by `brightness`."""
        rest = self._zero * (1 - brightness)
        for rows, weight in self._strips(weights):
            product = cv2.multiply(plane[rows], weight, scale=brightness, dtype=cv2.CV_32F)
            if rest:
                cv2.scaleAdd(weight, rest, product, dst=product)
            target = self._sum[rows]
            cv2.add(target, product, dst=target)

    def mean(self, total: Map) -> Plane:
        """The weighted mean, uint8, where `total` is the sum of all weights."""
        plane = np.empty(self._sum.shape, np.uint8)
        for rows, weight in self._strips(total):
            target = plane[rows]
            cv2.divide(self._sum[rows], weight, dst=target, dtype=cv2.CV_8U)
        return plane

    def _strips(self, weights: Map) -> Iterator[tuple[slice, Map]]:
        height, width = self._sum.shape
        for top in range(0, weights.shape[0], STRIP):
            bottom = min(top + STRIP, weights.shape[0])
            rows = slice(top * self._rows, min(bottom * self._rows, height))
            yield rows, _spread(weights, top, bottom, self._columns, self._rows)[: rows.stop - rows.start, :width]
