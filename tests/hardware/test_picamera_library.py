"""Importing picamera2, and what is said when that fails."""

import json
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from scanner.errors import ConfigError, HardwareMissing
from scanner.hardware.guard import Guard
from scanner.hardware.picamera import open_picamera
from scanner.hardware.picamera_library import Library
from scanner.hardware.settings import CameraSettings
from scanner.hardware.simulated.sensor import SimulatedSensor
from tests.hardware.cameras import OPTICS, Bench

CONNECTOR = "/base/axi/pcie@1000120000/rp1/i2c@88000/imx708@1a"
CALM = Guard(pytest.fail)


def loader(**modules: object) -> Any:
    def load(name: str) -> object:
        module = modules.get(name, ModuleNotFoundError(f"No module named '{name}'", name=name))
        if isinstance(module, Exception):
            raise module
        return module

    return load


class Picamera2:
    """picamera2's class: called, it opens a sensor of the bench."""

    def __init__(self, bench: Bench, cameras: tuple[str, ...] = (CONNECTOR,), error: Exception | None = None) -> None:
        self._bench, self._cameras, self._error = bench, cameras, error
        self.tunings: list[object] = []

    def global_camera_info(self) -> list[dict[str, Any]]:
        return [{"Model": "simulated", "Id": each, "Num": number} for number, each in enumerate(self._cameras)]

    def __call__(self, tuning: object) -> SimulatedSensor:
        self.tunings.append(tuning)
        if self._error is not None:
            raise self._error
        return self._bench.open_sensor()


def both(camera: Picamera2) -> Any:
    """picamera2 and libcamera over a bench."""
    return loader(
        picamera2=SimpleNamespace(Picamera2=camera),
        libcamera=SimpleNamespace(Transform=SimpleNamespace),
    )


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ModuleNotFoundError("No module named 'picamera2'", name="picamera2"), "apt install python3-picamera2"),
        (ValueError("numpy.dtype size changed"), "must fit the numpy"),
        (ImportError("libcamera.so.0.7: cannot open"), "cannot be loaded: libcamera"),
    ],
)
def test_a_library_that_is_absent_or_broken_says_what_to_do(error: Exception, words: str) -> None:
    with pytest.raises(HardwareMissing, match=words):
        open_picamera(CameraSettings(), Bench().clock, loader(picamera2=error), CALM)


def test_no_camera_at_the_cable_says_what_to_do() -> None:
    nothing = both(Picamera2(Bench(), cameras=()))
    with pytest.raises(HardwareMissing, match=r"There is no camera\..*rpicam-hello"):
        open_picamera(CameraSettings(), Bench().clock, nothing, CALM)


def test_why_a_camera_cannot_be_opened_is_told_though_picamera2_hides_it() -> None:
    error = RuntimeError("Camera __init__ sequence did not complete.")
    error.__cause__ = RuntimeError("Failed to acquire camera: Device or resource busy")
    with pytest.raises(HardwareMissing, match=r"Device or resource busy\. Check the ribbon cable"):
        open_picamera(CameraSettings(), Bench().clock, both(Picamera2(Bench(), error=error)), CALM)


def test_an_error_without_words_is_named_by_its_kind() -> None:
    library = Library(OPTICS, both(Picamera2(Bench(), error=IndexError())))
    with pytest.raises(HardwareMissing, match="IndexError"):
        library.open()


def test_tuning_and_mirrors_reach_the_library(tmp_path: Path) -> None:
    tuning = tmp_path / "imx519.json"
    tuning.write_text(json.dumps({"version": 2.0}))
    settings = OPTICS.model_copy(update={"hflip": True, "tuning_file": str(tuning)})
    bench = Bench()
    camera = Picamera2(bench)
    library = Library(settings, both(camera))
    opened = library.open()
    assert opened is bench.sensor
    assert camera.tunings == [{"version": 2.0}]
    assert library.extra == {"transform": SimpleNamespace(hflip=True, vflip=False)}


def test_without_mirrors_libcamera_is_not_even_imported() -> None:
    library = Library(OPTICS, loader(picamera2=SimpleNamespace(Picamera2=Picamera2(Bench()))))
    assert library.extra == {}


@pytest.mark.parametrize(("mine", "told"), [(None, CONNECTOR), ("rig 7", "rig 7")])
def test_the_serial_is_the_users_or_the_connector(mine: str | None, told: str) -> None:
    assert Library(OPTICS, both(Picamera2(Bench()))).connector() == CONNECTOR
    bench = Bench()
    bench.clock.sleep(time.monotonic())  # frames of the bench must not lie in the future of the machine's clock
    camera = open_picamera(OPTICS.model_copy(update={"serial": mine}), bench.clock, both(Picamera2(bench)), CALM)
    assert camera.facts.serial == told
    camera.close()


@pytest.mark.parametrize("words", ["", "[1, 2]", "not json"])
def test_a_tuning_file_that_is_none_is_a_config_error(tmp_path: Path, words: str) -> None:
    tuning = tmp_path / "tuning.json"
    tuning.write_text(words)
    with pytest.raises(ConfigError, match=r"rig\.camera\.tuning_file"):
        Library(CameraSettings(tuning_file=str(tuning)), loader())


def test_a_tuning_file_that_is_not_there_is_a_config_error() -> None:
    with pytest.raises(ConfigError, match=r"rig\.camera\.tuning_file"):
        Library(CameraSettings(tuning_file="/nowhere.json"), loader())
