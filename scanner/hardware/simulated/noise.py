"""Noise of the simulated sensor: cheap, repeatable, and independent enough from frame to frame that averaging helps."""

import numpy as np
from numpy.typing import NDArray

from scanner.hardware.simulated.optics import Image, linear_from_srgb

HEIGHT, WIDTH = 700, 2600
UNIT = 32.0
"""Steps of the stored field in one standard deviation."""


class NoiseField:
    """One field of Gaussian noise, drawn once; a frame reads pieces of it at random places, mirrored at random."""

    def __init__(self, seed: int) -> None:
        drawn = np.random.default_rng([seed, 11]).standard_normal((HEIGHT, WIDTH), np.float32)
        self._field = np.clip(np.rint(drawn * UNIT), -127, 127).astype(np.int8)

    def piece(self, rng: np.random.Generator, height: int, width: int) -> Image:
        """Noise (height, width) float32 of mean 0 and standard deviation 1; height at most half of `HEIGHT`."""
        result = np.empty((height, width), np.float32)
        for left in range(0, width, WIDTH // 2):
            right = min(left + WIDTH // 2, width)
            y, x = int(rng.integers(0, HEIGHT - height)), int(rng.integers(0, WIDTH - (right - left)))
            flip, sign = int(rng.integers(0, 4)), float(rng.choice((-1.0, 1.0)))
            part = self._field[y : y + height, x : x + right - left]
            part = part[:: 1 if flip & 1 else -1, :: 1 if flip & 2 else -1]
            np.multiply(part, np.float32(sign / UNIT), out=result[:, left:right])
        return result


def noise_of_code(full_well: float, read_noise: float) -> NDArray[np.float32]:
    """Standard deviation of an sRGB-encoded value, in codes 0..255, for each code: (256,) float32.

    Shot noise is the root of the electrons, read noise adds in squares, both are carried through the slope of the
    encoding. A clipped pixel (255) has none.
    """
    code = np.arange(256) / 255.0
    light = linear_from_srgb(code).astype(np.float64)
    deviation = np.sqrt(light * full_well + read_noise**2) / full_well
    slope = np.where(light <= 0.0031308, 12.92, 1.055 / 2.4 * np.maximum(light, 0.0031308) ** (1 / 2.4 - 1))
    result = 255.0 * slope * deviation
    result[255] = 0.0
    return np.asarray(result, np.float32)
