"""What the rest of Focusrig asks of a rig. Drivers block; each call says what holds when it returns, or raises."""

from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from scanner.hardware.settings import RigGeometry
from scanner.slices import Planes
from scanner.units import (
    Degrees,
    Dioptres,
    FocusPosition,
    Frozen,
    Micrometres,
    Microseconds,
    Millimetres,
    Pixels,
    Seconds,
)

AxisName: TypeAlias = Literal["turntable", "tilt", "focus"]


class LensFacts(Frozen):
    """The lens drive: range in dioptres and the finest step that moves it."""

    far: Dioptres
    near: Dioptres
    step: Dioptres


class CameraFacts(Frozen):
    """What a camera is. `lens` is None for a module with fixed focus. Sizes are those of the delivered picture.

    `serial`: what tells this camera from others of its model: its serial number, else where it is connected; "" where
    nothing is known. `hflip`, `vflip`: whether its pictures are mirrored left to right, top to bottom.
    """

    model: str
    serial: str = ""
    width: Pixels
    height: Pixels
    focal_length_mm: Millimetres
    f_number: float
    pixel_pitch_um: Micrometres
    lens: LensFacts | None
    hflip: bool = False
    vflip: bool = False


class CameraNames(Frozen):
    """How images name their camera: what EXIF says of it, the same in all images of a rig."""

    make: str
    model: str
    serial: str
    lens: str


class FocusFacts(Frozen):
    """The focus drive: what brings another depth into focus. Larger positions are nearer to the camera, on every drive.

    `far`, `near`, `step` (finest that moves it) in `unit`: dioptres of a lens, millimetres of a rail. `depth_of_field`:
    in `unit`, for a circle of confusion of one pixel; it grows with the circle. `coarse`: steps of a search. A fixed
    drive has no unit, range 0 to 0, and takes one slice a position. `distance_mm`: from the lens to what it shows
    sharp, where the drive does not change that; None of a lens.
    """

    drive: Literal["lens", "rail", "fixed"]
    unit: Literal["D", "mm", ""]
    far: FocusPosition
    near: FocusPosition
    step: FocusPosition
    coarse: FocusPosition
    depth_of_field: FocusPosition
    distance_mm: Millimetres | None = None


class AxisFacts(Frozen):
    """Angles in degrees; the axis "focus" of a rail is straight: there, and only there, read millimetres for degrees.

    `low` and `high` are None for an axis that turns without end. `can_home`: it has a limit switch; without one a
    person brings it to its zero and says so.
    """

    name: AxisName
    low: Degrees | None
    high: Degrees | None
    step: Degrees
    can_home: bool
    unit: Literal["°", "mm"] = "°"


class RigFacts(Frozen):
    """All that a client needs to know of a rig before it makes a plan. `description` is a sentence for a person."""

    simulated: bool
    description: str
    camera: CameraFacts
    focus: FocusFacts
    axes: tuple[AxisFacts, ...]
    light: bool
    names: CameraNames = CameraNames(make="", model="", serial="", lens="")
    geometry: RigGeometry = RigGeometry()


class Exposure(Frozen):
    """A locked look: what every slice of a scan is taken with. Gains are multiples, 1.0 = none."""

    time_us: Microseconds
    gain: float
    red_gain: float
    blue_gain: float


@dataclass(frozen=True, slots=True, eq=False)
class Capture:
    """One picture with the facts of its own frame. `taken_at`: begin of its exposure, monotonic seconds."""

    pixels: Planes
    lens: Dioptres | None
    exposure_us: int
    gain: float
    taken_at: Seconds


class Camera(Protocol):
    """A camera with one configuration for the whole scan. Only one thread may call it."""

    @property
    def facts(self) -> CameraFacts: ...

    def lock(self, exposure: Exposure | None) -> Exposure:
        """Fix exposure and white balance and return what the sensor really uses.

        None: measure with automatic exposure and white balance first, then fix what they found.
        Raises CameraTimeout.
        """

    def focus(self, lens: Dioptres) -> Dioptres:
        """Drive the lens and return the reported position once it has arrived and settled.

        The next `capture` is exposed wholly after that. Raises LensTimeout (never warns and goes on), FixedFocus,
        OutOfRange.
        """

    def capture(self) -> Capture:
        """Take one full picture whose exposure began after this call and after the last `focus` settled.

        Raises CameraTimeout.
        """

    def look(self) -> Planes:
        """A small picture, a few hundred pixels wide, whose exposure began after this call; no change of mode.

        Raises CameraTimeout.
        """

    def close(self) -> None:
        """Release the camera; calling it twice is harmless."""


class FocusDrive(Protocol):
    """What brings another depth into focus: a lens, a rail, or nothing. Only one thread may call it."""

    @property
    def facts(self) -> FocusFacts: ...

    @property
    def position(self) -> FocusPosition | None:
        """Where it stands; None while that is unknown, and for a fixed drive."""

    def move_to(self, position: FocusPosition) -> FocusPosition:
        """Drive to `position` and block until it has arrived and settled; return the position reached.

        Raises OutOfRange, FixedFocus, LensTimeout, MotionError.
        """


class Axis(Protocol):
    """One motorised axis, in degrees (millimetres for a rail). Only one thread may call it, but for `stop`."""

    @property
    def facts(self) -> AxisFacts: ...

    @property
    def angle(self) -> Degrees | None:
        """Where the controller last reported the axis; None while the position is unknown."""

    def home(self) -> None:
        """Run to the limit switch, which makes the position known; ends an alarm.

        Raises NoSwitch before anything moves, MotionTimeout, ControllerAlarm.
        """

    def set_zero(self) -> None:
        """Call the place where the axis stands zero; ends an alarm. Raises MotionError."""

    def move_to(self, angle: Degrees) -> Degrees:
        """Move and block until the controller reports the target and stands still; return the angle reached.

        Raises OutOfRange before anything moves (never clamps), PositionLost, MotionTimeout, ControllerAlarm.
        """

    def confirm(self) -> Degrees:
        """Where the controller says the axis stands, asked now; it must be where it was left.

        Raises PositionLost, MotionTimeout, MotionError.
        """

    def stop(self) -> None:
        """Stop at once. The one call that any thread may make."""


class Light(Protocol):
    """A lamp."""

    @property
    def level(self) -> float: ...

    def set(self, level: float) -> None:
        """Brightness, 0 = off to 1 = full. Raises OutOfRange, HardwareError."""
