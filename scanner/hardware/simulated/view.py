"""One position of the simulated object, ready to be photographed at any lens position."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.hardware.simulated import layers
from scanner.hardware.simulated.noise import NoiseField, noise_of_code
from scanner.hardware.simulated.optics import Image, Lens, Matrix, encode, ycbcr
from scanner.hardware.simulated.render import Picture
from scanner.hardware.simulated.settings import SceneSettings
from scanner.slices import Planes

BACKGROUND = (0.0040, 0.0042, 0.0046)
"""Linear light of the plain dark wall behind the object, R, G, B."""
SOFTNESS = 0.55
"""Standard deviation in pixels of what lens and demosaicing blur even in focus."""
ROWS = 256
"""Rows of the frame worked on together."""
LUMA_NOISE, CHROMA_NOISE = 0.668, 0.32
"""Share of a colour channel's noise in Y' (root of the summed squares of its weights), and in halved Cb and Cr."""


@dataclass(frozen=True, slots=True, eq=False)
class Imaging:
    """What all views of a scene share; `centre`: the principal point in pixels."""

    settings: SceneSettings
    lens: Lens
    centre: tuple[float, float]
    noise: NoiseField


class View:
    """What the camera sees in one position. `near`, `far`: dioptres of the nearest and farthest visible point.

    All pictures of a view follow the pinhole camera of `Scene.intrinsics(lens)`; only `slice` adds shake.
    """

    def __init__(self, imaging: Imaging, picture: Picture, key: tuple[int, int, int]) -> None:
        settings = imaging.settings
        self._settings, self._lens, self._centre = settings, imaging.lens, np.array(imaging.centre)
        self._noise, self._picture, self._key = imaging.noise, picture, key
        self._deviation = noise_of_code(settings.full_well, settings.read_noise)
        self.near, self.far = picture.near, picture.far

    def slice(
        self, lens: float, *, frame: int, exposure: float = 1.0, red_gain: float = 1.0, blue_gain: float = 1.0
    ) -> Planes:
        """One frame focused at `lens` dioptres: defocused, shaken, noisy; the same bytes for the same arguments.

        `frame` numbers the exposure and seeds what is random in it. `exposure`, `red_gain` and `blue_gain` multiply
        the light; what exceeds 1 clips.
        """
        rng = np.random.default_rng([*self._key, frame])
        shift = rng.normal(0.0, self._settings.shake_px, 2)
        roll = float(rng.normal(0.0, self._settings.roll_deg))
        circles = self._lens.circle(lens, self._depth_of_bytes())
        light = layers.defocus([self._picture.front, self._picture.back], circles)
        gains = exposure * np.array([red_gain, 1.0, blue_gain])
        return self._develop(light, self._move(lens, shift, roll), gains, rng)

    def truth(self, lens: float) -> Planes:
        """All in focus, without noise and shake, in the geometry of `lens`: what a perfect stack would be."""
        return self._develop(layers.in_focus(self._picture.front, 8), self._move(lens), np.ones(3), None)

    def mask(self, lens: float) -> NDArray[np.uint8]:
        """(h, w) uint8, 255 where the object is, in the geometry of `lens`."""
        there = (self._picture.front.depth > 0).astype(np.uint8) * 255
        return np.where(self._warp(there, self._move(lens), cv2.INTER_LINEAR) > 127, 255, 0).astype(np.uint8)

    def depth(self, lens: float) -> NDArray[np.float32]:
        """(h, w) float32, depth along the optical axis in dioptres, NaN off the object, in the geometry of `lens`."""
        code = self._picture.front.depth
        known = layers.dioptres_of(code, self.far, self.near).astype(np.float32)
        known[code == 0] = np.nan
        result = self._warp(known, self._move(lens), cv2.INTER_LINEAR, float("nan"))
        return np.asarray(result, np.float32)

    def _depth_of_bytes(self) -> NDArray[np.float64]:
        """Dioptres of the middle of each high byte of a depth code, (256,)."""
        return layers.dioptres_of(np.arange(256) * 256 + 128, self.far, self.near)

    def _move(self, lens: float, shift: NDArray[np.float64] | None = None, roll_deg: float = 0.0) -> Matrix:
        """2x3 affine, pixels of the reference geometry to pixels of a frame at `lens`, about the principal point."""
        scale, roll = self._lens.scale(lens), np.deg2rad(roll_deg)
        turn = scale * np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
        offset = self._centre - turn @ self._centre
        return np.column_stack([turn, offset if shift is None else offset + shift])

    def _warp(self, window: NDArray[Any], move: Matrix, flags: int, border: float = 0.0) -> NDArray[Any]:
        """A window of the reference geometry as a whole frame."""
        moved = move.copy()
        moved[:, 2] += move[:, :2] @ (self._picture.left, self._picture.top)
        size = (self._settings.width, self._settings.height)
        return np.asarray(cv2.warpAffine(window, moved, size, flags=flags, borderValue=border))

    def _develop(
        self, light: Image, move: Matrix, gains: NDArray[np.float64], rng: np.random.Generator | None
    ) -> Planes:
        """Put the object before its background, move it into place, expose and encode."""
        wall = np.array(BACKGROUND, np.float32)
        margin = (light.shape[0] - self._picture.front.depth.shape[0]) // 2
        soft = _before_wall(light, wall)
        corner = np.array([self._picture.left - margin, self._picture.top - margin])
        height, width = self._settings.height, self._settings.width
        planes = Planes(
            np.empty((height, width), np.uint8),
            np.empty((height // 2, width // 2), np.uint8),
            np.empty((height // 2, width // 2), np.uint8),
        )
        for top in range(0, height, ROWS):
            rows = min(ROWS, height - top)
            moved = move.copy()
            moved[:, 2] += move[:, :2] @ corner - (0, top)
            strip = cv2.warpAffine(
                soft,
                moved,
                (width, rows),
                flags=cv2.INTER_CUBIC,
                borderMode=cv2.BORDER_CONSTANT,
                borderValue=wall.tolist(),
            )
            self._expose(np.asarray(strip * gains.astype(np.float32), np.float32), planes, top, rng)
        return planes

    def _expose(self, strip: Image, planes: Planes, top: int, rng: np.random.Generator | None) -> None:
        """Write one strip of linear light into `planes`, from row `top` on."""
        luma, cb, cr = ycbcr(encode(strip))
        if rng is not None:
            deviation = cv2.LUT(cv2.convertScaleAbs(luma), self._deviation)
            half = cv2.resize(deviation, cb.shape[::-1], interpolation=cv2.INTER_AREA)
            luma += LUMA_NOISE * deviation * self._noise.piece(rng, *luma.shape)
            cb = cb + CHROMA_NOISE * half * self._noise.piece(rng, *cb.shape)
            cr = cr + CHROMA_NOISE * half * self._noise.piece(rng, *cr.shape)
        for plane, values, start in ((planes.y, luma, top), (planes.cb, cb, top // 2), (planes.cr, cr, top // 2)):
            plane[start : start + values.shape[0]] = np.clip(np.rint(values), 0, 255)


def _before_wall(light: Image, wall: NDArray[np.float32]) -> Image:
    """Light (h, w, 4) with coverage before the background, softened; (h, w, 3)."""
    result = light[..., :3] + (1.0 - light[..., 3:]) * wall
    return np.asarray(cv2.GaussianBlur(result, (0, 0), SOFTNESS, borderType=cv2.BORDER_REPLICATE), np.float32)
