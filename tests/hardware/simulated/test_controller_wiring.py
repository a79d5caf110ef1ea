"""A simulated controller has the rig of its config, and motors that do not care what the config says of them."""

from typing import Literal

import pytest

from scanner.clock import FakeClock
from scanner.hardware.motion_settings import AxisSettings, MotionSettings, RailSettings, TiltSettings
from scanner.hardware.simulated.controller_grbl import GrblFirmware
from scanner.hardware.simulated.controller_motors import Switch
from scanner.hardware.simulated.controller_wiring import STEPS_PER_MM, Wiring
from tests.hardware.simulated.boards import Bench


@pytest.mark.parametrize("scale", [1.0, 1.02])
def test_a_wrong_scale_in_the_config_stays_as_wrong(scale: float) -> None:
    default = AxisSettings().steps_per_degree
    motion = MotionSettings(
        turntable=AxisSettings(steps_per_degree=default * scale), tilt=TiltSettings(steps_per_degree=default * scale)
    )
    settings = Wiring(motion).settings("port")
    assert settings.turntable.steps_per_degree == pytest.approx(100 * scale)
    assert settings.tilt.steps_per_degree == pytest.approx(100 * scale)
    assert settings.rail.steps_per_mm == motion.rail.steps_per_mm


def test_demonstrations_are_quick() -> None:
    settings = Wiring(MotionSettings()).settings("port")
    assert (settings.turntable.max_speed, settings.tilt.max_speed, settings.rail.max_speed) == (120, 60, 50)
    assert (settings.turntable.acceleration, settings.tilt.acceleration, settings.rail.acceleration) == (
        1000,
        500,
        1000,
    )


@pytest.mark.parametrize(("flavour", "single"), [("grbl", False), ("grblhal", True), ("fluidnc", True)])
def test_relatives_of_grbl_home_single_axes(flavour: Literal["grbl", "grblhal", "fluidnc"], single: bool) -> None:
    assert Wiring(MotionSettings(), switches=True).settings("port", flavour).home_one_axis == single


def test_switches_sit_where_the_config_says() -> None:
    motion = MotionSettings(
        turntable=AxisSettings(switch_angle=10), tilt=TiltSettings(switch_angle=-20), rail=RailSettings(switch_at=2)
    )
    assert Wiring(motion, switches=True).switches() == (
        Switch(0, 1000, 36_000),
        Switch(1, -2000),
        Switch(2, round(2 * STEPS_PER_MM)),
    )
    assert Wiring(motion).switches() == ()
    assert not Wiring(motion).settings("port").turntable.homing


def test_letters_say_which_motor_is_which() -> None:
    motion = MotionSettings(
        turntable=AxisSettings(letter="Z"), tilt=TiltSettings(letter="X"), rail=RailSettings(letter="Y")
    )
    wiring = Wiring(motion)
    clock = FakeClock()
    board = wiring.board(clock)
    Bench(board, clock).say("G0 X4 Y3\nZ2\n", wait=20)
    assert wiring.angles(board) == (5.0, 10.0)
    assert wiring.rail(board) == 3.0


def test_a_rail_without_a_letter_of_its_own_takes_the_free_one() -> None:
    wiring = Wiring(MotionSettings(turntable=AxisSettings(letter="Z")), switches=True)
    assert [switch.axis for switch in wiring.switches()] == [2, 1, 0]


def test_without_tilt_there_is_no_tilt() -> None:
    wiring = Wiring(MotionSettings(tilt=TiltSettings(fitted=False)), switches=True)
    board = wiring.board(FakeClock())
    assert wiring.angles(board) == (0, 0)
    assert [switch.axis for switch in wiring.switches()] == [0, 2]


def test_grbl_with_switches_wants_homing_first() -> None:
    board = Wiring(MotionSettings(), switches=True).board(FakeClock())
    assert isinstance(board, GrblFirmware)
    assert board.settings[22] == 1


@pytest.mark.parametrize(
    ("motion", "line"),
    [
        (MotionSettings(dialect="marlin", light="M106"), "G1 X90 F6000\n"),
        (MotionSettings(dialect="templated"), "G1 X72.000 F90\n"),
    ],
)
def test_every_dialect_turns_the_same_table(motion: MotionSettings, line: str) -> None:
    wiring = Wiring(motion)
    clock = FakeClock()
    board = wiring.board(clock)
    Bench(board, clock).say(line, wait=20)
    assert wiring.angles(board)[0] == pytest.approx(72, abs=0.2)
