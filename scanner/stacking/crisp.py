"""Gives back the little sharpness that a mean of slices lacks.

What lies between two slices is blurred by half a step in both, and the mean takes in a little of the slices beside the
sharpest. Where slices differ in sharpness at all, the finest detail is raised by a tenth: no eye sees it, but matched
features are as strong again as in the slices. Where slices are all the same nothing changes.
"""

import cv2
import numpy as np

from scanner.slices import Plane
from scanner.stacking.strips import Map, strips

AMOUNT = 0.1
"""Of what a blur of 1 pixel takes away. Against known truth: at 0.1 no further from it (0.1 dB at most), at 0.2 clearly
so."""

SCALE = 4
"""Luma pixels, across and down, to a place of the maps."""


def lack(least: Map, greatest: Map, floor: float) -> Map:
    """By how much detail is to be raised, 0..AMOUNT, from the least and greatest sharpness around each place.

    Sharpness below `floor` is noise.
    """
    return np.asarray(AMOUNT * (greatest - least) / (greatest + np.float32(floor)), np.float32)


def crisped(luma: Plane, amount: Map) -> Plane:
    """Luma, changed in its place, with its finest detail raised by `amount` (from `lack`)."""
    soft = cv2.GaussianBlur(luma, (5, 5), 1.0)
    for rows, much in strips(amount, SCALE, SCALE, luma.shape):
        own = luma[rows].astype(np.float32)
        detail = cv2.subtract(own, soft[rows], dtype=cv2.CV_32F)
        cv2.accumulateProduct(detail, much, own)
        own += np.float32(0.5)
        np.copyto(luma[rows], np.clip(own, 0, np.iinfo(luma.dtype).max, out=own), casting="unsafe")
    return luma
