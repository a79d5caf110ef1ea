"""Camera buffers to planes: formats, strides, and the colour order of the names."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scanner.errors import CameraError
from scanner.slices import Plane, Planes

FORMATS = ("YUV420", "NV12", "RGB888", "BGR888")
ROWS = 256
"""Rows of an RGB picture converted together, to keep the memory small."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a stream lies in its buffer; `stride`: bytes from one row to the next."""

    format: str
    width: int
    height: int
    stride: int

    def planes(self, buffer: NDArray[np.uint8]) -> Planes:
        """The picture in a buffer (n,), 4:2:0. Planes of YUV formats are views of it where that saves a copy."""
        if self.format in ("RGB888", "BGR888"):
            return _from_rgb(self._rows(buffer, 0, self.height, self.stride)[:, : 3 * self.width], self.format)
        luma = self._rows(buffer, 0, self.height, self.stride)[:, : self.width]
        rows, columns, start = (self.height + 1) // 2, (self.width + 1) // 2, self.height * self.stride
        if self.format == "NV12":
            pairs = self._rows(buffer, start, rows, self.stride)
            chroma = [pairs[:, first : 2 * columns : 2] for first in (0, 1)]
        else:
            half = self.stride // 2
            chroma = [self._rows(buffer, start + plane * rows * half, rows, half)[:, :columns] for plane in (0, 1)]
        return Planes(_whole(luma), _whole(chroma[0]), _whole(chroma[1]))

    def _rows(self, buffer: NDArray[np.uint8], start: int, rows: int, stride: int) -> Plane:
        return buffer[start : start + rows * stride].reshape(rows, stride)


def layout_of(stream: Mapping[str, Any]) -> Layout:
    """The layout of a stream as configured. Raises CameraError for a format that is not understood."""
    name = str(stream["format"])
    if name not in FORMATS:
        raise CameraError(
            f"The camera delivers pictures in the format {name}.", f"Focusrig understands {', '.join(FORMATS)}."
        )
    width, height = stream["size"]
    return Layout(name, int(width), int(height), int(stream["stride"]))


def _whole(plane: Plane) -> Plane:
    return np.ascontiguousarray(plane)


def _from_rgb(pixels: Plane, name: str) -> Planes:
    """Full range BT.601. picamera2's RGB888 lies in memory as B, G, R, and BGR888 as R, G, B."""
    order = (2, 1, 0) if name == "RGB888" else (0, 1, 2)
    height, width = pixels.shape[0] // 2 * 2, pixels.shape[1] // 3 // 2 * 2
    planes = Planes(
        np.empty((height, width), np.uint8),
        np.empty((height // 2, width // 2), np.uint8),
        np.empty((height // 2, width // 2), np.uint8),
    )
    for top in range(0, height, ROWS):
        strip = pixels[top : min(top + ROWS, height), : 3 * width].reshape(-1, width, 3).astype(np.float32)
        red, green, blue = (strip[..., channel] for channel in order)
        luma = 0.299 * red + 0.587 * green + 0.114 * blue
        planes.y[top : top + len(strip)] = np.rint(luma)
        for plane, colour, scale in ((planes.cb, blue, 1.772), (planes.cr, red, 1.402)):
            halved = ((colour - luma) / scale).reshape(len(strip) // 2, 2, width // 2, 2).mean(axis=(1, 3))
            plane[top // 2 : (top + len(strip)) // 2] = np.clip(np.rint(halved + 128.0), 0, 255)
    return planes
