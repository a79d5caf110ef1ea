"""Focus drives: the lens of a camera, a rail that carries the camera, or neither."""

from collections.abc import Mapping

from scanner.errors import ConfigError, FixedFocus
from scanner.hardware.protocols import Axis, Camera, CameraFacts, FocusDrive, FocusFacts
from scanner.hardware.settings import FocusSettings
from scanner.plan.sweep import Optics
from scanner.units import Dioptres, FocusPosition

COARSE: Dioptres = 1.0
"""A search with the lens steps so far."""

COARSE_STEPS = 15
"""A search with a rail takes so many steps over its length."""


class LensDrive:
    """The lens of the camera."""

    def __init__(self, camera: Camera) -> None:
        """Raises FixedFocus for a camera without a lens drive."""
        lens = camera.facts.lens
        if lens is None:
            raise FixedFocus(f"The camera {camera.facts.model} has no lens drive.", "Set rig.focus.drive to fixed.")
        self._camera = camera
        self._facts = FocusFacts(
            drive="lens",
            unit="D",
            far=lens.far,
            near=lens.near,
            step=lens.step,
            coarse=COARSE,
            depth_of_field=_optics(camera.facts).depth_of_field,
        )
        self._position: FocusPosition | None = None

    @property
    def facts(self) -> FocusFacts:
        return self._facts

    @property
    def position(self) -> FocusPosition | None:
        return self._position

    def move_to(self, position: FocusPosition) -> FocusPosition:
        """Drive the lens, in dioptres. Raises OutOfRange, LensTimeout, CameraTimeout."""
        self._position = None
        self._position = self._camera.focus(position)
        return self._position


class RailDrive:
    """A rail on an axis of the motion controller; the lens stands still."""

    def __init__(self, axis: Axis, camera: CameraFacts, settings: FocusSettings) -> None:
        low, high = axis.facts.low, axis.facts.high
        if low is None or high is None:
            raise ConfigError("A rail needs an end at both sides.", "Set rig.motion.rail.low and high in the config.")
        self._axis = axis
        self._facts = FocusFacts(
            drive="rail",
            unit="mm",
            far=low,
            near=high,
            step=axis.facts.step,
            coarse=(high - low) / COARSE_STEPS,
            depth_of_field=_optics(camera).depth_at(settings.distance_mm),
            distance_mm=settings.distance_mm,
        )

    @property
    def facts(self) -> FocusFacts:
        return self._facts

    @property
    def position(self) -> FocusPosition | None:
        return self._axis.angle

    def move_to(self, position: FocusPosition) -> FocusPosition:
        """Move the camera along the rail, in millimetres. Raises OutOfRange, PositionLost, MotionError."""
        return self._axis.move_to(position)


class FixedDrive:
    """Nothing moves: one slice a position."""

    def __init__(self, camera: CameraFacts, settings: FocusSettings) -> None:
        self._camera = camera
        self._distance_mm = settings.distance_mm

    @property
    def facts(self) -> FocusFacts:
        return FocusFacts(
            drive="fixed",
            unit="",
            far=0.0,
            near=0.0,
            step=0.0,
            coarse=0.0,
            depth_of_field=_optics(self._camera).depth_of_field,
            distance_mm=self._distance_mm,
        )

    @property
    def position(self) -> FocusPosition | None:
        return None

    def move_to(self, position: FocusPosition) -> FocusPosition:
        """Raises FixedFocus."""
        raise FixedFocus(
            f"This rig has fixed focus: the camera {self._camera.model} cannot go to {position:g}.",
            "Move the camera by hand, or use a camera with a lens drive or a rail (rig.focus.drive).",
        )


def focus_drive(settings: FocusSettings, camera: Camera, axes: Mapping[str, Axis]) -> FocusDrive:
    """The drive that `settings` ask for; a camera without a lens drive counts as fixed.

    Raises ConfigError where a rail is asked for and there is none among `axes`.
    """
    if settings.drive == "rail":
        if "focus" not in axes:
            raise ConfigError("The motion controller has no rail.", "Set rig.focus.drive to lens or fixed.")
        return RailDrive(axes["focus"], camera.facts, settings)
    if settings.drive == "fixed" or camera.facts.lens is None:
        return FixedDrive(camera.facts, settings)
    return LensDrive(camera)


def _optics(camera: CameraFacts) -> Optics:
    return Optics(camera.focal_length_mm, camera.f_number, camera.pixel_pitch_um)
