"""A simulated camera sensor with picamera2's own methods: the real driver runs on it.

It has the vices of the real one. Frames come whether anybody wants them or not, and the one that lies ready may be old.
A control takes effect a queue's depth after it was set. Lens positions appear in the metadata of frames that were read
out before the lens moved. Frames that are not released starve the camera. A request that timed out stays queued and
takes a frame that nobody will ever release.

A frame is rendered when its pixels are asked for, with lens and pose as they were during its exposure.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from scanner.clock import Clock
from scanner.hardware.settings import SimulatedSettings
from scanner.hardware.simulated.sensor_faults import SensorFaults
from scanner.hardware.simulated.sensor_state import NEUTRAL, ExposureLoop, LensDrive, Look
from scanner.slices import Plane, Planes
from scanner.units import Degrees, Dioptres, Seconds

ALIGNMENT = 64
LENS_RANGE: tuple[Dioptres, Dioptres, Dioptres] = (0.0, 15.0, 1.0)
READOUT = 0.5
"""From the end of a frame's exposure to its completion, in frame periods."""
STEADY_FRAMES = 100
"""After so many frames that nobody took, nothing changes any more, and the rest is skipped."""


class ViewLike(Protocol):
    """One pose of a scene."""

    def slice(
        self, lens: Dioptres, *, frame: int, exposure: float = 1.0, red_gain: float = 1.0, blue_gain: float = 1.0
    ) -> Planes: ...


class SceneLike(Protocol):
    """What stands before the camera."""

    def view(self, turntable_deg: Degrees, tilt_deg: Degrees) -> ViewLike: ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a sensor looks at. `scene`: makes the scene for pictures of (width, height) pixels.

    `pose`: turntable and tilt now. `lamp`: brightness now, 0..1.
    """

    scene: Callable[[int, int], SceneLike]
    pose: Callable[[], tuple[Degrees, Degrees]]
    lamp: Callable[[], float] = lambda: 1.0


@dataclass(frozen=True, slots=True)
class Frame:
    """One exposure: what it was taken with, and where lens and axes were."""

    index: int
    ended: Seconds
    completed: Seconds
    look: Look
    lamp: float
    lens: Dioptres
    reported_lens: Dioptres | None
    pose: tuple[Degrees, Degrees]

    def metadata(self) -> dict[str, Any]:
        facts: dict[str, Any] = {
            "SensorTimestamp": round(self.ended * 1e9),
            "ExposureTime": self.look.time_us,
            "AnalogueGain": self.look.gain,
            "DigitalGain": 1.0,
            "ColourGains": (self.look.red_gain, self.look.blue_gain),
        }
        return facts if self.reported_lens is None else facts | {"LensPosition": self.reported_lens}


class Renderer:
    """Turns frames into the planes of one stream; keeps the last view, because a pose is expensive."""

    def __init__(self, scene: SceneLike) -> None:
        self._scene = scene
        self._pose: tuple[Degrees, Degrees] | None = None
        self._view: ViewLike

    def render(self, frame: Frame) -> Planes:
        if self._pose != frame.pose:
            self._view = self._scene.view(*frame.pose)
            self._pose = frame.pose
        return self._view.slice(
            frame.lens,
            frame=frame.index,
            exposure=frame.look.brightness(frame.lamp),
            red_gain=frame.look.red_gain / NEUTRAL[0],
            blue_gain=frame.look.blue_gain / NEUTRAL[1],
        )


class SimulatedRequest:
    """A frame that occupies a buffer until it is released."""

    def __init__(self, sensor: "SimulatedSensor", frame: Frame) -> None:
        self._sensor: SimulatedSensor | None = sensor
        self._frame = frame

    def get_metadata(self) -> dict[str, Any]:
        return self._frame.metadata()

    def make_buffer(self, name: str) -> NDArray[np.uint8]:
        if self._sensor is None:
            raise RuntimeError("This request was released.")
        return self._sensor.render(name, self._frame)

    def release(self) -> None:
        if self._sensor is None:
            raise RuntimeError("This request was released before.")
        sensor, self._sensor = self._sensor, None
        sensor.took_back(self)


class SimulatedSensor:
    """See the module. `adjust_to`: the format that main becomes whatever was asked for, as libcamera may do."""

    def __init__(
        self,
        surroundings: Surroundings,
        clock: Clock,
        settings: SimulatedSettings,
        *,
        faults: SensorFaults | None = None,
        adjust_to: Literal["NV12"] | None = None,
    ) -> None:
        self._surroundings, self._clock, self._settings = surroundings, clock, settings
        self._adjust_to = adjust_to
        self.set_faults(faults or SensorFaults())
        self._exposure = ExposureLoop()
        self._lens = LensDrive(LENS_RANGE[2], settings.lens_lag_ms * 1e-3)
        self._lens_orders: list[tuple[int, Dioptres]] = []
        self._lens_target = LENS_RANGE[2]
        self._configuration: dict[str, Any] = {}
        self._renderers: dict[str, Renderer] = {}
        self._pending: dict[str, Any] = {}
        self._held: set[SimulatedRequest] = set()
        self._lost = self._stale_jobs = 0
        self._index = 0
        self._ready: Frame | None = None
        self._previous: Frame | None = None
        self._started = self._hung = self._dead = self._closed = False
        self._next_at: Seconds = 0.0
        self._pose = surroundings.pose()

    # --------------------------------------------------------- picamera2's own

    @property
    def camera_properties(self) -> Mapping[str, Any]:
        return {"Model": "simulated", "UnitCellSize": (1400, 1400)}

    @property
    def camera_controls(self) -> Mapping[str, Any]:
        controls: dict[str, Any] = {
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

    def create_still_configuration(self, **wanted: object) -> dict[str, Any]:
        return {"buffer_count": 1, "lores": None} | wanted

    def configure(self, camera_config: dict[str, Any]) -> None:
        if self._started or self._closed:
            raise RuntimeError("Camera must be stopped before configuring")
        self._configuration = {"buffer_count": camera_config["buffer_count"]}
        for name in ("main", "lores"):
            stream = camera_config[name]
            if stream is not None:
                kind = self._adjust_to if name == "main" and self._adjust_to else stream["format"]
                self._configuration[name] = _aligned(stream["size"], kind)
                self._renderers[name] = Renderer(self._surroundings.scene(*stream["size"]))

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
        request = self._index + self._buffers
        self._exposure.set(dict(controls), request)
        if "LensPosition" in controls and not self._chance("ignore_lens"):
            self._lens_orders.append((request, float(controls["LensPosition"])))

    def start(self) -> None:
        if self._closed or not self._configuration:
            raise RuntimeError("Camera has not been configured")
        if self._started:
            return
        self._exposure.start(self._pending)
        self._lens_orders = (
            [(self._index, float(self._pending["LensPosition"]))] if "LensPosition" in self._pending else []
        )
        self._pending = {}
        self._started, self._hung = True, False
        self._next_at = self._clock.monotonic() + 2 / self._settings.frame_rate

    def stop(self) -> None:
        """All buffers come back, whoever held them; the lens drops to its rest."""
        self._started = False
        self._ready = self._previous = None
        self._held.clear()
        self._lost = 0
        self._lens_target = LENS_RANGE[0]
        self._lens.command(LENS_RANGE[0], self._clock.monotonic())

    def close(self) -> None:
        self.stop()
        self._closed = True

    def cancel_all_and_flush(self) -> None:
        self._stale_jobs = 0

    def capture_request(self, *, wait: float) -> SimulatedRequest:
        if not self._started:
            raise RuntimeError("The camera is not started")
        if self._chance("refuse"):
            raise RuntimeError("The camera refused")
        self._catch_up()
        deadline = self._clock.monotonic() + wait
        while self._ready is None:
            if not self._next_frame(deadline):
                self._clock.sleep(deadline - self._clock.monotonic())
                self._stale_jobs += 1
                raise TimeoutError
        frame, self._ready = self._ready, None
        if self._previous is not None and self._chance("repeat"):
            frame = self._previous
        self._previous = frame
        return self._hand_out(frame)

    # ------------------------------------------------------------- for tests

    @property
    def unreleased(self) -> int:
        """Buffers that somebody holds, or that are lost to a job nobody waits for."""
        return len(self._held) + self._lost

    def set_faults(self, faults: SensorFaults) -> None:
        """From now on these go wrong."""
        self._faults = faults
        self._random = random.Random(faults.seed)  # noqa: S311  reproducible faults, no secrets

    def hang(self, *, for_good: bool = False) -> None:
        """No more frames until the camera is started anew, or opened anew."""
        self._hung, self._dead = True, self._dead or for_good

    # --------------------------------------------------------------- its life

    @property
    def _buffers(self) -> int:
        return int(self._configuration["buffer_count"])

    def _chance(self, name: str) -> bool:
        share: float = getattr(self._faults, name)
        return share > 0 and self._random.random() < share

    def _hand_out(self, frame: Frame) -> SimulatedRequest:
        request = SimulatedRequest(self, frame)
        self._held.add(request)
        return request

    def took_back(self, request: SimulatedRequest) -> None:
        """A request was released."""
        self._held.discard(request)

    def render(self, name: str, frame: Frame) -> NDArray[np.uint8]:
        """The buffer of one stream of a frame."""
        return _buffer(self._renderers[name].render(frame), self._configuration[name])

    def _catch_up(self) -> None:
        """All frames that ended while nobody looked: they show the pose of the last look."""
        now = self._clock.monotonic()
        for _ in range(STEADY_FRAMES):
            if not self._next_frame(now, passed=True):
                return
        period = 1 / self._settings.frame_rate
        skipped = max(0, int((now - self._next_at) / period))
        self._index += skipped
        self._next_at += skipped * period

    def _next_frame(self, until: Seconds, *, passed: bool = False) -> bool:
        """Make the next frame, unless it completes after `until` or never.

        `passed`: it completed in the past, else wait for it; in between, look where the axes are.
        """
        if self._hung or self._dead or self.unreleased >= self._buffers:
            if passed:
                self._next_at = max(self._next_at, until)
            return False
        lamp = self._surroundings.lamp()
        period = 1 / self._settings.frame_rate
        if self._next_at + READOUT * period > until:
            return False
        for_good = self._chance("hang_for_good")
        if for_good or self._chance("hang"):
            self.hang(for_good=for_good)
            return False
        self._make(lamp, period, passed=passed)
        return True

    def _make(self, lamp: float, period: Seconds, *, passed: bool) -> None:
        look = self._exposure.next(self._index, lamp)
        ended = self._next_at
        if not passed:
            self._clock.sleep(ended - self._clock.monotonic())
            self._pose = self._surroundings.pose()
        lens = self._lens.at(ended - look.time_us * 0.5e-6)
        completed = ended + READOUT * period
        self._focus(completed)
        frame = Frame(
            index=self._index,
            ended=ended,
            completed=completed,
            look=look,
            lamp=lamp,
            lens=lens,
            reported_lens=None if self._settings.fixed_focus else self._lens.commanded,
            pose=self._pose,
        )
        if not passed:
            self._clock.sleep(completed - self._clock.monotonic())
        self._complete(frame)
        self._index += 1
        self._next_at = ended + max(period, look.time_us * 1e-6) + (self._faults.late_s if self._chance("late") else 0)

    def _focus(self, now: Seconds) -> None:
        """As libcamera does when a frame's statistics are in: command the lens, and write that into this frame."""
        while self._lens_orders and self._lens_orders[0][0] <= self._index:
            self._lens_target = self._lens_orders.pop(0)[1]
        self._lens.towards(self._lens_target, now)

    def _complete(self, frame: Frame) -> None:
        if self._stale_jobs:
            self._stale_jobs -= 1
            self._lost += 1
        else:
            self._ready = frame


def _aligned(size: tuple[int, int], kind: str) -> dict[str, Any]:
    return {"format": kind, "size": tuple(size), "stride": -(-size[0] // ALIGNMENT) * ALIGNMENT}


def _buffer(planes: Planes, stream: Mapping[str, Any]) -> NDArray[np.uint8]:
    """Planes as they lie in a buffer: rows padded to the stride with bytes that are no picture."""
    kind, stride = stream["format"], stream["stride"]
    if kind == "NV12":
        pairs = np.stack([planes.cb, planes.cr], axis=-1).reshape(planes.cb.shape[0], -1)
        return np.concatenate([_padded(planes.y, stride), _padded(pairs, stride)])
    half = stride // 2
    return np.concatenate([_padded(planes.y, stride), _padded(planes.cb, half), _padded(planes.cr, half)])


def _padded(plane: Plane, stride: int) -> NDArray[np.uint8]:
    rows = np.full((plane.shape[0], stride), 0xAA, np.uint8)
    rows[:, : plane.shape[1]] = plane
    return rows.reshape(-1)
