"""picamera2 itself on libcamera's virtual camera: what that camera lacks is lent, and it goes wrong on demand.

Nothing here replaces what the driver uses; only the places where a Pi differs from the virtual camera are filled in.
"""

import importlib
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from picamera2 import Picamera2
from picamera2.allocators import LibcameraAllocator

from scanner.clock import SystemClock
from scanner.hardware.picamera import PiCamera, open_picamera
from scanner.hardware.picamera_api import RequestLike
from scanner.hardware.settings import CameraSettings
from tests.libcamera.frames import HEIGHT, WIDTH

BUFFERS = 4
"""The virtual pipeline always makes so many, whatever was asked for."""
PERIOD_S = 1 / 60
QUICK = CameraSettings(timeout_s=0.5, lens_settle_ms=0)
"""A camera whose timeouts are short: the virtual one takes 17 ms for a frame."""
REPORTED: Mapping[str, Any] = {
    "ExposureTime": (14, 10_000_000, 20_000),
    "AnalogueGain": (1.0, 16.0, 1.0),
    "ColourGains": (0.0, 32.0, None),
}
SWITCHES: Mapping[str, Any] = {"AeEnable": (False, True, None), "AwbEnable": (False, True, None)}


class VirtualCamera(Picamera2):  # type: ignore[misc]  # an optional library without types
    """A camera of 60 frames a second: libcamera's own completes a frame the moment its buffer comes back.

    It has no raw modes, and takes buffers of libcamera's own making alone.
    """

    _requests: list[Any]

    def __init__(
        self,
        camera_num: int = 0,
        verbose_console: int | None = None,
        tuning: str | dict[str, Any] | None = None,
        allocator: object | None = None,
    ) -> None:
        self._due = 0.0
        self._swallowed: list[object] = []
        self._frozen = self._for_good = self._loop_ends = False
        super().__init__(camera_num, verbose_console, tuning, allocator)
        self.allocator = LibcameraAllocator(self.camera)

    def freeze(self, *, for_good: bool = False) -> None:
        """No more frames until the camera is started anew; `for_good`: not even then."""
        self._frozen, self._for_good = True, for_good

    def end_event_loop(self) -> None:
        """At the next frame picamera2's thread ends with an error, as it does with any that a frame brings."""
        self._loop_ends = True

    def process_requests(self, display: object) -> None:
        """What picamera2's thread does when frames have come, and when there is a job for it."""
        if self._loop_ends:
            raise RuntimeError("The event loop ends here")
        if self._requests:
            time.sleep(max(0.0, self._due - time.monotonic()))
            self._due = time.monotonic() + PERIOD_S
        if self._frozen:
            with self._requestslock:
                self._swallowed += self._requests
                self._requests = []
        super().process_requests(display)

    def start_(self) -> None:
        """Start: the buffers of swallowed frames went back when the camera was stopped."""
        self._swallowed = []
        self._frozen = self._for_good
        super().start_()

    def _get_raw_modes(self) -> list[dict[str, Any]]:
        return [{"format": "NV12", "size": (WIDTH, HEIGHT)}]


class ReportingRequest:
    """A frame whose metadata says what it was taken with, as a Pi's does."""

    def __init__(self, request: RequestLike, look: Mapping[str, Any]) -> None:
        self._request, self._look = request, look

    def make_buffer(self, name: str) -> NDArray[np.uint8]:
        return self._request.make_buffer(name)

    def get_metadata(self) -> dict[str, Any]:
        return self._request.get_metadata() | dict(self._look)

    def release(self) -> None:
        self._request.release()


class ReportingCamera(VirtualCamera):
    """A virtual camera that has exposure and white balance: it reports them as they were set last."""

    def __init__(
        self,
        camera_num: int = 0,
        verbose_console: int | None = None,
        tuning: str | dict[str, Any] | None = None,
        allocator: object | None = None,
    ) -> None:
        self._look: dict[str, Any] = {"ExposureTime": 20_000, "AnalogueGain": 1.0, "ColourGains": (2.0, 1.6)}
        super().__init__(camera_num, verbose_console, tuning, allocator)

    @property
    def camera_controls(self) -> dict[str, Any]:
        return {**super().camera_controls, **REPORTED, **SWITCHES}

    def set_controls(self, controls: Mapping[str, Any]) -> None:
        self._look |= {name: value for name, value in controls.items() if name in REPORTED}
        lent = {*REPORTED, *SWITCHES}
        super().set_controls({name: value for name, value in controls.items() if name not in lent})

    def capture_request(
        self, wait: float | None = None, signal_function: object | None = None, flush: int | None = None
    ) -> ReportingRequest:
        return ReportingRequest(super().capture_request(wait, signal_function, flush), dict(self._look))


class Bench:
    """Opens the driver on virtual cameras of one kind. `cameras`: each one that it opened, the present one last."""

    def __init__(self, kind: type[VirtualCamera] = VirtualCamera) -> None:
        cameras: list[VirtualCamera] = []
        self._dead = False

        bench = self

        class Remembered(kind):  # type: ignore[valid-type, misc]
            def __init__(self, *arguments: Any, **named: Any) -> None:
                super().__init__(*arguments, **named)
                cameras.append(self)
                if bench._dead:
                    self.freeze(for_good=True)

        self.cameras = cameras
        self.clock = SystemClock()
        self._library = SimpleNamespace(Picamera2=Remembered)

    def driver(self, settings: CameraSettings = QUICK) -> PiCamera:
        """The camera driver, opened as on a Pi."""
        return open_picamera(settings, self.clock, self.load)

    @contextmanager
    def bare(self) -> Iterator[VirtualCamera]:
        """A running camera without the driver, configured as the driver does; closed at the end."""
        camera = self._library.Picamera2()
        wanted = camera.create_still_configuration(
            main={"size": (WIDTH, HEIGHT), "format": "YUV420"},
            lores={"size": (800, 450), "format": "YUV420"},
            buffer_count=3,
            queue=False,
        )
        camera.configure(wanted)
        camera.start()
        yield camera
        camera.cancel_all_and_flush()
        camera.close()

    def load(self, name: str) -> Any:
        """Import picamera2 or libcamera by name."""
        return self._library if name == "picamera2" else importlib.import_module(name)

    @property
    def camera(self) -> VirtualCamera:
        """The camera in use."""
        return self.cameras[-1]

    def freeze_all(self) -> None:
        """No more frames, neither from this camera nor from any that is opened after it."""
        self._dead = True
        self.camera.freeze(for_good=True)

    def close(self) -> None:
        """Close what was left open."""
        for camera in self.cameras:
            camera.cancel_all_and_flush()
            camera.close()
