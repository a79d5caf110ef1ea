"""What a mask is made from: the stacked image, small, and where it is as sharp as something in focus.

The stack has each place as sharp as any slice had it. What was never in focus is blurred there too, and shows it
without any threshold on contrast: its second differences are small against its slopes. Detail in focus has them as
large.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.slices import Mask, Plane, Planes
from scanner.stacking.focus import shrunk
from scanner.stacking.fuse import subsampling
from scanner.stacking.strips import Map

WIDEST = 1200
"""Pixels across that are looked at, at most: a finer outline is not needed, and the cost stays small."""

WINDOW = 1.5
"""Sigma over which sharpness is averaged, in pixels looked at."""

CURVED = 0.9
"""Second differences against slopes from which something counts as in focus. Detail in focus has 1.2 to 4, what is
blurred over 5 pixels or more has less than 0.8."""

CURVED_FAR = 1.5
"""The same where the last slice is the sharpest: most of that lies behind the sweep. A wall that is blurred over 3
pixels has less."""

NOISE = 6.0
"""Second differences, in multiples of the noise, from which they count."""

QUIETEST, LOUDEST = 0.3, 1.5
"""What noise may be, in 8-bit steps of second difference: in a picture that is sharp all over there is nothing to
measure it by."""

STRONGEST = 3.0
"""Of what counts, at most: else one strong edge would make all around it look sharp."""

WEAK, STRONG = 0.75, 1.2
"""Averages, of what counts, that belong to something in focus: weak ones where they touch strong ones."""


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """`planes`: luma and chroma, uint8, all of one size, at most WIDEST across: `step` pixels of the stacked image are
    one of these. `far`: of that size, 1 where detail is the sharpest in the last slice of the sweep, else 0. `sharp`: 1
    where the picture shows something in focus, else 0."""

    planes: tuple[Mask, Mask, Mask]
    step: int
    far: Mask
    sharp: Mask


def look(pixels: Planes, far: NDArray[np.bool_]) -> Look:
    """The stacked image as masks are made from it. `far`: as in `Look`, at half size."""
    step = 1
    while pixels.width > WIDEST * step:
        step *= 2
    luma = shrunk(pixels.y, step, step)
    columns, rows = subsampling(pixels)
    cb, cr = (_placed(plane, step / columns, step / rows, luma.shape) for plane in (pixels.cb, pixels.cr))
    small = _eight_bit(luma)
    size = (small.shape[1], small.shape[0])
    last = np.asarray(cv2.resize(far.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST), np.uint8)
    return Look((small, _eight_bit(cb), _eight_bit(cr)), step, last, _sharp(small, last))


def _placed(plane: Plane, columns: float, rows: float, shape: tuple[int, ...]) -> Plane:
    """Chroma at the size of reduced luma."""
    if columns >= 1 and rows >= 1:
        return shrunk(plane, int(columns), int(rows))
    large = cv2.resize(plane, None, fx=1 / columns, fy=1 / rows, interpolation=cv2.INTER_LINEAR)
    return np.asarray(large[: shape[0], : shape[1]], plane.dtype)


def _eight_bit(plane: Plane) -> Mask:
    return np.asarray(plane if plane.itemsize == 1 else plane >> 8, np.uint8)


def _sharp(luma: Mask, far: Mask) -> Mask:
    """1 where something is in focus."""
    light = luma.astype(np.float32)
    curved = np.abs(np.asarray(cv2.Laplacian(light, -1), np.float32))
    across, down = (cv2.Sobel(light, -1, dx, dy, scale=1 / 8) for dx, dy in ((1, 0), (0, 1)))
    slopes = np.asarray(cv2.magnitude(across, down), np.float32)
    curve = np.where(far > 0, np.float32(CURVED_FAR), np.float32(CURVED))
    least = np.maximum(curve * _averaged(slopes), NOISE * _noise(curved))
    share = _averaged(np.minimum(curved / least, STRONGEST))
    _, labels = cv2.connectedComponents((share > WEAK).astype(np.uint8))
    there = np.zeros(int(labels.max()) + 1, np.uint8)
    there[np.unique(labels[share > STRONG])] = 1
    return np.asarray(there[labels], np.uint8)


def _averaged(values: Map) -> Map:
    return np.asarray(cv2.GaussianBlur(values, (9, 9), WINDOW), np.float32)


def _noise(curved: Map) -> float:
    """Mean second difference where there is nothing: the low quantile."""
    quiet = float(np.quantile(_averaged(curved)[::2, ::2], 0.05))
    return min(max(quiet, QUIETEST), LOUDEST)
