"""The one configuration of a camera: what is asked of libcamera, and what it makes of that."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scanner.errors import ConfigError
from scanner.hardware.picamera_api import Picamera2Like
from scanner.hardware.picamera_planes import RGB, Layout, layout_of
from scanner.hardware.settings import CameraSettings

BUFFERS = 3
"""Three full frames: one being exposed, one being processed, one being copied."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Made:
    """What libcamera made: how the two streams lie in their buffers."""

    main: Layout
    lores: Layout


def configure(camera: Picamera2Like, settings: CameraSettings, extra: Mapping[str, object]) -> Made:
    """Configure a camera that is not running: full pictures and small ones at once, since a change of mode costs time
    and contiguous memory. `extra`: more arguments of the configuration.

    Without the raw stream, which nobody reads and which takes as much memory again. Without picamera2's queue, so that
    no old frame lies ready and none of the three buffers is kept from the sensor.

    Raises CameraError for a format that is not understood, ConfigError for wishes that libcamera did not fulfil.
    """
    mode = _size(settings.sensor_mode)
    full = mode or camera.sensor_resolution
    size = (settings.width or full[0], settings.height or full[1])
    small = min(settings.preview_width, size[0])
    wanted = camera.create_still_configuration(
        main={"size": size, "format": settings.format},
        lores={"size": (_even(small), _even(small * size[1] / size[0])), "format": "YUV420"},
        raw=None,
        buffer_count=BUFFERS,
        queue=False,
        **({"sensor": {"output_size": mode}} if mode else {}),
        **extra,
    )
    camera.configure(wanted)
    made = camera.camera_configuration()
    _require_mode(camera, made, mode)
    _require_mirrors(made, settings)
    main, lores = layout_of(made["main"]), layout_of(made["lores"])
    _report(main, size, settings.format, made.get("colour_space"))
    return Made(main, lores)


def _require_mode(camera: Picamera2Like, made: Mapping[str, Any], mode: tuple[int, int] | None) -> None:
    """picamera2 takes the nearest mode without a word, and has none for cameras other than the Pi's."""
    sensor = made.get("sensor")
    if mode is None or (sensor and tuple(sensor["output_size"]) == mode):
        return
    sizes = sorted({tuple(each["size"]) for each in camera.sensor_modes}) if sensor else []
    known = ", ".join(f"{width}x{height}" for width, height in sizes)
    raise ConfigError(
        f"The sensor has no mode of {mode[0]}x{mode[1]} pixels.",
        f"Choose rig.camera.sensor_mode from {known}, or leave it out."
        if known
        else "Leave out rig.camera.sensor_mode.",
    )


def _require_mirrors(made: Mapping[str, Any], settings: CameraSettings) -> None:
    """A picture mirrored by mistake shows an object that does not exist."""
    transform = made.get("transform")
    if transform is None:
        return
    for name, wanted in (("hflip", settings.hflip), ("vflip", settings.vflip)):
        if bool(getattr(transform, name)) != wanted:
            raise ConfigError(
                f"The camera cannot do what rig.camera.{name} = {str(wanted).lower()} asks.", "Choose the other value."
            )


def _report(main: Layout, size: tuple[int, int], name: str, colour_space: object) -> None:
    """libcamera adjusts formats and sizes without a word."""
    if (main.width, main.height, main.format) != (*size, name):
        log.info("the camera delivers %d x %d pixels in %s", main.width, main.height, main.format)
    if main.format not in RGB and "Limited" in str(getattr(colour_space, "range", "")):
        log.warning("the camera delivers pictures of limited range (%s): their contrast is too low", colour_space)


def _size(words: str | None) -> tuple[int, int] | None:
    """(width, height) of "4608x2592"."""
    if words is None:
        return None
    width, height = words.split("x")
    return int(width), int(height)


def _even(length: float) -> int:
    return max(2, int(length) // 2 * 2)
