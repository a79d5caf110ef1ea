"""Buffers to planes."""

import numpy as np
import pytest
import simplejpeg

from scanner.errors import CameraError
from scanner.hardware.picamera_planes import Layout, layout_of


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


def test_unpadded_luma_is_not_copied() -> None:
    buffer = np.zeros(64 * 48 * 3 // 2, np.uint8)
    assert np.shares_memory(Layout("YUV420", 64, 48, 64).planes(buffer).y, buffer)


@pytest.mark.parametrize("height", [2, 300])
@pytest.mark.parametrize(("name", "order"), [("RGB888", (2, 1, 0)), ("BGR888", (0, 1, 2))])
def test_rgb_names_say_the_order_in_a_word_not_in_memory(name: str, order: tuple[int, int, int], height: int) -> None:
    colour = np.array([200, 120, 40])
    rows = np.zeros((height, 64), np.uint8)
    rows[:, : 3 * 16] = np.tile(colour[list(order)], 16)
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
