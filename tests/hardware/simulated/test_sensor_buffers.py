"""Pictures as they lie in memory: what is written can be read by the names that picamera2 gives it."""

import errno
from types import SimpleNamespace

import numpy as np
import pytest

from scanner.hardware.picamera_planes import layout_of
from scanner.hardware.simulated.sensor_buffers import (
    ALIGNMENT,
    PADDING,
    ContiguousMemory,
    buffer_of,
    mirrored,
    stream_of,
)
from scanner.slices import Planes

SIZES = [(160, 120), (128, 64), (322, 182)]


def picture(width: int, height: int) -> Planes:
    """Smooth colours that no format clips."""
    y, x = np.mgrid[0:height, 0:width]
    half_y, half_x = np.mgrid[0 : height // 2, 0 : width // 2]
    return Planes(
        (80 + 60 * x / width + 40 * y / height).astype(np.uint8),
        (110 + 30 * half_x / width).astype(np.uint8),
        (120 + 30 * half_y / height).astype(np.uint8),
    )


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", ["YUV420", "NV12", "RGB888", "BGR888"])
def test_the_driver_reads_back_what_was_written(kind: str, size: tuple[int, int]) -> None:
    planes, stream = picture(*size), stream_of(size, kind)
    read = layout_of(stream).planes(buffer_of(planes, stream))
    for name in ("y", "cb", "cr"):
        off = np.abs(getattr(read, name).astype(int) - getattr(planes, name))
        assert off.max() <= (1 if kind.endswith("888") else 0)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", ["YUV420", "NV12", "RGB888", "XBGR8888"])
def test_rows_are_padded_to_whole_cache_lines_with_what_is_no_picture(kind: str, size: tuple[int, int]) -> None:
    stream = stream_of(size, kind)
    buffer = buffer_of(picture(*size), stream)
    assert stream["stride"] % ALIGNMENT == 0
    assert len(buffer) == stream["framesize"]
    wide = size[0] * {"RGB888": 3, "XBGR8888": 4}.get(kind, 1)
    row = buffer[: stream["stride"]]
    assert (row[wide:] == PADDING).all()


@pytest.mark.parametrize(
    ("kind", "in_memory"),
    [("RGB888", [0, 0, 255]), ("BGR888", [255, 0, 0]), ("XRGB8888", [0, 0, 255, 255]), ("XBGR8888", [255, 0, 0, 255])],
)
def test_colours_lie_in_memory_the_other_way_round_than_their_name(kind: str, in_memory: list[int]) -> None:
    """Red, in JFIF: Y 76, Cb 85, Cr 255 (clipped from 255.5)."""
    red = Planes(np.full((2, 2), 76, np.uint8), np.full((1, 1), 85, np.uint8), np.full((1, 1), 255, np.uint8))
    pixel = buffer_of(red, stream_of((2, 2), kind))[: len(in_memory)].astype(int)
    assert np.abs(pixel - in_memory).max() <= 2


@pytest.mark.parametrize(("hflip", "vflip"), [(False, False), (True, False), (False, True), (True, True)])
def test_a_transform_mirrors(hflip: bool, vflip: bool) -> None:
    planes = picture(160, 120)
    turned = mirrored(planes, SimpleNamespace(hflip=hflip, vflip=vflip))
    for name in ("y", "cb", "cr"):
        expected = getattr(planes, name)
        expected = np.fliplr(expected) if hflip else expected
        expected = np.flipud(expected) if vflip else expected
        assert (getattr(turned, name) == expected).all()


def test_no_transform_is_none() -> None:
    planes = picture(160, 120)
    assert (mirrored(planes, None).y == planes.y).all()


def test_memory_runs_out_with_the_error_that_linux_gives() -> None:
    memory = ContiguousMemory(total=100)
    memory.take(80)
    with pytest.raises(OSError, match="Cannot allocate memory") as caught:
        memory.take(30)
    assert caught.value.errno == errno.ENOMEM
    memory.give_back(80)
    memory.take(100)


def test_some_of_it_never_comes_back() -> None:
    memory = ContiguousMemory(total=100, leak=0.25)
    for _ in range(7):
        memory.take(40)
        memory.give_back(40)
    with pytest.raises(OSError, match="Cannot allocate memory"):
        memory.take(40)
