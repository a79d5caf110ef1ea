"""Opening a camera: with mirrors, with a tuning file, while it is in use, and where there is none."""

import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scanner.errors import ConfigError, HardwareMissing
from tests.libcamera.cameras import QUICK, Bench
from tests.libcamera.frames import HEIGHT, WIDTH

NO_CAMERA = """
from scanner.errors import HardwareMissing
from tests.libcamera.cameras import Bench
try:
    Bench().driver()
except HardwareMissing as error:
    print(error)
"""


def test_mirrors_are_asked_for_in_libcameras_own_words(bench: Bench) -> None:
    driver = bench.driver(QUICK.model_copy(update={"hflip": True}))
    made = bench.camera.camera_configuration()["transform"]
    assert (bool(made.hflip), bool(made.vflip)) == (True, False)
    assert (driver.facts.hflip, driver.facts.vflip) == (True, False)
    assert driver.capture().pixels.size == (WIDTH, HEIGHT)
    driver.close()


def test_a_tuning_file_is_handed_to_libcamera(bench: Bench, tmp_path: Path) -> None:
    tuning = tmp_path / "imx519.json"
    tuning.write_text('{"version": 2.0, "target": "bcm2835", "algorithms": []}')
    driver = bench.driver(QUICK.model_copy(update={"tuning_file": str(tuning)}))
    assert os.environ["LIBCAMERA_RPI_TUNING_FILE"]
    assert driver.capture().pixels.size == (WIDTH, HEIGHT)
    driver.close()
    bench.driver().close()
    assert "LIBCAMERA_RPI_TUNING_FILE" not in os.environ


def test_a_tuning_file_that_is_not_one_is_a_mistake_of_the_config(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="tuning_file"):
        bench.driver(QUICK.model_copy(update={"tuning_file": str(tmp_path / "absent.json")}))
    assert bench.cameras == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_camera_in_use_says_so_and_goes_on_working(bench: Bench) -> None:
    driver = bench.driver()
    with pytest.raises(HardwareMissing, match="cannot be opened: Failed to acquire camera") as caught:
        bench.driver()
    assert "no other program uses the camera" in caught.value.hint
    assert driver.capture().pixels.size == (WIDTH, HEIGHT)
    driver.close()
    del caught
    gc.collect()  # picamera2 does not close its pipe when it cannot be opened: the warning belongs here


def test_the_serial_is_the_place_where_it_is_connected(bench: Bench) -> None:
    driver = bench.driver()
    assert driver.facts.serial == "virtual"
    driver.close()
    named = bench.driver(QUICK.model_copy(update={"serial": "7f3a"}))
    assert named.facts.serial == "7f3a"
    named.close()


def test_no_camera_is_said_in_a_sentence() -> None:
    without = os.environ | {"LIBCAMERA_PIPELINES_MATCH_LIST": "simple"}
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", NO_CAMERA],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env=without,
    )
    assert ended.stdout.startswith("There is no camera.")
