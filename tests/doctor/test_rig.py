"""Devices are opened one by one, and closed whatever happens."""

import math
from contextlib import ExitStack
from pathlib import Path

import pytest

from scanner.clock import FakeClock, SystemClock
from scanner.config import Settings
from scanner.doctor import Level, only_hardware_missing
from scanner.doctor.findings import Finding
from scanner.doctor.motion import Controller
from scanner.doctor.rig import Devices, at_once, check_devices, check_hardware
from scanner.errors import ConfigError, FocusrigError, HardwareMissing
from scanner.hardware.motion_settings import MotionSettings
from scanner.hardware.protocols import Camera
from scanner.hardware.rig import simulated_camera
from scanner.hardware.serial_motion import open_motion
from scanner.hardware.settings import CameraSettings, RigSettings
from scanner.hardware.simulated.controller import SimulatedController
from tests.doctor.commands import Commands
from tests.doctor.devices import ACamera, ALamp
from tests.doctor.test_motion import AController

ON_PI = RigSettings(kind="pi")


def checked(
    controller: AController | FocusrigError, camera: ACamera | FocusrigError, clock: FakeClock
) -> list[Finding]:
    """The findings of a rig whose devices open as given, or raise."""

    def motion() -> Controller:
        if isinstance(controller, FocusrigError):
            raise controller
        return controller

    def eye() -> Camera:
        if isinstance(camera, FocusrigError):
            raise camera
        return camera

    with ExitStack() as opened:
        return list(check_devices(Devices(MotionSettings(), motion, eye), ON_PI, clock, opened))


def problems(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.subject, finding.message) for finding in findings if finding.level == Level.PROBLEM]


def test_all_is_there() -> None:
    clock, lamp = FakeClock(), ALamp()
    camera, controller = ACamera(clock, lamp=lamp), AController(light=lamp)
    found = checked(controller, camera, clock)
    assert problems(found) == []
    assert [finding.subject for finding in found if finding.subject != "contiguous memory"] == [
        "controller",
        "turntable",
        "camera",
        "exposure",
        "frame rate",
        "lens",
        "lens travel",
        "lens settle",
        "light",
    ]
    assert (controller.closed, camera.closed, lamp.level) == (1, 1, 0.0)


def test_a_controller_that_is_missing_does_not_hide_the_camera() -> None:
    clock = FakeClock()
    found = checked(HardwareMissing("No serial port at /dev/ttyUSB0.", "Plug it in."), ACamera(clock), clock)
    assert problems(found) == [("controller", "No serial port at /dev/ttyUSB0.")]
    assert "lens settle" in [finding.subject for finding in found]
    assert only_hardware_missing(found)


@pytest.mark.parametrize("error", [HardwareMissing("No camera.", "Look."), ConfigError("Optics unknown.", "Set them.")])
def test_a_camera_that_is_missing_does_not_hide_the_controller(error: FocusrigError) -> None:
    lamp = ALamp()
    controller = AController(light=lamp)
    found = checked(controller, error, FakeClock())
    assert problems(found) == [("camera", error.message)]
    assert found[-1].hint == error.hint
    assert (controller.closed, lamp.level) == (1, 0.0)


def test_a_lamp_that_breaks_the_line() -> None:
    clock = FakeClock()
    camera = ACamera(clock)
    controller = AController(light=ALamp(refusals=math.inf))
    found = checked(controller, camera, clock)
    assert problems(found) == [("controller", "The controller at /dev/x did not answer 'M8'.")]
    assert "light" not in [finding.subject for finding in found]
    assert (controller.closed, camera.closed) == (1, 1)


def test_a_camera_that_dies_is_closed_and_the_lamp_put_out() -> None:
    clock, lamp = FakeClock(), ALamp()
    camera = ACamera(clock, lamp=lamp, dead_after=5)
    found = checked(AController(light=lamp), camera, clock)
    assert problems(found) == [("camera", "The camera gives no frames.")]
    assert (camera.closed, lamp.level) == (1, 0.0)


def test_the_lens_counts_as_still_at_once_because_that_is_measured() -> None:
    assert at_once(CameraSettings(lens_settle_ms=300, width=1920)) == CameraSettings(lens_settle_ms=0, width=1920)


def on_pi(settings: Settings, **motion: object) -> Settings:
    return Settings.model_validate(
        {**settings.model_dump(), "rig": {"kind": "pi", "motion": {"port": "/dev/nothing", **motion}}}
    )


def test_a_running_focusrig_holds_the_devices(settings: Settings) -> None:
    asked: list[tuple[str, int]] = []

    def answers(host: str, port: int) -> bool:
        asked.append((host, port))
        return True

    commands = Commands(vcgencmd="throttled=0x0")
    throttling, disk, devices = check_hardware(on_pi(settings), 8123, FakeClock(), commands, answers)
    assert (throttling.subject, disk.subject) == ("throttling", "disk speed")
    assert (devices.level, devices.message) == (Level.PROBLEM, "Focusrig runs and holds camera and controller")
    assert "systemctl stop" in devices.hint
    assert asked == [("0.0.0.0", 8123)]  # noqa: S104  the config's default
    assert only_hardware_missing([devices])


def test_a_pi_without_devices(settings: Settings) -> None:
    found = list(check_hardware(on_pi(settings), None, FakeClock(), Commands(), lambda *_: False))
    assert [subject for subject, _ in problems(found)] == ["controller", "camera"]
    assert "/dev/nothing" in problems(found)[0][1]
    assert "picamera2" in problems(found)[1][1]


SMALL = RigSettings.model_validate({"simulated": {"width": 240, "height": 136, "frame_rate": 30, "lens_lag_ms": 5}})
ON_THE_SIMULATED_RIG = [
    "controller",
    "turntable",
    "tilt",
    "camera",
    "exposure",
    "frame rate",
    "lens",
    "lens travel",
    "lens settle",
    "light",
]


def test_the_real_drivers_over_simulated_devices() -> None:
    """The controller, which is locked at first, runs in real time, the camera on a clock that jumps."""
    clock = FakeClock()
    with ExitStack() as opened:
        controller = opened.enter_context(SimulatedController(SystemClock(), switches=True))
        controller.tune(20, 1)
        devices = Devices(
            motion=controller.settings(),
            open_motion=lambda: open_motion(controller.settings(), SystemClock()),
            open_camera=lambda: simulated_camera(SMALL, clock, controller.angles, lambda: controller.light),
        )
        found = list(check_devices(devices, SMALL, clock, opened))
        stood = controller.angles()
    (wrong,) = (finding for finding in found if finding.level != Level.OK)
    assert (wrong.subject, "$20=1" in wrong.message, "$20=0" in wrong.hint) == ("controller", True, True)
    found.remove(wrong)
    assert [finding.subject for finding in found] == ON_THE_SIMULATED_RIG
    said = {finding.subject: finding.message for finding in found}
    assert said["controller"].startswith("grbl, 1.1h")
    assert said["tilt"].endswith("position unknown; homes to its switch")
    assert said["camera"].startswith("simulated, 240 x 136 pixels")
    assert said["lens"] == "0 to 15 D, finest step 0.03 D"
    assert said["lens settle"].endswith("lens_settle_ms = 100 a scan's first picture is as sharp as later ones")
    assert stood == (0.0, 0.0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("drive", "motion"), [("lens", {}), ("rail", {}), ("lens", {"dialect": "marlin", "light": "M106"})]
)
def test_the_simulated_rig_as_the_command_line_checks_it(
    settings: Settings, tmp_path: Path, drive: str, motion: dict[str, str]
) -> None:
    document = settings.model_dump()
    document["rig"] = {"simulated": SMALL.simulated.model_dump(), "focus": {"drive": drive}, "motion": motion}
    found = list(check_hardware(Settings.model_validate(document), None, None, Commands(), lambda *_: True))
    rail = ["focus"] if drive == "rail" else []
    assert [finding.subject for finding in found] == [
        "disk speed",
        *ON_THE_SIMULATED_RIG[:3],
        *rail,
        *ON_THE_SIMULATED_RIG[3:],
    ]
    assert problems(found) == []
    assert found[1].message.startswith(motion.get("dialect", "grbl"))
    assert list(tmp_path.iterdir()) == []
