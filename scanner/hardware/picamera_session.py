"""A configured, running camera, and the way back when it stops giving frames."""

import gc
import logging
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError, InvalidStateError
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar

from scanner.errors import CameraError, HardwareError, RigLost
from scanner.hardware.guard import Guard, only_log
from scanner.hardware.picamera_api import Picamera2Like, RequestLike
from scanner.hardware.picamera_configuration import Made, configure
from scanner.hardware.settings import CameraSettings
from scanner.units import Seconds

OPEN_S: Seconds = 60.0
"""Opening looks for all cameras, loads tuning files, and takes a second or two."""
LIMIT_S: Seconds = 30.0
"""Configuring, starting, stopping and closing take less than a second each."""
STOP_S: Seconds = 3.0
"""After this a stop that waits for picamera2's dead thread is called off."""

FIRST_FRAMES = 6
"""So many frames may go by before the first one comes after a start: libcamera hides those that it does not trust."""

_FIXED_LOOK = ("ExposureTime", "AnalogueGain", "ColourGains")
"""What automatic exposure must not find set when the camera starts anew."""

_BROKEN = (OSError, RuntimeError, CancelledError, InvalidStateError)
"""What picamera2 raises when the camera is not well; TimeoutError is an OSError."""

T = TypeVar("T")

log = logging.getLogger(__name__)


class Session:
    """One still configuration from opening to closing.

    `opener` gives a camera that was not configured yet. `extra`: more arguments of the configuration. `guard` watches
    over every call that has no deadline of its own; a stop is called off after `stop_s`. Raises HardwareMissing,
    ConfigError, CameraError.
    """

    def __init__(
        self,
        opener: Callable[[], Picamera2Like],
        settings: CameraSettings,
        extra: Mapping[str, object] | None = None,
        guard: Guard | None = None,
        stop_s: Seconds = STOP_S,
    ) -> None:
        self._opener = opener
        self._settings = settings
        self._extra = dict(extra or {})
        self._guard = guard or Guard(only_log)
        self._stop_s = stop_s
        self._controls: dict[str, Any] = {}
        self._closed = False
        self.restarts = 0
        self.exposure_s: Seconds = 0.0
        self._camera: Picamera2Like | None = None
        self._made: Made
        self._open()

    @property
    def camera(self) -> Picamera2Like:
        """The camera; another object after it had to be opened anew. Raises CameraError while there is none."""
        if self._camera is None:
            raise CameraError("The camera is closed.", "Restart the daemon.")
        return self._camera

    @property
    def made(self) -> Made:
        """How pictures lie in their buffers."""
        return self._made

    def set_controls(self, controls: Mapping[str, Any]) -> None:
        """Set what of `controls` this camera has, now and after every restart."""
        known = {name: value for name, value in controls.items() if name in self.camera.camera_controls}
        if controls.get("AeEnable"):
            self._controls = {name: value for name, value in self._controls.items() if name not in _FIXED_LOOK}
        self._controls |= known
        self.camera.set_controls(known)

    def repeat_controls(self) -> None:
        """Set all of them once more: picamera2 loses those that are set at the instant when it queues a request."""
        self.camera.set_controls(self._controls)

    @contextmanager
    def frame(self) -> Iterator[RequestLike]:
        """The next frame, released at the end of the context. Raises RigLost when no restart helps, CameraError.

        `restarts` has grown when the camera had to be started anew: lens and exposure begin from their rest.
        """
        request = self._request()
        try:
            yield request
        finally:
            request.release()

    def close(self) -> None:
        """Calling it twice is harmless; a camera that cannot even be closed is only reported."""
        self._closed = True
        self._let_go()

    # ------------------------------------------------------ the way back

    def _request(self) -> RequestLike:
        if self._closed:
            raise CameraError("The camera was closed.", "Open the rig again.")
        ways = {
            "": self._next,
            " after a restart": self._after_restart,
            " after opening it again": self._after_reopening,
        }
        for words, way in ways.items():
            try:
                return way()
            except (*_BROKEN, HardwareError) as error:
                log.warning("no frame from the camera%s: %s", words, _words(error))
        raise RigLost(
            "The camera gives no frames, not even after it was closed and opened again.",
            "Check its ribbon cable and power; the daemon starts anew by itself.",
        )

    def _next(self) -> RequestLike:
        camera = self.camera
        fastest_us = camera.camera_controls.get("FrameDurationLimits", (0,))[0]
        frame_s = max(self.exposure_s, fastest_us * 1e-6)
        return camera.capture_request(wait=self._settings.timeout_s + FIRST_FRAMES * frame_s)

    def _after_restart(self) -> RequestLike:
        """The job that timed out must go first: it would swallow a frame, or bring the process down."""
        self.restarts += 1
        camera = self.camera
        self._cancel(camera)
        with Guard(lambda _: camera.cancel_all_and_flush()).limit(self._stop_s, "stopping the camera"):
            self._watched(camera.stop, "stopping the camera")
        if not camera.camera_configuration():
            raise CameraError("The camera lost its configuration.", "Restart the daemon.")  # start() would choose one
        self.repeat_controls()
        self._watched(camera.start, "starting the camera")
        return self._next()

    def _after_reopening(self) -> RequestLike:
        self.restarts += 1
        self._let_go()
        gc.collect()  # picamera2's objects refer to each other in circles, and to contiguous memory
        self._open()
        return self._next()

    def _open(self) -> None:
        with ExitStack() as opened:
            camera = self._watched(self._opener, "opening the camera", OPEN_S)
            opened.callback(self._close, camera)
            try:
                self._made = self._watched(
                    lambda: configure(camera, self._settings, self._extra), "configuring the camera"
                )
                camera.set_controls(self._controls)
                self._watched(camera.start, "starting the camera")
            except _BROKEN as error:
                raise CameraError(
                    f"The camera cannot be configured and started: {_words(error)}.",
                    "If memory is short: rig.camera.format = YUV420, or more contiguous memory "
                    "(dtoverlay=vc4-kms-v3d,cma-512 in config.txt).",
                ) from error
            opened.pop_all()
        self._camera = camera

    def _let_go(self) -> None:
        camera, self._camera = self._camera, None
        if camera is not None:
            self._close(camera)

    def _close(self, camera: Picamera2Like) -> None:
        """Jobs first: closing would wait behind them for ever."""
        for step in (self._cancel, lambda each: self._watched(each.close, "closing the camera")):
            try:
                step(camera)
            except _BROKEN as error:
                log.warning("the camera could not be closed: %s", _words(error))

    def _cancel(self, camera: Picamera2Like) -> None:
        self._watched(camera.cancel_all_and_flush, "cancelling the camera's jobs")

    def _watched(self, call: Callable[[], T], what: str, seconds: Seconds = LIMIT_S) -> T:
        with self._guard.limit(seconds, what):
            return call()


def _words(error: BaseException) -> str:
    """A timeout of the library says nothing."""
    return str(error) or type(error).__name__
