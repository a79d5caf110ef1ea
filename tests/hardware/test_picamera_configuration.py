"""What is asked of libcamera, and what is done about what it makes of that."""

import logging
from collections.abc import Mapping
from types import MappingProxyType, SimpleNamespace
from typing import Any

import pytest

from scanner.errors import CameraError, ConfigError
from scanner.hardware.picamera_configuration import configure
from scanner.hardware.picamera_planes import Layout
from scanner.hardware.settings import CameraSettings, SimulatedSettings
from scanner.hardware.simulated.sensor import SimulatedSensor
from tests.hardware.cameras import HEIGHT, WIDTH, Bench


class Obstinate(SimulatedSensor):
    """Makes something else of its configuration: `twist`, over what the simulated sensor makes."""

    twist: Mapping[str, Any] = MappingProxyType({})
    asked: dict[str, Any]

    def create_still_configuration(self, **wanted: object) -> dict[str, Any]:
        self.asked = wanted
        return super().create_still_configuration(**wanted)

    def camera_configuration(self) -> dict[str, Any]:
        return super().camera_configuration() | dict(self.twist)


def sensor(twist: dict[str, Any] | None = None, **simulated: Any) -> Obstinate:
    bench = Bench(kind=Obstinate, simulated=SimulatedSettings(width=WIDTH, height=HEIGHT, **simulated))
    opened = bench.open_sensor()
    assert isinstance(opened, Obstinate)
    opened.twist = twist or {}
    return opened


def test_full_and_small_pictures_at_once_and_nothing_that_nobody_reads() -> None:
    camera = sensor()
    made = configure(camera, CameraSettings(preview_width=320), {"use_case": "still"})
    assert camera.asked == {
        "main": {"size": (WIDTH, HEIGHT), "format": "YUV420"},
        "lores": {"size": (WIDTH, HEIGHT), "format": "YUV420"},
        "raw": None,
        "buffer_count": 3,
        "queue": False,
        "use_case": "still",
    }
    assert (made.main.width, made.main.height, made.main.format) == (WIDTH, HEIGHT, "YUV420")


@pytest.mark.parametrize(
    ("settings", "main", "lores"),
    [
        ({}, (1920, 1080), (800, 450)),
        ({"preview_width": 333}, (1920, 1080), (332, 186)),
        ({"width": 640, "height": 480}, (640, 480), (640, 480)),
        ({"sensor_mode": "960x540"}, (960, 540), (800, 450)),
        ({"sensor_mode": "960x540", "width": 480, "height": 270}, (480, 270), (480, 270)),
    ],
)
def test_sizes(settings: dict[str, Any], main: tuple[int, int], lores: tuple[int, int]) -> None:
    camera = Bench(kind=Obstinate, simulated=SimulatedSettings(width=1920, height=1080)).open_sensor()
    assert isinstance(camera, Obstinate)
    configure(camera, CameraSettings(**settings), {})
    assert (camera.asked["main"]["size"], camera.asked["lores"]["size"]) == (main, lores)


def test_the_format_is_that_of_the_config_and_small_pictures_are_always_yuv() -> None:
    camera = sensor()
    made = configure(camera, CameraSettings(format="RGB888"), {})
    assert (made.main.format, made.lores.format) == ("RGB888", "YUV420")
    assert made.main.stride >= 3 * WIDTH


def test_a_mode_is_asked_for_by_its_size_and_checked() -> None:
    camera = sensor()
    configure(camera, CameraSettings(sensor_mode=f"{WIDTH // 2}x{HEIGHT // 2}"), {})
    assert camera.asked["sensor"] == {"output_size": (WIDTH // 2, HEIGHT // 2)}


def test_a_mode_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(ConfigError, match="no mode of 4608x2592") as caught:
        configure(sensor(), CameraSettings(sensor_mode="4608x2592", width=WIDTH, height=HEIGHT), {})
    assert "80x60, 160x120" in caught.value.hint


class Webcam(Obstinate):
    """Not a Raspberry Pi camera: picamera2 stumbles over the question for its modes."""

    @property
    def sensor_modes(self) -> list[dict[str, Any]]:
        raise AttributeError("'NoneType' object has no attribute 'at'")


def test_a_camera_without_modes_says_so() -> None:
    camera = Bench(kind=Webcam).open_sensor()
    assert isinstance(camera, Webcam)
    camera.twist = {"sensor": None}
    with pytest.raises(ConfigError, match=r"no mode of 80x60.*Leave out rig\.camera\.sensor_mode"):
        configure(camera, CameraSettings(sensor_mode="80x60"), {})


@pytest.mark.parametrize(
    ("made", "wanted", "words"),
    [
        ({"hflip": True, "vflip": True}, {}, "hflip = false"),
        ({"hflip": False, "vflip": False}, {"vflip": True}, "vflip = true"),
        ({"hflip": 0, "vflip": 0}, {}, None),
        ({"hflip": 1, "vflip": 0}, {"hflip": True}, None),
    ],
)
def test_mirrors_that_libcamera_did_not_make_are_refused(
    made: dict[str, Any], wanted: dict[str, Any], words: str | None
) -> None:
    camera = sensor({"transform": SimpleNamespace(**made)})
    if words is None:
        configure(camera, CameraSettings(**wanted), {})
        return
    with pytest.raises(ConfigError, match=words):
        configure(camera, CameraSettings(**wanted), {})


def test_what_libcamera_adjusted_is_taken_and_reported(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    made = configure(sensor({"main": {"format": "NV12", "size": (158, 118), "stride": 192}}), CameraSettings(), {})
    assert made.main == Layout("NV12", 158, 118, 192)
    assert "158 x 118 pixels in NV12" in caplog.text


@pytest.mark.parametrize(
    ("space", "name", "warned"),
    [("Range.Limited", "YUV420", True), ("Range.Full", "YUV420", False), ("Range.Limited", "RGB888", False)],
)
def test_limited_range_is_warned_of(caplog: pytest.LogCaptureFixture, space: str, name: Any, warned: bool) -> None:
    camera = sensor({"colour_space": SimpleNamespace(range=space)})
    configure(camera, CameraSettings(format=name), {})
    assert ("limited range" in caplog.text) is warned


def test_a_format_that_is_not_understood_is_refused() -> None:
    with pytest.raises(CameraError, match="MJPEG"):
        configure(sensor({"main": {"format": "MJPEG", "size": (160, 120), "stride": 0}}), CameraSettings(), {})
