"""Opens and closes the set of devices that make a rig."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field

from scanner.clock import Clock
from scanner.hardware.picamera import PiCamera, open_camera, open_picamera
from scanner.hardware.protocols import Axis, Camera, Light, RigFacts
from scanner.hardware.serial_motion import SerialMotion, open_motion
from scanner.hardware.settings import RigSettings
from scanner.hardware.simulated.controller import SimulatedController
from scanner.hardware.simulated.sensor import SimulatedSensor, Surroundings
from scanner.units import Degrees

SIMULATED = "Simulated rig: pictures are rendered, nothing moves."


def _nothing() -> None:
    """A rig of devices that need no release."""


@dataclass(frozen=True, slots=True)
class Rig:
    """The devices, open. Only one thread may use them, but for `stop` of an axis."""

    camera: Camera
    axes: dict[str, Axis]
    light: Light | None
    facts: RigFacts
    release: Callable[[], None] = field(default=_nothing, repr=False)

    def close(self) -> None:
        """Release all devices, each even when another one fails; calling it twice is harmless."""
        self.release()


def open_rig(settings: RigSettings, clock: Clock) -> Rig:
    """Open the rig that `settings` describe; what was opened is closed again when a later step fails.

    Raises HardwareMissing, MotionError, CameraError, ConfigError.
    """
    with ExitStack() as opened:
        rig = _simulated(settings, clock, opened) if settings.kind == "simulated" else _pi(settings, clock, opened)
        return Rig(rig.camera, rig.axes, rig.light, rig.facts, opened.pop_all().close)


def _pi(settings: RigSettings, clock: Clock, opened: ExitStack) -> Rig:
    motion = open_motion(settings.motion, clock)
    opened.callback(motion.close)
    camera = open_picamera(settings.camera, clock)
    opened.callback(camera.close)
    words = [f"Camera {camera.facts.model}, motors at {settings.motion.port} ({motion.version}).", *motion.notes]
    return _rig(camera, motion, " ".join(words), simulated=False)


def _simulated(settings: RigSettings, clock: Clock, opened: ExitStack) -> Rig:
    """The real drivers over a simulated controller and a simulated sensor that sees what the controller turns."""
    from scanner.hardware.simulated.scene import TILT_HIGH, TILT_LOW

    controller = SimulatedController(clock)
    opened.callback(controller.close)
    wired = controller.settings()
    tilt = wired.tilt.model_copy(update={"low": TILT_LOW, "high": TILT_HIGH})
    motion = open_motion(wired.model_copy(update={"tilt": tilt}), clock)
    opened.callback(motion.close)
    camera = simulated_camera(settings, clock, controller.angles, lambda: controller.light)
    opened.callback(camera.close)
    for axis in motion.axes.values():
        axis.home()  # without switches: where the simulated axes stand is zero
    lens = camera.facts.lens
    reach = "fixed focus" if lens is None else f"lens {lens.far:g} to {lens.near:g} D"
    size = f"{camera.facts.width} x {camera.facts.height} pixels"
    return _rig(camera, motion, f"{SIMULATED} A known object on a turntable, {size}, {reach}.", simulated=True)


def simulated_camera(
    settings: RigSettings,
    clock: Clock,
    pose: Callable[[], tuple[Degrees, Degrees]],
    lamp: Callable[[], float] = lambda: 1.0,
) -> PiCamera:
    """The camera driver over a simulated sensor. `pose`: turntable and tilt now, in degrees."""
    from scanner.hardware.simulated.scene import TILT_HIGH, TILT_LOW, Scene, SceneSettings

    wanted = settings.simulated

    def scene(width: int, height: int) -> Scene:
        return Scene(
            SceneSettings(width, height, seed=wanted.seed, breathing=wanted.breathing, shake_px=wanted.shake_px)
        )

    def standing() -> tuple[Degrees, Degrees]:
        """The pose; the tilt has mechanical stops."""
        turntable, tilt = pose()
        return turntable, min(max(tilt, TILT_LOW), TILT_HIGH)

    optics = SceneSettings(wanted.width, wanted.height)
    pitch_um = optics.sensor_width_mm * 1000 / wanted.width
    facts = {"focal_length_mm": optics.focal_length_mm, "f_number": optics.f_number, "pixel_pitch_um": pitch_um}
    around = Surroundings(scene=scene, pose=standing, lamp=lamp)
    return open_camera(
        lambda: SimulatedSensor(around, clock, wanted),
        settings.camera.model_copy(update=facts | {"width": None, "height": None}),
        clock,
        lambda: round(clock.monotonic() * 1e9),
    )


def _rig(camera: PiCamera, motion: SerialMotion, description: str, *, simulated: bool) -> Rig:
    facts = RigFacts(
        simulated=simulated,
        description=description,
        camera=camera.facts,
        axes=tuple(axis.facts for axis in motion.axes.values()),
        light=True,
    )
    return Rig(camera, motion.axes, motion.light, facts)
