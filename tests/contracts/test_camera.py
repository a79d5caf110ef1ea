"""What every camera promises: on the simulated sensor, and with FOCUSRIG_TEST_CAMERA=1 on the real one."""

import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import simplejpeg

from scanner.clock import Clock, SystemClock
from scanner.errors import FixedFocus, OutOfRange
from scanner.hardware.picamera import open_picamera
from scanner.hardware.protocols import Camera
from scanner.hardware.settings import CameraSettings
from tests.hardware.cameras import Bench


@dataclass
class Set:
    """A camera and the clock it lives by."""

    camera: Camera
    clock: Clock


@pytest.fixture(params=["simulated", "real"])
def given(request: pytest.FixtureRequest) -> Iterator[Set]:
    clock: Clock
    if request.param == "simulated":
        bench = Bench()
        camera, clock = bench.camera(), bench.clock
    elif os.environ.get("FOCUSRIG_TEST_CAMERA"):
        clock = SystemClock()
        camera = open_picamera(CameraSettings(), clock)
    else:
        pytest.skip("set FOCUSRIG_TEST_CAMERA=1 to test the camera that is plugged in")
    yield Set(camera, clock)
    camera.close()


def test_facts_are_complete(given: Set) -> None:
    facts = given.camera.facts
    assert facts.model
    assert facts.width > 0
    assert facts.height > 0
    assert 0 < facts.pixel_pitch_um < 50
    if facts.lens:
        assert 0 <= facts.lens.far < facts.lens.near
        assert 0 < facts.lens.step < 1


def test_pictures_have_the_size_of_the_facts(given: Set) -> None:
    facts, pixels = given.camera.facts, given.camera.capture().pixels
    assert pixels.size == (facts.width, facts.height)
    assert pixels.cb.shape == pixels.cr.shape


def test_pictures_are_fresh_and_in_order(given: Set) -> None:
    before = given.clock.monotonic()
    times = [given.camera.capture().taken_at for _ in range(3)]
    assert times[0] >= before - 1e-3
    assert times == sorted(set(times))
    assert times[-1] <= given.clock.monotonic()


def test_a_locked_look_is_that_of_every_picture(given: Set) -> None:
    took = given.camera.lock(None)
    again = given.camera.lock(took)
    assert again.time_us == pytest.approx(took.time_us, rel=0.03, abs=50)
    for _ in range(2):
        taken = given.camera.capture()
        assert taken.exposure_us == pytest.approx(again.time_us, rel=0.03, abs=50)
        assert taken.gain == pytest.approx(again.gain, rel=0.03)


def test_focus_arrives_or_says_that_it_cannot(given: Set) -> None:
    lens = given.camera.facts.lens
    if lens is None:
        with pytest.raises(FixedFocus):
            given.camera.focus(1.0)
        return
    for share in (0.2, 0.6, 0.55):
        target = lens.far + share * (lens.near - lens.far)
        assert given.camera.focus(target) == pytest.approx(target, abs=lens.step / 2)
        assert given.camera.capture().lens == pytest.approx(target, abs=lens.step / 2)
    with pytest.raises(OutOfRange):
        given.camera.focus(lens.near + 1)


def test_preview_is_a_small_jpeg(given: Set) -> None:
    height, width = simplejpeg.decode_jpeg_header(given.camera.preview())[:2]
    assert 0 < width <= 1024
    assert width / height == pytest.approx(given.camera.facts.width / given.camera.facts.height, rel=0.05)


def test_closing_twice_is_harmless(given: Set) -> None:
    given.camera.close()
    given.camera.close()
