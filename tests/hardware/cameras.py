"""A camera bench for tests: the real driver over the simulated sensor, on a clock that jumps, before a coded scene."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from scanner.clock import FakeClock
from scanner.hardware.picamera import PiCamera, open_camera
from scanner.hardware.picamera_planes import layout_of
from scanner.hardware.picamera_session import Session
from scanner.hardware.settings import CameraSettings, SimulatedSettings
from scanner.hardware.simulated.sensor import SceneLike, SimulatedSensor, Surroundings
from scanner.hardware.simulated.sensor_buffers import ContiguousMemory
from scanner.hardware.simulated.sensor_faults import SensorFaults
from scanner.hardware.simulated.sensor_traits import SensorTraits
from scanner.slices import Planes

WIDTH, HEIGHT = 160, 120
SMALL = SimulatedSettings(width=WIDTH, height=HEIGHT, frame_rate=30)
OPTICS = CameraSettings(focal_length_mm=4.74, f_number=1.8)


class CodedView:
    """Pixels that say what they were exposed at: lens position and sway in luma, turntable and brightness in chroma."""

    def __init__(self, size: tuple[int, int], turntable: float) -> None:
        self._size, self._turntable = size, turntable

    def slice(
        self,
        lens: float,
        *,
        frame: int,
        exposure: float = 1.0,
        red_gain: float = 1.0,
        blue_gain: float = 1.0,
        shift_px: tuple[float, float] = (0.0, 0.0),
    ) -> Planes:
        width, height = self._size
        coarse, fine = divmod(round(lens * 4096), 256)
        y = np.full((height, width), coarse, np.uint8)
        y[:, width // 2 :] = fine
        y[-1, :4] = np.array([frame], ">u4").view(np.uint8)
        y[-1, 4:6] = np.clip(np.rint(np.array(shift_px) * 20) + 128, 0, 255)
        half = (height // 2, width // 2)
        cr = np.full(half, min(255, round(exposure * 100)), np.uint8)
        cr[0, 0], cr[0, 1] = min(255, round(red_gain * 100)), min(255, round(blue_gain * 100))
        return Planes(y, np.full(half, round(self._turntable) % 256, np.uint8), cr)


def lens_in(pixels: Planes) -> float:
    """The lens position, in dioptres, that a picture was really exposed at."""
    return (int(pixels.y[0, 0]) * 256 + int(pixels.y[0, -1])) / 4096


def turntable_in(pixels: Planes) -> int:
    return int(pixels.cb[1, 1])


def brightness_in(pixels: Planes) -> float:
    return int(pixels.cr[1, 1]) / 100


def frame_in(pixels: Planes) -> int:
    """The number of the frame since the camera was opened."""
    return int(pixels.y[-1, :4].copy().view(">u4")[0])


def shift_in(pixels: Planes) -> tuple[float, float]:
    """How the picture had swayed, right and down, in pixels, to a twentieth."""
    right, down = (float(value) for value in pixels.y[-1, 4:6])
    return (right - 128) / 20, (down - 128) / 20


class CodedScene:
    """A scene of coded views."""

    def __init__(self, width: int, height: int) -> None:
        self._size = (width, height)

    def view(self, turntable_deg: float, tilt_deg: float, back_mm: float = 0.0) -> CodedView:
        assert tilt_deg == back_mm == 0
        return CodedView(self._size, turntable_deg)


def take(sensor: SimulatedSensor, wait: float = 10.0) -> tuple[dict[str, Any], Planes]:
    """The next frame of a sensor without a driver: its metadata, and its main picture."""
    request = sensor.capture_request(wait=wait)
    pixels = layout_of(sensor.camera_configuration()["main"]).planes(request.make_buffer("main"))
    metadata = request.get_metadata()
    request.release()
    return metadata, pixels


@dataclass
class Bench:
    """What stands around a camera under test. `sensors`: each one that was opened, the present one last.

    `adjust_to`: as in `SensorTraits`. `memory`: what the sensors share; None: there is always enough.
    """

    simulated: SimulatedSettings = SMALL
    settings: CameraSettings = OPTICS
    faults: SensorFaults = field(default_factory=SensorFaults)
    traits: SensorTraits = field(default_factory=SensorTraits)
    adjust_to: str | None = None
    memory: ContiguousMemory | None = None
    kind: type[SimulatedSensor] = SimulatedSensor
    scene: Callable[[int, int], SceneLike] = CodedScene
    clock: FakeClock = field(default_factory=FakeClock)
    turntable: float = 0.0
    lamp: float = 1.0
    back_mm: float = 0.0
    sensors: list[SimulatedSensor] = field(default_factory=list)

    def open_sensor(self) -> SimulatedSensor:
        around = Surroundings(
            scene=self.scene,
            pose=lambda: (self.turntable, 0.0),
            lamp=lambda: self.lamp,
            rail=lambda: self.back_mm,
        )
        faults = replace(self.faults, seed=self.faults.seed + len(self.sensors))
        traits = replace(self.traits, adjust_to=self.adjust_to or self.traits.adjust_to)
        sensor = self.kind(around, self.clock, self.simulated, traits=traits, faults=faults, memory=self.memory)
        self.sensors.append(sensor)
        return sensor

    def started_sensor(self, buffers: int = 3, **wanted: object) -> SimulatedSensor:
        """A sensor without a driver. `wanted`: more of its configuration."""
        sensor = self.open_sensor()
        main = {"size": (WIDTH, HEIGHT), "format": "YUV420"}
        wanted = sensor.create_still_configuration(main=main, buffer_count=buffers, **wanted)
        sensor.configure(wanted)
        sensor.start()
        return sensor

    def camera(self) -> PiCamera:
        return open_camera(self.open_sensor, self.settings, self.clock, self.now_ns)

    def session(self) -> Session:
        return Session(self.open_sensor, self.settings)

    def now_ns(self) -> int:
        return round(self.clock.monotonic() * 1e9)

    @property
    def sensor(self) -> SimulatedSensor:
        """The sensor in use."""
        return self.sensors[-1]
