"""The rig opens whole or not at all."""

import re
import threading
from collections.abc import Iterator

import numpy as np
import pytest
from pydantic import ValidationError

from scanner.clock import SystemClock
from scanner.errors import HardwareError, HardwareMissing, PlanError
from scanner.hardware.protocols import CameraFacts, Capture, RigFacts
from scanner.hardware.rig import Rig, open_rig, simulated_camera
from scanner.hardware.settings import CameraSettings, RigSettings, SimulatedSettings
from tests.hardware.cameras import Bench

SMALL = RigSettings(
    simulated=SimulatedSettings(width=192, height=128, frame_rate=240),
    camera=CameraSettings(lens_settle_ms=10, mains_hz=0),
)


@pytest.fixture(scope="module")
def rig() -> Iterator[Rig]:
    """An open rig; closing it, twice, ends every thread it began."""
    before = set(threading.enumerate())
    rig = open_rig(SMALL, SystemClock())
    yield rig
    rig.close()
    rig.close()
    assert set(threading.enumerate()) - before == set()


def test_the_default_is_a_simulated_rig_that_says_so(rig: Rig) -> None:
    assert RigSettings().kind == "simulated"
    assert rig.facts.simulated
    assert rig.facts.description.startswith("Simulated rig: pictures are rendered, nothing moves.")


def test_its_facts_are_those_of_its_devices(rig: Rig) -> None:
    assert rig.facts.camera == rig.camera.facts
    assert [axis.name for axis in rig.facts.axes] == list(rig.axes) == ["turntable", "tilt"]
    assert rig.facts.light
    assert (rig.facts.camera.width, rig.facts.camera.height) == (192, 128)
    assert rig.facts.camera.pixel_pitch_um == pytest.approx(6.45 / 192 * 1000)


def test_it_is_ready_to_move(rig: Rig) -> None:
    assert {name: axis.angle for name, axis in rig.axes.items()} == {"turntable": 0.0, "tilt": 0.0}


def difference(one: Capture, other: Capture) -> float:
    """Mean difference of two pictures, in grey levels."""
    return float(np.abs(one.pixels.y.astype(int) - other.pixels.y.astype(int)).mean())


def test_the_camera_sees_what_the_motors_turn(rig: Rig) -> None:
    rig.camera.focus(10.0)
    assert rig.light is not None
    rig.light.set(1.0)
    rig.camera.lock(None)
    before = rig.camera.capture()
    again = rig.camera.capture()
    rig.axes["turntable"].move_to(90.0)
    turned = rig.camera.capture()
    assert before.lens == pytest.approx(10.0)
    assert difference(before, turned) > 2 * difference(before, again)


def test_the_tilt_has_mechanical_stops() -> None:
    bench = Bench()
    camera = simulated_camera(SMALL, bench.clock, pose=lambda: (0.0, 85.0))
    assert camera.capture().pixels.size == (192, 128)


def test_a_rig_without_its_library_or_board_says_what_is_missing() -> None:
    with pytest.raises(HardwareMissing):
        open_rig(RigSettings(kind="pi"), SystemClock())


def test_what_was_opened_is_closed_when_a_later_step_fails() -> None:
    unusable = SMALL.model_copy(update={"simulated": SMALL.simulated.model_copy(update={"width": 9000, "height": 122})})
    before = threading.active_count()
    with pytest.raises(PlanError, match=re.escape("800 x 10")):
        open_rig(unusable, SystemClock())
    assert threading.active_count() == before


def test_closing_releases_what_it_was_given() -> None:
    released: list[int] = []
    facts = RigFacts(
        simulated=True,
        description="",
        camera=CameraFacts(model="", width=2, height=2, focal_length_mm=1, f_number=1, pixel_pitch_um=1, lens=None),
        axes=(),
        light=False,
    )
    Rig(Bench().camera(), {}, None, facts, lambda: released.append(1)).close()
    assert released == [1]
    Rig(Bench().camera(), {}, None, facts).close()


@pytest.mark.parametrize(
    "values",
    [
        {"kind": "arduino"},
        {"camera": {"lens_settle_ms": -1}},
        {"camera": {"mains_hz": 400}},
        {"camera": {"focal_length_mm": float("nan")}},
        {"simulated": {"width": 481}},
        {"simulated": {"frame_rate": 0}},
        {"lens": 3},
    ],
)
def test_settings_out_of_bounds_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        RigSettings.model_validate(values)


def test_every_setting_has_a_description_and_a_default() -> None:
    for model in (RigSettings, CameraSettings, SimulatedSettings):
        model()
        assert all(field.description for field in model.model_fields.values())


def test_errors_of_the_rig_are_hardware_errors() -> None:
    assert issubclass(HardwareMissing, HardwareError)
