"""Where an object begins and ends in depth, from a quick sharpness sweep at a few positions."""

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.slices import Plane
from scanner.units import FocusPosition

WIDTH = 960
"""Pictures are measured at this width: it makes depth of field large against the coarse steps of the search."""

TILE = 12
CONTRAST = 6.0
"""How far the sharpest picture of a tile must stand above its median one to count as having come into focus."""


def sharpness(luma: Plane) -> NDArray[np.float32]:
    """Energy of the Laplacian over tiles, of a (height, width) uint8 luma plane: (rows, columns) float32."""
    height = max(TILE, round(luma.shape[0] * WIDTH / luma.shape[1]))
    small = cv2.resize(luma, (WIDTH, height), interpolation=cv2.INTER_AREA)
    detail = cv2.Laplacian(small, cv2.CV_32F)
    rows, columns = height // TILE, WIDTH // TILE
    return np.asarray(cv2.resize(detail * detail, (columns, rows), interpolation=cv2.INTER_AREA), np.float32)


@dataclass(slots=True)
class FocusRange:
    """Collects sharpness over a sweep, one object per position."""

    places: list[FocusPosition] = field(default_factory=list)
    maps: list[NDArray[np.float32]] = field(default_factory=list)

    def add(self, focus: FocusPosition, luma: Plane) -> None:
        """One picture taken with the focus drive at `focus`."""
        self.places.append(focus)
        self.maps.append(sharpness(luma))

    def found(self) -> NDArray[np.float32]:
        """Lens positions, dioptres, at which tiles of the object came into focus: one number a tile, maybe none."""
        order = np.argsort(self.places)
        places = np.asarray(self.places, np.float32)[order]
        curves = np.stack(self.maps)[order]
        best = curves.argmax(axis=0)
        peak = curves.max(axis=0)
        base = np.median(curves, axis=0) + np.float32(1e-3)
        strong = (peak > CONTRAST * base) & (peak > 0.02 * np.quantile(peak, 0.99))
        found: NDArray[np.float32] = _refined(places, curves, best)[strong]
        return found


def _refined(places: NDArray[np.float32], curves: NDArray[np.float32], best: NDArray[np.intp]) -> NDArray[np.float32]:
    """The peak between samples: a parabola through the logarithm of three, which is exact for a Gaussian curve."""
    inner = np.clip(best, 1, len(places) - 2)
    logs = np.log(curves + np.float32(1e-6))
    left, mid, right = (np.take_along_axis(logs, (inner + d)[None], axis=0)[0] for d in (-1, 0, 1))
    bend = left - 2 * mid + right
    shift = np.where(np.abs(bend) > 1e-6, 0.5 * (left - right) / np.where(bend == 0, 1, bend), 0)
    step = places[1] - places[0]
    return np.asarray(places[inner] + np.clip(shift, -1, 1) * step, np.float32)


def ends(found: NDArray[np.float32], margin: FocusPosition) -> tuple[FocusPosition, FocusPosition] | None:
    """(near, far) in dioptres around all but the outermost hundredth of `found`, plus `margin`; None: nothing found."""
    if found.size < 8:
        return None
    far, near = np.quantile(found, [0.01, 0.99])
    return float(near) + margin, float(far) - margin
