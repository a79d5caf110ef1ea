"""Stacks as files, a stacker that only remembers, a disk that is full: for all tests of this folder."""

import errno
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.batch import BatchOptions, BatchReport, StackInput, stack_files
from scanner.clock import FakeClock
from scanner.errors import AlignmentFailed
from scanner.slices import LeftOut, Planes, Slice, SliceReport, Stacked, StackQuality
from scanner.store.files import SystemDisk
from scanner.store.images import encode_jpeg, with_exif

IDENTITY = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
EXIF = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x01\0\0\0\0\0\0\0"


class MemoryStacker:
    """Remembers the order of the slices; the stacked image is the reference slice, the depth a ramp with a hole."""

    def __init__(
        self,
        clock: FakeClock | None = None,
        fails_at: int | None = None,
        quality: StackQuality | None = None,
        left_out: Mapping[int, LeftOut] | None = None,
    ) -> None:
        self.order: list[int] = []
        self.brightness: list[int] = []
        self._quality = quality or StackQuality()
        self._left_out = left_out or {}
        self._clock = clock or FakeClock()
        self._fails_at = fails_at
        self._reference: Slice | None = None

    def begin(self, reference: Slice) -> "MemoryStacker":
        self._reference = reference
        self.add(reference)
        return self

    def add(self, slice_: Slice) -> None:
        self._clock.sleep(2.0)
        if slice_.index == self._fails_at:
            raise AlignmentFailed(f"Slice {slice_.index} does not fit the reference slice {self.order[0]}.", "Look.")
        self.order.append(slice_.index)
        self.brightness.append(round(float(slice_.pixels.y.mean())))

    def finish(self) -> Stacked:
        assert self._reference is not None
        pixels = self._reference.pixels
        half = ((pixels.height + 1) // 2, (pixels.width + 1) // 2)
        depth = np.linspace(0, max(self.order), half[0] * half[1], dtype=np.float32).reshape(half)
        depth[0, 0] = np.nan
        mask = np.where(np.isnan(depth), 0, 255).astype(np.uint8)
        residuals = {index: 0.1 * index if index else float("nan") for index in self.order}
        reports = tuple(
            SliceReport(index, IDENTITY, residuals[index], 0.2, 0.9, 1.01, 0.5, self._left_out.get(index))
            for index in self.order
        )
        best = np.nan_to_num(np.rint(depth)).astype(np.int16)
        return Stacked(pixels, depth, best, mask, self._reference.index, reports, (), self._quality)


class FullDisk(SystemDisk):
    """No room is left for files of one name."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._full = False

    def open(self, path: Path, flags: int) -> int:
        self._full = path.name.startswith(self._name)
        return super().open(path, flags)

    def write(self, descriptor: int, data: memoryview) -> int:
        if self._full:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(descriptor, data)


def planes(value: int, width: int = 63, height: int = 47, chroma: int = 2) -> Planes:
    shape = (-(-height // chroma), -(-width // chroma))
    texture = np.random.default_rng(value).integers(-3, 4, (height, width)) + value
    return Planes(texture.astype(np.uint8), np.full(shape, 120, np.uint8), np.full(shape, 140, np.uint8))


def make_stack(folder: Path, count: int = 5, name: str = "IMG_{}.JPG", first: int = 8) -> StackInput:
    """Slices of brightness 100, 110, ...; numbered so that 9 and 10 meet."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = tuple(folder / name.format(first + index) for index in range(count))
    for index, path in enumerate(paths):
        path.write_bytes(with_exif(encode_jpeg(planes(100 + 10 * index), 96), EXIF + bytes([index])))
    return StackInput(folder.name, paths)


def run(stack: StackInput, out: Path, options: BatchOptions | None = None) -> BatchReport:
    clock = FakeClock()
    return stack_files(stack, out, options or BatchOptions(), MemoryStacker(clock), clock)


def read_depth(path: Path) -> NDArray[np.uint16]:
    pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    assert pixels.dtype == np.uint16
    return np.asarray(pixels, np.uint16)
