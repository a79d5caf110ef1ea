"""Running sums of weighted slices: what has arrived so far, in memory that does not grow with slices."""

import cv2
import numpy as np

from scanner.slices import Plane, Planes
from scanner.stacking.geometry import Matrix, on_plane
from scanner.stacking.strips import Map, strips

DEPTHS = {1: cv2.CV_8U, 2: cv2.CV_16U}
"""What OpenCV calls a plane of so many bytes a value."""


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


class WeightedSum:
    """Sum of weight x plane for planes of the shape and depth of `like`, `columns` x `rows` samples to a weight.

    `zero` is the value that stands for no light or no colour: 0 in luma, `Planes.neutral` in chroma.
    """

    def __init__(self, like: Plane, columns: int, rows: int, zero: int) -> None:
        self._sum: Map = np.zeros(like.shape, np.float32)
        self._dtype = like.dtype
        self._columns, self._rows = columns, rows
        self._zero = zero

    def add(self, plane: Plane, weights: Map) -> None:
        """Add the distance of `plane` from `zero`, times `weights`."""
        for rows, weight in strips(weights, self._columns, self._rows, plane.shape):
            light = plane[rows].astype(np.float32)
            if self._zero:
                light -= self._zero
            cv2.accumulateProduct(light, weight, self._sum[rows])

    def mean(self, total: Map) -> Plane:
        """The weighted mean, where `total` is the sum of all weights, everywhere above 0; rounded, and clipped to what
        the plane can hold."""
        plane = np.empty(self._sum.shape, self._dtype)
        for rows, weight in strips(total, self._columns, self._rows, plane.shape):
            light = cv2.scaleAdd(weight, self._zero, self._sum[rows]) if self._zero else self._sum[rows]
            target = plane[rows]
            cv2.divide(light, weight, dst=target, dtype=DEPTHS[plane.itemsize])
        return plane


class WeightedPlanes:
    """Weighted sums of all planes of a picture; `size` is how many luma pixels, across and down, one weight spans.

    The sums stay below 3e38, the largest float32, while weights stay below `focus.STRONGEST`: in 16 bit as well.
    """

    def __init__(self, like: Planes, size: int) -> None:
        columns, rows = (size // step for step in subsampling(like))
        self._sums = (
            WeightedSum(like.y, size, size, 0),
            WeightedSum(like.cb, columns, rows, like.neutral),
            WeightedSum(like.cr, columns, rows, like.neutral),
        )
        self.total: Map = np.zeros((-(-like.height // size), -(-like.width // size)), np.float32)

    def add(self, planes: Planes, weights: Map, brightness: float) -> None:
        """Add `planes` with `weights`, their brightness and colour multiplied by `brightness`."""
        self.total += weights
        scaled = weights if brightness == 1 else np.asarray(weights * np.float32(brightness), np.float32)
        for total, plane in zip(self._sums, (planes.y, planes.cb, planes.cr), strict=True):
            total.add(plane, scaled)

    def mean(self) -> Planes:
        return Planes(*(total.mean(self.total) for total in self._sums))
