"""The printed wall behind the object: flat, square to the camera, and still while the turntable turns.

It stands in the turntable's own place, so that a rail that carries the camera away carries it away from the wall too.
The lens blurs it by the circle of confusion of its own depth, and it breathes with everything else. It is never in
focus where the object is: its print is coarse, and work on it is done on the dots of the print, not on pixels.
"""

import math
from functools import lru_cache

import cv2
import numpy as np

from scanner.hardware.simulated.layers import SOFTNESS, Backdrop, Light
from scanner.hardware.simulated.optics import Image, Lens, blur, linear_from_srgb
from scanner.hardware.simulated.posters import DOT, posters

BEHIND = 0.06
"""From the axis of the turntable to the wall, metres: 7 pixels out of focus where the object ends, at 1280 across."""
LIT = 0.6
"""Light on the wall: what white paper gives back."""
KEPT = 16
"""Lens positions for which the blurred print is kept: a sweep comes back to its own at every position."""


class Wall:
    """The wall of one seed. `focal_px`, `centre`: the camera at the lens's reference position, in pixels."""

    def __init__(self, seed: int, lens: Lens, focal_px: float, centre: tuple[float, float]) -> None:
        self._lens, self._focal_px, self._centre = lens, focal_px, centre
        self._print: Image = np.float32(LIT) * linear_from_srgb(posters(seed) / 255.0)
        self._kept = lru_cache(maxsize=KEPT)(self._blurred)

    def seen(self, lens: float, distance: float) -> Backdrop:
        """The wall in the reference geometry, focused at `lens` dioptres; `distance`: metres from lens to wall."""
        pixels = self._focal_px * DOT * 1e-3 / distance
        circle = abs(float(self._lens.circle(lens, np.array(1.0 / distance))))
        height, width = self._print.shape[:2]
        scale = pixels * np.eye(2)
        return Backdrop(
            self._kept(round(circle / pixels, 2), round(SOFTNESS / pixels, 3)),
            np.column_stack([scale, self._centre - scale @ ((width - 1) / 2, (height - 1) / 2)]),
        )

    def _blurred(self, diameter: float, softness: float) -> Light:
        """The print under a disc of `diameter` dots, and softened by a standard deviation of so many."""
        margin = math.ceil(diameter / 2 + 4 * softness) + 4
        around = cv2.copyMakeBorder(self._print, margin, margin, margin, margin, cv2.BORDER_WRAP)
        planes = blur(np.ascontiguousarray(around.transpose(2, 0, 1)), diameter)
        soft = cv2.GaussianBlur(planes.transpose(1, 2, 0), (0, 0), softness)[margin:-margin, margin:-margin]
        light = soft * np.float32(65535) + np.float32(0.5)
        return np.ascontiguousarray(light, np.uint16)
