"""The part of picamera2 that the camera driver uses, and what it reads from a frame.

The real library fits these Protocols, and so does the simulated sensor.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from scanner.errors import CameraError
from scanner.units import Dioptres


class RequestLike(Protocol):
    """A frame that occupies one of the camera's few buffers until it is released."""

    def make_buffer(self, name: str) -> NDArray[np.uint8]:
        """A copy of the bytes of one stream, (n,)."""

    def get_metadata(self) -> dict[str, Any]: ...

    def release(self) -> None: ...


class Picamera2Like(Protocol):
    """A camera as picamera2 gives it."""

    @property
    def camera_properties(self) -> Mapping[str, Any]: ...

    @property
    def camera_controls(self) -> Mapping[str, Any]:
        """Control -> (lowest, highest, default)."""

    @property
    def sensor_resolution(self) -> tuple[int, int]: ...

    @property
    def sensor_modes(self) -> Sequence[Mapping[str, Any]]:
        """What the sensor can do, its pictures' sizes under "size". Slow: each mode is configured once."""

    def create_still_configuration(self, **wanted: object) -> dict[str, Any]: ...

    def configure(self, camera_config: dict[str, Any]) -> object: ...

    def camera_configuration(self) -> dict[str, Any]:
        """What `configure` made of the wishes: format, size and stride of each stream."""

    def set_controls(self, controls: Mapping[str, Any]) -> None: ...

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def close(self) -> None: ...

    def capture_request(self, *, wait: float) -> RequestLike:
        """The next frame, which may be one that lay ready. Raises TimeoutError after `wait` seconds."""

    def cancel_all_and_flush(self) -> None: ...


@dataclass(frozen=True, slots=True)
class FrameFacts:
    """What a frame's own metadata says. Times are nanoseconds of the sensor's clock.

    `ended_ns`: end of the first row's exposure. `exposure_us`, `gain`, `colour_gains` (red, blue), `lens`: None where
    the camera does not tell. `controls`: number of the list of controls that was applied last, growing with each
    request (ControlListSequence, in libcamera since 2026); None in older ones.
    """

    ended_ns: int
    exposure_us: int | None
    gain: float | None
    colour_gains: tuple[float, float] | None
    lens: Dioptres | None
    controls: int | None = None

    @property
    def began_ns(self) -> int:
        """Begin of the exposure; the last row begins later still."""
        return self.ended_ns - 1000 * (self.exposure_us or 0)


def facts_of(metadata: Mapping[str, Any]) -> FrameFacts:
    """Read a frame's metadata; a control that the camera does not report is None. Raises CameraError."""
    stamp = metadata.get("SensorTimestamp")
    if stamp is None:
        raise CameraError(
            "The camera does not say when its frames were exposed.", "Update libcamera and the camera's driver."
        )
    exposure, gain = metadata.get("ExposureTime"), metadata.get("AnalogueGain")
    gains, lens = metadata.get("ColourGains"), metadata.get("LensPosition")
    controls = metadata.get("ControlListSequence")
    return FrameFacts(
        ended_ns=int(stamp),
        exposure_us=None if exposure is None else int(exposure),
        gain=None if gain is None else float(gain),
        colour_gains=None if gains is None else (float(gains[0]), float(gains[1])),
        lens=None if lens is None else float(lens),
        controls=None if controls is None else int(controls),
    )
