"""What every camera promises: on the simulated sensor, on libgphoto2's virtual camera, and on the real one that is
plugged in.

FOCUSRIG_TEST_CAMERA=1 tests the real camera; "package.module:function" names another importer of picamera2 and
libcamera. FOCUSRIG_TEST_CAMERA_SETTINGS: more of rig.camera as JSON, such as the optics of a module nobody knows.
"""

import importlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from scanner.clock import Clock, SystemClock
from scanner.errors import CameraError, ConfigError, FixedFocus, HardwareError, OutOfRange
from scanner.hardware.guard import Guard
from scanner.hardware.picamera import open_camera, open_picamera
from scanner.hardware.picamera_api import Picamera2Like, RequestLike
from scanner.hardware.protocols import Camera
from scanner.hardware.settings import CameraSettings, SimulatedSettings

if TYPE_CHECKING:
    from tests.hardware.cameras import Bench

TIMEOUT_S = 1.0
"""Of a real frame: provoked timeouts should not take long."""


class World(Protocol):
    """Where a camera can be opened, and what lies under its driver."""

    clock: Clock
    cycles: int
    """How often it opens and closes to prove that it can."""

    def open(self, **settings: object) -> Camera:
        """The driver, with some settings of rig.camera changed."""

    @property
    def underneath(self) -> Picamera2Like:
        """The camera of picamera2's kind that was opened last; skips where there is none."""


class SimulatedWorld:
    """The simulated sensor on a clock that jumps."""

    cycles = 50

    def __init__(self, bench: "Bench") -> None:
        self._bench = bench
        self.clock: Clock = bench.clock

    def open(self, **settings: object) -> Camera:
        bench = self._bench
        wanted = bench.settings.model_copy(update=settings)
        return open_camera(bench.open_sensor, wanted, bench.clock, bench.now_ns, guard=Guard(pytest.fail))

    @property
    def underneath(self) -> Picamera2Like:
        return self._bench.sensor


class RealWorld:
    """picamera2 over libcamera. `importer` gives both modules by name."""

    cycles = 50

    def __init__(self, importer: Callable[[str], Any], settings: CameraSettings) -> None:
        self._importer, self._settings = importer, settings
        self.clock: Clock = SystemClock()
        self._cameras: list[Picamera2Like] = []

    def open(self, **settings: object) -> Camera:
        wanted = self._settings.model_copy(update={"timeout_s": TIMEOUT_S, **settings})
        return open_picamera(wanted, self.clock, self._load)

    @property
    def underneath(self) -> Picamera2Like:
        return self._cameras[-1]

    def _load(self, name: str) -> object:
        module = self._importer(name)
        if name != "picamera2":
            return module
        kind = module.Picamera2

        def noted(**arguments: object) -> Picamera2Like:
            camera: Picamera2Like = kind(**arguments)
            self._cameras.append(camera)
            return camera

        return SimpleNamespace(Picamera2=_with(noted, global_camera_info=kind.global_camera_info))


class DslrWorld:
    """libgphoto2's virtual camera under gphoto2 itself. A life of it gives 26 pictures, and opening takes one."""

    cycles = 2

    def __init__(self, library: Any) -> None:
        self._library = library
        self.clock: Clock = SystemClock()

    def open(self, **settings: object) -> Camera:
        from tests.hardware.dslrs import OPTICS, open_virtual

        return open_virtual(self._library, OPTICS.model_copy(update=settings), self.clock)

    @property
    def underneath(self) -> Picamera2Like:
        pytest.skip("under a DSLR lies no picamera2: the tests of its own session provoke timeouts")


@contextmanager
def _dslr() -> Iterator[World]:
    from tests.hardware.dslrs import virtual_library

    with TemporaryDirectory() as folder, virtual_library(Path(folder) / "dslr") as library:
        yield DslrWorld(library)


def _with(function: Callable[..., Picamera2Like], **attributes: object) -> Callable[..., Picamera2Like]:
    function.__dict__.update(attributes)
    return function


@contextmanager
def _real() -> Iterator[World]:
    wanted = os.environ.get("FOCUSRIG_TEST_CAMERA", "")
    if not wanted:
        pytest.skip("set FOCUSRIG_TEST_CAMERA=1 to test the camera that is plugged in")
    importer: Callable[[str], Any] = importlib.import_module
    if ":" in wanted:
        module, function = wanted.split(":")
        importer = getattr(importlib.import_module(module), function)
    more = json.loads(os.environ.get("FOCUSRIG_TEST_CAMERA_SETTINGS", "{}"))
    yield RealWorld(importer, CameraSettings.model_validate(more))


@contextmanager
def _simulated(
    settings: CameraSettings | None = None, adjust_to: str | None = None, **sensor: object
) -> Iterator[World]:
    """Imported here, since the real camera is also tested where what the simulation needs is not installed."""
    from tests.hardware.cameras import HEIGHT, OPTICS, WIDTH, Bench

    simulated = SimulatedSettings.model_validate({"width": WIDTH, "height": HEIGHT, "frame_rate": 30} | sensor)
    yield SimulatedWorld(Bench(simulated=simulated, settings=settings or OPTICS, adjust_to=adjust_to))


RGB = CameraSettings(focal_length_mm=4.74, f_number=1.8, format="RGB888")
WORLDS: dict[str, Callable[[], AbstractContextManager[World]]] = {
    "simulated": _simulated,
    "fixed focus": lambda: _simulated(fixed_focus=True),
    "adjusted to NV12": lambda: _simulated(adjust_to="NV12"),
    "RGB": lambda: _simulated(RGB),
    "a frame a second": lambda: _simulated(frame_rate=1),
    "virtual DSLR": _dslr,
    "real": _real,
}


SLOW = {"virtual DSLR"}  # it waits for every picture


@pytest.fixture(params=[pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW)) for name in WORLDS])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    with WORLDS[request.param]() as opened:
        yield opened


@pytest.fixture
def camera(world: World) -> Iterator[Camera]:
    opened = world.open()
    yield opened
    opened.close()


def assert_works(camera: Camera, clock: Clock) -> None:
    """It gives a whole, fresh picture."""
    before = clock.monotonic()
    taken = camera.capture()
    assert taken.taken_at >= before - 1e-3
    assert taken.pixels.size == (camera.facts.width, camera.facts.height)


# ---------------------------------------------------------------- pictures


def test_facts_are_complete(camera: Camera) -> None:
    facts = camera.facts
    assert facts.model
    assert facts.width > 0
    assert facts.height > 0
    assert 0 < facts.pixel_pitch_um < 50
    assert (facts.hflip, facts.vflip) == (False, False)
    if facts.lens:
        assert 0 <= facts.lens.far < facts.lens.near
        assert 0 < facts.lens.step < 1


@pytest.mark.parametrize("name", ["YUV420", "RGB888"])
def test_pictures_have_the_size_of_the_facts_in_whatever_format(world: World, name: str) -> None:
    camera = world.open(format=name)
    facts, pixels = camera.facts, camera.capture().pixels
    camera.close()
    half = ((facts.height + 1) // 2, (facts.width + 1) // 2)
    assert pixels.size == (facts.width, facts.height)
    assert pixels.cb.shape == pixels.cr.shape == half
    assert pixels.bits == 8
    assert all(plane.flags.c_contiguous for plane in (pixels.y, pixels.cb, pixels.cr))


def test_pictures_are_fresh_and_in_order(camera: Camera, world: World) -> None:
    times = []
    for _ in range(3):
        before = world.clock.monotonic()
        times.append(camera.capture().taken_at)
        assert before - 1e-3 <= times[-1] <= world.clock.monotonic()
    assert times == sorted(set(times))


def test_looks_are_small_and_of_the_same_shape(camera: Camera) -> None:
    facts = camera.facts
    for _ in range(3):
        seen = camera.look()
        assert 0 < seen.width <= min(1024, facts.width)
        assert seen.width / seen.height == pytest.approx(facts.width / facts.height, rel=0.05)


def test_a_locked_look_is_that_of_every_picture_or_cannot_be_locked(camera: Camera) -> None:
    try:
        took = camera.lock(None)
    except CameraError:
        assert camera.capture().exposure_us == 0  # it cannot be locked, for it does not tell what it does
        return
    again = camera.lock(took)
    assert again.time_us == pytest.approx(took.time_us, rel=0.03, abs=50)
    for _ in range(2):
        taken = camera.capture()
        assert taken.exposure_us == pytest.approx(again.time_us, rel=0.03, abs=50)
        assert taken.gain == pytest.approx(again.gain, rel=0.03)


def test_focus_arrives_or_says_that_it_cannot(camera: Camera, world: World) -> None:
    lens = camera.facts.lens
    if lens is None:
        with pytest.raises(FixedFocus):
            camera.focus(1.0)
        assert_works(camera, world.clock)
        return
    for share in (0.2, 0.6, 0.55):
        target = lens.far + share * (lens.near - lens.far)
        assert camera.focus(target) == pytest.approx(target, abs=lens.step / 2)
        assert camera.capture().lens == pytest.approx(target, abs=lens.step / 2)
    with pytest.raises(OutOfRange):
        camera.focus(lens.near + 1)


# ---------------------------------------------------------------- its life


def test_closing_twice_is_harmless_and_a_closed_camera_says_so(camera: Camera) -> None:
    camera.capture()
    camera.close()
    camera.close()
    for call in (camera.capture, camera.look):
        with pytest.raises(HardwareError, match="closed"):
            call()


def test_it_opens_and_closes_again_and_again(world: World) -> None:
    for _ in range(world.cycles):
        camera = world.open()
        assert_works(camera, world.clock)
        camera.close()


def test_it_stops_and_starts_again_and_again(camera: Camera, world: World) -> None:
    for _ in range(world.cycles):
        world.underneath.stop()
        world.underneath.start()
        assert_works(camera, world.clock)


def test_a_camera_that_was_stopped_underneath_is_started_again(camera: Camera, world: World) -> None:
    lens = camera.facts.lens
    target = None if lens is None else camera.focus((lens.far + lens.near) / 2)
    first = world.underneath
    for _ in range(3):
        world.underneath.stop()
        before = world.clock.monotonic()
        assert_works(camera, world.clock)
        assert world.clock.monotonic() - before < 20.0
        if lens is not None:
            assert camera.capture().lens == pytest.approx(target, abs=lens.step)
    assert world.underneath is first


def test_a_camera_that_was_closed_underneath_is_opened_again(camera: Camera, world: World) -> None:
    first = world.underneath
    first.close()
    assert_works(camera, world.clock)
    assert world.underneath is not first


def test_jobs_that_timed_out_take_no_frame_for_ever(camera: Camera, world: World) -> None:
    for _ in range(4):
        with pytest.raises(TimeoutError):
            world.underneath.capture_request(wait=1e-6)
    for _ in range(5):
        assert_works(camera, world.clock)
        camera.look()


def test_a_camera_starved_of_buffers_recovers(camera: Camera, world: World) -> None:
    kept: list[RequestLike] = []
    with pytest.raises(TimeoutError):
        kept.extend(world.underneath.capture_request(wait=4.0) for _ in range(20))
    assert 3 <= len(kept) < 10
    for _ in range(3):
        assert_works(camera, world.clock)
    for request in kept:
        request.release()
    assert_works(camera, world.clock)


def test_a_sensor_mode_that_is_not_there_is_refused_with_those_that_are(world: World) -> None:
    first = world.open()
    assert "sensor_modes" in dir(world.underneath)
    first.close()
    with pytest.raises(ConfigError, match=r"99x99.*rig\.camera\.sensor_mode"):
        world.open(sensor_mode="99x99")
    camera = world.open()
    assert_works(camera, world.clock)
    camera.close()
