"""Reading a frame's metadata."""

from typing import Any

import pytest

from scanner.errors import CameraError
from scanner.hardware.picamera_api import FrameFacts, facts_of

WHOLE = {
    "SensorTimestamp": 5_000_000_000,
    "ExposureTime": 20_000,
    "AnalogueGain": 2.0,
    "ColourGains": (1.8, 1.5),
    "LensPosition": 9.5,
    "ControlListSequence": 17,
}


def test_all_that_a_frame_may_tell() -> None:
    assert facts_of(WHOLE) == FrameFacts(5_000_000_000, 20_000, 2.0, (1.8, 1.5), 9.5, 17)


def test_an_exposure_began_before_the_stamp() -> None:
    assert facts_of(WHOLE).began_ns == 4_980_000_000
    assert facts_of({"SensorTimestamp": 7}).began_ns == 7


@pytest.mark.parametrize("missing", [name for name in WHOLE if name != "SensorTimestamp"])
def test_what_is_missing_is_none_and_no_error(missing: str) -> None:
    facts = facts_of({name: value for name, value in WHOLE.items() if name != missing})
    nothing = [
        name for name in ("exposure_us", "gain", "colour_gains", "lens", "controls") if getattr(facts, name) is None
    ]
    assert len(nothing) == 1


@pytest.mark.parametrize("metadata", [{}, {"SensorTimestamp": None}])
def test_a_frame_without_a_time_is_refused(metadata: dict[str, Any]) -> None:
    with pytest.raises(CameraError, match="does not say when"):
        facts_of(metadata)
