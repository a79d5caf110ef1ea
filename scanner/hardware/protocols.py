"""What the rest of Focusrig asks of a rig. Drivers block; each call says what holds when it returns, or raises."""

from dataclasses import dataclass
from typing import Literal, Protocol

from scanner.slices import Planes
from scanner.units import Degrees, Dioptres, Frozen, Micrometres, Microseconds, Millimetres, Pixels, Seconds


class LensFacts(Frozen):
    """The lens drive: range in dioptres and the finest step that moves it."""

    far: Dioptres
    near: Dioptres
    step: Dioptres


class CameraFacts(Frozen):
    """What a camera is. `lens` is None for a module with fixed focus. Sizes are those of the delivered picture."""

    model: str
    width: Pixels
    height: Pixels
    focal_length_mm: Millimetres
    f_number: float
    pixel_pitch_um: Micrometres
    lens: LensFacts | None


class AxisFacts(Frozen):
    """`low` and `high` are None for an axis that turns without end."""

    name: Literal["turntable", "tilt"]
    low: Degrees | None
    high: Degrees | None
    step: Degrees
    can_home: bool


class RigFacts(Frozen):
    """All that a client needs to know of a rig before it makes a plan. `description` is a sentence for a person."""

    simulated: bool
    description: str
    camera: CameraFacts
    axes: tuple[AxisFacts, ...]
    light: bool


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

    def preview(self) -> bytes:
        """A small JPEG of what the camera sees now, without a change of mode. Raises CameraTimeout."""

    def close(self) -> None:
        """Release the camera; calling it twice is harmless."""


class Axis(Protocol):
    """One motorised axis, in degrees. Only one thread may call it, but for `stop`."""

    @property
    def facts(self) -> AxisFacts: ...

    @property
    def angle(self) -> Degrees | None:
        """Where the controller last reported the axis; None while the position is unknown."""

    def home(self) -> None:
        """Make the position known: run to the switch where there is one, else call the present position zero.

        Raises MotionTimeout, ControllerAlarm.
        """

    def move_to(self, angle: Degrees) -> Degrees:
        """Move and block until the controller reports the target and stands still; return the angle reached.

        Raises OutOfRange before anything moves (never clamps), PositionLost, MotionTimeout, ControllerAlarm.
        """

    def stop(self) -> None:
        """Stop at once. The one call that any thread may make."""


class Light(Protocol):
    """A lamp."""

    @property
    def level(self) -> float: ...

    def set(self, level: float) -> None:
        """Brightness, 0 = off to 1 = full. Raises OutOfRange, HardwareError."""
