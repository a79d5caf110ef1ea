"""Camera buffers to planes: formats, strides, and the colour order of the names."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scanner.errors import CameraError
from scanner.slices import Plane, Planes

RGB: Mapping[str, tuple[int, tuple[int, int, int]]] = {
    "RGB888": (3, (2, 1, 0)),
    "BGR888": (3, (0, 1, 2)),
    "XRGB8888": (4, (2, 1, 0)),
    "XBGR8888": (4, (0, 1, 2)),
}
"""Bytes of a pixel, and where red, green and blue lie in it: libcamera's names read from the highest byte down, so
RGB888 lies in memory as B, G, R."""
PLANAR: Mapping[str, tuple[int, int]] = {"YUV420": (0, 1), "YVU420": (1, 0)}
"""Places of Cb and Cr behind luma."""
PAIRED: Mapping[str, tuple[int, int]] = {"NV12": (0, 1), "NV21": (1, 0)}
"""Places of Cb and Cr in each pair behind luma."""
FORMATS = (*PLANAR, *PAIRED, *RGB)
ROWS = 256
"""Rows that are converted or moved together, to keep the memory small."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a stream lies in its buffer; `stride`: bytes from one row to the next."""

    format: str
    width: int
    height: int
    stride: int

    def planes(self, buffer: NDArray[np.uint8]) -> Planes:
        """The picture in a buffer (n,), 4:2:0. Raises CameraError where the buffer is too short.

        Planes of YUV formats lie in that same buffer, which is used up: a 64 MP picture fits into memory once.
        """
        if buffer.size < self.least_bytes:
            raise CameraError(
                f"The camera gave {buffer.size} bytes for a picture of {self.width} x {self.height} pixels in "
                f"{self.format}, which takes {self.least_bytes}.",
                "Choose another rig.camera.format.",
            )
        if self.format in RGB:
            rows = buffer[: self.height * self.stride].reshape(self.height, self.stride)
            return _from_rgb(rows, self.width, *RGB[self.format])
        tall, wide, start = (self.height + 1) // 2, (self.width + 1) // 2, self.height * self.stride
        if self.format in PAIRED:
            pairs = buffer[start : start + tall * self.stride].reshape(tall, self.stride)
            cb, cr = (np.ascontiguousarray(pairs[:, at : 2 * wide : 2]) for at in PAIRED[self.format])
            return Planes(_packed(buffer, 0, self.height, self.stride, self.width), cb, cr)
        luma = _packed(buffer, 0, self.height, self.stride, self.width)
        half = self.stride // 2
        both = [_packed(buffer, start + place * tall * half, tall, half, wide) for place in (0, 1)]
        first, second = PLANAR[self.format]
        return Planes(luma, both[first], both[second])

    @property
    def least_bytes(self) -> int:
        """Bytes that a picture takes in its buffer."""
        rows = self.height if self.format in RGB else self.height + (self.height + 1) // 2
        return rows * self.stride


def layout_of(stream: Mapping[str, Any]) -> Layout:
    """The layout of a stream as configured. Raises CameraError for a format that is not understood."""
    name = str(stream["format"])
    if name not in FORMATS:
        raise CameraError(
            f"The camera delivers pictures in the format {name}.", f"Focusrig understands {', '.join(FORMATS)}."
        )
    width, height = stream["size"]
    return Layout(name, int(width), int(height), int(stream["stride"]))


def _packed(buffer: NDArray[np.uint8], start: int, rows: int, stride: int, columns: int) -> Plane:
    """Rows without their padding, (rows, columns), moved together where they lie."""
    padded = buffer[start : start + rows * stride].reshape(rows, stride)
    if stride == columns:
        return padded
    packed = buffer[start : start + rows * columns].reshape(rows, columns)
    for top in range(0, rows, ROWS):
        packed[top : top + ROWS] = padded[top : top + ROWS, :columns]
    return packed


def _from_rgb(rows: Plane, columns: int, pixel: int, order: tuple[int, int, int]) -> Planes:
    """Full range BT.601 (JFIF) of rows of pixels of `pixel` bytes; `order`: where red, green and blue lie in one."""
    height, width = rows.shape[0] // 2 * 2, columns // 2 * 2
    planes = Planes(
        np.empty((height, width), np.uint8),
        np.empty((height // 2, width // 2), np.uint8),
        np.empty((height // 2, width // 2), np.uint8),
    )
    for top in range(0, height, ROWS):
        strip = rows[top : min(top + ROWS, height), : pixel * width].reshape(-1, width, pixel)
        red, green, blue = (strip[..., channel].astype(np.float32) for channel in order)
        luma = 0.299 * red + 0.587 * green + 0.114 * blue
        planes.y[top : top + len(strip)] = np.rint(luma)
        for plane, colour, scale in ((planes.cb, blue, 1.772), (planes.cr, red, 1.402)):
            halved = ((colour - luma) / scale).reshape(len(strip) // 2, 2, width // 2, 2).mean(axis=(1, 3))
            plane[top // 2 : (top + len(strip)) // 2] = np.clip(np.rint(halved + 128.0), 0, 255)
    return planes
