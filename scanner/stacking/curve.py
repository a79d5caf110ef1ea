"""The focus curve of every place: which slice is the sharpest, and what its neighbours in the sweep say."""

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.stacking.strips import Map


class FocusCurve:
    """Peaks of the focus curves so far. `peak`, `best`: greatest sharpness and the index of its slice, half size."""

    def __init__(self, index: int, sharpness: Map) -> None:
        """Begin with the reference slice."""
        self.peak = sharpness.copy()
        self.best: NDArray[np.int16] = np.full(sharpness.shape, index, np.int16)

    def note(self, index: int, sharpness: Map) -> None:
        """Look at one more slice."""
        self.best[sharpness > self.peak] = index
        cv2.max(sharpness, self.peak, dst=self.peak)

    def depth(self, in_focus: NDArray[np.bool_]) -> Map:
        """Fractional index of the sharpest slice, NaN where not `in_focus`."""
        return np.where(in_focus, self.best, np.nan).astype(np.float32)
