"""A tiny scene with known truth: textured surfaces at three depths, seen through a thin lens, light mixed linearly."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.slices import Plane, Planes, Slice
from scanner.stacking.geometry import Matrix

Picture = NDArray[np.float32]


@dataclass(frozen=True)
class Scene:
    """`breathing`: scale over the whole sweep, less one. `spread`: diameter of blur, pixels a step of the sweep."""

    width: int = 480
    height: int = 360
    count: int = 5
    breathing: float = 0.02
    shake: float = 0.4
    flicker: float = 0.01
    noise: float = 1.0
    spread: float = 2.5
    seed: int = 1
    columns: int = 2
    rows: int = 2
    gamma_blur: bool = False
    """Blur and resample the gamma-coded values, as nature does not: to show what that would do."""

    @property
    def reference(self) -> int:
        return self.count // 2

    def transform(self, index: int) -> Matrix:
        """Reference pixel -> pixel of slice `index`: breathing about an off-centre principal point, and shake."""
        rng = np.random.default_rng([self.seed, index])
        away = index - self.reference
        scale = 1 + self.breathing * away / max(1, self.count - 1)
        turn = 0.0 if away == 0 else float(rng.normal(0, 1e-4))
        shift = np.zeros(2) if away == 0 else rng.normal(0, self.shake, 2)
        centre = np.array([self.width * 0.52, self.height * 0.47])
        rotation = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        return np.hstack([rotation, (centre - rotation @ centre + shift)[:, None]])

    def layers(self) -> list[tuple[Picture, Picture, float]]:
        """Back to front: colour (h, w, 3) in linear light, coverage (h, w), and the slice that is focused on it."""
        rng = np.random.default_rng(self.seed)
        y, x = np.mgrid[0 : self.height, 0 : self.width].astype(np.float32)
        u, v = x / self.width - 0.5, y / self.height - 0.5
        dark = np.full((self.height, self.width, 3), 0.012, np.float32)
        shapes = [
            (dark, np.ones_like(x), -2.0),
            (self._texture(rng, 0.30), self._inside(0.42 - np.hypot(u, v)), self.count - 1.0),
            (self._texture(rng, 0.22), self._inside(np.minimum(0.20 - np.abs(u + 0.1), 0.25 - np.abs(v - 0.02))), 1.4),
            (self._texture(rng, 0.40), self._inside(np.minimum(0.30 - np.abs(v), 0.06 - np.abs(u - 0.16))), 0.0),
        ]
        return [(colour, coverage.astype(np.float32), focus) for colour, coverage, focus in shapes]

    def truth(self) -> Planes:
        """All in focus, no noise, in the reference slice's geometry."""
        out = np.zeros((self.height, self.width, 3), np.float32)
        for colour, coverage, _ in self.layers():
            out += coverage[..., None] * (colour - out)
        return planes(encoded(np.asarray(cv2.GaussianBlur(out, (0, 0), 0.6), np.float32)), self.columns, self.rows)

    def object(self) -> NDArray[np.bool_]:
        """(height, width): where the object is."""
        return np.asarray(np.max([coverage for _, coverage, _ in self.layers()[1:]], axis=0) > 0.5)

    def slice(self, index: int) -> Slice:
        """What the camera makes of it, focused as slice `index`."""
        rng = np.random.default_rng([self.seed, 99, index])
        out = np.zeros((self.height, self.width, 3), np.float32)
        for colour, coverage, focus in self.layers():
            light = encoded(colour) / 255 if self.gamma_blur else colour
            sheet = np.dstack([light * coverage[..., None], coverage])
            sheet = _blurred(sheet, self.spread * abs(index - focus))
            out = out * (1 - sheet[..., 3:]) + sheet[..., :3]
        out = np.asarray(cv2.GaussianBlur(out, (0, 0), 0.6), np.float32)
        if index != self.reference:
            flags = cv2.INTER_LANCZOS4
            out = np.asarray(
                cv2.warpAffine(out, self.transform(index), (self.width, self.height), flags=flags,
                               borderMode=cv2.BORDER_REFLECT_101), np.float32)  # fmt: skip
            out *= 1 + float(rng.normal(0, self.flicker))
        values = 255 * out if self.gamma_blur else encoded(out)
        values = values + rng.normal(0, self.noise, values.shape).astype(np.float32)
        return Slice(index, planes(values, self.columns, self.rows))

    def slices(self) -> list[Slice]:
        """All slices in the order of capture: the reference slice first, then near to far."""
        order = [self.reference, *(k for k in range(self.count) if k != self.reference)]
        return [self.slice(k) for k in order]

    def _inside(self, distance: Picture) -> Picture:
        return np.asarray(np.clip(distance * self.width + 0.5, 0, 1), np.float32)

    def _texture(self, rng: np.random.Generator, albedo: float) -> Picture:
        pattern = np.zeros((self.height, self.width), np.float32)
        for cells in (6, 24, 80, 240):
            grid = rng.standard_normal((cells * 3 // 4, cells)).astype(np.float32)
            pattern += cv2.resize(grid, (self.width, self.height), interpolation=cv2.INTER_CUBIC)
        colour = albedo * rng.uniform(0.8, 1.2, 3).astype(np.float32)
        return np.asarray(np.clip(colour * np.exp(0.35 * pattern)[..., None], 0.01, 0.95), np.float32)


def _blurred(sheet: Picture, diameter: float) -> Picture:
    """An anti-aliased disc of `diameter` pixels."""
    if diameter < 1:
        return sheet
    reach = int(np.ceil(diameter / 2))
    fine = (np.arange((2 * reach + 1) * 5) - (2 * reach + 1) * 2.5 + 0.5) / 5
    disc = (np.hypot(fine[:, None], fine) <= diameter / 2).astype(np.float32)
    kernel = cv2.resize(disc, (2 * reach + 1, 2 * reach + 1), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.filter2D(sheet, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE), np.float32)


def encoded(light: Picture) -> Picture:
    """sRGB values 0..255 of linear light."""
    v = np.clip(light, 0, 1)
    coded = np.where(v <= 0.0031308, 12.92 * v, 1.055 * np.power(np.maximum(v, 1e-9), 1 / 2.4) - 0.055)
    return np.asarray(255 * coded, np.float32)


def planes(rgb: Picture, columns: int, rows: int) -> Planes:
    """(h, w, 3) sRGB values 0..255 as planes, BT.601 full range, centred chroma."""
    ycc = cv2.cvtColor(np.clip(rgb / 255, 0, 1).astype(np.float32), cv2.COLOR_RGB2YCrCb)
    values = np.clip(np.rint(ycc * 255), 0, 255).astype(np.uint8)
    cr, cb = (_subsampled(np.ascontiguousarray(values[..., c]), columns, rows) for c in (1, 2))
    return Planes(np.ascontiguousarray(values[..., 0]), cb, cr)


def _subsampled(plane: Plane, columns: int, rows: int) -> Plane:
    height, width = plane.shape
    whole = cv2.copyMakeBorder(plane, 0, -height % rows, 0, -width % columns, cv2.BORDER_REPLICATE)
    size = (whole.shape[1] // columns, whole.shape[0] // rows)
    return np.asarray(cv2.resize(whole, size, interpolation=cv2.INTER_AREA), np.uint8)


def psnr(mine: Plane, true: Plane, where: NDArray[np.bool_]) -> float:
    """Decibels over the pixels `where`."""
    error = (mine.astype(np.float64) - true)[where]
    return float(10 * np.log10(255**2 / np.mean(error**2)))
