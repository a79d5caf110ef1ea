"""The object, from what came into focus: closed over its plain parts, without specks."""

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.slices import Mask

REACH = 1 / 16
"""Plain parts up to this share of the picture's width are closed over."""

SMALL = 4
RIM = 5
"""Half-size pixels by which the window of the focus measure makes the object look larger, on both sides together."""


def object_mask(in_focus: NDArray[np.bool_]) -> Mask:
    """uint8, 255 = object, of the shape of `in_focus`: where something came into focus."""
    sharp = in_focus.astype(np.uint8) * np.uint8(255)
    height, width = sharp.shape
    small = (max(1, width // SMALL), max(1, height // SMALL))
    few = np.asarray(cv2.resize(sharp, small, interpolation=cv2.INTER_AREA), np.uint8)
    closed = cv2.resize(_closed(few, max(3, round(small[0] * REACH))), (width, height), interpolation=cv2.INTER_LINEAR)
    whole = np.where((closed > 127) | (_closed(sharp, RIM) > 0), np.uint8(255), np.uint8(0))
    round_ = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (RIM, RIM))
    eroded = cv2.erode(whole, round_, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.morphologyEx(eroded, cv2.MORPH_OPEN, round_), np.uint8)


def _closed(mask: Mask, size: int) -> Mask:
    """Gaps up to `size` samples closed, none of them against the picture's border."""
    around = cv2.copyMakeBorder(mask, size, size, size, size, cv2.BORDER_CONSTANT, value=0)
    closed = cv2.morphologyEx(around, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
    return np.asarray(closed[size:-size, size:-size], np.uint8)


def certainty(mask: Mask, in_focus: NDArray[np.bool_]) -> float:
    """Part of the mask, 0..1, that has something in focus within RIM half-size pixels; 0 for an empty mask."""
    reach = np.ones((2 * RIM + 1, 2 * RIM + 1), np.uint8)
    near = np.asarray(cv2.dilate(in_focus.astype(np.uint8), reach))
    return float(near[mask > 0].mean()) if mask.any() else 0.0
