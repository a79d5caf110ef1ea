"""Running sums of weighted slices: what has arrived so far, in memory that does not grow with slices."""

import cv2
import numpy as np

from scanner.slices import Plane, Planes
from scanner.stacking.geometry import Matrix, on_plane
from scanner.stacking.strips import Map, strips


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


class WeightedSum:
    """Sum of weight x plane for one plane, whose samples are `columns` x `rows` to a weight.

    `zero` is the value that stands for no light or no colour: 0 in luma, 128 in chroma.
    """

    def __init__(self, shape: tuple[int, ...], columns: int, rows: int, zero: int) -> None:
        self._sum = np.zeros(shape, np.float32)
        self._columns, self._rows = columns, rows
        self._zero = zero

    def add(self, plane: Plane, weights: Map, brightness: float = 1.0) -> None:
        """Add `plane` with `weights`, its distance from `zero` multiplied by `brightness`."""
        rest = self._zero * (1 - brightness)
        for rows, weight in strips(weights, self._columns, self._rows, plane.shape):
            product = cv2.multiply(plane[rows], weight, scale=brightness, dtype=cv2.CV_32F)
            if rest:
                cv2.scaleAdd(weight, rest, product, dst=product)
            target = self._sum[rows]
            cv2.add(target, product, dst=target)

    def mean(self, total: Map) -> Plane:
        """The weighted mean, uint8, where `total` is the sum of all weights."""
        plane = np.empty(self._sum.shape, np.uint8)
        for rows, weight in strips(total, self._columns, self._rows, plane.shape):
            target = plane[rows]
            cv2.divide(self._sum[rows], weight, dst=target, dtype=cv2.CV_8U)
        return plane


class WeightedPlanes:
    """Weighted sums of all planes of a picture; `size` is how many luma pixels, across and down, one weight spans."""

    def __init__(self, like: Planes, size: int) -> None:
        columns, rows = (size // step for step in subsampling(like))
        self._sums = (
            WeightedSum(like.y.shape, size, size, 0),
            WeightedSum(like.cb.shape, columns, rows, 128),
            WeightedSum(like.cr.shape, columns, rows, 128),
        )
        self.total: Map = np.zeros((-(-like.height // size), -(-like.width // size)), np.float32)

    def add(self, planes: Planes, weights: Map, brightness: float) -> None:
        """Add `planes` with `weights`, their brightness corrected by the factor `brightness`."""
        self.total += weights
        for total, plane in zip(self._sums, (planes.y, planes.cb, planes.cr), strict=True):
            total.add(plane, weights, brightness)

    def mean(self) -> Planes:
        return Planes(*(total.mean(self.total) for total in self._sums))
