"""Importing picamera2 and opening a camera with it. The only module that imports picamera2."""

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from scanner.errors import ConfigError, HardwareMissing
from scanner.hardware.picamera_api import Picamera2Like
from scanner.hardware.settings import CameraSettings

Importer = Callable[[str], Any]


class Library:
    """picamera2 with the tuning and the mirroring that `settings` ask for. `load` imports modules by name.

    Raises HardwareMissing where a library is absent or broken, ConfigError for a tuning file that cannot be used.
    """

    def __init__(self, settings: CameraSettings, load: Importer = importlib.import_module) -> None:
        self._tuning = None if settings.tuning_file is None else _tuning(Path(settings.tuning_file))
        self._picamera2 = _library("picamera2", load)
        self.extra: dict[str, object] = {}
        """Arguments of the configuration that are libcamera's own objects."""
        if settings.hflip or settings.vflip:
            transform = _library("libcamera", load).Transform
            self.extra["transform"] = transform(hflip=settings.hflip, vflip=settings.vflip)

    def connector(self) -> str:
        """Where the first camera is connected: libcamera's id, the path of its connector in the device tree. Raises
        HardwareMissing without a camera."""
        cameras = self._picamera2.Picamera2.global_camera_info()
        if not cameras:
            raise HardwareMissing("There is no camera.", _CABLE)
        return str(cameras[0].get("Id", ""))

    def open(self) -> Picamera2Like:
        """The first camera. Raises HardwareMissing."""
        try:
            return cast("Picamera2Like", self._picamera2.Picamera2(tuning=self._tuning))
        except (IndexError, RuntimeError, OSError) as error:
            raise HardwareMissing(f"The camera cannot be opened: {_reason(error)}.", _CABLE) from error


_CABLE = "Check the ribbon cable with `rpicam-hello --list-cameras`, and that no other program uses the camera."


def _reason(error: BaseException) -> str:
    """picamera2 hides the reason behind sentences of its own."""
    while error.__cause__ is not None or error.__context__ is not None:
        error = error.__cause__ or error.__context__ or error
    return str(error) or type(error).__name__


def _library(name: str, load: Importer) -> Any:  # noqa: ANN401  an optional library without types
    """Import picamera2 or libcamera. Raises HardwareMissing with what to install."""
    try:
        return load(name)
    except ModuleNotFoundError as error:
        raise HardwareMissing(
            f"The library {error.name} is not there.",
            "On Raspberry Pi OS: sudo apt install python3-picamera2, and make the virtual environment with "
            "--system-site-packages.",
        ) from error
    except (ImportError, ValueError, AttributeError) as error:
        raise HardwareMissing(
            f"The library {name} cannot be loaded: {error}.",
            "picamera2 from apt must fit the numpy that is installed: `focusrig doctor` says more.",
        ) from error


def _tuning(path: Path) -> dict[str, Any]:
    try:
        tuning = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"The tuning file {path} cannot be used: {error}.", "Correct rig.camera.tuning_file."
        ) from error
    if not isinstance(tuning, dict):
        raise ConfigError(f"The tuning file {path} is not libcamera's.", "Correct rig.camera.tuning_file.")
    return tuning
