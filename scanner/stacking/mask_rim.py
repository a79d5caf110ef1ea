"""The rim of the object, to the pixel: the first strong edge that one comes to from outside.

What is in focus is known a few pixels too wide, because sharpness is averaged over a window. Outside of the object all
is blurred or plain, without strong edges. So the outside is let in like water: it takes what lies before the first
edge, and meets there what rises from inside (the watershed of F. Meyer, 1992).
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.slices import Mask
from scanner.stacking.mask_look import Look
from scanner.stacking.mask_plain import disc
from scanner.stacking.strips import Map

DEEP = 9
"""Across the disc that the region shrinks by to what is surely inside."""

SLACK = 7
"""The same for parts too thin for that: by what the window of sharpness made them too wide."""

SHARE = 0.45
"""Of the object's colour in a pixel on the edge, from which it is object."""

ALIKE = 30.0
"""Squared difference of colours below which a pixel on the edge is object: nothing tells where it belongs."""

DARK = 40.0
"""8-bit steps up to which tones are spread: before a dark wall a few steps are the rim of what lies in shadow."""

AROUND = 2
"""Pixels around one on the edge that tell the colours on its two sides."""

INSIDE, OUTSIDE = 2, 1

Places = NDArray[np.intp]

_TONES = np.rint(255 * np.log1p(np.arange(256) / DARK) / np.log1p(255 / DARK)).astype(np.uint8)


def trimmed(region: Mask, seen: Look) -> Mask:
    """1 on the object, of the size of `region`, which is the same a few pixels too wide."""
    planes = [np.asarray(cv2.LUT(seen.planes[0], _TONES), np.uint8), *seen.planes[1:]]
    deep = np.asarray(cv2.erode(region, disc(DEEP), borderType=cv2.BORDER_REPLICATE), np.uint8)
    found = _flooded(deep, region, planes)
    inside, outside = (np.asarray(found == side, np.uint8) for side in (INSIDE, OUTSIDE))
    _share_out(inside, outside, planes)
    thin = (region > 0) & (cv2.dilate(deep, disc(DEEP + 2)) == 0)
    kept = thin & (cv2.erode(region, disc(SLACK), borderType=cv2.BORDER_REPLICATE) > 0)
    return np.asarray(inside | kept, np.uint8)


def _flooded(deep: Mask, region: Mask, planes: Sequence[Mask]) -> Mask:
    """INSIDE, OUTSIDE, or 0 on the edge between. The watershed leaves the picture's border out: it works on a wider
    picture."""
    markers = np.zeros(region.shape, np.int32)
    markers[deep > 0] = INSIDE
    markers[cv2.dilate(region, disc(3)) == 0] = OUTSIDE
    wide = cv2.copyMakeBorder(markers, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    picture = cv2.copyMakeBorder(cv2.merge(planes), 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    found = cv2.watershed(picture, wide)[1:-1, 1:-1]
    return np.asarray(np.maximum(found, 0), np.uint8)


def _share_out(inside: Mask, outside: Mask, planes: Sequence[Mask]) -> None:
    """Add to `inside` those pixels on the edge that are more like the object than like what is beside it."""
    rows, columns = np.nonzero((inside | outside) == 0)
    ours, others = (_around(side, rows, columns) for side in (inside, outside))
    likeness, apart = np.zeros(len(rows), np.float32), np.zeros(len(rows), np.float32)
    for plane in planes:
        values = _around(plane, rows, columns)
        mine, beside = (_mean(values, where) for where in (ours, others))
        likeness += (plane[rows, columns] - beside) * (mine - beside)
        apart += (mine - beside) ** 2
    inside[rows, columns] = (likeness > SHARE * apart) | (apart < ALIKE)


def _around(plane: Mask, rows: Places, columns: Places) -> Map:
    """(pixels, 25): what is within AROUND pixels of each place."""
    wide = cv2.copyMakeBorder(plane, AROUND, AROUND, AROUND, AROUND, cv2.BORDER_REPLICATE)
    down, across = np.mgrid[0 : 2 * AROUND + 1, 0 : 2 * AROUND + 1].reshape(2, -1)
    return wide[rows[:, None] + down, columns[:, None] + across].astype(np.float32)


def _mean(values: Map, where: Map) -> Map:
    return np.asarray((values * where).sum(axis=1) / np.maximum(where.sum(axis=1), 1), np.float32)
