"""A flat target before the rig that answers at once."""

from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.capture.fakes import HEIGHT, WIDTH, FakeCamera, FakeRig

ALL = (slice(None), slice(None))
BLUNTEST = 4.0
"""Pixels. More would look no different."""


class FlatCamera(FakeCamera):
    """Sees a flat texture, sharpest at `sharp_at` dioptres; `part`: the only pixels (rows, columns) that have any.

    `blur`: sigma in pixels a dioptre. `blunt`: dioptres around `sharp_at` within which it is equally sharp.
    """

    sharp_at = 10.0
    blunt = 0.0
    part = ALL

    @cached_property
    def _print(self) -> NDArray[np.float32]:
        return np.random.default_rng(5).normal(120, 60, (HEIGHT, WIDTH)).astype(np.float32)

    @cached_property
    def _noise(self) -> NDArray[np.float32]:
        return np.random.default_rng(6).normal(0, 1, (HEIGHT, WIDTH)).astype(np.float32)

    def _luma(self) -> NDArray[np.uint8]:
        off = max(0.0, abs(self._lens - self.sharp_at) - self.blunt)
        grey = np.full((HEIGHT, WIDTH), 120, np.float32)
        sigma = min(0.8 + self.blur * off, BLUNTEST)
        grey[self.part] = cv2.GaussianBlur(self._print, (0, 0), sigma)[self.part]
        noise = np.roll(self._noise, round(self._lens * 1000), axis=1)
        return np.asarray(np.clip(grey + noise, 0, 255), np.uint8)


class FlatRig(FakeRig):
    """The rig that answers at once, before a flat target."""

    camera: FlatCamera

    def __post_init__(self) -> None:
        super().__post_init__()
        self.camera = FlatCamera(self.log)
        self.camera.before_capture = self._pass

    def target(self, distance_mm: float, offset: float = 0.4, slope: float = 1.3) -> float:
        """Put the target at a distance, before a lens with that law; returns where the lens is sharpest."""
        self.camera.sharp_at = offset + slope * 1000 / distance_mm
        return self.camera.sharp_at
