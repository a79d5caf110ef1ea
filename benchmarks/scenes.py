"""Stacks with known truth: a bumpy ball with rods before it, on a dark ground, through a thin lens.

Each surface is blurred by its own circle of confusion, c = f²/N |D - F| / pitch (thin lens, distances much longer than
f), in linear light, whole also behind what hides it, and laid back to front.
"""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.slices import Planes, Slice

Picture = NDArray[np.float32]

SIZES = {"1": (1280, 720), "2": (1920, 1080), "12": (4608, 2592), "16": (4656, 3496)}
FOCAL_M, F_NUMBER, SENSOR_M = 4.74e-3, 1.8, 6.45e-3
NEAR, FAR = 12.5, 8.3
"""Dioptres."""


@dataclass(frozen=True)
class Surface:
    """`light`: (h, w, 3) linear. `cover`: (h, w) 0..1. `depth`: (h, w) dioptres."""

    light: Picture
    cover: Picture
    depth: Picture


@dataclass(frozen=True)
class Motion:
    """What happens to one slice. `matrix`: reference pixel -> slice pixel. `gain`: of its light."""

    matrix: NDArray[np.float64]
    gain: float


@dataclass(frozen=True)
class StackScene:
    """Slices of `size` (width, height) pixels with their truth; the same seed gives the same pixels.

    `breathing`: how much larger the nearest slice is than the farthest, as a share; between them as a lens does it.
    `shake`: standard deviation of shifts, pixels. `flicker`: of exposure, as a share.
    """

    size: tuple[int, int]
    seed: int
    count: int = 10
    breathing: float = 0.012
    shake: float = 0.35
    flicker: float = 0.004

    @property
    def reference(self) -> int:
        return self.count // 2

    @cached_property
    def surfaces(self) -> tuple[Surface, ...]:
        """Back to front."""
        rng = np.random.default_rng(self.seed)
        width, height = self.size
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        u, v = (x - width / 2) / height, (y - height / 2) / height
        ground = Surface(_constant(self.size, 0.012), np.ones_like(x), np.full_like(x, FAR * 0.6))
        ball = self._ball(rng, u, v)
        rods = [self._rod(rng, u, v, thickness) for thickness in (0.03, 0.02, 0.008, 0.006, 0.005)]
        return (ground, ball, *rods)

    def _ball(self, rng: np.random.Generator, u: Picture, v: Picture) -> Surface:
        radius = np.hypot(u, v) / (0.40 + 0.03 * _noise(rng, self.size, 6, 2))
        dome = np.sqrt(np.clip(1 - radius**2, 0, 1))
        depth = FAR + (NEAR - FAR) * (0.05 + 0.6 * dome + 0.06 * _noise(rng, self.size, 10, 4))
        cover = np.clip((1 - radius) * 0.4 * self.size[1] + 0.5, 0, 1)
        return Surface(_texture(rng, self.size), cover.astype(np.float32), depth.astype(np.float32))

    def _rod(self, rng: np.random.Generator, u: Picture, v: Picture, thickness: float) -> Surface:
        turn, along = rng.uniform(0, np.pi), rng.uniform(-0.25, 0.25, 2)
        across = (u - along[0]) * np.sin(turn) - (v - along[1]) * np.cos(turn)
        length = (u - along[0]) * np.cos(turn) + (v - along[1]) * np.sin(turn)
        inside = np.minimum(thickness - np.abs(across), 0.45 - np.abs(length))
        depth = FAR + (NEAR - FAR) * np.clip(rng.uniform(0.7, 0.95) + 0.2 * length, 0, 1)
        cover = np.clip(inside * self.size[1] + 0.5, 0, 1)
        return Surface(_texture(rng, self.size), cover.astype(np.float32), depth.astype(np.float32))

    def truth(self) -> Picture:
        """(h, w, 3) linear light, all in focus, in the reference slice's geometry."""
        out = np.zeros((self.size[1], self.size[0], 3), np.float32)
        for surface in self.surfaces:
            out += surface.cover[..., None] * (surface.light - out)
        return np.asarray(cv2.GaussianBlur(out, (0, 0), 0.65), np.float32)

    @property
    def lenses(self) -> tuple[float, ...]:
        """Dioptres of each slice."""
        return tuple(np.linspace(NEAR, FAR, self.count).tolist())

    def place(self, depth: Picture) -> Picture:
        """The fractional index of the slice that is focused at `depth` dioptres."""
        return np.asarray((NEAR - depth) * ((self.count - 1) / (NEAR - FAR)), np.float32)

    def maps(self) -> tuple[Picture, NDArray[np.bool_]]:
        """(h, w) each: depth in dioptres, and where the object is."""
        depth, object_ = self.surfaces[0].depth.copy(), np.zeros(self.size[::-1], bool)
        for surface in self.surfaces[1:]:
            top = surface.cover > 0.5
            depth[top] = surface.depth[top]
            object_ |= top
        return depth, object_

    def motion(self, index: int) -> Motion:
        """Breathing by the law of a lens, s = (P - reference) / (P - lens); shake; flicker."""
        if index == self.reference:
            return Motion(np.eye(2, 3), 1.0)
        rng = np.random.default_rng([self.seed, index, 1])
        scale = 1.0
        if self.breathing:
            power = NEAR + (NEAR - FAR) / self.breathing
            scale = (power - self.lenses[self.reference]) / (power - self.lenses[index])
        turn, shift = rng.normal(0, 7e-5), rng.normal(0, 1, 2) * self.shake
        centre = np.array([self.size[0] * 0.507, self.size[1] * 0.49])
        linear = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        return Motion(np.column_stack([linear, centre - linear @ centre + shift]), 1 + rng.normal() * self.flicker)

    def slice(self, index: int) -> Slice:
        """Slice `index` as 4:2:0 planes."""
        rng = np.random.default_rng([self.seed, index])
        focus = self.lenses[index]
        per_dioptre = FOCAL_M**2 / F_NUMBER / (SENSOR_M / self.size[0])
        out = np.zeros((self.size[1], self.size[0], 3), np.float32)
        for surface in self.surfaces:
            sheet = _defocused(surface, per_dioptre * np.abs(surface.depth - focus))
            out *= np.maximum(1 - sheet[..., 3:], 0)
            out += sheet[..., :3] / np.maximum(sheet[..., 3:], 1)
        out = np.asarray(cv2.GaussianBlur(out, (0, 0), 0.65), np.float32)
        if index != self.reference:
            out = self._moved(self.motion(index), out)
        return Slice(index, to_planes(coded(_exposed(rng, out))), focus=focus)

    def _moved(self, motion: Motion, picture: Picture) -> Picture:
        flags = cv2.INTER_LANCZOS4
        moved = cv2.warpAffine(picture, motion.matrix, self.size, flags=flags, borderMode=cv2.BORDER_REFLECT_101)
        return np.asarray(moved * motion.gain, np.float32)


def _exposed(rng: np.random.Generator, light: Picture) -> Picture:
    """With shot noise of a well of 4500 electrons, and 3 electrons of read noise."""
    electrons = np.clip(light, 0, 1) * 4500
    electrons += rng.standard_normal(light.shape, np.float32) * np.sqrt(electrons + 9)
    return np.asarray(electrons / 4500, np.float32)


def _constant(size: tuple[int, int], value: float) -> Picture:
    return np.full((size[1], size[0], 3), value, np.float32)


def _noise(rng: np.random.Generator, size: tuple[int, int], cells: int, octaves: int) -> Picture:
    """About -1..1, each octave twice as fine and 0.7 times as strong."""
    total = np.zeros((size[1], size[0]), np.float32)
    for octave in range(octaves):
        across = min(size[0], cells * 2**octave)
        grid = rng.standard_normal((max(2, across * size[1] // size[0]), across), np.float32)
        total += 0.7**octave * cv2.resize(grid, size, interpolation=cv2.INTER_CUBIC)
    return np.asarray(total / 2, np.float32)


def _texture(rng: np.random.Generator, size: tuple[int, int]) -> Picture:
    """Colour with fine detail in most places, and plain patches."""
    fine = _noise(rng, size, 48, int(np.log2(size[0] / 48))) + 0.6 * _noise(rng, size, 6, 4)
    plain = np.clip(_noise(rng, size, 6, 3) * 6 + 3, 0.03, 1)
    colour = rng.uniform(0.12, 0.5, 3).astype(np.float32)
    return np.asarray(np.clip(colour * np.exp(0.8 * plain * fine)[..., None], 0.004, 0.95), np.float32)


LEVELS = (0.0, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 11.0, 15.0, 20.0, 28.0, 40.0, 60.0, 90.0)


def _defocused(surface: Surface, diameter: Picture) -> Picture:
    """(h, w, 4): light times cover, and cover, each pixel shared between the two nearest levels of blur."""
    sheet = np.dstack([surface.light * surface.cover[..., None], surface.cover])
    total = np.zeros_like(sheet)
    place = np.interp(diameter, LEVELS, np.arange(len(LEVELS))).astype(np.float32)
    for level, width in enumerate(LEVELS):
        share = np.clip(1 - np.abs(place - level), 0, 1) * (surface.cover > 0)
        rows, columns = (np.flatnonzero(share.any(axis)) for axis in (1, 0))
        if len(rows):
            pad = int(width) // 2 + 2
            y = slice(max(0, rows[0] - pad), rows[-1] + pad + 1)
            x = slice(max(0, columns[0] - pad), columns[-1] + pad + 1)
            total[y, x] += _disc_blur(sheet[y, x] * share[y, x, None], width)
    return total


def _disc_blur(picture: Picture, diameter: float) -> Picture:
    """An anti-aliased disc; wide ones on a smaller picture, which their blur allows."""
    if diameter < 0.75:
        return picture
    if diameter > 12:
        size = (picture.shape[1], picture.shape[0])
        small = cv2.resize(picture, (-(-size[0] // 3), -(-size[1] // 3)), interpolation=cv2.INTER_AREA)
        blurred = _disc_blur(np.asarray(small, np.float32), diameter / 3)
        return np.asarray(cv2.resize(blurred, size, interpolation=cv2.INTER_CUBIC), np.float32)
    reach = int(np.ceil(diameter / 2))
    fine = (np.arange((2 * reach + 1) * 8) + 0.5) / 8 - reach - 0.5
    disc = (np.hypot(fine[:, None], fine) <= diameter / 2).astype(np.float32)
    kernel = cv2.resize(disc, (2 * reach + 1, 2 * reach + 1), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.filter2D(picture, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE), np.float32)


def coded(light: Picture) -> Picture:
    """sRGB 0..1 of linear light (IEC 61966-2-1)."""
    v = np.clip(light, 0, 1)
    return np.asarray(np.where(v <= 0.0031308, 12.92 * v, 1.055 * np.maximum(v, 1e-9) ** (1 / 2.4) - 0.055), np.float32)


def to_planes(rgb: Picture) -> Planes:
    """(h, w, 3) sRGB 0..1 as 4:2:0 planes."""
    values = np.rint(np.clip(cv2.cvtColor(rgb, cv2.COLOR_RGB2YCrCb), 0, 1) * 255).astype(np.uint8)
    half = (rgb.shape[1] // 2, rgb.shape[0] // 2)
    cr, cb = (np.asarray(cv2.resize(values[..., c], half, interpolation=cv2.INTER_AREA), np.uint8) for c in (1, 2))
    return Planes(np.ascontiguousarray(values[..., 0]), cb, cr)
