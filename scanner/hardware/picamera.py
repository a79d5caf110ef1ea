"""The camera driver: any picamera2 camera, or the simulated sensor. The only module that imports picamera2."""

import importlib
import json
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar

import simplejpeg

from scanner.clock import Clock
from scanner.errors import CameraError, CameraTimeout, ConfigError, FixedFocus, HardwareMissing, LensTimeout, OutOfRange
from scanner.hardware.lens_wait import LensWait
from scanner.hardware.picamera_api import FrameFacts, Picamera2Like, RequestLike, facts_of
from scanner.hardware.picamera_exposure import Convergence, look_of, matches, without_flicker
from scanner.hardware.picamera_models import camera_facts
from scanner.hardware.picamera_session import BUFFERS, Session
from scanner.hardware.protocols import CameraFacts, Capture, Exposure
from scanner.hardware.settings import CameraSettings
from scanner.units import Dioptres, Seconds

MANUAL_FOCUS = 0
LATENCY_FRAMES = BUFFERS + 4
"""After so many frames a control that was set has reached the sensor."""
MEASURE_S = 5.0
FRESH_S = 2.0
PREVIEW_QUALITY = 80
ORDINARY_FRAME_S = 0.034

T = TypeVar("T")


class PiCamera:
    """A camera with one configuration for its whole life. Only one thread may call it.

    `sensor_clock` reads, in nanoseconds, the clock that frames are stamped with: CLOCK_BOOTTIME on a Pi.
    """

    def __init__(
        self, session: Session, settings: CameraSettings, clock: Clock, sensor_clock: Callable[[], int]
    ) -> None:
        self._session = session
        self._settings = settings
        self._clock = clock
        self._sensor_clock = sensor_clock
        camera, main = session.camera, session.main
        self._facts = camera_facts(
            camera.camera_properties,
            camera.camera_controls,
            camera.sensor_resolution,
            (main.width, main.height),
            settings,
        )
        self._wait: LensWait | None = None
        self._restarts = session.restarts
        self._locked: Exposure | None = None

    @property
    def facts(self) -> CameraFacts:
        return self._facts

    # -------------------------------------------------------------- exposure

    def lock(self, exposure: Exposure | None) -> Exposure:
        """Fix exposure and white balance and return what the sensor really uses.

        None: measure first; the result avoids mains flicker. Raises CameraTimeout, CameraError.
        """
        self._locked = None
        took = self._fix(exposure or self._measure())
        self._locked = took
        return took

    def _measure(self) -> Exposure:
        """Automatic exposure and white balance until they hold still; in restless light, what they last said."""
        self._session.set_controls({"AeEnable": True, "AwbEnable": True})
        seen = Convergence(skip=LATENCY_FRAMES)
        self._until(lambda request: seen.sees(self._facts_of(request)) or None, MEASURE_S)
        if seen.look is None:
            raise CameraError("This camera does not report its exposure.", "Give time and gains by hand.")
        highest = self._session.camera.camera_controls.get("AnalogueGain", (1.0, seen.look.gain, 1.0))[1]
        return without_flicker(seen.look, self._settings.mains_hz, float(highest))

    def _fix(self, wanted: Exposure) -> Exposure:
        self._session.set_controls(
            {
                "AeEnable": False,
                "AwbEnable": False,
                "ExposureTime": wanted.time_us,
                "AnalogueGain": wanted.gain,
                "ColourGains": (wanted.red_gain, wanted.blue_gain),
            }
        )
        self._session.exposure_s = wanted.time_us * 1e-6
        seen = Convergence(skip=2 * LATENCY_FRAMES)

        def took(request: RequestLike) -> Exposure | None:
            frame = self._facts_of(request)
            done = seen.sees(frame)  # where the sensor cannot do what is wanted, what it does instead
            look = look_of(frame)
            if look is None:
                return wanted
            return look if done or matches(look, wanted) else None

        result = self._until(took, MEASURE_S + 4 * LATENCY_FRAMES * self._session.exposure_s)
        if result is None:
            raise CameraTimeout(
                f"The camera did not take the exposure of {wanted.time_us} µs.", "Choose other values, or automatic."
            )
        return result

    # ------------------------------------------------------------------ lens

    def focus(self, lens: Dioptres) -> Dioptres:
        """Drive the lens and return the reported position once it has arrived and settled.

        Raises LensTimeout after a second try, FixedFocus, OutOfRange, CameraTimeout.
        """
        reach = self._facts.lens
        if reach is None:
            raise FixedFocus(f"The camera {self._facts.model} has no lens drive.", "Take single slices.")
        if not reach.far <= lens <= reach.near:
            raise OutOfRange(
                f"Lens position {lens:.2f} D is outside the range of the camera.",
                f"Choose {reach.far:g} D to {reach.near:g} D.",
            )
        for _ in range(2):
            wait = self._drive(lens)
            reported = self._until(lambda request: self._arrived(self._facts_of(request)), self._patience())
            if reported is not None and wait.settled_ns is not None:
                self._clock.sleep((wait.settled_ns - self._sensor_clock()) * 1e-9)
                return reported
        raise self._late(lens)

    def _drive(self, lens: Dioptres) -> LensWait:
        assert self._facts.lens is not None  # noqa: S101  asked by every caller
        self._wait = LensWait(
            lens, self._facts.lens.step / 2, self._settings.lens_settle_ms * 1e-3, self._sensor_clock()
        )
        self._session.set_controls({"AfMode": MANUAL_FOCUS, "LensPosition": lens})
        return self._wait

    def _arrived(self, frame: FrameFacts) -> Dioptres | None:
        """The reported position when this frame is the first that matches, or comes after it."""
        assert self._wait is not None  # noqa: S101  set by _drive
        self._wait.sees(frame, self._sensor_clock())
        return None if self._wait.settled_ns is None else frame.lens

    def _patience(self) -> Seconds:
        """How long the lens may take: a deadline, and the frames that the camera's queue holds."""
        return self._settings.lens_timeout_s + 12 * max(ORDINARY_FRAME_S, self._session.exposure_s)

    def _late(self, lens: Dioptres) -> LensTimeout:
        return LensTimeout(
            f"The lens did not arrive at {lens:.2f} D.",
            "Try again; if it stays, choose a longer rig.camera.lens_timeout_s or a smaller range.",
        )

    # -------------------------------------------------------------- pictures

    def capture(self) -> Capture:
        """Take one full picture whose exposure began after this call, after the lens settled, and with the locked look.

        Raises CameraTimeout, LensTimeout.
        """
        asked_ns = self._sensor_clock()
        for last_try in (False, True):
            taken = self._until(lambda request: self._take(request, asked_ns), self._patience())
            if taken is not None:
                return taken
            if self._wait is not None and not last_try:
                self._drive(self._wait.target)
        if self._wait is not None and self._wait.settled_ns is None:
            raise self._late(self._wait.target)
        raise CameraTimeout(
            "The camera gives only frames that are old or not exposed as set.", "Restart the daemon; look at the log."
        )

    def _take(self, request: RequestLike, asked_ns: int) -> Capture | None:
        frame = self._facts_of(request)
        now_ns = self._sensor_clock()
        settled = self._wait is None or self._wait.sees(frame, now_ns)
        look = look_of(frame)
        as_locked = self._locked is None or look is None or matches(look, self._locked)
        if not settled or not as_locked or frame.began_ns < asked_ns:
            return None
        return Capture(
            pixels=self._session.main.planes(request.make_buffer("main")),
            lens=frame.lens,
            exposure_us=frame.exposure_us or 0,
            gain=frame.gain or 1.0,
            taken_at=self._clock.monotonic() - (now_ns - frame.began_ns) * 1e-9,
        )

    def preview(self) -> bytes:
        """A small JPEG of what the camera sees now. Raises CameraTimeout."""
        asked_ns = self._sensor_clock()

        def small(request: RequestLike) -> bytes | None:
            if self._facts_of(request).began_ns < asked_ns:
                return None
            planes = self._session.lores.planes(request.make_buffer("lores"))
            return bytes(simplejpeg.encode_jpeg_yuv_planes(planes.y, planes.cb, planes.cr, quality=PREVIEW_QUALITY))

        jpeg = self._until(small, FRESH_S + 8 * self._session.exposure_s)
        if jpeg is None:
            raise CameraTimeout("The camera gives only old frames.", "Restart the daemon.")
        return jpeg

    def close(self) -> None:
        """Release the camera; calling it twice is harmless."""
        self._session.close()

    # ---------------------------------------------------------------- frames

    def _until(self, judge: Callable[[RequestLike], T | None], seconds: Seconds) -> T | None:
        """Let `judge` look at frames until it returns something; None past the deadline. Each frame is released."""
        deadline = self._clock.monotonic() + seconds
        while self._clock.monotonic() < deadline:
            with self._session.frame() as request:
                self._notice_restart()
                if (verdict := judge(request)) is not None:
                    return verdict
        return None

    def _notice_restart(self) -> None:
        if self._restarts != self._session.restarts:
            self._restarts = self._session.restarts
            if self._wait is not None:
                self._wait.restart(self._sensor_clock())

    @staticmethod
    def _facts_of(request: RequestLike) -> FrameFacts:
        return facts_of(request.get_metadata())


Importer = Callable[[str], Any]


def open_picamera(settings: CameraSettings, clock: Clock, load: Importer = importlib.import_module) -> PiCamera:
    """The Raspberry Pi camera. `load` imports picamera2 and libcamera by name.

    Raises HardwareMissing, ConfigError, CameraError.
    """
    tuning = None if settings.tuning_file is None else _tuning(Path(settings.tuning_file))
    extra: dict[str, object] = {}
    if settings.hflip or settings.vflip:
        extra["transform"] = _library("libcamera", load).Transform(hflip=settings.hflip, vflip=settings.vflip)
    return open_camera(
        lambda: _open(tuning, load), settings, clock, lambda: time.clock_gettime_ns(time.CLOCK_BOOTTIME), extra
    )


def open_camera(
    opener: Callable[[], Picamera2Like],
    settings: CameraSettings,
    clock: Clock,
    sensor_clock: Callable[[], int],
    extra: Mapping[str, object] | None = None,
) -> PiCamera:
    """The driver over any camera with picamera2's methods; closed again when it cannot be used.

    `extra`: more arguments of its configuration. Raises HardwareMissing, ConfigError, CameraError.
    """
    with ExitStack() as opened:
        session = Session(opener, settings, extra)
        opened.callback(session.close)
        camera = PiCamera(session, settings, clock, sensor_clock)
        opened.pop_all()
        return camera


def _open(tuning: dict[str, Any] | None, load: Importer) -> Picamera2Like:
    library = _library("picamera2", load)
    try:
        camera: Picamera2Like = library.Picamera2(tuning=tuning)
    except (IndexError, RuntimeError, OSError) as error:
        raise HardwareMissing(
            f"The camera cannot be opened: {error or type(error).__name__}.",
            "Check the ribbon cable with `rpicam-hello --list-cameras`, and that no other program uses the camera.",
        ) from error
    return camera


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
        tuning: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"The tuning file {path} cannot be used: {error}.", "Correct rig.camera.tuning_file."
        ) from error
    return tuning
