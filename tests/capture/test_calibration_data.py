"""Calibrations as data: what may be asked for, and for which camera one holds."""

import pytest
from pydantic import ValidationError

from scanner.capture.calibration_data import BreathingCalibration, CalibrationPlan, camera_key
from scanner.hardware.protocols import CameraFacts
from scanner.hardware.settings import FocusSettings, RigSettings
from scanner.plan.scan import ScanPlan
from tests.capture.fakes import LENS

CAMERA = CameraFacts(
    model="imx519", width=4656, height=3496, focal_length_mm=4.28, f_number=1.75, pixel_pitch_um=1.22, lens=LENS
)
PI = RigSettings(kind="pi")


def test_by_default_four_positions_and_the_range_of_focus_found_by_itself() -> None:
    plan = CalibrationPlan()
    assert (plan.positions, plan.near, plan.far, plan.count) == (4, "auto", "auto", "auto")


@pytest.mark.parametrize("wrong", [{"positions": 1}, {"positions": 25}, {"near": 8, "far": 9}, {"count": 1}, {"x": 1}])
def test_what_cannot_be_asked_for(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        CalibrationPlan.model_validate(wrong)


def test_it_is_captured_like_a_scan() -> None:
    plan = CalibrationPlan(positions=6, near=12, far=9, count=7, overlap=0.5).scan_plan(tilt=10)
    assert [position.turntable for position in plan.positions()] == [0, 60, 120, 180, 240, 300]
    assert {position.tilt for position in plan.positions()} == {10}
    assert (plan.sweep.near, plan.sweep.far, plan.sweep.count, plan.sweep.overlap) == (12, 9, 7, 0.5)
    assert (plan.exposure, plan.settle) == (ScanPlan().exposure, ScanPlan().settle)
    assert ScanPlan.model_validate_json(plan.model_dump_json()) == plan


def test_the_key_says_what_it_holds_for() -> None:
    assert camera_key(CAMERA, PI) == "imx519, 4656 x 3496 px, 4.28 mm"


def test_another_camera_size_lens_or_mirror_has_another_key() -> None:
    changes: list[dict[str, object]] = [
        {},
        {"model": "imx708"},
        {"width": 2328},
        {"height": 1748},
        {"focal_length_mm": 16.0},
        {"serial": "i2c@1/imx519@1a"},
        {"hflip": True},
        {"vflip": True},
    ]
    keys = [camera_key(CAMERA.model_copy(update=change), PI) for change in changes]
    keys += [camera_key(CAMERA, PI.model_copy(update={"focus": FocusSettings(drive="rail")}))]
    breathing = [PI.simulated.model_copy(update={"breathing": much}) for much in (0.01, 0.03)]
    keys += [camera_key(CAMERA, RigSettings(simulated=simulated)) for simulated in breathing]
    assert len(set(keys)) == len(keys)


def test_what_changes_nothing_of_the_picture_keeps_the_key() -> None:
    slower = PI.model_copy(update={"camera": PI.camera.model_copy(update={"lens_settle_ms": 300})})
    simulated = PI.model_copy(update={"simulated": PI.simulated.model_copy(update={"breathing": 0.1})})
    assert camera_key(CAMERA, slower) == camera_key(CAMERA, simulated) == camera_key(CAMERA, PI)


def test_units_are_in_the_schema() -> None:
    properties = BreathingCalibration.model_json_schema()["properties"]
    assert (properties["power"]["unit"], properties["scale_error_ppm"]["unit"]) == ("D", "ppm/D")
