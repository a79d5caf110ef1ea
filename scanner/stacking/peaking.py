"""Focus peaking: marks in a picture what is sharp in it."""

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.slices import Planes

FINE, COARSE = 0.8, 1.6
"""Sigmas, in pixels, of the two blurs whose difference holds the finest detail: what only a sharp edge has."""

MARKED = 4.0
"""Times the typical fine detail of the picture, which is its noise, from which a place is marked."""

LEAST = 3.0
"""Grey levels below which nothing is marked, however quiet the rest is."""

BRIGHT, RED_CB, RED_CR = 150, 84, 255
"""The mark, in the values of Planes of 8 bit: a red that no object has beside it in such a sharp line."""


def sharp(luma: NDArray[np.uint8 | np.uint16]) -> NDArray[np.bool_]:
    """Where a picture (height, width), 8 bit, holds detail as fine as its pixels; the same shape."""
    grey = luma.astype(np.float32)
    detail = np.abs(cv2.GaussianBlur(grey, (0, 0), FINE) - cv2.GaussianBlur(grey, (0, 0), COARSE))
    return np.asarray(detail > max(LEAST, MARKED * float(np.median(detail))))


def peaked(pixels: Planes) -> Planes:
    """A copy of an 8 bit picture with what is sharp in red."""
    marks = sharp(pixels.y)
    rows, columns = pixels.cb.shape
    wide = cv2.resize(marks.astype(np.uint8) * 255, (columns, rows), interpolation=cv2.INTER_AREA) > 63
    y, cb, cr = pixels.y.copy(), pixels.cb.copy(), pixels.cr.copy()
    y[marks] = BRIGHT
    cb[wide], cr[wide] = RED_CB, RED_CR
    return Planes(y, cb, cr)
