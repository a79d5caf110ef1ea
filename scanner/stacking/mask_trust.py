"""How far a mask is to be trusted: whether its rim is an edge in focus, and colours agree with what is inside of it."""

import cv2
import numpy as np

from scanner.slices import Mask
from scanner.stacking.mask_look import Look
from scanner.stacking.mask_plain import Whole, halved

NEXT_TO = 11
"""Pixels across within which something in focus holds a rim."""

LIKE = 1.0
"""Likeness, logarithm, from which what was left out is missed."""

LOST = 6.0
"""How much heavier what was missed weighs than what was guessed: it is lost."""


def certainty(mask: Mask, found: Whole, seen: Look) -> float:
    """0..1, 0 for an empty mask: the square of the share of its rim that is held by something in focus, less what is
    doubtful.

    Doubtful is what is plain inside of the mask and does not look like the object (guessed), and what looks like it but
    was left out (missed), both against the size of the mask.
    """
    small, sharp = halved(mask) > 0, halved(seen.sharp) > 0
    area = int(small.sum())
    if area == 0:
        return 0.0
    guessed = int((small & ~sharp & (found.likeness <= 0)).sum()) / area
    missed = int((~small & ~sharp & (found.likeness > LIKE)).sum()) / area
    return float(_held(mask, seen.sharp) ** 2 * max(0.0, 1 - guessed) / (1 + LOST * missed))


def _held(mask: Mask, sharp: Mask) -> float:
    """The share of the rim that lies beside something in focus; the border of the picture is none."""
    inner = cv2.erode(mask, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_REPLICATE)
    rim = (mask > 0) & (inner == 0)
    near = cv2.dilate(sharp, np.ones((NEXT_TO, NEXT_TO), np.uint8))
    return float(np.asarray(near)[rim].mean()) if rim.any() else 1.0
