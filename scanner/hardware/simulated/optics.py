"""The thin lens of the simulated camera: focus, breathing, circles of confusion, and light as planes.

Lengths in metres, lens positions and depths in dioptres (1/m), blur in pixels of the delivered picture.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.hardware.simulated.settings import SceneSettings

Image: TypeAlias = NDArray[np.float32]
Matrix: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Lens:
    """A unit-focusing thin lens. `reference` is the lens position where its magnification counts as 1."""

    focal_length: float
    f_number: float
    pitch: float
    far: float
    near: float
    reference: float
    breathing: float

    def image_distance(self, lens: float) -> float:
        """Lens to sensor when focused at `lens` dioptres: 1/v = 1/f - F, the thin lens equation."""
        return 1.0 / (1.0 / self.focal_length - lens)

    def scale(self, lens: float) -> float:
        """Magnification against the reference position: s = 1 + g (v / v_ref - 1).

        The gain g is such that s(near) / s(far) - 1 is `breathing`: the law is the lens's own, its size is set.
        """
        return 1.0 + self._gain() * self._extension(lens)

    def _extension(self, lens: float) -> float:
        return self.image_distance(lens) / self.image_distance(self.reference) - 1.0

    def _gain(self) -> float:
        return self.breathing / (self._extension(self.near) - (1.0 + self.breathing) * self._extension(self.far))

    def circle(self, lens: float, depth: NDArray[Any]) -> NDArray[np.float64]:
        """Signed diameter of the circle of confusion in pixels, positive for what is nearer than the focus.

        c = A v (D - F) / pitch with A = f / N, by similar triangles behind the lens.
        """
        aperture = self.focal_length / self.f_number
        return np.asarray(aperture * self.image_distance(lens) / self.pitch * (np.asarray(depth, np.float64) - lens))


def lens_of(settings: SceneSettings) -> Lens:
    """The lens of a scene; its reference is the middle of the object."""
    return Lens(
        focal_length=settings.focal_length_mm * 1e-3,
        f_number=settings.f_number,
        pitch=settings.pixel_pitch,
        far=settings.lens_far,
        near=settings.lens_near,
        reference=1.0 / settings.distance,
        breathing=settings.breathing,
    )


@lru_cache(maxsize=128)
def disc(diameter: float, oversampling: int = 8) -> Image:
    """Anti-aliased disc of `diameter` pixels as a square kernel of odd size, float32, sum 1."""
    size = max(3, math.ceil(diameter) | 1)
    axis = (np.arange(size * oversampling) + 0.5) / oversampling - size / 2
    inside = axis[None, :] ** 2 + axis[:, None] ** 2 <= (diameter / 2) ** 2
    kernel = inside.reshape(size, oversampling, size, oversampling).mean((1, 3), dtype=np.float32)
    return np.asarray(kernel / kernel.sum(), np.float32)


def blur(planes: Image, diameter: float) -> Image:
    """Blur planes (n, h, w) with a disc; beyond the border is nothing, 0.

    A large disc works on a reduced picture: what the reduction loses is blurred away anyway.
    """
    if diameter <= 1.0:
        return planes
    factor = 1 if diameter <= 9 else 2 if diameter <= 24 else 4
    height, width = planes.shape[1:]
    result = np.empty_like(planes)
    for plane, out in zip(planes, result, strict=True):
        if factor == 1:
            cv2.filter2D(plane, -1, disc(diameter), dst=out, borderType=cv2.BORDER_CONSTANT)
            continue
        padded = cv2.copyMakeBorder(plane, 0, -height % factor, 0, -width % factor, cv2.BORDER_CONSTANT)
        small = cv2.resize(padded, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
        small = cv2.filter2D(small, -1, disc(diameter / factor), borderType=cv2.BORDER_CONSTANT)
        large = cv2.resize(small, padded.shape[::-1], interpolation=cv2.INTER_LINEAR)
        out[:] = large[:height, :width]
    return result


def srgb_from_linear(light: NDArray[Any]) -> Image:
    """Encode linear light 0..1 as IEC 61966-2-1 (sRGB) values 0..1; clips."""
    light = np.clip(light, 0.0, 1.0)
    high = 1.055 * np.power(np.maximum(light, 0.0031308), 1 / 2.4) - 0.055
    return np.where(light <= 0.0031308, 12.92 * light, high).astype(np.float32)


def linear_from_srgb(value: NDArray[Any]) -> Image:
    """Decode sRGB values 0..1 to linear light 0..1."""
    value = np.clip(value, 0.0, 1.0)
    high = np.power((np.maximum(value, 0.04045) + 0.055) / 1.055, 2.4)
    return np.where(value <= 0.04045, value / 12.92, high).astype(np.float32)


LINEAR_OF_CODE: Image = linear_from_srgb(np.arange(256) / 255.0)
"""Linear light of each 8-bit sRGB code."""

_ENCODED: Image = 255.0 * srgb_from_linear(np.arange(65536) / 65535.0)


def encode(light: Image) -> Image:
    """Linear light to sRGB values 0..255, float32, through a table of 65536 steps; clips at 1 as a sensor does."""
    index = np.clip(light, 0.0, 1.0)
    index *= 65535.0
    index += 0.5
    return _ENCODED[index.astype(np.uint16)]


def ycbcr(values: Image) -> tuple[Image, Image, Image]:
    """R'G'B' (h, w, 3) 0..255 to full-range Y', Cb, Cr (ITU-R BT.601, as JFIF), chroma halved in both directions."""
    luma = cv2.transform(values, np.array([[0.299, 0.587, 0.114]], np.float32))
    height, width = luma.shape[:2]
    half = cv2.resize(values, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    mixing = np.array([[-0.168736, -0.331264, 0.5, 128.0], [0.5, -0.418688, -0.081312, 128.0]], np.float32)
    chroma = cv2.transform(half, mixing)
    cb, cr = (np.asarray(chroma[..., i], np.float32) for i in range(2))
    return np.asarray(luma, np.float32).reshape(height, width), cb, cr
