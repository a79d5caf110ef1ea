"""What a simulated sensor looks at, and the frames it takes of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from scanner.hardware.simulated.sensor_exposure import NEUTRAL, Look
from scanner.slices import Planes
from scanner.units import Degrees, Dioptres, Millimetres, Seconds


class ViewLike(Protocol):
    """One pose of a scene."""

    def slice(
        self,
        lens: Dioptres,
        *,
        frame: int,
        exposure: float = 1.0,
        red_gain: float = 1.0,
        blue_gain: float = 1.0,
        shift_px: tuple[float, float] = (0.0, 0.0),
    ) -> Planes: ...


class SceneLike(Protocol):
    """What stands before the camera."""

    def view(self, turntable_deg: Degrees, tilt_deg: Degrees, back_mm: Millimetres = 0.0) -> ViewLike: ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a sensor looks at. `scene`: makes the scene for pictures of (width, height) pixels.

    `pose`: turntable and tilt now. `lamp`: brightness now, 0..1. `rail`: how far the camera has been carried away from
    the object now, in millimetres.
    """

    scene: Callable[[int, int], SceneLike]
    pose: Callable[[], tuple[Degrees, Degrees]]
    lamp: Callable[[], float] = lambda: 1.0
    rail: Callable[[], Millimetres] = lambda: 0.0

    def place(self) -> "Place":
        """Where everything is now."""
        return Place(*self.pose(), self.rail())


@dataclass(frozen=True, slots=True)
class Place:
    """Where the axes are: degrees, and millimetres of the rail."""

    turntable: Degrees
    tilt: Degrees
    back_mm: Millimetres = 0.0


@dataclass(frozen=True, slots=True)
class Frame:
    """One exposure: what it was taken with, and where lens and axes were in its middle.

    `lens`: where the lens was sharp, in true dioptres. `reported_lens`: what the metadata says, on the scale of the
    lens. `shift`: the sway, in pixels of a picture as wide as the sensor. `control_list`: the request whose controls
    were the last to take effect, where the sensor tells. `duration`: from frame to frame.
    """

    index: int
    ended: Seconds
    completed: Seconds
    duration: Seconds
    look: Look
    lamp: float
    lens: Dioptres
    place: Place
    shift: tuple[float, float]
    reported_lens: Dioptres | None = None
    control_list: int | None = None

    def metadata(self) -> dict[str, Any]:
        facts: dict[str, Any] = {
            "SensorTimestamp": round(self.ended * 1e9),
            "ExposureTime": self.look.time_us,
            "FrameDuration": round(self.duration * 1e6),
            "AnalogueGain": self.look.gain,
            "DigitalGain": 1.0,
            "ColourGains": (self.look.red_gain, self.look.blue_gain),
        }
        more = {"LensPosition": self.reported_lens, "ControlListSequence": self.control_list}
        return facts | {name: value for name, value in more.items() if value is not None}


class Renderer:
    """Turns frames into the planes of one stream; keeps the last view, because a pose is expensive.

    `scale`: pixels of this stream for one of the sensor.
    """

    def __init__(self, scene: SceneLike, scale: float) -> None:
        self._scene, self._scale = scene, scale
        self._place: Place | None = None
        self._view: ViewLike

    def render(self, frame: Frame) -> Planes:
        if self._place != frame.place:
            self._view = self._scene.view(frame.place.turntable, frame.place.tilt, frame.place.back_mm)
            self._place = frame.place
        return self._view.slice(
            frame.lens,
            frame=frame.index,
            exposure=frame.look.brightness(frame.lamp),
            red_gain=frame.look.red_gain / NEUTRAL[0],
            blue_gain=frame.look.blue_gain / NEUTRAL[1],
            shift_px=(frame.shift[0] * self._scale, frame.shift[1] * self._scale),
        )
