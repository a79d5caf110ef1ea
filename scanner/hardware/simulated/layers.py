"""Defocus with occlusion: surfaces cut into soft layers of depth, blurred each by its own disc, laid over each other.

Light is linear. A pixel's light is shared between the two layers whose blur is next to its own, so a slanted surface
adds up to full coverage; layers are laid front to back, each filling at most the room the ones before it left.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.hardware.simulated.optics import LINEAR_OF_CODE, Image, blur

STRIP = 192
"""Rows of the picture worked on together; memory is a few strips, whatever the size."""
_STEPS = (1.0, 2.0, 3.0, 4.0, 5.5, 7.5, 10.0, 13.5, 18.0, 24.0, 32.0, 43.0, 57.0, 76.0, 100.0, 135.0)
LEVELS = np.array([-step for step in reversed(_STEPS)] + [0.0, *_STEPS])
"""Blur of the layers: signed diameters in pixels, positive in front of the focus."""


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """One surface as the camera sees it.

    `colour`: (h, w, 3) uint8, R, G, B, sRGB. `depth`: (h, w) uint16 code, 0 = nothing here, 1 the farthest depth and
    65535 the nearest, even in dioptres.
    """

    colour: NDArray[np.uint8]
    depth: NDArray[np.uint16]


def dioptres_of(code: NDArray[Any], far: float, near: float) -> NDArray[np.float64]:
    """Depth in dioptres of codes 1..65535 between `far` and `near`."""
    return far + (np.asarray(code, np.float64) - 1) / 65534 * (near - far)


def code_of(depth: NDArray[Any], far: float, near: float) -> NDArray[np.uint16]:
    """The code of depths in dioptres; a depth of 0, infinitely far, is nothing."""
    share = np.clip((depth - far) / max(near - far, 1e-9), 0, 1)
    return np.where(depth > 0, 1.5 + 65534 * share, 0).astype(np.uint16)


def circles_of_bytes(circles: NDArray[np.float64]) -> NDArray[np.float32]:
    """How the high byte of a depth code shares its light: (levels, 256) weights, each column sums to 1."""
    clipped = np.clip(circles, LEVELS[0], LEVELS[-1])
    unit = np.eye(len(LEVELS))
    return np.array([np.interp(clipped, LEVELS, row) for row in unit], np.float32)


def margin_of(circles: NDArray[np.float64]) -> int:
    """How far light spreads, in pixels: half the largest disc and some room; a multiple of 4."""
    largest = float(np.abs(np.clip(circles, LEVELS[0], LEVELS[-1])).max())
    return -(-(int(largest / 2) + 6) // 4) * 4


def _strip_of(sheet: Sheet, top: int, bottom: int, margin: int) -> tuple[Image, NDArray[np.uint8], NDArray[np.bool_]]:
    """Rows top..bottom of a sheet with `margin` columns of nothing: light (4, h, w), depth bytes, where it exists."""
    height, width = sheet.depth.shape
    light = np.zeros((4, bottom - top, width + 2 * margin), np.float32)
    depth = np.zeros(light.shape[1:], np.uint8)
    there = np.zeros(light.shape[1:], bool)
    first, last = max(top, 0), min(bottom, height)
    if first < last:
        rows, columns = slice(first - top, last - top), slice(margin, margin + width)
        code = sheet.depth[first:last]
        there[rows, columns] = code > 0
        depth[rows, columns] = code >> 8
        for channel in range(3):
            light[channel, rows, columns] = LINEAR_OF_CODE[sheet.colour[first:last, :, channel]]
        light[3] = 1.0
        light *= there
    return light, depth, there


def _layers(sheets: list[tuple[Image, NDArray[np.uint8], NDArray[np.bool_]]], shares: Image) -> Iterator[Any]:
    """(blur diameter, light (4, h, w) of that layer, its window), nearest first."""
    for level in range(len(LEVELS) - 1, -1, -1):
        if not shares[level].any():
            continue
        parts = [(light, cv2.LUT(depth, shares[level]) * there) for light, depth, there in sheets]
        touched = np.any([part.any(0) for _, part in parts], 0), np.any([part.any(1) for _, part in parts], 0)
        if not touched[0].any():
            continue
        columns, rows = (np.flatnonzero(line) for line in touched)
        diameter = abs(float(LEVELS[level]))
        reach = int(diameter / 2) + 5
        height, width = parts[0][1].shape
        window = (
            slice(max(0, (int(rows[0]) - reach) // 4 * 4), min(height, int(rows[-1]) + reach)),
            slice(max(0, (int(columns[0]) - reach) // 4 * 4), min(width, int(columns[-1]) + reach)),
        )
        yield diameter, sum(light[:, window[0], window[1]] * part[window] for light, part in parts), window


def _lay(total: Image, layer: Image) -> None:
    """Lay `layer` behind what `total` holds, both (4, h, w) with coverage last; `total` is changed."""
    room = np.minimum(layer[3], 1.0 - total[3])
    room /= np.maximum(layer[3], 1e-6)
    layer *= room
    total += layer


def defocus(sheets: Sequence[Sheet], circles: NDArray[np.float64]) -> Image:
    """The blurred object over nothing: (h + 2 m, w + 2 m, 4) float32, light times coverage, then coverage 0..1.

    `sheets`: what is seen and what is hidden behind it, same shapes. `circles`: (256,) signed blur in pixels for each
    high byte of a depth code. m is `margin_of(circles)`.
    """
    margin, shares = margin_of(circles), circles_of_bytes(circles)
    height, width = sheets[0].depth.shape
    result = np.empty((height + 2 * margin, width + 2 * margin, 4), np.float32)
    for top in range(-margin, height + margin, STRIP):
        bottom = min(top + STRIP, height + margin)
        strips = [_strip_of(sheet, top - margin, bottom + margin, margin) for sheet in sheets]
        total = np.zeros_like(strips[0][0])
        for diameter, light, window in _layers(strips, shares):
            _lay(total[:, window[0], window[1]], blur(light, diameter))
        inner = total[:, margin : margin + bottom - top]
        result[top + margin : bottom + margin] = np.moveaxis(inner, 0, -1)
    return result


def in_focus(sheet: Sheet, margin: int) -> Image:
    """What `defocus` would give were all of the front sheet in focus."""
    height, width = sheet.depth.shape
    result = np.empty((height + 2 * margin, width + 2 * margin, 4), np.float32)
    for top in range(-margin, height + margin, STRIP):
        bottom = min(top + STRIP, height + margin)
        result[top + margin : bottom + margin] = np.moveaxis(_strip_of(sheet, top, bottom, margin)[0], 0, -1)
    return result
