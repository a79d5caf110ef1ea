"""Defocus with occlusion: surfaces cut into soft layers of depth, blurred each by its own disc, laid over each other.

Light is linear. A pixel's light is shared between the two layers whose blur is next to its own, so a slanted surface
adds up to full coverage; layers are laid front to back, each filling at most the room the ones before it left.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.hardware.simulated.optics import LINEAR_OF_CODE, Image, Matrix, blur

Window: TypeAlias = tuple[slice, slice]
Light: TypeAlias = NDArray[np.uint16]

STRIP = 192
"""Rows of the picture worked on together; memory is a few strips, whatever the size."""
HALO = 3
SOFTNESS = 0.55
"""Standard deviation in pixels of what lens and demosaicing blur even in focus."""
_STEPS = (1.0, 2.0, 3.0, 4.0, 5.5, 7.5, 10.0, 13.5, 18.0, 24.0, 32.0, 43.0, 57.0, 76.0, 100.0, 135.0)
LEVELS = np.array([-step for step in reversed(_STEPS)] + [0.0, *_STEPS])
"""Blur of the layers: signed diameters in pixels, positive in front of the focus."""


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """One surface as the camera sees it.

    `colour`: (3, h, w) uint8, R, G, B, sRGB. `depth`: (h, w) uint16 code, 0 = nothing here, 1 the farthest depth and
    65535 the nearest, even in dioptres.
    """

    colour: NDArray[np.uint8]
    depth: NDArray[np.uint16]


class Layered(Protocol):
    """What is seen, what is hidden behind it, and the inset of the outline."""

    @property
    def front(self) -> Sheet: ...

    @property
    def back(self) -> Sheet: ...

    @property
    def inset(self) -> NDArray[np.uint8]: ...


def then(first: Matrix, second: Matrix) -> Matrix:
    """The 2x3 affine that does `first`, then `second`."""
    return np.column_stack([second[:, :2] @ first[:, :2], second[:, :2] @ first[:, 2] + second[:, 2]])


@dataclass(frozen=True, slots=True, eq=False)
class Backdrop:
    """What is behind the object, as blurred as lens and demosaicing show it.

    `light`: (h, w, 3) uint16, 65535 = light 1, repeated without end. `move`: 2x3 affine from its dots to pixels.
    """

    light: Light
    move: Matrix

    def moved(self, move: Matrix) -> "Backdrop":
        """The same in other pixels; `move`: 2x3 affine from these to those."""
        return Backdrop(self.light, then(self.move, move))

    def rows(self, top: int, bottom: int, width: int) -> Light:
        """Pixels (bottom - top, width, 3) from column 0 on."""
        move = self.move.copy()
        move[1, 2] -= top
        size = (width, bottom - top)
        seen = cv2.warpAffine(self.light, move, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
        return np.asarray(seen, np.uint16)


def inset_of(there: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """How many pixels (h, w) lie between a pixel and the outline, 255 at most, 0 outside."""
    padded = np.pad(there.astype(np.uint8), 1)
    return np.minimum(cv2.distanceTransform(padded, cv2.DIST_L2, 5), 255).astype(np.uint8)[1:-1, 1:-1]


def dioptres_of(code: NDArray[Any], far: float, near: float) -> NDArray[np.float64]:
    """Depth in dioptres of codes 1..65535 between `far` and `near`."""
    return far + (np.asarray(code, np.float64) - 1) / 65534 * (near - far)


def code_of(depth: NDArray[Any], far: float, near: float) -> NDArray[np.uint16]:
    """The code of depths in dioptres; a depth of 0, infinitely far, is nothing."""
    share = np.clip((depth - far) / max(near - far, 1e-9), 0, 1)
    return np.where(depth > 0, 1.5 + 65534 * share, 0).astype(np.uint16)


def shares_of(circles: NDArray[np.float64]) -> NDArray[np.float32]:
    """How the high byte of a depth code shares its light: (levels, 256) weights, each column sums to 1."""
    clipped = np.clip(circles, LEVELS[0], LEVELS[-1])
    unit = np.eye(len(LEVELS))
    return np.array([np.interp(clipped, LEVELS, row) for row in unit], np.float32)


def margin_of(circles: NDArray[np.float64]) -> int:
    """How far light spreads, in pixels: half the largest disc and some room; a multiple of 4."""
    largest = float(np.abs(np.clip(circles, LEVELS[0], LEVELS[-1])).max())
    return -(-(int(largest / 2) + 6) // 4) * 4


def _strip_of(sheet: Sheet, top: int, bottom: int, margin: int) -> tuple[Image, NDArray[np.uint8]]:
    """Rows top..bottom of a sheet with `margin` columns of nothing: light (4, h, w) with coverage last, depth bytes."""
    height, width = sheet.depth.shape
    light = np.zeros((4, bottom - top, width + 2 * margin), np.float32)
    depth = np.zeros(light.shape[1:], np.uint8)
    first, last = max(top, 0), min(bottom, height)
    if first < last:
        rows, columns = slice(first - top, last - top), slice(margin, margin + width)
        code = sheet.depth[first:last]
        depth[rows, columns] = code >> 8
        for channel in range(3):
            light[channel, rows, columns] = cv2.LUT(sheet.colour[channel, first:last], LINEAR_OF_CODE)
        light[3, rows, columns] = code > 0
    return light, depth


def _layers(strips: list[tuple[Image, NDArray[np.uint8]]], shares: Image) -> Iterator[tuple[float, Image, Window]]:
    """(blur diameter, light (4, h, w) of that layer, its window), nearest first."""
    used = [np.bincount(depth[light[3] > 0], minlength=256) for light, depth in strips]
    for level in range(len(LEVELS) - 1, -1, -1):
        diameter = abs(float(LEVELS[level]))
        parts = [
            (light, cv2.LUT(depth, shares[level]) * light[3])
            for (light, depth), count in zip(strips, used, strict=True)
            if (shares[level] * count).any()
        ]
        if not parts:
            continue
        window = _window([part for _, part in parts], int(diameter / 2) + 5)
        layer = parts[0][0][:, *window] * parts[0][1][window]
        for light, part in parts[1:]:
            layer += light[:, *window] * part[window]
        yield diameter, layer, window


def _window(parts: list[Image], reach: int) -> Window:
    """Rows and columns that the light of a layer can reach, from multiples of 4 on."""
    height, width = parts[0].shape
    touched = np.logical_or.reduce([part > 0 for part in parts]).view(np.uint8)
    x, y, w, h = cv2.boundingRect(touched)
    return (
        slice(max(0, (y - reach) // 4 * 4), min(height, y + h + reach)),
        slice(max(0, (x - reach) // 4 * 4), min(width, x + w + reach)),
    )


def _lay(total: Image, layer: Image) -> None:
    """Lay `layer` behind what `total` holds, both (4, h, w) with coverage last; `total` is changed."""
    room = np.minimum(layer[3], 1.0 - total[3])
    room /= np.maximum(layer[3], 1e-6)
    layer *= room
    total += layer


def _close(total: Image, inset: NDArray[np.uint8], radius: float) -> None:
    """Make up, in place, for the few per cent of coverage that cutting into layers loses well inside the outline."""
    inside = np.clip((inset - np.float32(radius + 1)) / 3, 0, 1)
    total /= 1.0 + (np.maximum(total[3], 0.25) - 1.0) * inside


def composite(
    sheets: Sequence[Sheet], inset: NDArray[np.uint8], circles: NDArray[np.float64]
) -> Iterator[tuple[int, Image]]:
    """The blurred object over nothing, in strips: (first row, light (4, rows, w + 2 m) with coverage 0..1 last).

    `sheets`: what is seen and what is hidden behind it, same shapes. `inset`: that of the outline. `circles`: (256,)
    signed blur in pixels for each high byte of a depth code. m is `margin_of(circles)`; rows count from -m. Each strip
    comes with `HALO` more rows on both sides, for filters.
    """
    margin, shares = margin_of(circles), shares_of(circles)
    height = inset.shape[0]
    inset = np.pad(inset, margin + HALO)[:, HALO:-HALO]
    for top in range(-margin, height + margin, STRIP):
        bottom = min(top + STRIP, height + margin)
        strips = [_strip_of(sheet, top - margin, bottom + margin, margin) for sheet in sheets]
        total = np.zeros_like(strips[0][0])
        for diameter, light, window in _layers(strips, shares):
            _lay(total[:, *window], blur(light, diameter))
        total = total[:, margin - HALO : margin + HALO + bottom - top]
        _close(total, inset[top + margin : bottom + margin + 2 * HALO], float(np.abs(circles).max()) / 2)
        yield top, total


def defocus(picture: Layered, circles: NDArray[np.float64], wall: Image | Backdrop) -> Light:
    """The blurred object before a wall: (h + 2 m, w + 2 m, 3) uint16, 65535 = light 1.

    `wall`: linear light (3,) of a plain one, or a backdrop in the pixels of the picture.
    """
    margin = margin_of(circles)
    height, width = picture.inset.shape
    result = np.empty((height + 2 * margin, width + 2 * margin, 3), np.uint16)
    for top, light in composite((picture.front, picture.back), picture.inset, circles):
        rows = light.shape[1] - 2 * HALO
        result[top + margin : top + margin + rows] = _before(light, wall, top, margin)[HALO : HALO + rows]
    return result


def in_focus(picture: Layered, wall: Image | Backdrop) -> Light:
    """What `defocus` would give were all of the object that is seen in focus; m is `margin_of` no blur."""
    margin = margin_of(np.zeros(1))
    height, width = picture.inset.shape
    result = np.empty((height + 2 * margin, width + 2 * margin, 3), np.uint16)
    for top in range(-margin, height + margin, STRIP):
        bottom = min(top + STRIP, height + margin)
        light, _ = _strip_of(picture.front, top - HALO, bottom + HALO, margin)
        result[top + margin : bottom + margin] = _before(light, wall, top, margin)[HALO:-HALO]
    return result


def _before(light: Image, wall: Image | Backdrop, top: int, margin: int) -> Light:
    """Lay a wall behind light (4, h, w) from row `top` on, as lens and demosaicing soften it: (h, w, 3) uint16."""
    gap = 1.0 - light[3]
    if isinstance(wall, Backdrop):
        placed = wall.moved(np.array([[1.0, 0, margin], [0, 1, 0]]))
        behind = cv2.split(placed.rows(top - HALO, top - HALO + gap.shape[0], gap.shape[1]))
        gap = _soft(gap) / np.float32(65535)
        return _packed([_soft(plane) + gap * colour for plane, colour in zip(light[:3], behind, strict=True)])
    return _packed([_soft(plane + gap * colour) for plane, colour in zip(light[:3], wall, strict=True)])


def _soft(plane: Image) -> Image:
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), SOFTNESS, borderType=cv2.BORDER_REPLICATE), np.float32)


def _packed(planes: list[Image]) -> Light:
    """R, G, B of linear light as (h, w, 3) uint16, 65535 = light 1; `planes` are changed."""
    for plane in planes:
        np.multiply(plane, np.float32(65535), out=plane)
        np.add(plane, np.float32(0.5), out=plane)
    return np.asarray(cv2.merge([np.clip(plane, 0, 65535).astype(np.uint16) for plane in planes]), np.uint16)
