"""The rig opens whole or not at all."""

import re
import threading
from collections.abc import Iterator

import numpy as np
import pytest
from pydantic import ValidationError

from scanner.clock import SystemClock
from scanner.errors import HardwareError, HardwareMissing, PlanError
from scanner.hardware.focus import FixedDrive
from scanner.hardware.protocols import Capture, RigFacts
from scanner.hardware.rig import Rig, camera_names, open_rig, simulated_camera
from scanner.hardware.settings import CameraSettings, FocusSettings, RigSettings, SimulatedSettings
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
    camera = Bench().camera()
    focus = FixedDrive(camera.facts, FocusSettings())
    facts = RigFacts(simulated=True, description="", camera=camera.facts, focus=focus.facts, axes=(), light=False)
    Rig(camera, focus, {}, None, facts, shut=lambda: released.append(1)).close()
    assert released == [1]
    Rig(camera, focus, {}, None, facts).close()


def opened(**changes: object) -> Rig:
    return open_rig(RigSettings.model_validate(SMALL.model_dump() | changes), SystemClock())


def test_a_rail_carries_the_camera_and_brings_other_depths_into_focus() -> None:
    rig = opened(focus={"drive": "rail"})
    try:
        assert (rig.facts.focus.drive, rig.facts.focus.unit, rig.facts.focus.near) == ("rail", "mm", 50)
        assert [axis.name for axis in rig.facts.axes] == ["turntable", "tilt", "focus"]
        rig.camera.lock(None)
        seen = {}
        for place in (5.0, 25.0):
            assert rig.focus.move_to(place) == pytest.approx(place, abs=rig.facts.focus.step)
            seen[place] = rig.camera.capture()
        assert rig.focus.position == pytest.approx(25, abs=rig.facts.focus.step)
        assert difference(seen[5.0], seen[25.0]) > 1
        assert seen[5.0].lens == seen[25.0].lens == pytest.approx(10, abs=0.02), "the lens itself stands still"
    finally:
        rig.close()


def test_a_camera_without_a_lens_drive_makes_a_rig_with_fixed_focus() -> None:
    rig = opened(simulated=SMALL.simulated.model_dump() | {"fixed_focus": True})
    try:
        assert (rig.facts.focus.drive, rig.focus.position) == ("fixed", None)
        assert "fixed focus" in rig.facts.description
        assert rig.camera.capture().lens is None
    finally:
        rig.close()


@pytest.mark.parametrize(
    ("motion", "homes"),
    [
        ({"dialect": "marlin", "light": "M106"}, True),
        ({"dialect": "templated", "light": "none"}, False),
        ({"dialect": "templated", "light": "M8", "template": {"home": "H{axis}", "light": "L{level}"}}, True),
    ],
)
def test_the_simulated_rig_speaks_what_the_config_says(motion: dict[str, object], homes: bool) -> None:
    rig = opened(motion=motion)
    try:
        assert {axis.can_home for axis in rig.facts.axes} == {homes}
        assert rig.axes["turntable"].move_to(30.0) == pytest.approx(30.0, abs=0.006)
        assert rig.facts.light is (rig.light is not None) is (motion["light"] != "none")
    finally:
        rig.close()


def test_a_rail_needs_a_letter_of_its_own() -> None:
    with pytest.raises(ValidationError, match="rail needs another letter"):
        RigSettings.model_validate({"focus": {"drive": "rail"}, "motion": {"rail": {"letter": "Y"}}})
    RigSettings.model_validate({"focus": {"drive": "lens"}, "motion": {"rail": {"letter": "Y"}}})


def test_the_pictures_are_mirrored_where_the_config_says_so() -> None:
    bench = Bench()
    plain, mirrored = (
        simulated_camera(
            SMALL.model_copy(update={"camera": CameraSettings(hflip=flip)}), bench.clock, lambda: (0.0, 0.0)
        )
        for flip in (False, True)
    )
    assert (plain.facts.hflip, mirrored.facts.hflip) == (False, True)
    one, other = (camera.look().y.astype(float) for camera in (plain, mirrored))
    assert np.abs(one - other[:, ::-1]).mean() < 0.75 * np.abs(one - other).mean()


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
        {"settle": {"least_s": 2, "most_s": 1}},
        {"camera": {"sensor_mode": "big"}},
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


def test_images_name_the_camera_as_the_config_says_else_as_is_known_of_it(rig: Rig) -> None:
    known = rig.facts.names
    assert (known.make, known.model, known.serial, known.lens) == (
        "Focusrig",
        "simulated",
        "simulated",
        "4.74 mm f/1.5",
    )
    wanted = CameraSettings(make="Sony", model="IMX519", lens="Arducam AF")
    named = camera_names(RigSettings(kind="pi", camera=wanted), rig.camera.facts)
    assert (named.make, named.model, named.serial, named.lens) == ("Sony", "IMX519", "", "Arducam AF")


def test_the_maker_follows_from_the_driver(rig: Rig) -> None:
    dslr = rig.camera.facts.model_copy(update={"model": "Canon EOS 80D"})
    for driver, make in (("picamera2", "Raspberry Pi"), ("gphoto2", "Canon")):
        settings = RigSettings.model_validate({"kind": "pi", "camera": {"driver": driver}})
        assert camera_names(settings, dslr).make == make


def test_the_simulated_camera_stands_where_its_facts_say(rig: Rig) -> None:
    where = rig.facts.geometry
    assert (where.distance_mm, where.height_mm, where.pivot_mm, where.down_deg) == (100.0, 26.5, 26.5, 0.0)
