"""The camera goes wrong, and the driver finds its way: start anew, open anew, or say so. It never waits for ever."""

import time
from collections.abc import Mapping
from typing import Any

import pytest

from scanner.errors import ConfigError, RigLost
from scanner.hardware.protocols import Exposure
from tests.libcamera.cameras import BUFFERS, QUICK, Bench, ReportingCamera
from tests.libcamera.conftest import Figure
from tests.libcamera.frames import HEIGHT, WIDTH

TIMEOUTS = 50


def test_a_timeout_is_mended_by_starting_anew(bench: Bench) -> None:
    driver = bench.driver()
    driver.capture()
    camera, stops = bench.camera, bench.camera.stop_count
    camera.freeze()
    asked = time.monotonic()
    taken = driver.capture()
    assert taken.pixels.size == (WIDTH, HEIGHT)
    assert taken.taken_at >= asked
    assert bench.cameras == [camera]
    assert camera.stop_count == stops + 1
    driver.close()


def test_fifty_timeouts_are_mended(bench: Bench, figure: Figure) -> None:
    driver = bench.driver()
    for _ in range(TIMEOUTS):
        bench.camera.freeze()
        driver.capture()
    assert bench.camera.stop_count == TIMEOUTS
    assert len(bench.cameras) == 1
    figure(f"{TIMEOUTS} timeouts, {bench.camera.stop_count} restarts")
    driver.close()


def test_what_a_restart_does_not_mend_is_mended_by_opening_anew(bench: Bench) -> None:
    driver = bench.driver()
    driver.capture()
    bench.camera.freeze(for_good=True)
    assert driver.capture().pixels.size == (WIDTH, HEIGHT)
    first, second = bench.cameras
    assert not first.is_open
    assert second.is_open
    driver.close()


def test_a_dead_camera_is_said_to_be_dead(bench: Bench) -> None:
    driver = bench.driver()
    bench.freeze_all()
    with pytest.raises(RigLost):
        driver.capture()
    driver.close()
    assert [camera.is_open for camera in bench.cameras] == [False] * len(bench.cameras)


def test_the_job_of_a_timeout_swallows_no_frame(bench: Bench) -> None:
    driver = bench.driver()
    bench.camera.freeze()
    driver.capture()
    held = [bench.camera.capture_request(wait=1.0) for _ in range(BUFFERS)]
    for request in held:
        request.release()
    driver.close()


def test_frames_that_are_kept_starve_the_camera(bench: Bench) -> None:
    with bench.bare() as camera:
        held = [camera.capture_request(wait=1.0) for _ in range(BUFFERS)]
        with pytest.raises(TimeoutError):
            camera.capture_request(wait=0.2)
        camera.cancel_all_and_flush()
        for request in held:
            request.release()
        camera.capture_request(wait=1.0).release()


def test_frames_that_somebody_keeps_are_taken_back_by_the_driver(bench: Bench) -> None:
    driver = bench.driver()
    held = [bench.camera.capture_request(wait=1.0) for _ in range(BUFFERS)]
    assert driver.capture().pixels.size == (WIDTH, HEIGHT)
    for request in held:
        request.release()  # they belong to the time before the restart: harmless
    assert driver.capture().pixels.size == (WIDTH, HEIGHT)
    driver.close()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_the_end_of_picamera2s_thread_is_mended_by_opening_anew(bench: Bench, figure: Figure) -> None:
    """Then its stop never returns by itself."""
    driver = bench.driver()
    driver.capture()
    asked = time.monotonic()
    bench.camera.end_event_loop()
    assert driver.capture().pixels.size == (WIDTH, HEIGHT)
    first, second = bench.cameras
    assert not first.is_open
    assert second.is_open
    figure(f"{time.monotonic() - asked:.1f} s")
    driver.close()


def test_a_sensor_mode_of_a_camera_without_modes_is_a_mistake_of_the_config(bench: Bench) -> None:
    with pytest.raises(ConfigError, match="sensor_mode"):
        bench.driver(QUICK.model_copy(update={"sensor_mode": "1536x864"}))
    assert [camera.is_open for camera in bench.cameras] == [False]


class LosingCamera(ReportingCamera):
    """Loses every second thing that it is told to set while it runs: see test_traps."""

    times = 0

    def set_controls(self, controls: Mapping[str, Any]) -> None:
        self.times += self.started
        if not self.started or self.times % 2 == 0:
            super().set_controls(controls)


def test_a_look_that_was_lost_on_its_way_is_set_again() -> None:
    bench = Bench(LosingCamera)
    driver = bench.driver()
    wanted = Exposure(time_us=12_000, gain=2.0, red_gain=1.8, blue_gain=1.5)
    assert driver.lock(wanted) == wanted
    assert driver.capture().exposure_us == wanted.time_us
    bench.close()
