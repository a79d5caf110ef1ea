"""A configured, running camera, and the way back when it stops giving frames."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from scanner.errors import CameraTimeout, HardwareMissing
from scanner.hardware.picamera_api import Picamera2Like, RequestLike
from scanner.hardware.picamera_planes import Layout, layout_of
from scanner.hardware.settings import CameraSettings
from scanner.units import Seconds

BUFFERS = 3
"""Three full frames: one being exposed, one being processed, one being copied."""

_FIXED_LOOK = ("ExposureTime", "AnalogueGain", "ColourGains")
"""What automatic exposure must not find set when the camera starts anew."""

_BROKEN = (OSError, RuntimeError)
"""What picamera2 raises when the camera is not well; TimeoutError is an OSError."""

log = logging.getLogger(__name__)


class Session:
    """One still configuration from opening to closing: a change of mode costs time and contiguous memory.

    `opener` gives a camera that was not configured yet. `extra`: more arguments of the configuration.
    Raises HardwareMissing, CameraError.
    """

    def __init__(
        self, opener: Callable[[], Picamera2Like], settings: CameraSettings, extra: Mapping[str, object] | None = None
    ) -> None:
        self._opener = opener
        self._settings = settings
        self._extra = dict(extra or {})
        self._controls: dict[str, Any] = {}
        self._main: Layout
        self._lores: Layout
        self.restarts = 0
        self.exposure_s: Seconds = 0.0
        self._camera = self._open()

    @property
    def camera(self) -> Picamera2Like:
        """The camera; another object after it had to be opened anew."""
        return self._camera

    @property
    def main(self) -> Layout:
        """How full pictures lie in their buffer."""
        return self._main

    @property
    def lores(self) -> Layout:
        """How small pictures lie in their buffer."""
        return self._lores

    def set_controls(self, controls: Mapping[str, Any]) -> None:
        """Set what of `controls` this camera has, now and after every restart."""
        known = {name: value for name, value in controls.items() if name in self._camera.camera_controls}
        if controls.get("AeEnable"):
            self._controls = {name: value for name, value in self._controls.items() if name not in _FIXED_LOOK}
        self._controls |= known
        self._camera.set_controls(known)

    @contextmanager
    def frame(self) -> Iterator[RequestLike]:
        """The next frame, released at the end of the context. Raises CameraTimeout when no restart helps.

        `restarts` has grown when the camera had to be started anew: lens and exposure begin from their rest.
        """
        request = self._request()
        try:
            yield request
        finally:
            request.release()

    def close(self) -> None:
        """Calling it twice is harmless; a camera that cannot even be closed is only reported."""
        try:
            self._camera.close()
        except _BROKEN as error:
            log.warning("the camera could not be closed: %s", error)

    def _open(self) -> Picamera2Like:
        with ExitStack() as opened:
            camera = self._opener()
            opened.callback(camera.close)
            self._configure(camera)
            camera.set_controls(self._controls)
            camera.start()
            opened.pop_all()
            return camera

    def _configure(self, camera: Picamera2Like) -> None:
        sensor = camera.sensor_resolution
        size = (self._settings.width or sensor[0], self._settings.height or sensor[1])
        small = min(self._settings.preview_width, size[0])
        wanted = camera.create_still_configuration(
            main={"size": size, "format": "YUV420"},
            lores={"size": (_even(small), _even(small * size[1] / size[0])), "format": "YUV420"},
            buffer_count=BUFFERS,
            **self._extra,
        )
        camera.configure(wanted)
        made = camera.camera_configuration()  # libcamera may have adjusted formats and sizes without a word
        self._main, self._lores = layout_of(made["main"]), layout_of(made["lores"])

    def _request(self) -> RequestLike:
        for way_out in (self._restart, self._reopen):
            try:
                return self._next()
            except _BROKEN as error:
                log.warning("no frame from the camera (%s); next: %s", error or "timeout", way_out.__name__.strip("_"))
            try:
                way_out()
            except (*_BROKEN, HardwareMissing) as error:
                log.warning("%s failed: %s", way_out.__name__.strip("_"), error)
        try:
            return self._next()
        except _BROKEN as error:
            raise CameraTimeout(
                "The camera gives no frames, not even after it was closed and opened again.",
                "Check its ribbon cable and power, then restart the daemon.",
            ) from error

    def _next(self) -> RequestLike:
        return self._camera.capture_request(wait=self._settings.timeout_s + 4 * self.exposure_s)

    def _restart(self) -> None:
        """The job that timed out must go first: it would swallow a frame, or bring the process down."""
        self.restarts += 1
        self._camera.cancel_all_and_flush()
        self._camera.stop()
        self._camera.set_controls(self._controls)
        self._camera.start()

    def _reopen(self) -> None:
        self.restarts += 1
        try:
            self._camera.cancel_all_and_flush()
        except _BROKEN as error:
            log.warning("the camera's jobs could not be cancelled: %s", error)
        self.close()
        self._camera = self._open()


def _even(length: float) -> int:
    return max(2, int(length) // 2 * 2)
