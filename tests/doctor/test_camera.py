"""An open camera: what it is, how fast, what its lamp does; a camera that fails."""

import pytest

from scanner.clock import FakeClock
from scanner.doctor import Level
from scanner.doctor.camera import check_camera, check_lamp
from scanner.doctor.findings import Finding
from scanner.hardware.settings import RigSettings
from tests.doctor.devices import ACamera, ALamp

MB = 1_000_000
ROOMY = {"CmaTotal": 512 * MB, "CmaFree": 400 * MB}


def rig(**settings: object) -> RigSettings:
    return RigSettings.model_validate({"kind": "pi", **settings})


def checked(camera: ACamera, clock: FakeClock, settings: RigSettings, lamp: ALamp | None = None) -> dict[str, Finding]:
    return {finding.subject: finding for finding in check_camera(camera, settings, clock, ROOMY, lamp)}


def test_all_that_a_camera_tells() -> None:
    clock, lamp = FakeClock(), ALamp()
    lamp.set(1.0)
    camera = ACamera(clock, period=0.1, lamp=lamp, serial="7f3a")
    found = checked(camera, clock, rig(), lamp)
    assert list(found) == [
        "camera",
        "contiguous memory",
        "exposure",
        "frame rate",
        "lens",
        "lens travel",
        "lens settle",
        "light",
    ]
    assert found["camera"].message == "imx708, 4608 x 2592 pixels, 7f3a"
    assert found["contiguous memory"].message == "400 of 512 MB free, the camera's buffers need at least 54 MB"
    assert found["exposure"].message == "10.0 ms at gain 1.5, measured and locked"
    assert found["frame rate"].message == "10.0 full pictures a second"
    assert all(finding.hardware for finding in found.values())
    assert lamp.level == 0.0


def test_rgb_takes_twice_the_memory() -> None:
    clock = FakeClock()
    found = checked(ACamera(clock), clock, rig(camera={"format": "RGB888"}))
    assert "need at least 107 MB" in found["contiguous memory"].message


@pytest.mark.parametrize("settings", [RigSettings(), rig(camera={"driver": "gphoto2"})])
def test_cameras_without_contiguous_memory(settings: RigSettings) -> None:
    clock = FakeClock()
    found = checked(ACamera(clock), clock, settings)
    assert "contiguous memory" not in found
    assert found["camera"].message.endswith("without a serial number: its calibrations are kept by its model")


def test_fixed_focus() -> None:
    clock = FakeClock()
    found = checked(ACamera(clock, lens=None), clock, rig())
    assert (found["lens"].level, found["lens"].message) == (Level.WARNING, "fixed focus")
    assert "rail" in found["lens"].hint
    assert "lens settle" not in found
    railed = checked(ACamera(clock, lens=None), clock, rig(focus={"drive": "rail"}))
    assert railed["lens"].level == Level.OK


def test_a_camera_that_dies_under_the_checks() -> None:
    """What was found before stays."""
    clock = FakeClock()
    found = list(check_camera(ACamera(clock, dead_after=3), rig(), clock, ROOMY, None))
    assert [finding.subject for finding in found] == ["camera", "contiguous memory", "exposure", "camera"]
    assert (found[-1].level, found[-1].message) == (Level.PROBLEM, "The camera gives no frames.")
    assert found[-1].hint == "Check its ribbon cable."


def test_a_lamp_that_is_seen() -> None:
    lamp = ALamp()
    lamp.set(1.0)
    finding = check_lamp(ACamera(FakeClock(), lamp=lamp), lamp)
    assert (finding.level, finding.message) == (Level.OK, "the picture goes from 40 to 100 of 255 with the lamp on")
    assert lamp.level == 0.0


def test_a_lamp_that_is_not_seen() -> None:
    lamp = ALamp()
    finding = check_lamp(ACamera(FakeClock()), lamp)
    assert finding.level == Level.WARNING
    assert "rig.motion.light" in finding.hint


def test_a_lamp_that_does_not_obey() -> None:
    clock = FakeClock()
    found = checked(ACamera(clock, lens=None), clock, rig(), ALamp(refusals=1))
    assert found["camera"].level == Level.PROBLEM
    assert "did not answer" in found["camera"].message
