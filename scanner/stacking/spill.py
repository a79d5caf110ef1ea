"""Takes back light that blurred highlights spill over plain surroundings.

The rim of a blurred highlight on a plain dark surface is a detail that the right slice, in which the highlight is
sharp, does not have: so a wrong slice wins there, and leaves a bright blotch. What gives it away is that it is brighter
(or, around a dark thing, a little darker) over a wide area than in the slice in which the surroundings are sharp, by
more than its detail is strong. There the calm picture takes its place: the same means at quarter size, weighed by the
surroundings alone. Where that acts nothing has detail, so a quarter of the size is enough.
"""

import cv2
import numpy as np

from scanner.slices import Plane, Planes
from scanner.stacking.focus import shrunk
from scanner.stacking.fuse import subsampling
from scanner.stacking.strips import Map, strips

QUARTER = 4
UNSEEN = 1.0
"""A difference in brightness up to this, in 8-bit steps, is nobody's blotch."""

DETAIL = 2.0
"""Spilled light, squared, is more than this multiple of the energy of the detail; detail of true things is stronger."""

DARKER = 0.15
"""Spilled darkness takes less than this share of the light. What is much darker than the calm picture is right: there
the calm picture has the light of the object beside it."""

SMOOTH = 1.5


def quarter(planes: Planes) -> Planes:
    """All planes at a quarter of luma's size, 4:4:4."""
    columns, rows = (QUARTER // step for step in subsampling(planes))
    return Planes(_quartered(planes.y), shrunk(planes.cb, columns, rows), shrunk(planes.cr, columns, rows))


def _quartered(luma: Plane) -> Plane:
    """Halved twice: three times as fast as at once."""
    return shrunk(shrunk(luma, 2, 2), 2, 2)


def spilled(sharp: Planes, calm: Planes, peak: Map) -> Map:
    """Where `sharp` shows spilled light, 0..1, at quarter size.

    `calm`: quarter size, 4:4:4. `peak`: the strongest `detail` of any slice, at half size.
    """
    ours = _quartered(sharp.y)
    step = 1.0 if sharp.bits == 8 else 1 / 257
    difference = cv2.addWeighted(ours, step, calm.y, -step, 0, dtype=cv2.CV_32F)
    lift = cv2.GaussianBlur(difference, (0, 0), SMOOTH)
    above = np.maximum(np.abs(lift) - UNSEEN, 0)
    size = (ours.shape[1], ours.shape[0])
    detail = cv2.resize(peak, size, interpolation=cv2.INTER_AREA)
    share = np.clip(above * above / (DETAIL * detail + 1e-3) - 0.5, 0, 1)
    share[lift < calm.y * np.float32(-DARKER * step)] = 0
    return np.asarray(cv2.GaussianBlur(share, (0, 0), 1.0), np.float32)


def calmed(sharp: Planes, calm: Planes, share: Map) -> Planes:
    """`sharp`, changed in its place, with `share` (from `spilled`) of `calm` in it."""
    columns, rows = (QUARTER // step for step in subsampling(sharp))
    _mix(sharp.y, calm.y, share, QUARTER, QUARTER)
    _mix(sharp.cb, calm.cb, share, columns, rows)
    _mix(sharp.cr, calm.cr, share, columns, rows)
    return sharp


def _mix(sharp: Plane, calm: Plane, share: Map, columns: int, rows: int) -> None:
    calm_strips = strips(calm.astype(np.float32), columns, rows, sharp.shape)
    for (part, other), (_, much) in zip(calm_strips, strips(share, columns, rows, sharp.shape), strict=True):
        if much.any():
            across = np.flatnonzero(much.any(axis=0))
            where = part, slice(across[0], across[-1] + 1)
            own = sharp[where].astype(np.float32)
            sharp[where] = np.rint(own + much[:, where[1]] * (other[:, where[1]] - own))
