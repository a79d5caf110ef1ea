"""How pictures lie in a simulated sensor's memory: formats, padded rows, and how much of it there is."""

import errno
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.slices import Plane, Planes

Stream: TypeAlias = dict[str, Any]

ALIGNMENT = 64
PADDING = 0xAA
"""What fills the end of a row: no picture."""
PACKED = {"RGB888": "bgr", "BGR888": "rgb", "XRGB8888": "bgrx", "XBGR8888": "rgbx"}
"""Format -> colours in memory: libcamera names them from the highest byte down."""


def stream_of(size: tuple[int, int], kind: str) -> Stream:
    """A stream as libcamera configures it: rows are padded to whole cache lines."""
    row = size[0] * len(PACKED.get(kind, "y"))
    stride = -(-row // ALIGNMENT) * ALIGNMENT
    rows = size[1] if kind in PACKED else size[1] * 3 // 2
    return {"format": kind, "size": tuple(size), "stride": stride, "framesize": stride * rows}


def buffer_of(planes: Planes, stream: Mapping[str, Any]) -> NDArray[np.uint8]:
    """Planes 4:2:0 as the bytes (n,) of a buffer."""
    kind, stride = stream["format"], stream["stride"]
    if kind in PACKED:
        return _padded(_packed(planes, PACKED[kind]), stride)
    if kind == "NV12":
        pairs = np.stack([planes.cb, planes.cr], axis=-1).reshape(planes.cb.shape[0], -1)
        return np.concatenate([_padded(planes.y, stride), _padded(pairs, stride)])
    half = stride // 2
    return np.concatenate([_padded(planes.y, stride), _padded(planes.cb, half), _padded(planes.cr, half)])


def mirrored(planes: Planes, transform: object) -> Planes:
    """As libcamera's Transform says, by its `hflip` and `vflip`."""
    step = [-1 if getattr(transform, name, False) else 1 for name in ("vflip", "hflip")]
    return Planes(*(plane[:: step[0], :: step[1]] for plane in (planes.y, planes.cb, planes.cr)))


def _packed(planes: Planes, order: str) -> Plane:
    """(h, w x channels): full-range BT.601 back to colours, clipped; X is 255."""
    luma = planes.y.astype(np.float32)
    cb, cr = (
        cv2.resize(plane, planes.size, interpolation=cv2.INTER_NEAREST).astype(np.float32) - 128
        for plane in (planes.cb, planes.cr)
    )
    colours = {"r": luma + 1.402 * cr, "g": luma - 0.344136 * cb - 0.714136 * cr, "b": luma + 1.772 * cb}
    channels = [colours.get(name, np.full_like(luma, 255)) for name in order]
    rounded = np.clip(np.rint(np.stack(channels, axis=-1)), 0, 255).astype(np.uint8)
    return np.asarray(rounded.reshape(planes.height, -1), np.uint8)


def _padded(plane: Plane, stride: int) -> NDArray[np.uint8]:
    rows = np.full((plane.shape[0], stride), PADDING, np.uint8)
    rows[:, : plane.shape[1]] = plane
    return rows.reshape(-1)


@dataclass(slots=True)
class ContiguousMemory:
    """The few hundred megabytes that camera buffers must lie in. Some of it is lost with each new configuration.

    `total`: bytes. `leak`: share of a configuration's bytes that never comes back. One for all sensors of a process.
    """

    total: int
    leak: float = 0.0
    used: float = field(default=0.0, init=False)

    def take(self, size: int) -> None:
        """Raises OSError, ENOMEM."""
        if self.used + size > self.total:
            raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))
        self.used += size

    def give_back(self, size: int) -> None:
        self.used -= size * (1.0 - self.leak)
