"""What an open controller says; nothing moves."""

from dataclasses import dataclass, field

import pytest

from scanner.doctor import Level
from scanner.doctor.motion import check_axis, check_motion, light_up
from scanner.errors import MotionError
from scanner.hardware.motion_settings import MotionSettings
from scanner.hardware.protocols import Axis, AxisFacts, AxisName, Light
from tests.doctor.devices import ALamp, AnAxis

TURNTABLE = AxisFacts(name="turntable", low=None, high=None, step=0.1125, can_home=False)
TILT = AxisFacts(name="tilt", low=-20, high=90, step=0.05, can_home=True)
RAIL = AxisFacts(name="focus", low=0, high=50, step=0.000625, can_home=True, unit="mm")


@dataclass
class AController:
    """A controller that is open."""

    version: str = "1.1h"
    notes: tuple[str, ...] = ()
    axes: dict[AxisName, Axis] = field(default_factory=lambda: {"turntable": AnAxis(TURNTABLE)})
    light: Light | None = field(default_factory=ALamp)
    closed: int = 0

    def close(self) -> None:
        self.closed += 1


def test_a_handshake() -> None:
    settings = MotionSettings(port="/dev/ttyACM0")
    controller, turntable = check_motion(AController(), settings)
    assert (controller.level, controller.message) == (Level.OK, "grbl, 1.1h, at /dev/ttyACM0")
    assert (turntable.subject, turntable.hardware) == ("turntable", True)
    nameless, *_ = check_motion(AController(version=""), settings)
    assert nameless.message == "grbl, nameless, at /dev/ttyACM0"


def test_what_is_set_wrong_in_the_controller() -> None:
    notes = ("It cuts motor current after each move ($1=25): send $1=255.", "It is set to inches.")
    _, current, inches, *_ = check_motion(AController(notes=notes), MotionSettings())
    assert (current.level, current.message) == (Level.WARNING, "It cuts motor current after each move ($1=25)")
    assert current.hint == "Send $1=255."
    assert (inches.message, inches.hint) == (
        "It is set to inches.",
        "Change it in the controller, with any serial terminal.",
    )


def test_a_rig_without_a_lamp() -> None:
    *_, light = check_motion(AController(light=None), MotionSettings())
    assert (light.subject, light.message) == ("light", "none")


def test_axes_are_asked() -> None:
    assert check_axis(AnAxis(TURNTABLE)).message == (
        "turns without end, step 0.113 °; position unknown; no switch: bring it to its zero by hand before a scan"
    )
    assert check_axis(AnAxis(TILT, 12.5)).message == (
        "-20 to 90 °, step 0.05 °; stands at 12.500 °; homes to its switch"
    )
    rail = check_axis(AnAxis(RAIL))
    assert (rail.subject, rail.message) == (
        "focus",
        "0 to 50 mm, step 0.000625 mm; position unknown; homes to its switch",
    )


@pytest.mark.parametrize(("refusals", "zeroed"), [(0, 0), (1, 1)])
def test_a_lamp_behind_a_lock(refusals: int, zeroed: int) -> None:
    """Locked as after every start of a controller with switches: unlocked without a move."""
    axis, lamp = AnAxis(TURNTABLE), ALamp(refusals=refusals)
    light_up(lamp, AController(axes={"turntable": axis}, light=lamp))
    assert (axis.zeroed, lamp.level) == (zeroed, 1.0)


def test_a_lamp_that_does_not_obey() -> None:
    lamp = ALamp(refusals=2)
    with pytest.raises(MotionError):
        light_up(lamp, AController(light=lamp))
