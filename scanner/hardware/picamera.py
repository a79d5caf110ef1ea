"""The camera driver: any picamera2 camera, or the simulated sensor."""

import importlib
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import TypeVar

from scanner.clock import Clock
from scanner.errors import CameraError, CameraTimeout, FixedFocus, LensTimeout, OutOfRange
from scanner.hardware.guard import Guard
from scanner.hardware.lens_wait import LensWait
from scanner.hardware.picamera_api import FrameFacts, Picamera2Like, RequestLike, facts_of
from scanner.hardware.picamera_configuration import BUFFERS
from scanner.hardware.picamera_exposure import Convergence, look_of, matches, without_flicker
from scanner.hardware.picamera_library import Importer, Library
from scanner.hardware.picamera_models import camera_facts
from scanner.hardware.picamera_session import Session
from scanner.hardware.protocols import CameraFacts, Capture, Exposure
from scanner.hardware.settings import CameraSettings
from scanner.slices import Planes
from scanner.units import Dioptres, Seconds

MANUAL_FOCUS = 0
LATENCY_FRAMES = BUFFERS + 4
"""After so many frames a control that was set has reached the sensor (picamera2 #1278)."""
LENS_FRAMES = 12
"""The same for the lens, which libcamera may hold back for frames in the dark."""
FRESH_FRAMES = 8
MEASURE_S: Seconds = 5.0
FRESH_S: Seconds = 2.0
LIBRARY_S: Seconds = 60.0

T = TypeVar("T")


class PiCamera:
    """A camera with one configuration for its whole life. Only one thread may call it.

    `sensor_clock` reads, in nanoseconds, the clock that frames are stamped with. Every call but `facts` and `close` may
    raise RigLost: the camera gives no frames, and only a new process can bring it back.
    """

    def __init__(
        self, session: Session, settings: CameraSettings, clock: Clock, sensor_clock: Callable[[], int]
    ) -> None:
        self._session = session
        self._settings = settings
        self._clock = clock
        self._sensor_clock = sensor_clock
        camera, main = session.camera, session.made.main
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

        None: measure first; the result avoids mains flicker. Raises CameraTimeout; CameraError for a camera that does
        not tell its exposure, of which nobody knows whether it obeys.
        """
        self._locked = None
        self._locked = self._fix(exposure or self._measure())
        return self._locked

    def _measure(self) -> Exposure:
        """Automatic exposure and white balance until they hold still; in restless light, what they last said."""
        for _ in range(2):  # the second time in case that the first one was lost
            self._session.set_controls({"AeEnable": True, "AwbEnable": True})
            self._until(lambda _: True, FRESH_S)
        seen = Convergence(skip=LATENCY_FRAMES)
        self._until(lambda request: seen.sees(self._facts_of(request)) or None, MEASURE_S, 4 * LATENCY_FRAMES)
        if seen.look is None:
            raise _mute()
        highest = self._session.camera.camera_controls.get("AnalogueGain", (1.0, seen.look.gain, 1.0))[1]
        return without_flicker(seen.look, self._settings.mains_hz, float(highest))

    def _fix(self, wanted: Exposure) -> Exposure:
        self._session.exposure_s = wanted.time_us * 1e-6
        took = None
        for _ in range(2):
            self._session.set_controls(
                {
                    "AeEnable": False,
                    "AwbEnable": False,
                    "ExposureTime": wanted.time_us,
                    "AnalogueGain": wanted.gain,
                    "ColourGains": (wanted.red_gain, wanted.blue_gain),
                }
            )
            took = self._taken(wanted)
            if took is not None and matches(took, wanted):
                return took
        if took is None:
            raise CameraTimeout(
                f"The camera did not take the exposure of {wanted.time_us} µs.", "Choose other values, or automatic."
            )
        return took

    def _taken(self, wanted: Exposure) -> Exposure | None:
        """What frames are taken with once it is as `wanted`, or holds still: where the sensor cannot do that, what it
        does instead."""
        seen = Convergence(skip=2 * LATENCY_FRAMES)

        def took(request: RequestLike) -> Exposure | None:
            frame = self._facts_of(request)
            done = seen.sees(frame)
            return seen.look if seen.look is not None and (done or matches(seen.look, wanted)) else None

        result = self._until(took, MEASURE_S, 3 * LATENCY_FRAMES)
        if result is None and seen.look is None:
            raise _mute()
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
            wait = self._wait = LensWait(
                lens, reach.step / 2, self._settings.lens_settle_ms * 1e-3, self._sensor_clock()
            )
            self._session.set_controls({"AfMode": MANUAL_FOCUS, "LensPosition": lens})
            reported = self._until(
                lambda request: self._arrived(self._facts_of(request)), self._settings.lens_timeout_s, LENS_FRAMES
            )
            if reported is not None and wait.settled_ns is not None:
                self._clock.sleep((wait.settled_ns - self._sensor_clock()) * 1e-9)
                return reported
        raise _late(lens)

    def _arrived(self, frame: FrameFacts) -> Dioptres | None:
        """The reported position when this frame is the first that matches, or comes after it."""
        assert self._wait is not None  # noqa: S101  set by focus
        self._wait.sees(frame, self._sensor_clock())
        return None if self._wait.settled_ns is None else frame.lens

    # -------------------------------------------------------------- pictures

    def capture(self) -> Capture:
        """Take one full picture whose exposure began after this call, after the lens settled, and with the locked look.

        Raises CameraTimeout, LensTimeout.
        """
        asked_ns = self._sensor_clock()
        for last_try in (False, True):
            taken = self._until(
                lambda request: self._take(request, asked_ns), self._settings.lens_timeout_s, LENS_FRAMES
            )
            if taken is not None:
                return taken
            if not last_try:
                self._session.repeat_controls()
                self._wait_anew()
        if self._wait is not None and self._wait.settled_ns is None:
            raise _late(self._wait.target)
        raise CameraTimeout(
            "The camera gives only frames that are old or not exposed as set.", "Restart the daemon; look at the log."
        )

    def _take(self, request: RequestLike, asked_ns: int) -> Capture | None:
        frame = self._facts_of(request)
        now_ns = self._sensor_clock()
        settled = self._wait is None or self._wait.sees(frame, now_ns)
        look = look_of(frame)
        as_locked = self._locked is None or (look is not None and matches(look, self._locked))
        if not settled or not as_locked or frame.began_ns < asked_ns:
            return None
        return Capture(
            pixels=self._session.made.main.planes(request.make_buffer("main")),
            lens=frame.lens,
            exposure_us=frame.exposure_us or 0,
            gain=frame.gain or 1.0,
            taken_at=self._clock.monotonic() - (now_ns - frame.began_ns) * 1e-9,
        )

    def look(self) -> Planes:
        """A small picture, `preview_width` wide, whose exposure began after this call; it comes while the lens moves
        and while the exposure changes as well. Raises CameraTimeout."""
        asked_ns = self._sensor_clock()

        def small(request: RequestLike) -> Planes | None:
            if self._facts_of(request).began_ns < asked_ns:
                return None
            return self._session.made.lores.planes(request.make_buffer("lores"))

        seen = self._until(small, FRESH_S, FRESH_FRAMES)
        if seen is None:
            raise CameraTimeout("The camera gives only old frames.", "Restart the daemon.")
        return seen

    def close(self) -> None:
        """Release the camera; calling it twice is harmless."""
        self._session.close()

    # ---------------------------------------------------------------- frames

    def _until(self, judge: Callable[[RequestLike], T | None], seconds: Seconds, frames: int = 0) -> T | None:
        """Let `judge` look at frames until it returns something; None once `frames` frames and then `seconds` more have
        passed, so that a slow camera has its time. Each frame is released."""
        seen, deadline = 0, self._clock.monotonic() + seconds
        while self._clock.monotonic() < deadline:
            with self._session.frame() as request:
                self._notice_restart()
                if (verdict := judge(request)) is not None:
                    return verdict
            seen += 1
            if seen <= frames:
                deadline = self._clock.monotonic() + seconds
        return None

    def _notice_restart(self) -> None:
        if self._restarts != self._session.restarts:
            self._restarts = self._session.restarts
            self._wait_anew()

    def _wait_anew(self) -> None:
        if self._wait is not None:
            self._wait.restart(self._sensor_clock())

    def _facts_of(self, request: RequestLike) -> FrameFacts:
        frame = facts_of(request.get_metadata())
        if frame.ended_ns > self._sensor_clock():
            raise CameraError(
                "The camera stamps its frames with another clock than this machine's: fresh ones cannot be told.",
                "Update libcamera and the camera's driver.",
            )
        return frame


def open_picamera(
    settings: CameraSettings,
    clock: Clock,
    load: Importer = importlib.import_module,
    guard: Guard | None = None,
) -> PiCamera:
    """The Raspberry Pi camera. `load` imports picamera2 and libcamera by name. `guard` ends the process when a call
    into libcamera never returns; None: with EXIT_RIG_LOST.

    Frames are stamped by the kernel with CLOCK_MONOTONIC, the clock that picamera2 compares them with as well;
    libcamera's documentation says CLOCK_BOOTTIME, which is the same on a Pi, since it never sleeps.

    Raises HardwareMissing, ConfigError, CameraError.
    """
    guard = guard or Guard()
    with guard.limit(LIBRARY_S, "loading libcamera"):
        library = Library(settings, load)
        serial = settings.serial or library.connector()
    known = settings.model_copy(update={"serial": serial})
    return open_camera(library.open, known, clock, time.monotonic_ns, library.extra, guard=guard)


def open_camera(
    opener: Callable[[], Picamera2Like],
    settings: CameraSettings,
    clock: Clock,
    sensor_clock: Callable[[], int],
    extra: Mapping[str, object] | None = None,
    *,
    guard: Guard | None = None,
) -> PiCamera:
    """The driver over any camera with picamera2's methods; closed again when it cannot be used.

    `extra`: more arguments of its configuration. `guard` watches over calls that have no deadline of their own; None:
    they are only reported. Raises HardwareMissing, ConfigError, CameraError.
    """
    with ExitStack() as opened:
        session = Session(opener, settings, extra, guard)
        opened.callback(session.close)
        camera = PiCamera(session, settings, clock, sensor_clock)
        opened.pop_all()
        return camera


def _late(lens: Dioptres) -> LensTimeout:
    return LensTimeout(
        f"The lens did not arrive at {lens:.2f} D.",
        "Try again; if it stays, choose a longer rig.camera.lens_timeout_s or a smaller range.",
    )


def _mute() -> CameraError:
    return CameraError("This camera does not report its exposure.", "Nobody knows what it does: use another camera.")
