"""The plain parts of an object: what lies between its sharp parts, unless it has the colours of the background.

Sharp edges surround a plain part, but for gaps where it looks like what is behind it. So gaps are closed over, and what
is then inside is judged by its colours: whether they are more frequent where it is sharp or far outside.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.slices import Mask
from scanner.stacking.mask_look import Look
from scanner.stacking.strips import Map

HALF = 2
"""Colours are judged at half the size: an eighth of the work, and less noise."""

NEAR = 1 / 40
"""Gaps up to this share of the picture's width make no difference."""

REACH = 1 / 3
"""Gaps up to this share may be closed over, where colours speak for it."""

AGAINST = 1.0
"""How much more frequent in the object colours must be across wider gaps: logarithm."""

SMOOTH = 1 / 200
"""Over how much of the picture's width (sigma) colours are averaged."""

LUMA, CHROMA = 16, 32
"""Levels that are told apart: shades change luma, and chroma less."""

LEVELS = (LUMA, CHROMA, CHROMA)

RARE, RARER = 1e-3, 3e-4
"""Shares of the pixels with a colour that tell nothing, of the object and of the far larger outside: a colour that is
neither here nor there is rather the object's."""

TELLS = 0.3
"""How much the far end of the sweep tells beside the colours: what is the sharpest there mostly lies behind it."""

SELDOM = 0.03
"""A share of pixels that are the sharpest there that tells nothing."""

ROUNDS = 3
"""How often colours are judged: each time by all that was found before."""

SPECK = 0.03
"""Of the largest part: what is smaller is not of the object."""

PINHOLE = 1.2e-4
"""Of the picture: what is smaller is no hole."""

OUTSIDE = 0.002
"""Of the picture: where less is outside, the object fills it."""


@dataclass(frozen=True, slots=True, eq=False)
class Whole:
    """The object with its plain parts.

    `region`: 1 on it and a few pixels around. `likeness`: at half the size, how much more frequent the colours around a
    place are in the object than outside, logarithm, natural; 0 where nothing tells.
    """

    region: Mask
    likeness: Map


def whole(seen: Look) -> Whole:
    """The sharp parts and what lies plain between them; the whole picture where nothing is outside."""
    small = halved(seen.sharp)
    width = small.shape[1]
    enclosed = _filled(closed(small, max(3, round(width * NEAR))))
    reached = _filled(_reached(small, round(width * REACH))) | enclosed
    if (reached == 0).mean() < OUTSIDE:
        return Whole(np.ones_like(seen.sharp), np.zeros(small.shape, np.float32))
    planes, far = [halved(plane) for plane in seen.planes], halved(seen.far)
    against = np.where(enclosed > 0, np.float32(0), np.float32(AGAINST))
    plain = (reached > small).astype(np.float32)
    inside = small > 0
    for _ in range(ROUNDS):
        likeness = _likeness(planes, inside, reached == 0) + _beyond(far, inside, reached == 0)
        inside = (small > 0) | ((plain > 0) & (_smooth(likeness - against, plain) > 0))
    size = (seen.sharp.shape[1], seen.sharp.shape[0])
    region = np.asarray(cv2.resize(inside.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST), np.uint8)
    return Whole(_solid(region | seen.sharp), _smooth(likeness, np.ones_like(likeness)))


def closed(mask: Mask, size: int) -> Mask:
    """Gaps up to `size` pixels closed, none of them against the picture's border."""
    around = cv2.copyMakeBorder(mask, size, size, size, size, cv2.BORDER_CONSTANT, value=0)
    shut = cv2.morphologyEx(around, cv2.MORPH_CLOSE, disc(size | 1))
    return np.asarray(shut[size:-size, size:-size], np.uint8)


def _reached(mask: Mask, size: int) -> Mask:
    """`closed`, where a few pixels do not count: at a quarter of the size."""
    few = cv2.resize(
        mask * np.uint8(255), (-(-mask.shape[1] // 4), -(-mask.shape[0] // 4)), interpolation=cv2.INTER_AREA
    )
    shut = closed(np.asarray(few > 63, np.uint8), max(3, size // 4))
    return np.asarray(cv2.resize(shut, (mask.shape[1], mask.shape[0]), interpolation=cv2.INTER_NEAREST), np.uint8)


def disc(size: int) -> Mask:
    """What morphology works with: a disc of `size` pixels across, odd."""
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), np.uint8)


def halved(plane: Mask) -> Mask:
    """Means at half the size; of a mask of 0 and 1, 1 where more than half is."""
    half = cv2.resize(plane, (-(-plane.shape[1] // HALF), -(-plane.shape[0] // HALF)), interpolation=cv2.INTER_AREA)
    return np.asarray(half, np.uint8)


def _filled(mask: Mask) -> Mask:
    """With all holes closed that do not touch the border of the picture."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(1 - mask, connectivity=4)
    left, top, width, height = stats.T[:4]
    inside = (left > 0) & (top > 0) & (left + width < mask.shape[1]) & (top + height < mask.shape[0])
    inside[0] = True
    return np.asarray(inside.astype(np.uint8)[labels])


def _likeness(planes: list[Mask], inside: NDArray[np.bool_], outside: NDArray[np.bool_]) -> Map:
    y, cb, cr = (np.asarray(plane, np.int32) * levels // 256 for plane, levels in zip(planes, LEVELS, strict=True))
    colours = (y * CHROMA + cb) * CHROMA + cr
    ours, others = (
        np.bincount(colours[where], minlength=LUMA * CHROMA**2) / max(int(where.sum()), 1)
        for where in (inside, outside)
    )
    return np.asarray(np.log((ours + RARE) / (others + RARER))[colours], np.float32)


def _beyond(far: Mask, inside: NDArray[np.bool_], outside: NDArray[np.bool_]) -> Map:
    """What it tells that a place is or is not the sharpest at the far end of the sweep: part of the likeness."""
    ours, others = (float(far[where].mean()) if where.any() else 0.0 for where in (inside, outside))
    odds = ((1 - ours + SELDOM) / (1 - others + SELDOM), (ours + SELDOM) / (others + SELDOM))
    return np.asarray(TELLS * np.log(odds), np.float32)[far]


def _smooth(values: Map, where: Map) -> Map:
    """Means over SMOOTH of the picture's width, of `values` where `where` is 1."""
    sigma = max(1.0, values.shape[1] * SMOOTH)
    total, count = (cv2.GaussianBlur(v, (0, 0), sigma) for v in (np.asarray(values * where, np.float32), where))
    return np.asarray(total / (count + np.float32(1e-3)), np.float32)


def _solid(region: Mask) -> Mask:
    """Without cracks, specks and pinholes."""
    tidy = cv2.morphologyEx(closed(region, 3), cv2.MORPH_OPEN, disc(3))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(tidy)
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    large = (areas >= max(SPECK * int(areas.max()), 1)).astype(np.uint8)[labels]
    _, labels, stats, _ = cv2.connectedComponentsWithStats(1 - large, connectivity=4)
    tiny = stats[:, cv2.CC_STAT_AREA] < PINHOLE * region.size
    tiny[0] = True
    return np.asarray(tiny.astype(np.uint8)[labels])
