"""The life of the camera: opened and closed, started and stopped, and five hundred pictures, without a trace."""

import gc
import itertools
import os
import threading
from pathlib import Path

import numpy as np
import pytest

from scanner.errors import CameraError, FixedFocus
from scanner.hardware.settings import CameraSettings
from tests.libcamera.cameras import BUFFERS, QUICK, Bench
from tests.libcamera.conftest import Figure
from tests.libcamera.frames import COUNT, HEIGHT, SIDE, TURN, WIDTH, luma, number_in

CYCLES = 50
CAPTURES = 500
MEGABYTE = 1e6


def resident() -> int:
    """Bytes of memory that this process holds."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE")


def handles() -> int:
    """Open files of this process."""
    gc.collect()
    return len(list(Path("/proc/self/fd").iterdir()))


def test_fifty_starts_and_stops_of_picamera2(bench: Bench, figure: Figure) -> None:
    with bench.bare() as camera:
        camera.stop()  # each frame on its way is an open file
        before = handles()
        for _ in range(CYCLES):
            camera.start()
            camera.capture_request(wait=1.0).release()
            camera.stop()
        assert handles() <= before
    figure(f"{CYCLES} cycles")


def test_fifty_openings_and_closings_of_the_driver(bench: Bench, figure: Figure) -> None:
    def once() -> None:
        driver = bench.driver()
        assert driver.capture().pixels.size == (WIDTH, HEIGHT)
        driver.close()
        bench.cameras.clear()

    once()
    files, threads, memory = handles(), threading.active_count(), resident()
    for _ in range(CYCLES):
        once()
    grown = (resident() - memory) / MEGABYTE
    assert handles() <= files
    assert threading.active_count() <= threads
    assert grown < 20
    figure(f"{CYCLES} cycles, {grown:+.1f} MB")


def test_memory_does_not_grow_over_five_hundred_captures(bench: Bench, figure: Figure) -> None:
    driver = bench.driver()
    for _ in range(50):
        driver.capture()
    files, before = handles(), resident()
    for _ in range(CAPTURES):
        driver.capture()
    grown = (resident() - before) / MEGABYTE
    driver.close()
    assert grown < 4  # two pictures of 2 MB
    assert handles() <= files
    figure(f"{CAPTURES} captures, {grown:+.2f} MB")


def test_every_frame_goes_back(bench: Bench) -> None:
    driver = bench.driver()
    for _ in range(100):
        driver.capture()
    held = [bench.camera.capture_request(wait=1.0) for _ in range(BUFFERS)]
    for request in held:
        request.release()
    driver.close()


def test_an_adjusted_format_is_read_as_it_came(bench: Bench, figure: Figure) -> None:
    driver = bench.driver()
    pixels = driver.capture().pixels
    made = bench.camera.camera_configuration()["main"]
    assert (made["format"], made["size"]) == ("NV12", (WIDTH, HEIGHT))
    number = number_in(pixels)
    assert 0 <= number < COUNT
    for part, expected in (
        (pixels.y[:, : WIDTH // 2 - 8], luma(number)),
        (pixels.y[:, WIDTH // 2 + 8 :], luma(number) + SIDE),
        (pixels.cb[: HEIGHT // 4 - 8], 100 + TURN),
        (pixels.cb[HEIGHT // 4 + 8 :], 100),
        (pixels.cr, 150),
    ):
        assert np.abs(part.astype(int) - expected).max() <= 1
    figure("YUV420 asked for, NV12 made")
    driver.close()


def test_an_adjusted_size_is_that_of_the_facts(bench: Bench) -> None:
    driver = bench.driver(QUICK.model_copy(update={"width": 1000, "height": 600}))
    facts = driver.facts
    assert (facts.width, facts.height) == driver.capture().pixels.size == (WIDTH, HEIGHT)
    driver.close()


def test_a_smaller_picture_has_larger_pixels(bench: Bench) -> None:
    full = bench.driver()
    pitch = full.facts.pixel_pitch_um
    full.close()
    small = bench.driver(QUICK.model_copy(update={"width": 1024, "height": 576}))
    assert small.capture().pixels.size == (1024, 576)
    assert small.facts.pixel_pitch_um == pytest.approx(1.5 * pitch)
    small.close()


def test_the_small_picture_shows_the_same_without_a_change_of_mode(bench: Bench) -> None:
    driver = bench.driver()
    configured = bench.camera.configure_count
    small = driver.look()
    assert small.size == (800, 450)
    assert 0 <= number_in(small) < COUNT
    assert float(small.y[:, 410:].mean() - small.y[:, :390].mean()) == pytest.approx(SIDE, abs=1)
    assert bench.camera.configure_count == configured
    driver.close()


def test_a_camera_without_autofocus_is_one_with_fixed_focus(bench: Bench) -> None:
    driver = bench.driver()
    assert "AfMode" not in bench.camera.camera_controls
    assert driver.facts.lens is None
    with pytest.raises(FixedFocus):
        driver.focus(1.0)
    assert driver.capture().lens is None
    driver.close()


def test_a_camera_that_does_not_report_its_exposure_cannot_be_locked(bench: Bench) -> None:
    driver = bench.driver()
    with pytest.raises(CameraError, match="exposure"):
        driver.lock(None)
    driver.close()


def test_pictures_are_new_ones(bench: Bench) -> None:
    driver = bench.driver(CameraSettings(timeout_s=0.3))
    times = [driver.capture().taken_at for _ in range(60)]
    assert all(later > earlier for earlier, later in itertools.pairwise(times))
    driver.close()
