"""The real serial library on a pseudo-terminal: opening, closing, unplugging, stopping from another thread."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from serial import SerialException

from scanner.clock import FakeClock, SystemClock
from scanner.errors import ConfigError, HardwareMissing, MotionError, PositionLost
from scanner.hardware.motion_settings import AxisSettings, MotionSettings, TemplateSettings
from scanner.hardware.motion_talk import Stopped
from scanner.hardware.serial_motion import SerialLink, SerialMotion, missing_port, motion_over, open_motion, ports
from scanner.hardware.simulated.controller import SimulatedController
from scanner.hardware.simulated.controller_faults import Faults
from tests.hardware.links import ScriptedLink

CLOCK = SystemClock()
NOTICED_S = 0.1
"""Time for the simulation to see that its port was closed."""


@pytest.fixture
def controller() -> Iterator[SimulatedController]:
    with SimulatedController(CLOCK) as controller:
        yield controller


@pytest.fixture
def motion(controller: SimulatedController) -> Iterator[SerialMotion]:
    motion = open_motion(controller.settings(), CLOCK)
    try:
        yield motion
    finally:
        motion.close()


def test_opens_greets_and_tells_nothing_when_all_is_well(motion: SerialMotion) -> None:
    assert motion.version == "1.1h"
    assert motion.notes == ()
    assert list(motion.axes) == ["turntable", "tilt"]
    assert motion.axes["turntable"].angle is None


def test_a_rig_without_tilt_has_one_axis(controller: SimulatedController) -> None:
    settings = controller.settings()
    without = settings.model_copy(update={"tilt": settings.tilt.model_copy(update={"fitted": False})})
    motion = open_motion(without, CLOCK)
    assert list(motion.axes) == ["turntable"]
    motion.close()


def test_what_spoils_scans_is_told_and_not_changed(controller: SimulatedController) -> None:
    for number, value in ((1, 25), (13, 1), (20, 1)):
        controller.tune(number, value)
    motion = open_motion(controller.settings(), CLOCK)
    motion.close()
    CLOCK.sleep(NOTICED_S)
    assert [note.split("send ")[1].split(";")[0].rstrip(".") for note in motion.notes] == ["$1=255", "$13=0", "$20=0"]
    again = open_motion(controller.settings(), CLOCK)
    again.close()
    assert again.notes == motion.notes


def test_a_port_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(HardwareMissing, match="No serial port at") as missing:
        open_motion(MotionSettings(port=str(tmp_path / "ttyNone")), CLOCK)
    assert "motion.port" in missing.value.hint
    assert "orts" in missing.value.hint


def test_a_file_is_no_port(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(HardwareMissing, match="cannot be opened"):
        SerialLink(str(file), 115_200)


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (SerialException("[Errno 13] could not open port /dev/null: Permission denied"), "dialout"),
        (SerialException("Could not exclusively lock port /dev/null: [Errno 11]"), "one program"),
        (OSError(5, "Input/output error"), "one program"),
    ],
)
def test_every_reason_has_its_advice(error: Exception, advice: str) -> None:
    missing = missing_port("/dev/null", error)
    assert "/dev/null" in missing.message
    assert advice in missing.hint


def test_ports_are_names() -> None:
    assert all(name.startswith("/dev/") for name in ports())


def test_a_port_is_opened_by_one_program_only(motion: SerialMotion, controller: SimulatedController) -> None:
    assert motion.version
    with pytest.raises(HardwareMissing, match="cannot be opened") as busy:
        open_motion(controller.settings(), CLOCK)
    assert "one program" in busy.value.hint


def test_closing_twice_is_harmless_and_the_port_opens_again(controller: SimulatedController) -> None:
    motion = open_motion(controller.settings(), CLOCK)
    motion.close()
    motion.close()
    CLOCK.sleep(NOTICED_S)
    again = open_motion(controller.settings(), CLOCK)
    again.close()


def test_opening_resets_so_the_position_is_unknown(controller: SimulatedController) -> None:
    motion = open_motion(controller.settings(), CLOCK)
    motion.axes["turntable"].set_zero()
    motion.axes["turntable"].move_to(10)
    motion.close()
    CLOCK.sleep(NOTICED_S)
    again = open_motion(controller.settings(), CLOCK)
    with pytest.raises(PositionLost):
        again.axes["turntable"].move_to(20)
    again.close()
    assert controller.angles()[0] == pytest.approx(10, abs=0.06)


def test_a_slow_bootloader_that_talks_noise() -> None:
    with SimulatedController(CLOCK, faults=Faults(seed=3, boot_s=0.6, boot_noise=40)) as controller:
        motion = open_motion(controller.settings(), CLOCK)
        assert motion.version == "1.1h"
        motion.close()


def test_the_cable_pulled_while_moving(motion: SerialMotion, controller: SimulatedController) -> None:
    motion.axes["turntable"].set_zero()
    pull = threading.Timer(0.15, controller.unplug)
    pull.start()
    with pytest.raises(MotionError, match="broke") as broken:
        motion.axes["turntable"].move_to(170)
    pull.join()
    assert "cable" in broken.value.hint
    assert motion.axes["turntable"].angle is None
    assert motion.light is not None
    with pytest.raises(MotionError, match="broke"):
        motion.light.set(1)


def test_plugged_in_again_behind_the_same_name(tmp_path: Path) -> None:
    with SimulatedController(CLOCK, link=tmp_path / "controller") as controller:
        motion = open_motion(controller.settings(), CLOCK)
        first = (tmp_path / "controller").readlink()
        controller.unplug()
        with pytest.raises(MotionError):
            motion.axes["turntable"].set_zero()
        motion.close()
        with pytest.raises(HardwareMissing, match="No serial port"):
            open_motion(controller.settings(), CLOCK)
        held = os.open(first, os.O_RDONLY | os.O_NOCTTY) if first.exists() else -1
        controller.plug()
        motion = open_motion(controller.settings(), CLOCK)
        motion.axes["turntable"].set_zero()
        assert motion.axes["turntable"].move_to(5) == pytest.approx(5, abs=0.06)
        motion.close()
        if held >= 0:
            os.close(held)


def test_mended_after_the_cable_was_out(tmp_path: Path) -> None:
    """One attempt each time: an error as long as it is out, then all as before but for the positions."""
    with SimulatedController(CLOCK, link=tmp_path / "controller") as controller:
        motion = open_motion(controller.settings(), CLOCK)
        table = motion.axes["turntable"]
        table.set_zero()
        assert motion.light is not None
        motion.light.set(1)
        motion.mend()
        assert (motion.alive, table.angle) == (True, 0)
        controller.unplug()
        CLOCK.sleep(NOTICED_S)
        for _ in range(3):
            with pytest.raises(HardwareMissing, match="No serial port"):
                motion.mend()
            assert (motion.alive, table.angle) == (False, None)
        controller.plug()
        motion.mend()
        assert motion.alive
        assert controller.light == 1
        with pytest.raises(PositionLost, match="connection was broken"):
            table.move_to(5)
        table.set_zero()
        assert table.move_to(5) == pytest.approx(5, abs=0.06)
        motion.close()


def test_a_closed_port_is_an_error_in_words(motion: SerialMotion) -> None:
    motion.close()
    with pytest.raises(MotionError, match="broke"):
        motion.axes["turntable"].set_zero()
    assert motion.axes["turntable"].angle is None


def test_a_rig_with_a_rail_and_without_a_lamp(controller: SimulatedController) -> None:
    settings = controller.settings().model_copy(update={"light": "none"})
    motion = open_motion(settings, CLOCK, rail=True)
    assert list(motion.axes) == ["turntable", "tilt", "focus"]
    assert motion.axes["focus"].facts.unit == "mm"
    assert motion.light is None
    motion.close()


@pytest.mark.parametrize(
    ("template", "homing", "key"),
    [
        (TemplateSettings(move="T{steps}"), False, "template.move has no {axis}"),
        (TemplateSettings(), True, "turntable.homing is set, but rig.motion.template.home"),
        (TemplateSettings(move="T{turns}"), False, "template.move = 'T{turns}'"),
    ],
)
def test_a_template_that_cannot_drive_this_rig(template: TemplateSettings, homing: bool, key: str) -> None:
    rig = MotionSettings(dialect="templated", template=template, turntable=AxisSettings(homing=homing))
    link = ScriptedLink(FakeClock(), {})
    with pytest.raises(ConfigError) as wrong:
        motion_over(link, rig, link.clock)
    assert f"rig.motion.{key}" in wrong.value.message
    assert link.sent == []


def test_a_controller_that_does_not_answer_frees_the_port() -> None:
    link = ScriptedLink(FakeClock(), {})
    with pytest.raises(HardwareMissing, match="No GRBL controller answers"):
        motion_over(link, MotionSettings(), link.clock)
    assert link.closed


def test_stop_from_another_thread(motion: SerialMotion, controller: SimulatedController) -> None:
    table = motion.axes["turntable"]
    table.set_zero()
    stop = threading.Timer(0.2, table.stop)
    stop.start()
    with pytest.raises(Stopped):
        table.move_to(175)
    stop.join()
    stopped_at = controller.angles()[0]
    assert 0 < stopped_at < 170
    assert table.angle == pytest.approx(stopped_at, abs=0.12)
    assert table.move_to(175) == pytest.approx(175, abs=0.06)


def test_no_descriptor_is_left_open() -> None:
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - a count, not paths
    for _ in range(3):
        with SimulatedController(CLOCK) as controller:
            open_motion(controller.settings(), CLOCK).close()
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
