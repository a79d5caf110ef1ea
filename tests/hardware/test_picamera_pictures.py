"""Pictures of the camera driver: formats, sizes, mirrors, small looks, and that no buffer is kept."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from scanner.errors import ConfigError
from scanner.hardware.picamera import open_camera
from scanner.hardware.protocols import Exposure
from scanner.hardware.settings import CameraSettings, SimulatedSettings
from scanner.hardware.simulated.sensor import Frame, SimulatedSensor
from tests.hardware.cameras import HEIGHT, OPTICS, WIDTH, Bench, lens_in, turntable_in

BY_HAND = Exposure(time_us=10_000, gain=2.0, red_gain=1.8, blue_gain=1.5)


class Unreadable(SimulatedSensor):
    """A camera whose buffers cannot be copied."""

    def render(self, name: str, frame: Frame) -> Any:
        raise MemoryError(name, frame)


def test_a_thousand_pictures_leave_no_request_behind() -> None:
    bench = Bench()
    camera = bench.camera()
    for number in range(1000):
        camera.capture() if number % 3 else camera.look()
        assert bench.sensor.unreleased == 0


def test_an_error_in_the_middle_of_a_picture_releases_the_frame() -> None:
    bench = Bench(kind=Unreadable)
    camera = bench.camera()
    for _ in range(5):
        with pytest.raises(MemoryError):
            camera.capture()
    assert bench.sensor.unreleased == 0


@pytest.mark.parametrize("adjust_to", [None, "NV12"])
@pytest.mark.parametrize("size", [(160, 120), (192, 128), (322, 182)])
def test_formats_and_padded_rows_give_the_same_picture(adjust_to: Any, size: tuple[int, int]) -> None:
    bench = Bench(simulated=SimulatedSettings(width=size[0], height=size[1]), adjust_to=adjust_to, turntable=77)
    camera = bench.camera()
    camera.lock(BY_HAND)
    camera.focus(7.0)
    pixels = camera.capture().pixels
    assert pixels.size == size == (camera.facts.width, camera.facts.height)
    assert pixels.shapes == ((size[1], size[0]), (size[1] // 2, size[0] // 2))
    assert lens_in(pixels) == pytest.approx(7.0, abs=0.1)
    assert np.unique(pixels.cb).tolist() == [77]
    assert all(plane.flags.c_contiguous for plane in (pixels.y, pixels.cb, pixels.cr))


@pytest.mark.parametrize(("width", "expected"), [(1920, (800, 450)), (480, (480, 270))])
def test_a_look_is_a_small_picture_of_now(width: int, expected: tuple[int, int]) -> None:
    bench = Bench(simulated=SimulatedSettings(width=width, height=width * 9 // 16))
    camera = bench.camera()
    for turntable in (100, 200):
        bench.turntable = turntable
        seen = camera.look()
        assert seen.size == expected
        assert seen.shapes == ((expected[1], expected[0]), (expected[1] // 2, expected[0] // 2))
        assert turntable_in(seen) == turntable


def test_a_look_comes_while_the_lens_moves_and_the_exposure_changes() -> None:
    bench = Bench()
    camera = bench.camera()
    camera.lock(BY_HAND)
    camera.focus(12.0)
    bench.sensor.set_controls({"LensPosition": 2.0, "ExposureTime": 30_000})
    before = bench.clock.monotonic()
    seen = [lens_in(camera.look()) for _ in range(12)]
    assert bench.clock.monotonic() - before < 1.2
    assert np.diff(seen).max() < 0.05
    assert seen[0] > seen[6] > seen[-1]


def test_a_look_at_a_long_exposure_waits_for_it() -> None:
    bench = Bench()
    camera = bench.camera()
    camera.lock(BY_HAND.model_copy(update={"time_us": 3_000_000}))
    before = bench.clock.monotonic()
    camera.look()
    assert 3.0 <= bench.clock.monotonic() - before < 10.0


def test_facts_are_those_of_the_picture_delivered() -> None:
    bench = Bench(settings=OPTICS.model_copy(update={"width": WIDTH // 2, "height": HEIGHT // 2}))
    facts = bench.camera().facts
    assert (facts.width, facts.height, facts.model) == (WIDTH // 2, HEIGHT // 2, "simulated")
    assert facts.pixel_pitch_um == pytest.approx(2.8)
    assert facts.lens is not None
    assert (facts.lens.far, facts.lens.near) == (0.0, 15.0)


def test_a_camera_of_unknown_optics_is_closed_again() -> None:
    bench = Bench(settings=CameraSettings())
    with pytest.raises(ConfigError, match=r"rig\.camera\.focal_length_mm"):
        bench.camera()
    with pytest.raises(RuntimeError):
        bench.sensor.start()


def mirrored(*, hflip: bool, vflip: bool) -> tuple[Any, Any]:
    """A camera with mirrors, as opened with libcamera's transform, and its bench."""
    bench = Bench(settings=OPTICS.model_copy(update={"hflip": hflip, "vflip": vflip}), turntable=50)
    extra = {"transform": SimpleNamespace(hflip=hflip, vflip=vflip)}
    return open_camera(bench.open_sensor, bench.settings, bench.clock, bench.now_ns, extra), bench


@pytest.mark.parametrize(("hflip", "vflip"), [(True, False), (False, True), (True, True)])
def test_mirrors_are_facts_and_in_every_picture(hflip: bool, vflip: bool) -> None:
    camera, _ = mirrored(hflip=hflip, vflip=vflip)
    assert (camera.facts.hflip, camera.facts.vflip) == (hflip, vflip)
    camera.lock(BY_HAND)
    camera.focus(7.3)
    for pixels in (camera.capture().pixels, camera.look()):
        upright = pixels.y[:: -1 if vflip else 1, :: -1 if hflip else 1]
        coarse, fine = divmod(round(7.3 * 4096), 256)
        assert int(upright[0, 0]) == coarse
        assert int(upright[0, -1]) == pytest.approx(fine, abs=90)


def test_a_mode_of_the_sensor_gives_its_size_and_its_speed() -> None:
    bench = Bench(settings=OPTICS.model_copy(update={"sensor_mode": f"{WIDTH // 2}x{HEIGHT // 2}"}))
    camera = bench.camera()
    assert (camera.facts.width, camera.facts.height) == (WIDTH // 2, HEIGHT // 2)
    assert camera.facts.pixel_pitch_um == pytest.approx(2.8)
    assert camera.capture().pixels.size == (WIDTH // 2, HEIGHT // 2)
