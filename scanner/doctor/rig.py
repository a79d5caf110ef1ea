"""The devices of the rig, opened each by itself, so that one that is missing does not hide the other."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from scanner.clock import Clock, SystemClock
from scanner.config import Settings
from scanner.doctor.camera import check_camera
from scanner.doctor.disk import check_disk_speed
from scanner.doctor.findings import Finding, failed, problem
from scanner.doctor.machine import check_throttling, meminfo
from scanner.doctor.motion import Controller, check_motion, light_up
from scanner.doctor.network import focusrig_answers
from scanner.errors import ConfigError, HardwareError
from scanner.hardware.health import Run, run
from scanner.hardware.motion_settings import MotionSettings
from scanner.hardware.protocols import Camera, Light
from scanner.hardware.rig import open_own_camera, simulated_camera
from scanner.hardware.serial_motion import open_motion
from scanner.hardware.settings import CameraSettings, RigSettings
from scanner.hardware.simulated.controller import SimulatedController

BUSY_HINT = "End it first (sudo systemctl stop focusrig, or Ctrl-C where it was started by hand), then run this again."


@dataclass(frozen=True, slots=True)
class Devices:
    """How to open the devices of a rig. `motion` is what the controller is opened with.

    Both raise HardwareError; `open_camera` raises ConfigError as well.
    """

    motion: MotionSettings
    open_motion: Callable[[], Controller]
    open_camera: Callable[[], Camera]


def check_hardware(
    settings: Settings,
    port: int | None = None,
    clock: Clock | None = None,
    command: Run = run,
    answers: Callable[[str, int], bool] = focusrig_answers,
) -> Iterator[Finding]:
    """Open the devices, drive the lens, ask the axes (they do not move), switch the lamp on and off.

    Findings come as they are found, which takes some seconds. `port`: of the page, instead of the config's. A running
    Focusrig holds the devices of a real rig: then none is opened.
    """
    rig, clock = settings.rig, clock or SystemClock()
    yield from check_throttling(command, on_pi=rig.kind == "pi")
    yield check_disk_speed(settings.storage.data)
    with ExitStack() as opened:
        if rig.kind == "pi" and answers(settings.server.host, port or settings.server.port):
            yield problem("devices", "Focusrig runs and holds camera and controller", BUSY_HINT, hardware=True)
        else:
            devices = real(rig, clock) if rig.kind == "pi" else simulated(rig, clock, opened)
            yield from check_devices(devices, rig, clock, opened)


def check_devices(devices: Devices, rig: RigSettings, clock: Clock, opened: ExitStack) -> Iterator[Finding]:
    """What the devices say once they are open. What was opened is closed by `opened`, the lamp off."""
    light: Light | None = None
    try:
        motion = devices.open_motion()
        opened.callback(motion.close)
        yield from check_motion(motion, devices.motion)
        light = motion.light
        if light is not None:
            opened.callback(put_out, light)
            light_up(light, motion)
    except (HardwareError, ConfigError) as error:
        yield failed("controller", error)
        light = None
    memory = _memory()
    try:
        camera = devices.open_camera()
    except (HardwareError, ConfigError) as error:
        yield failed("camera", error)
    else:
        opened.callback(camera.close)
        yield from check_camera(camera, rig, clock, memory, light)


def put_out(light: Light) -> None:
    """Leave no lamp burning, whatever ended the checks; where it does not obey, they have told so already."""
    with suppress(HardwareError):
        light.set(0.0)


def real(rig: RigSettings, clock: Clock) -> Devices:
    """Those of a Raspberry Pi. A call into libcamera that never returns ends the process, with EXIT_RIG_LOST."""
    watched = rig.model_copy(update={"camera": at_once(rig.camera)})
    return Devices(
        motion=rig.motion,
        open_motion=lambda: open_motion(rig.motion, clock, rail=rig.focus.drive == "rail"),
        open_camera=lambda: open_own_camera(watched, clock),
    )


def simulated(rig: RigSettings, clock: Clock, opened: ExitStack) -> Devices:
    """Those of the simulated rig; its controller is switched off by `opened`."""
    controller = SimulatedController(clock, rig.motion, switches=rig.simulated.switches)
    opened.callback(controller.close)
    motion = controller.settings()
    watched = rig.model_copy(update={"camera": at_once(rig.camera)})
    return Devices(
        motion=motion,
        open_motion=lambda: open_motion(motion, clock, rail=rig.focus.drive == "rail"),
        open_camera=lambda: simulated_camera(
            watched, clock, controller.angles, lambda: controller.light, controller.rail
        ),
    )


def at_once(camera: CameraSettings) -> CameraSettings:
    """The same camera, whose lens counts as still as soon as it reports its place: what follows is to be measured."""
    return camera.model_copy(update={"lens_settle_ms": 0.0})


def _memory() -> Mapping[str, int]:
    try:
        return meminfo(Path("/proc/meminfo").read_text())
    except OSError:
        return {}
