"""Buffers to planes."""

import numpy as np
import pytest
import simplejpeg

from scanner.errors import CameraError
from scanner.hardware.picamera_planes import FORMATS, ROWS, Layout, layout_of


@pytest.mark.parametrize("stride", [16, 32])
def test_yuv420_is_cropped_from_its_stride(stride: int) -> None:
    width, height = 12, 6
    y = np.full((height, stride), 255, np.uint8)
    y[:, :width] = np.arange(height * width).reshape(height, width)
    chroma = np.full((2, height // 2, stride // 2), 255, np.uint8)
    chroma[:, :, : width // 2] = np.arange(100, 136).reshape(2, 3, 6)
    spare = np.full(40, 255, np.uint8)
    planes = Layout("YUV420", width, height, stride).planes(np.concatenate([y.ravel(), chroma.ravel(), spare]))
    assert np.array_equal(planes.y.ravel(), np.arange(72))
    assert np.array_equal(planes.cb.ravel(), np.arange(100, 118))
    assert np.array_equal(planes.cr.ravel(), np.arange(118, 136))


def test_nv12_has_its_chroma_in_pairs() -> None:
    y = np.zeros((4, 8), np.uint8)
    pairs = np.array([[1, 2, 3, 4, 5, 6, 99, 99], [7, 8, 9, 10, 11, 12, 99, 99]], np.uint8)
    planes = Layout("NV12", 6, 4, 8).planes(np.concatenate([y.ravel(), pairs.ravel()]))
    assert planes.cb.tolist() == [[1, 3, 5], [7, 9, 11]]
    assert planes.cr.tolist() == [[2, 4, 6], [8, 10, 12]]


@pytest.mark.parametrize(("twin", "name"), [("YVU420", "YUV420"), ("NV21", "NV12")])
def test_twins_have_their_chroma_the_other_way_round(twin: str, name: str) -> None:
    buffer = np.arange(8 * 4 * 3 // 2, dtype=np.uint8)
    one, other = (Layout(each, 6, 4, 8).planes(buffer.copy()) for each in (twin, name))
    assert one.y.tolist() == other.y.tolist()
    assert one.cb.tolist() == other.cr.tolist()
    assert one.cr.tolist() == other.cb.tolist()


@pytest.mark.parametrize("width", [64, 60])
@pytest.mark.parametrize("height", [48, 2 * ROWS + 10])
def test_a_picture_lies_in_memory_once(width: int, height: int) -> None:
    picture = np.random.default_rng(1).integers(0, 256, (height * 3 // 2, 64), np.uint8)
    buffer = picture.reshape(-1).copy()
    planes = Layout("YUV420", width, height, 64).planes(buffer)
    assert all(np.shares_memory(plane, buffer) for plane in (planes.y, planes.cb, planes.cr))
    assert all(plane.flags.c_contiguous for plane in (planes.y, planes.cb, planes.cr))
    assert np.array_equal(planes.y, picture[:height, :width])
    chroma = picture[height:].reshape(2, height // 2, 32)[:, :, : width // 2]
    assert np.array_equal(np.stack([planes.cb, planes.cr]), chroma)


@pytest.mark.parametrize("name", FORMATS)
def test_a_buffer_that_is_too_short_is_refused_in_words(name: str) -> None:
    layout = Layout(name, 16, 10, 64)
    assert layout.planes(np.zeros(layout.least_bytes, np.uint8)).size == (16, 10)
    with pytest.raises(CameraError, match=rf"{layout.least_bytes - 1} bytes .*16 x 10 pixels in {name}"):
        layout.planes(np.zeros(layout.least_bytes - 1, np.uint8))


@pytest.mark.parametrize("height", [2, 300])
@pytest.mark.parametrize(
    ("name", "order"),
    [("RGB888", (2, 1, 0)), ("BGR888", (0, 1, 2)), ("XRGB8888", (2, 1, 0)), ("XBGR8888", (0, 1, 2))],
)
def test_rgb_names_say_the_order_in_a_word_not_in_memory(name: str, order: tuple[int, int, int], height: int) -> None:
    colour = np.array([200, 120, 40])
    rows = np.zeros((height, 64), np.uint8)
    pixel = [*colour[list(order)], 255][: 4 if name.startswith("X") else 3]
    rows[:, : len(pixel) * 16] = np.tile(pixel, 16)
    planes = Layout(name, 16, height, 64).planes(rows.ravel())
    jpeg = simplejpeg.encode_jpeg_yuv_planes(planes.y, planes.cb, planes.cr, quality=100)
    back = simplejpeg.decode_jpeg(jpeg, "RGB")
    assert np.abs(back.astype(int) - colour).max() <= 3
    assert planes.shapes == ((height, 16), (height // 2, 8))


def test_saturated_colours_stay_in_range() -> None:
    rows = np.zeros((2, 12), np.uint8)
    rows[:, ::3] = 255
    planes = Layout("RGB888", 4, 2, 12).planes(rows.ravel())
    assert np.unique(planes.cb).tolist() == [255]
    assert np.unique(planes.y).tolist() == [29]


def test_the_layout_is_read_from_the_configuration() -> None:
    assert layout_of({"format": "NV12", "size": (6, 4), "stride": 8}) == Layout("NV12", 6, 4, 8)
    with pytest.raises(CameraError, match="MJPEG"):
        layout_of({"format": "MJPEG", "size": (6, 4), "stride": 8})
