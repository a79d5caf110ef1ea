"""Motion settings: defaults that make a rig, limits that refuse nonsense, words for every field."""

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from scanner.hardware.motion_settings import AxisSettings, MotionSettings, TiltSettings


def test_defaults_are_a_rig() -> None:
    settings = MotionSettings()
    assert settings.baud == 115_200
    assert (settings.turntable.letter, settings.tilt.letter) == ("X", "Y")
    assert settings.turntable.low is None
    assert settings.tilt.low is not None
    assert settings.turntable.steps_per_degree * 360 == pytest.approx(3200)


@pytest.mark.parametrize("model", [AxisSettings, TiltSettings, MotionSettings])
def test_every_field_has_a_default_and_a_description(model: type[BaseModel]) -> None:
    for name, field in model.model_fields.items():
        assert not field.is_required(), name
        assert (field.description or "").endswith("."), name


def test_a_part_of_the_tilt_keeps_the_other_defaults() -> None:
    settings = MotionSettings.model_validate({"tilt": {"low": -5}})
    assert (settings.tilt.letter, settings.tilt.low, settings.tilt.high) == ("Y", -5, 90)


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"tilt": {"letter": "X"}}, "different letters"),
        ({"turntable": {"low": -10}}, "go together"),
        ({"turntable": {"low": 10, "high": 10}}, "low must be below high"),
        ({"turntable": {"steps_per_degree": 0}}, "greater than or equal"),
        ({"turntable": {"max_speed": float("nan")}}, "finite"),
        ({"turntable": {"max_sped": 10}}, "Extra inputs"),
        ({"baud": 300}, "greater than or equal"),
        ({"light": "M7"}, "M8"),
        ({"port": ""}, "at least 1 character"),
        ({"tilt": {"homing": True, "switch_angle": -21}}, "switch_angle -21 lies outside low -20 to high 90"),
        ({"rail": {"homing": True, "switch_at": 51}}, "switch_at 51 lies outside low 0 to high 50"),
        ({"rail": {"low": 5, "high": 5}}, "low must be below high"),
        ({"dialect": "marlin"}, "light of a marlin controller is M106"),
        ({"light": "M106"}, "light of a grbl controller is M8 or M3"),
        ({"template": {"done": "("}}, "done is not a regular expression"),
        ({"template": {"identify": "?"}}, "identify and identified go together"),
    ],
)
def test_nonsense_is_refused(given: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        MotionSettings.model_validate(given)


def test_a_rig_without_tilt_may_use_its_letter() -> None:
    settings = MotionSettings.model_validate({"turntable": {"letter": "Y"}, "tilt": {"fitted": False}})
    assert settings.turntable.letter == "Y"


def test_units_reach_the_form() -> None:
    turntable = MotionSettings.model_json_schema()["$defs"]["AxisSettings"]["properties"]
    assert turntable["max_speed"]["unit"] == "°/s"
    assert turntable["acceleration"]["unit"] == "°/s²"
    assert turntable["approach"]["unit"] == "°"
