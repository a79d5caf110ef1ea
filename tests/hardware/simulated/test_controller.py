"""The simulated controller on its pseudo-terminal, without the driver: bytes through a file descriptor."""

import os
import select
import threading
from pathlib import Path

import pytest

from scanner.clock import FakeClock, SystemClock
from scanner.hardware.motion_settings import MotionSettings
from scanner.hardware.simulated.controller import SimulatedController
from scanner.hardware.simulated.controller_faults import Faults
from scanner.hardware.simulated.controller_wiring import Flavour


class Port:
    """The far end of the terminal."""

    def __init__(self, path: str) -> None:
        self.descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY)

    def until(self, end: bytes, seconds: float = 10.0) -> bytes:
        heard = b""
        while end not in heard:
            ready, _, _ = select.select([self.descriptor], [], [], seconds)
            assert ready, f"heard only {heard!r}"
            piece = os.read(self.descriptor, 1024)
            assert piece, f"the line is dead after {heard!r}"
            heard += piece
        return heard

    def say(self, data: bytes) -> None:
        os.write(self.descriptor, data)

    def close(self) -> None:
        os.close(self.descriptor)


def held(controller: SimulatedController) -> bool:
    return controller.held


def test_opening_greets_every_time() -> None:
    with SimulatedController(SystemClock()) as controller:
        for _ in range(2):
            port = Port(controller.path)
            assert b"Grbl 1.1h" in port.until(b"help]\r\n")
            port.close()
            threading.Event().wait(0.1)


def test_angles_move_with_time_and_light_shines() -> None:
    clock = FakeClock()
    with SimulatedController(clock) as controller:
        port = Port(controller.path)
        threading.Event().wait(0.05)
        clock.sleep(1)
        port.until(b"help]\r\n")
        units = 90 * 100 / 250
        port.say(b"M8\nG90 G1 X%.4f F%.1f\n" % (units, 30 * 60 * 100 / 250))
        port.until(b"ok\r\nok\r\n")
        assert controller.light == 1
        clock.sleep(1.5)
        assert controller.angles()[0] == pytest.approx(45, abs=1)
        clock.sleep(10)
        assert controller.angles() == pytest.approx((90, 0), abs=0.1)
        port.close()


def test_settings_name_its_port(tmp_path: Path) -> None:
    with SimulatedController(SystemClock(), link=tmp_path / "port", switches=True) as controller:
        settings = controller.settings()
        assert settings.port == str(tmp_path / "port")
        assert settings.turntable.steps_per_degree == pytest.approx(100)
        assert settings.tilt.homing
        assert settings.rail.homing
    assert not (tmp_path / "port").exists()


@pytest.mark.parametrize(
    ("motion", "flavour", "words"),
    [
        (MotionSettings(), "grbl", b"Grbl 1.1h"),
        (MotionSettings(), "fluidnc", b"[FluidNC"),
        (MotionSettings(), "grblhal", b"GrblHAL"),
        (MotionSettings(dialect="marlin", light="M106"), "grbl", b"start"),
        (MotionSettings.model_validate({"dialect": "templated", "template": {"greeting": "Hello"}}), "grbl", b"Hello"),
    ],
)
def test_runs_the_firmware_of_its_config(motion: MotionSettings, flavour: Flavour, words: bytes) -> None:
    with SimulatedController(SystemClock(), motion, flavour=flavour) as controller:
        port = Port(controller.path)
        port.until(words)
        port.close()


def test_tells_rail_current_and_tuned_settings() -> None:
    clock = FakeClock()
    with SimulatedController(clock) as controller:
        port = Port(controller.path)
        threading.Event().wait(0.05)
        clock.sleep(1)
        port.until(b"help]\r\n")
        assert held(controller)
        controller.tune(1, 25)
        port.say(b"$$\nG0 Z12.5\n")
        assert b"$1=25\r\n" in port.until(b"ok\r\nok\r\n")
        clock.sleep(10)
        assert controller.rail() == pytest.approx(12.5, abs=0.02)
        assert not held(controller)
        port.close()


def test_limit_and_brown_out() -> None:
    with SimulatedController(SystemClock()) as controller:
        port = Port(controller.path)
        port.until(b"help]\r\n")
        controller.hit_limit()
        assert b"ALARM:1" in port.until(b"\n")
        controller.brown_out()
        assert b"Grbl" in port.until(b"help]\r\n")
        port.close()


def test_faults_can_be_switched_while_it_runs() -> None:
    with SimulatedController(SystemClock()) as controller:
        port = Port(controller.path)
        port.until(b"help]\r\n")
        controller.set_faults(Faults(double_reply=1))
        port.say(b"\n")
        assert port.until(b"ok\r\nok\r\n") == b"ok\r\nok\r\n"
        port.close()


def test_a_reader_that_never_reads_does_not_stop_it() -> None:
    with SimulatedController(SystemClock()) as controller:
        port = Port(controller.path)
        port.until(b"help]\r\n")
        for _ in range(40):
            port.say(b"$$\n" * 40)
            threading.Event().wait(0.002)
        port.say(b"\x18")
        port.close()


def test_unplugged_is_a_dead_port_and_plugging_makes_another(tmp_path: Path) -> None:
    link = tmp_path / "port"
    with SimulatedController(SystemClock(), link=link) as controller:
        port = Port(controller.path)
        port.until(b"help]\r\n")
        controller.unplug()
        controller.unplug()
        assert not link.exists()
        threading.Event().wait(0.1)
        with pytest.raises(OSError, match="Input/output"):
            port.say(b"?")
        controller.plug()
        controller.plug()
        again = Port(controller.path)
        assert b"Grbl" in again.until(b"help]\r\n")
        again.close()
        port.close()


def test_the_cable_comes_out_at_the_byte_said_and_not_again(tmp_path: Path) -> None:
    with SimulatedController(SystemClock(), link=tmp_path / "port", faults=Faults(unplug_at=20)) as controller:
        port = Port(controller.path)
        for _ in range(500):
            if not (tmp_path / "port").exists():
                break
            threading.Event().wait(0.01)
        assert not (tmp_path / "port").exists()
        assert not controller.held
        port.close()
        controller.plug()
        again = Port(controller.path)
        assert b"help]" in again.until(b"help]\r\n")
        again.close()


def test_close_ends_the_thread_and_can_be_repeated() -> None:
    before = set(threading.enumerate())
    controller = SimulatedController(SystemClock())
    controller.close()
    controller.close()
    controller.brown_out()
    assert set(threading.enumerate()) - before == set()


@pytest.mark.parametrize(
    ("motion", "orders", "answers"),
    [
        (MotionSettings(dialect="marlin", light="M106"), b"G1 X1 F6000\nM400\n", b"ok\nok\n"),
        (MotionSettings.model_validate({"dialect": "templated"}), b"G1 X1.000 F90.0\n", b"ok\n"),
    ],
)
def test_a_movement_ends_on_a_clock_that_runs(motion: MotionSettings, orders: bytes, answers: bytes) -> None:
    with SimulatedController(SystemClock(), motion) as controller:
        port = Port(controller.path)
        threading.Event().wait(0.3)
        port.say(orders)
        port.until(answers)
        port.close()
