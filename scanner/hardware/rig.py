"""Opens and closes the set of devices that make a rig."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Protocol

from scanner.clock import Clock
from scanner.hardware.focus import focus_drive
from scanner.hardware.picamera import PiCamera, open_camera, open_picamera
from scanner.hardware.protocols import Axis, Camera, CameraFacts, CameraNames, FocusDrive, Light, RigFacts
from scanner.hardware.serial_motion import SerialMotion, open_motion
from scanner.hardware.settings import RigGeometry, RigSettings, SettleSettings
from scanner.hardware.simulated.controller import SimulatedController
from scanner.hardware.simulated.sensor import SimulatedSensor
from scanner.hardware.simulated.sensor_frames import Surroundings
from scanner.hardware.simulated.sensor_traits import SensorTraits
from scanner.units import Degrees, Millimetres, Seconds

SIMULATED = "Simulated rig: pictures are rendered, nothing moves."


class Motors(Protocol):
    """The motion controller as a whole."""

    def hold(self) -> None:
        """Power the motors for a run. Raises MotionError where the controller would let go between moves."""

    def release(self) -> None:
        """Let the motors go, where the controller can: their axes then do not know where they are."""

    def mend(self) -> None:
        """Reopen the connection where it broke, in one attempt; harmless where it did not.

        Raises HardwareMissing, MotionError while it is not there.
        """


class NoMotors:
    """A rig whose axes need no controller."""

    def hold(self) -> None:
        """Nothing to power."""

    def release(self) -> None:
        """Nothing to let go."""

    def mend(self) -> None:
        """Nothing to mend."""


def _nothing() -> None:
    """A rig of devices that need no closing."""


@dataclass(frozen=True, slots=True)
class Rig:
    """The devices, open. Only one thread may use them, but for `stop` of an axis.

    `release_after_s`: the motors are released when nothing was moved for so long; 0: never.
    """

    camera: Camera
    focus: FocusDrive
    axes: Mapping[str, Axis]
    light: Light | None
    facts: RigFacts
    motors: Motors = field(default_factory=NoMotors)
    settle: SettleSettings = field(default_factory=SettleSettings)
    release_after_s: Seconds = 0.0
    shut: Callable[[], None] = field(default=_nothing, repr=False)

    def close(self) -> None:
        """Release all devices, each even when another one fails; calling it twice is harmless."""
        self.shut()


def open_rig(settings: RigSettings, clock: Clock) -> Rig:
    """Open the rig that `settings` describe; what was opened is closed again when a later step fails.

    Raises HardwareMissing, MotionError, CameraError, ConfigError.
    """
    with ExitStack() as opened:
        return _simulated(settings, clock, opened) if settings.kind == "simulated" else _pi(settings, clock, opened)


def _pi(settings: RigSettings, clock: Clock, opened: ExitStack) -> Rig:
    motion = open_motion(settings.motion, clock, rail=settings.focus.drive == "rail")
    opened.callback(motion.close)
    camera = open_own_camera(settings, clock)
    opened.callback(camera.close)
    words = [f"Camera {camera.facts.model}, motors at {settings.motion.port} ({motion.version}).", *motion.notes]
    return _rig(settings, camera, motion, " ".join(words), opened)


def open_own_camera(settings: RigSettings, clock: Clock) -> Camera:
    """The camera of this machine, by the driver that `settings` name.

    Raises HardwareMissing, CameraError, ConfigError.
    """
    if settings.camera.driver == "gphoto2":
        from scanner.hardware.gphoto2_camera import open_gphoto2

        return open_gphoto2(settings.camera, clock)
    return open_picamera(settings.camera, clock)


def _simulated(settings: RigSettings, clock: Clock, opened: ExitStack) -> Rig:
    """The real drivers over a simulated controller and a simulated sensor that sees what the controller turns."""
    from scanner.hardware.simulated.scene import TILT_HIGH, TILT_LOW

    controller = SimulatedController(clock, settings.motion, switches=settings.simulated.switches)
    opened.callback(controller.close)
    wired = controller.settings()
    ends = {"low": max(wired.tilt.low or TILT_LOW, TILT_LOW), "high": min(wired.tilt.high or TILT_HIGH, TILT_HIGH)}
    wired = wired.model_copy(update={"tilt": wired.tilt.model_copy(update=ends)})
    motion = open_motion(wired, clock, rail=settings.focus.drive == "rail")
    opened.callback(motion.close)
    middle_mm = (wired.rail.low + wired.rail.high) / 2 if settings.focus.drive == "rail" else 0.0
    camera = simulated_camera(
        settings, clock, controller.angles, lambda: controller.light, lambda: controller.rail() - middle_mm
    )
    opened.callback(camera.close)
    for axis in motion.axes.values():  # where the simulated axes stand when they are made is zero
        axis.home() if axis.facts.can_home else axis.set_zero()
    lens = camera.facts.lens
    reach = "fixed focus" if lens is None else f"lens {lens.far:g} to {lens.near:g} D"
    size = f"{camera.facts.width} x {camera.facts.height} pixels"
    known = settings.model_copy(update={"geometry": _simulated_geometry(middle_mm)})
    return _rig(known, camera, motion, f"{SIMULATED} A known object on a turntable, {size}, {reach}.", opened)


def _simulated_geometry(middle_mm: Millimetres) -> RigGeometry:
    """Where the simulated camera stands, exactly; on a rail, in its middle."""
    from scanner.hardware.simulated.scene import PIVOT, SceneSettings

    aim_mm = 1000 * PIVOT
    return RigGeometry(
        distance_mm=1000 * SceneSettings().distance,
        height_mm=aim_mm,
        pivot_mm=aim_mm,
        rail_mm=middle_mm,
        accuracy_mm=0.1,
    )


def simulated_camera(
    settings: RigSettings,
    clock: Clock,
    pose: Callable[[], tuple[Degrees, Degrees]],
    lamp: Callable[[], float] = lambda: 1.0,
    rail: Callable[[], float] = lambda: 0.0,
) -> PiCamera:
    """The camera driver over a simulated sensor.

    `pose`: turntable and tilt now, in degrees. `lamp`: brightness, 0 to 1. `rail`: how far the camera stands
    back, mm.
    """
    from scanner.hardware.simulated.chart import ChartScene
    from scanner.hardware.simulated.scene import TILT_HIGH, TILT_LOW, Scene, SceneSettings

    wanted = settings.simulated

    def scene(width: int, height: int) -> Scene | ChartScene:
        seen = SceneSettings(
            width,
            height,
            seed=wanted.seed,
            breathing=wanted.breathing,
            shake_px=wanted.shake_px,
            texture=wanted.texture,
            background=wanted.background,
        )
        return Scene(seen) if wanted.chart_mm is None else ChartScene(seen, wanted.chart_mm / 1000)

    def standing() -> tuple[Degrees, Degrees]:
        """The pose; the tilt has mechanical stops."""
        turntable, tilt = pose()
        return turntable, min(max(tilt, TILT_LOW), TILT_HIGH)

    optics = SceneSettings(wanted.width, wanted.height)
    pitch_um = optics.sensor_width_mm * 1000 / wanted.width
    facts = {"focal_length_mm": optics.focal_length_mm, "f_number": optics.f_number, "pixel_pitch_um": pitch_um}
    around = Surroundings(scene=scene, pose=standing, lamp=lamp, rail=rail)
    traits = SensorTraits(rest=1000 / settings.focus.distance_mm)
    return open_camera(
        lambda: SimulatedSensor(around, clock, wanted, traits=traits),
        settings.camera.model_copy(update=facts | {"width": None, "height": None}),
        clock,
        lambda: round(clock.monotonic() * 1e9),
        {"transform": SimpleNamespace(hflip=settings.camera.hflip, vflip=settings.camera.vflip)},
    )


def camera_names(settings: RigSettings, camera: CameraFacts) -> CameraNames:
    """How images name the camera: as the settings say, else as is known of it."""
    wanted = settings.camera
    of_driver = {"picamera2": "Raspberry Pi", "gphoto2": camera.model.split()[0]}[wanted.driver]
    return CameraNames(
        make=wanted.make or ("Focusrig" if settings.kind == "simulated" else of_driver),
        model=wanted.model or camera.model,
        serial=camera.serial or ("simulated" if settings.kind == "simulated" else ""),
        lens=wanted.lens or f"{camera.focal_length_mm:g} mm f/{camera.f_number:g}",
    )


def _rig(settings: RigSettings, camera: Camera, motion: SerialMotion, description: str, opened: ExitStack) -> Rig:
    axes: dict[str, Axis] = dict(motion.axes.items())
    focus = focus_drive(settings.focus, camera, axes)
    if focus.facts.drive != "lens" and (lens := camera.facts.lens):  # it must not drift while something else focuses
        camera.focus(min(max(1000 / settings.focus.distance_mm, lens.far), lens.near))
    facts = RigFacts(
        simulated=settings.kind == "simulated",
        description=description,
        camera=camera.facts,
        focus=focus.facts,
        axes=tuple(axis.facts for axis in axes.values()),
        light=motion.light is not None,
        names=camera_names(settings, camera.facts),
        geometry=settings.geometry,
    )
    return Rig(
        camera,
        focus,
        axes,
        motion.light,
        facts,
        motors=motion,
        settle=settings.settle,
        release_after_s=60 * settings.motion.release_after_min,
        shut=opened.pop_all().close,
    )
