"""A simulated camera sensor with picamera2's own methods: the real driver runs on it.

It has the vices of the real one. Frames come whether anybody wants them or not, and the one that lies ready may be old.
A control takes effect a queue's depth after it was set. Lens positions appear in the metadata of frames that were read
out before the lens moved. Frames that are not released starve the camera. A request that timed out stays queued and
takes a frame that nobody will ever release. Formats are adjusted without a word, rows are padded, each configuration
costs memory.

A frame is rendered when its pixels are asked for, with lens and pose as they were during its exposure.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scanner.clock import Clock
from scanner.hardware.settings import SimulatedSettings
from scanner.hardware.simulated.sensor_buffers import ContiguousMemory, buffer_of, mirrored, stream_of
from scanner.hardware.simulated.sensor_faults import Misfortune, SensorFaults
from scanner.hardware.simulated.sensor_frames import Frame, Renderer, SceneLike, Surroundings, ViewLike
from scanner.hardware.simulated.sensor_source import LENS_RANGE, FrameSource
from scanner.hardware.simulated.sensor_traits import SensorTraits
from scanner.hardware.simulated.sensor_wishes import require_small, still_configuration

__all__ = ["Frame", "SceneLike", "SimulatedRequest", "SimulatedSensor", "Surroundings", "ViewLike"]

STREAMS = ("main", "lores")
BIT_DEPTH = 10


class SimulatedRequest:
    """A frame that occupies a buffer until it is released."""

    def __init__(self, sensor: "SimulatedSensor", frame: Frame) -> None:
        self._sensor: SimulatedSensor | None = sensor
        self._frame = frame

    def get_metadata(self) -> dict[str, Any]:
        if self._sensor is None:
            raise AssertionError  # all that picamera2 has to say
        return self._frame.metadata()

    def make_buffer(self, name: str) -> NDArray[np.uint8]:
        if self._sensor is None or name not in self._sensor.camera_configuration():
            raise RuntimeError(f"Stream {name!r} is not defined")
        return self._sensor.render(name, self._frame)

    def release(self) -> None:
        if self._sensor is None:
            raise RuntimeError("This request was released before.")
        sensor, self._sensor = self._sensor, None
        sensor.took_back(self)


class SimulatedSensor:
    """See the module. `memory`: what its buffers are taken from; None: there is always enough."""

    def __init__(
        self,
        surroundings: Surroundings,
        clock: Clock,
        settings: SimulatedSettings,
        *,
        traits: SensorTraits | None = None,
        faults: SensorFaults | None = None,
        memory: ContiguousMemory | None = None,
    ) -> None:
        self._surroundings, self._clock, self._settings = surroundings, clock, settings
        self._traits = traits or SensorTraits()
        self._memory, self._taken = memory, 0
        self._misfortune = Misfortune(faults or SensorFaults())
        self._source = FrameSource(
            surroundings,
            clock,
            settings,
            traits=self._traits,
            misfortune=self._misfortune,
            deliver=self._completed,
            blocked=lambda: self._starved,
        )
        self._configuration: dict[str, Any] = {}
        self._renderers: dict[str, Renderer] = {}
        self._pending: dict[str, Any] = {}
        self._held: set[SimulatedRequest] = set()
        self._lost = self._stale_jobs = 0
        self._ready: Frame | None = None
        self._previous: Frame | None = None
        self._started = self._closed = False

    # --------------------------------------------------------- picamera2's own

    @property
    def camera_properties(self) -> Mapping[str, Any]:
        return {"Model": "simulated", "UnitCellSize": (1400, 1400)}

    @property
    def camera_controls(self) -> Mapping[str, Any]:
        fastest = round(self._source.period * 1e6)
        controls: dict[str, Any] = {
            "FrameDurationLimits": (fastest, 100_000_000, fastest),
            "AeEnable": (False, True, None),
            "AwbEnable": (False, True, None),
            "ExposureTime": (14, 10_000_000, 20_000),
            "AnalogueGain": (1.0, 16.0, 1.0),
            "ColourGains": (0.0, 32.0, None),
        }
        return controls if self._settings.fixed_focus else controls | {"AfMode": (0, 2, 0), "LensPosition": LENS_RANGE}

    @property
    def sensor_resolution(self) -> tuple[int, int]:
        return self._settings.width, self._settings.height

    @property
    def sensor_modes(self) -> list[dict[str, Any]]:
        """All of the sensor, and with four pixels taken together twice as fast. As with picamera2, looking configures
        the camera once for each: it must be stopped, and has to be configured again."""
        modes = []
        for size, speed in self._modes:
            self.configure(self.create_still_configuration(main={"size": size, "format": "YUV420"}))
            fps = round(speed * self._settings.frame_rate, 2)
            modes.append({"format": "SRGGB10", "bit_depth": BIT_DEPTH, "size": size, "fps": fps})
        self._configuration = {}
        return modes

    def create_still_configuration(self, **wanted: object) -> dict[str, Any]:
        """Raises TypeError and ValueError for words that picamera2 does not know. Sizes become even."""
        return still_configuration(self.sensor_resolution, wanted)

    def configure(self, camera_config: dict[str, Any]) -> None:
        """Raises RuntimeError while it runs or for a lores stream that is not YUV, OSError when memory is used up."""
        if self._started or self._closed:
            raise RuntimeError("Camera must be stopped before configuring")
        streams = self._streams(camera_config)
        self._allocate(camera_config["buffer_count"] * sum(stream["framesize"] for stream in streams.values()))
        size, speed = self._mode(camera_config.get("sensor"))
        self._source.period = 1 / (speed * self._settings.frame_rate)
        same = {name: camera_config.get(name) for name in ("buffer_count", "queue", "transform")}
        self._configuration = {"lores": None} | same | streams
        self._configuration["sensor"] = {"bit_depth": BIT_DEPTH, "output_size": size}
        self._renderers = {
            name: Renderer(self._surroundings.scene(*stream["size"]), stream["size"][0] / self._settings.width)
            for name, stream in streams.items()
        }

    def camera_configuration(self) -> dict[str, Any]:
        return self._configuration

    def set_controls(self, controls: Mapping[str, Any]) -> None:
        """They travel with the next request that is queued: behind those that are queued already."""
        for name in controls:
            if name not in self.camera_controls:
                raise RuntimeError(f"Control {name} is not advertised by libcamera")
        if not self._started:
            self._pending |= controls
            return
        self._catch_up()
        self._source.set(controls, self._buffers)

    def start(self) -> None:
        if self._closed or not self._configuration:
            raise RuntimeError("Camera has not been configured")
        if self._started:
            return
        self._source.start(self._pending)
        self._pending = {}
        self._started = True

    def stop(self) -> None:
        """All buffers come back, whoever held them; the lens drops to its rest."""
        self._started = False
        self._ready = self._previous = None
        self._held.clear()
        self._lost = 0
        self._source.stop()

    def close(self) -> None:
        self.stop()
        self._allocate(0)
        self._closed = True

    def cancel_all_and_flush(self) -> None:
        self._stale_jobs = 0

    def capture_request(self, *, wait: float) -> SimulatedRequest:
        if not self._started:
            self._clock.sleep(wait)
            self._stale_jobs += 1
            raise TimeoutError
        if self._misfortune.strikes(self._misfortune.now.refuse):
            raise RuntimeError("The camera refused")
        self._catch_up()
        deadline = self._clock.monotonic() + wait
        while self._ready is None:
            if not self._source.next(deadline):
                self._clock.sleep(deadline - self._clock.monotonic())
                self._stale_jobs += 1
                raise TimeoutError
        frame, self._ready = self._ready, None
        if self._previous is not None and self._misfortune.strikes(self._misfortune.now.repeat):
            frame = self._previous
        self._previous = frame
        request = SimulatedRequest(self, frame)
        self._held.add(request)
        return request

    # ------------------------------------------------------------- for tests

    @property
    def unreleased(self) -> int:
        """Buffers that somebody holds, or that are lost to a job nobody waits for."""
        return len(self._held) + self._lost

    @property
    def misfortunes(self) -> int:
        """How many faults happened so far."""
        return self._misfortune.count

    def set_faults(self, faults: SensorFaults) -> None:
        """From now on these go wrong."""
        self._misfortune.become(faults)

    def hang(self, *, for_good: bool = False) -> None:
        """No more frames until the camera is started anew, or opened anew."""
        self._source.hang(for_good=for_good)

    # --------------------------------------------------------------- buffers

    @property
    def _buffers(self) -> int:
        return int(self._configuration["buffer_count"])

    @property
    def _starved(self) -> bool:
        return self.unreleased >= self._buffers

    def took_back(self, request: SimulatedRequest) -> None:
        """A request was released."""
        self._held.discard(request)

    def render(self, name: str, frame: Frame) -> NDArray[np.uint8]:
        """The buffer of one stream of a frame."""
        planes = mirrored(self._renderers[name].render(frame), self._configuration["transform"])
        return buffer_of(planes, self._configuration[name])

    def _catch_up(self) -> None:
        self._source.catch_up()
        if not self._configuration["queue"]:
            self._ready = None  # such a camera keeps no frame that nobody waited for

    def _completed(self, frame: Frame) -> None:
        if self._stale_jobs:
            self._stale_jobs -= 1
            self._lost += 1
        else:
            self._ready = frame

    def _allocate(self, size: int) -> None:
        """Bytes for the buffers, instead of those that were taken before."""
        if self._memory is not None:
            self._memory.give_back(self._taken)
            self._taken = 0
            self._memory.take(size)
        self._taken = size

    # --------------------------------------------------------- configuration

    @property
    def _modes(self) -> list[tuple[tuple[int, int], float]]:
        width, height = self.sensor_resolution
        return [((width // 2, height // 2), 2.0), ((width, height), 1.0)]

    def _mode(self, wanted: Mapping[str, Any] | None) -> tuple[tuple[int, int], float]:
        """Size and speed of the mode nearest to the size that is wanted: picamera2 does not refuse others."""
        width = (wanted or {}).get("output_size", self.sensor_resolution)[0]
        return min(self._modes, key=lambda mode: abs(mode[0][0] - width))

    def _streams(self, wanted: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        streams = {name: wanted[name] for name in STREAMS if wanted[name] is not None}
        if "lores" in streams:
            require_small(streams["lores"], streams["main"])
        made = {name: stream_of(stream["size"], stream["format"]) for name, stream in streams.items()}
        if self._traits.adjust_to is not None:
            made["main"] = stream_of(streams["main"]["size"], self._traits.adjust_to)
        return made
