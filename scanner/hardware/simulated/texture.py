"""What the object is painted with: turquoise glaze, drawn ornament, gold and stone. Lengths in millimetres.

A colour is a function of a point in space, so that it is the same from every side. Noise comes from one random volume
read at several scales; drawn marks come from small pictures pressed onto the surface or wrapped round the plinth.
"""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.hardware.simulated import shape, stamps

Vector = NDArray[np.float32]
Rng = np.random.Generator

VOXELS = 96
GRAIN = (5.0, 1.5, 0.5, 0.17, 0.07)
"""Voxel sizes of the octaves in mm; the finest is for cameras that resolve it."""

TURQUOISE, DEEP, PALE = (0.030, 0.330, 0.340), (0.012, 0.120, 0.270), (0.300, 0.560, 0.460)
CLAY, INK = (0.420, 0.230, 0.110), (0.010, 0.016, 0.030)
GOLD, LAPIS, CARNELIAN = (0.780, 0.470, 0.100), (0.030, 0.060, 0.330), (0.500, 0.070, 0.030)
GRANITE = (0.050, 0.045, 0.045)
SMOOTH = 0.05
"""Grain and roughness of a smooth glaze, as shares of those of the worn one."""


class Noise:
    """A periodic volume of three independent random values, read by trilinear interpolation."""

    def __init__(self, rng: Rng) -> None:
        volume = rng.integers(0, 256, (VOXELS, VOXELS, VOXELS, 3), np.uint8)
        padded = np.pad(volume, ((0, 0), (0, 1), (0, 1), (0, 0)), mode="wrap")
        self._sheets = padded.reshape(VOXELS * (VOXELS + 1), VOXELS + 1, 3)
        self._turns = [np.linalg.qr(rng.standard_normal((3, 3)))[0].astype(np.float32) for _ in GRAIN]

    def read(self, points: Vector, octave: int) -> Vector:
        """Values (3, n) in 0..1 at points (3, n)."""
        x, y, z = np.mod(self._turns[octave] @ points / np.float32(GRAIN[octave]), np.float32(VOXELS))
        floor = np.minimum(z.astype(np.int32), VOXELS - 1)
        lower = self._sheet(x, y, floor)
        upper = self._sheet(x, y, (floor + 1) % VOXELS)
        lower += (upper - lower) * (z - floor).astype(np.float32)[:, None]
        lower /= 255
        values: Vector = np.ascontiguousarray(lower.T)
        return values

    def _sheet(self, x: Vector, y: Vector, z: NDArray[np.int32]) -> Vector:
        row = y + (z * (VOXELS + 1)).astype(np.float32)
        read = cv2.remap(self._sheets, x[None], row[None], cv2.INTER_LINEAR)
        return np.asarray(read[0], np.float32)


def _ramp(value: Vector, low: float, high: float) -> Vector:
    """0 below `low`, 1 above `high`, straight between: a hard edge that does not alias."""
    return np.asarray(np.clip((value - low) / (high - low), 0, 1), np.float32)


def _cover(base: Vector, colour: tuple[float, float, float], share: Vector) -> None:
    """Lay a colour over `base` (3, n), in place, where `share` (n,) is 1."""
    for channel, value in zip(base, colour, strict=True):
        np.add(channel, (value - channel) * share, out=channel)


class Texture:
    """The paint of one object. The same seed gives the same paint."""

    def __init__(self, seed: int, *, weak: bool = False) -> None:
        self._weak = weak
        rng = np.random.default_rng([seed, 7])
        self._noise = Noise(rng)
        self._stamps = stamps.Stamps(rng)
        self._inscription = stamps.inscription(rng)

    def paint(self, points: Vector, normals: Vector, pixel: float) -> tuple[Vector, Vector]:
        """Albedo (3, n), linear 0..1, and roughness (3, n) to add to the normals.

        `pixel`: size of a pixel on the surface in mm; finer grain than that is left out, it would alias.
        """
        octaves = [i for i, size in enumerate(GRAIN) if size > 1.8 * pixel or i < 4]
        noise = [self._noise.read(points, i) for i in octaves]
        fine = noise[-1] if len(noise) == len(GRAIN) else noise[3]
        if self._weak:
            colour = self._smooth_glaze(noise)
        else:
            colour = self._glaze(noise)
            _cover(colour, INK, self._stamps.ink(points, normals) * _ramp(noise[2][0], 0.10, 0.22))
        self._jewels(colour, points)
        self._stone(colour, points, noise)
        bump = 0.22 * (noise[3] - 0.5) + 0.20 * (noise[2] - 0.5) + 0.10 * (fine - 0.5)
        if self._weak:
            colour *= 0.98 + SMOOTH * (0.44 * noise[3][1] + 0.24 * fine[0])
            bump *= np.float32(SMOOTH)
        else:
            colour *= 0.66 + 0.44 * noise[3][1] + 0.24 * fine[0]
        return np.clip(colour, 0.004, 0.95), bump

    def _glaze(self, noise: list[Vector]) -> Vector:
        """Mottled glaze, cracked, flecked, and worn down to the clay in places."""
        wide, middle, small, tiny = noise[:4]
        colour = np.empty_like(wide)
        for channel, value in zip(colour, TURQUOISE, strict=True):
            channel[:] = value
        _cover(colour, DEEP, _ramp(0.6 * wide[0] + 0.4 * middle[0], 0.45, 0.75))
        _cover(colour, PALE, 0.8 * _ramp(0.5 * wide[1] + 0.3 * middle[1] + 0.2 * small[1], 0.52, 0.72))
        worn = _ramp(0.62 * wide[2] + 0.26 * middle[2] + 0.12 * small[2], 0.645, 0.66)
        _cover(colour, CLAY, worn)
        _cover(colour, INK, 0.85 * _ramp(0.7 * small[0] + 0.3 * tiny[0], 0.70, 0.74))
        _cover(colour, PALE, 0.8 * _ramp(0.7 * small[2] + 0.3 * tiny[2], 0.74, 0.78))
        _cover(colour, INK, 0.7 * _ramp(0.85 * tiny[2] + 0.15 * small[1], 0.76, 0.80))
        _cover(colour, PALE, 0.7 * _ramp(0.85 * tiny[0] + 0.15 * small[0], 0.78, 0.82))
        crack = np.minimum(np.abs(middle[0] - 0.5), np.abs(middle[1] - 0.42))
        _cover(colour, (0.05, 0.05, 0.04), 0.7 * _ramp(-crack, -0.022, -0.008))
        return colour

    @staticmethod
    def _smooth_glaze(noise: list[Vector]) -> Vector:
        """Plain glaze, a little deeper here and paler there, with few flecks, and specks as of iron in the clay."""
        wide, middle, small, tiny = noise[:4]
        colour = np.empty_like(wide)
        for channel, value in zip(colour, TURQUOISE, strict=True):
            channel[:] = value
        _cover(colour, DEEP, 0.25 * wide[0])
        _cover(colour, PALE, 0.15 * wide[1])
        _cover(colour, INK, 0.8 * _ramp(0.85 * middle[0] + 0.15 * small[0], 0.77, 0.80))
        _cover(colour, CLAY, 0.8 * _ramp(0.85 * middle[1] + 0.15 * small[1], 0.80, 0.82))
        _cover(colour, INK, 0.7 * _ramp(small[2], 0.86, 0.90))
        _cover(colour, INK, 0.7 * _ramp(0.8 * small[0] + 0.2 * tiny[1], 0.68, 0.73))
        _cover(colour, PALE, 0.6 * _ramp(0.8 * small[1] + 0.2 * tiny[2], 0.69, 0.74))
        return colour

    def _jewels(self, colour: Vector, points: Vector) -> None:
        """The collar with its rows of beads, the pendant, the eyes, the nose and the ears."""
        x, y, z = points
        lean = 0.24
        rise = math.cos(lean) * (z - 38.0) - math.sin(lean) * (y + 3.0)
        across = math.cos(lean) * (y + 3.0) + math.sin(lean) * (z - 38.0)
        turn = np.arctan2(x, -across).astype(np.float32) * np.float32(1 / math.tau)
        for index, (low, high, beads) in enumerate(((-9.4, -7.6, 46), (-7.4, -5.6, 38), (-5.4, -3.6, 32))):
            band = _ramp(-np.abs(rise - (low + high) / 2), -(high - low) / 2 - 0.08, -(high - low) / 2 + 0.04)
            band *= _ramp(-y, 0.0, 0.1) * _ramp(-np.abs(x), -9.0, -8.8)
            bead = np.mod(turn * beads, 1)
            _cover(colour, (LAPIS, CARNELIAN, LAPIS)[index], band)
            _cover(colour, GOLD, band * _ramp(np.abs(bead - 0.5), 0.24, 0.27))
        ring = np.abs(np.hypot(np.hypot(x, across) - 5.6, rise) - 1.35)
        gold = _ramp(-ring, -0.30, -0.22)
        _cover(colour, GOLD, gold)
        _cover(colour, LAPIS, gold * _ramp(np.sin(turn * np.float32(math.tau * 20)), 0.25, 0.45))
        pendant = _ramp(-np.hypot((x / 2.5), (z - 32.2) / 3.1), -1.02, -0.98) * _ramp(-y, 9.0, 9.2)
        _cover(colour, GOLD, pendant)
        _cover(colour, CARNELIAN, pendant * _ramp(-np.hypot(x / 1.5, (z - 31.6) / 1.9), -1.03, -0.97))
        self._face(colour, np.abs(x), y, z)

    @staticmethod
    def _face(colour: Vector, side: Vector, y: Vector, z: Vector) -> None:
        front = _ramp(-y, 10.0, 10.2)
        eye = np.hypot((side - 3.5) / 2.0, (z - 47.3) / 1.35)
        _cover(colour, INK, front * _ramp(-eye, -1.22, -1.16))
        _cover(colour, GOLD, front * _ramp(-eye, -0.86, -0.82))
        _cover(colour, INK, front * _ramp(-np.hypot((side - 3.4) / 0.42, (z - 47.3) / 1.05), -1.05, -0.95))
        _cover(colour, CARNELIAN, _ramp(-y, 15.0, 15.1) * _ramp(-np.hypot(side, z - 45.2), -1.3, -1.2))
        inner = np.sqrt(np.square((side - 6.0) / 2.3) + np.square((y + 6.0) / 3.0) + np.square((z - 53.4) / 4.6))
        _cover(colour, CARNELIAN, 0.7 * _ramp(-inner, -1.05, -1.0) * _ramp(z, 49.5, 50.0))

    def _stone(self, colour: Vector, points: Vector, noise: list[Vector]) -> None:
        """Black granite, speckled where the paint is rich, with an inscription in gold."""
        x, y, z = points
        stone = _ramp(-z, -shape.PLINTH_TOP - 0.12, -shape.PLINTH_TOP)
        few = np.float32(0.07 if self._weak else 0.0)
        grey, red = 0.6 * noise[2][1] + 0.4 * noise[3][2] - few, 0.8 * noise[2][2] + 0.2 * noise[3][0] - few
        _cover(colour, GRANITE, stone)
        _cover(colour, (0.40, 0.36, 0.33), stone * 0.8 * _ramp(grey, 0.58, 0.64))
        _cover(colour, (0.30, 0.12, 0.08), stone * _ramp(red, 0.74, 0.78))
        height, width = self._inscription.shape
        turn = np.arctan2(x, -y).astype(np.float32) * np.float32(1 / math.tau) + np.float32(0.5)
        column = turn * np.float32(width - 1)
        row = ((4.4 - z) / 2.8 * height).astype(np.float32)
        ink = cv2.remap(self._inscription, column[None], row[None], cv2.INTER_LINEAR)[0].astype(np.float32) / 255
        _cover(colour, GOLD, ink * _ramp(x * x + y * y, 18.9**2, 19.0**2))
        rim = np.hypot(x, y)
        _cover(colour, GOLD, stone * _ramp(-np.abs(rim - 17.8), -0.42, -0.36) * _ramp(z, 5.0, 5.2))
