"""From light to planes: place a picture in the frame, expose, add the sensor's noise, encode."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from scanner.hardware.simulated.layers import Backdrop, Light
from scanner.hardware.simulated.noise import NoiseField, noise_of_code
from scanner.hardware.simulated.optics import Image, Matrix, encode, ycbcr
from scanner.hardware.simulated.settings import SceneSettings
from scanner.slices import Plane, Planes

WALL: Image = np.array([0.0040, 0.0042, 0.0046], np.float32)
"""Linear light of the plain dark wall behind the object, R, G, B."""
ROWS = 256
"""Rows of the frame worked on together."""
TAPS = 4
"""How many pixels on each side a pixel is interpolated from (Lanczos)."""
LUMA_NOISE, CHROMA_NOISE = 0.668, 0.32
"""Share of a colour channel's noise in Y' (root of the summed squares of its weights), and in halved Cb and Cr."""


@dataclass(frozen=True, slots=True, eq=False)
class Exposed:
    """How a frame is exposed: `gains` (3,) multiply the light of R, G, B; `rng` draws the noise, None for none."""

    gains: Image
    rng: np.random.Generator | None


class Developer:
    """Makes frames of the size that the settings ask for."""

    def __init__(self, settings: SceneSettings, noise: NoiseField) -> None:
        self._size = (settings.width, settings.height)
        self._noise = noise
        self._deviation = noise_of_code(settings.full_well, settings.read_noise)

    def develop(self, light: Light, move: Matrix, exposed: Exposed, behind: Backdrop | None = None) -> Planes:
        """The frame, 4:2:0. `move`: 2x3 affine from pixels of `light` to pixels of the frame.

        Around `light` is what is `behind`, in pixels of the frame, or the plain wall.
        """
        width, height = self._size
        result = Planes(*(np.empty(size, np.uint8) for size in ((height, width), *[(height // 2, width // 2)] * 2)))
        left, right = self._columns(light, move)
        placed = move - np.array([[0, 0, left], [0, 0, 0]])
        for top in range(0, height, ROWS):
            bottom = min(top + ROWS, height)
            if behind is None:
                strips = self._before_plain(light, placed, (left, right), bottom - top, exposed)
            else:
                strips = _encoded(_lay(light, move, behind.rows(top, bottom, width), top), exposed)
            if exposed.rng is not None:
                self._disturb(strips, exposed.rng)
            self._write(strips, (result.y, result.cb, result.cr), top)
            placed[1, 2] -= ROWS
        return result

    def _before_plain(
        self, light: Light, placed: Matrix, columns: tuple[int, int], rows: int, exposed: Exposed
    ) -> list[Image]:
        """Y', Cb and Cr of a strip; what is dear is done between `columns` alone, the rest is one value."""
        left, right = columns
        strip = np.empty((rows, right - left, 3), np.uint16)
        parts = _encoded(_place(light, placed, strip), exposed)
        empty = [part.item(0) for part in ycbcr(encode(np.tile(WALL * exposed.gains, (2, 2, 1))))]
        places = ((left, self._size[0]), *[(left // 2, self._size[0] // 2)] * 2)
        return [_wide(part, value, *place) for part, value, place in zip(parts, empty, places, strict=True)]

    def _columns(self, light: Light, move: Matrix) -> tuple[int, int]:
        """The even columns of the frame between which `light` falls."""
        corners = np.array([(x, y, 1) for x in (0, light.shape[1]) for y in (0, light.shape[0])])
        across = corners @ move[0]
        left, right = int(across.min()) // 2 * 2 - 2, int(across.max()) // 2 * 2 + 4
        return min(max(0, left), self._size[0] - 2), max(min(self._size[0], right), 2)

    def _disturb(self, strips: Sequence[Image], rng: np.random.Generator) -> None:
        """Add noise in place to Y', Cb and Cr."""
        deviation = cv2.LUT(cv2.convertScaleAbs(strips[0]), self._deviation)
        half = cv2.resize(deviation, strips[1].shape[::-1], interpolation=cv2.INTER_AREA)
        for part, size, share in zip(strips, (deviation, half, half), (LUMA_NOISE, *[CHROMA_NOISE] * 2), strict=True):
            noise = self._noise.piece(rng, *part.shape)
            noise *= size
            noise *= share
            np.add(part, noise, out=part)

    @staticmethod
    def _write(strips: Sequence[Image], planes: Sequence[Plane], top: int) -> None:
        """Round into the planes, from row `top` of the frame on."""
        for part, plane, start in zip(strips, planes, (top, top // 2, top // 2), strict=True):
            plane[start : start + part.shape[0]] = cv2.convertScaleAbs(np.maximum(part, 0.0, out=part))


def _lay(light: Light, move: Matrix, strip: Light, top: int) -> Light:
    """`light`, where `move` puts it, laid over a strip of the frame from row `top` on, in place.

    Not so near its border that it would have to be guessed how it goes on.
    """
    height, width = light.shape[:2]
    (x0, x1), (y0, y1) = (move @ np.array([[0, width - 1], [0, height - 1], [1, 1]])).tolist()
    left, right = max(math.ceil(x0) + TAPS, 0), min(math.floor(x1) - TAPS, strip.shape[1])
    upper, lower = max(math.ceil(y0) + TAPS, top), min(math.floor(y1) - TAPS, top + strip.shape[0])
    if left < right and upper < lower:
        onto = strip[upper - top : lower - top, left:right]
        _place(light, move - np.array([[0, 0, left], [0, 0, upper]]), onto)
    return strip


def _place(light: Light, move: Matrix, onto: Light) -> Light:
    """`move` puts `light` onto rows and columns of a frame, in place; around it is the plain wall."""
    size, wall = (onto.shape[1], onto.shape[0]), (WALL * 65535).tolist()
    placed = cv2.warpAffine(light, move, size, onto, cv2.INTER_LANCZOS4, cv2.BORDER_CONSTANT, wall)
    return np.asarray(placed, np.uint16)


def _encoded(light: Light, exposed: Exposed) -> list[Image]:
    """Y', Cb and Cr of linear light (h, w, 3) as it is exposed."""
    return list(ycbcr(encode(np.multiply(light, exposed.gains / np.float32(65535), dtype=np.float32))))


def _wide(part: Image, value: float, left: int, width: int) -> Image:
    """`part` from column `left` on of a strip that is `value` elsewhere."""
    strip = np.full((part.shape[0], width), value, np.float32)
    strip[:, left : left + part.shape[1]] = part
    return strip
