"""What is known of camera modules."""

import pytest

from scanner.errors import ConfigError
from scanner.hardware.picamera_models import MODULES, camera_facts, lens_facts
from scanner.hardware.protocols import CameraFacts
from scanner.hardware.settings import CameraSettings

AUTOFOCUS = {"LensPosition": (0.0, 15.0, 1.0), "AfMode": (0, 2, 0)}
SENSOR = (4608, 2592)


def facts(model: str, settings: CameraSettings | None = None, size: tuple[int, int] = SENSOR) -> CameraFacts:
    properties = {"Model": model, "UnitCellSize": (1400, 1400)}
    return camera_facts(properties, AUTOFOCUS, SENSOR, size, settings or CameraSettings())


@pytest.mark.parametrize(
    ("model", "focal", "f_number", "pitch", "step"),
    [
        ("imx708", 4.74, 1.8, 1.4, 0.031),
        ("imx708_noir", 4.74, 1.8, 1.4, 0.031),
        ("imx708_wide", 2.75, 2.2, 1.4, 0.07),
        ("imx708_wide_noir", 2.75, 2.2, 1.4, 0.07),
        ("ov64a40", 5.1, 1.8, 1.0, 0.015),
        ("imx519", 4.28, 1.75, 1.22, 0.03),
    ],
)
def test_modules_are_known(model: str, focal: float, f_number: float, pitch: float, step: float) -> None:
    known = facts(model)
    assert (known.focal_length_mm, known.f_number, known.pixel_pitch_um) == (focal, f_number, pitch)
    assert known.lens is not None
    assert known.lens.step == step


def test_a_smaller_picture_has_larger_pixels() -> None:
    assert facts("imx708", size=(2304, 1296)).pixel_pitch_um == pytest.approx(2.8)


@pytest.mark.parametrize(
    ("crop", "size", "pitch"),
    [
        ((0, 0, 4056, 3040), (2028, 1520), 2 * 1.55),
        ((696, 528, 2664, 1980), (1332, 990), 2 * 1.55),
        ((0, 440, 4056, 2160), (2028, 1080), 2 * 1.55),
        ((0, 0, 4056, 3040), (1520, 1520), 2 * 1.55),
        ((0, 0, 0, 0), (2028, 1520), 2 * 1.55),
    ],
)
def test_modes_that_see_the_middle_of_the_sensor_have_the_pixels_they_have(
    crop: tuple[int, ...], size: tuple[int, int], pitch: float
) -> None:
    properties = {"Model": "imx477", "ScalerCropMaximum": crop}
    mine = CameraSettings(focal_length_mm=16.0, f_number=4.0)
    known = camera_facts(properties, {}, (4056, 3040), size, mine)
    assert known.pixel_pitch_um == pytest.approx(pitch)


def test_serial_and_mirrors_are_those_of_the_settings() -> None:
    known = facts("imx708", CameraSettings(serial="7", vflip=True))
    assert (known.serial, known.hflip, known.vflip) == ("7", False, True)
    assert facts("imx708").serial == ""


def test_what_the_user_says_counts_first() -> None:
    mine = CameraSettings(focal_length_mm=16.0, f_number=4.0, pixel_pitch_um=2.0)
    known = facts("imx708", mine)
    assert (known.focal_length_mm, known.f_number, known.pixel_pitch_um) == (16.0, 4.0, 2.0)


def test_an_unknown_sensor_tells_its_own_pitch() -> None:
    assert facts("ov9999", CameraSettings(focal_length_mm=6.0, f_number=2.0)).pixel_pitch_um == 1.4


@pytest.mark.parametrize("model", ["imx477", "ov9999"])
def test_a_lens_nobody_knows_must_be_told(model: str) -> None:
    with pytest.raises(ConfigError, match=model) as caught:
        facts(model)
    assert "rig.camera.f_number" in caught.value.hint


def test_the_range_is_what_the_camera_reports() -> None:
    lens = lens_facts({"LensPosition": (0.0, 32.0, 1.0)}, 0.07)
    assert lens is not None
    assert (lens.far, lens.near) == (0.0, 32.0)
    assert lens_facts({"AeEnable": (False, True, True)}, 0.03) is None
    assert lens_facts({"LensPosition": (0.0, 0.0, 0.0)}, 0.03) is None


def test_the_table_holds_physical_values() -> None:
    for module in MODULES.values():
        assert 0.5 < module.pixel_pitch_um < 5
        assert 0 < module.lens_step < 0.1
        assert (module.focal_length_mm is None) == (module.f_number is None)
