"""The simulated controller on its pseudo-terminal, without the driver: bytes through a file descriptor."""

import os
import select
import threading
from pathlib import Path

import pytest

from scanner.clock import FakeClock, SystemClock
from scanner.hardware.simulated.controller import TILT, TURNTABLE, SimulatedController
from scanner.hardware.simulated.controller_faults import Faults


class Port:
    """The far end of the terminal."""

    def __init__(self, path: str) -> None:
        self.descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY)

    def until(self, end: bytes, seconds: float = 10.0) -> bytes:
        heard = b""
        while end not in heard:
            ready, _, _ = select.select([self.descriptor], [], [], seconds)
            assert ready, f"heard only {heard!r}"
            heard += os.read(self.descriptor, 1024)
        return heard

    def say(self, data: bytes) -> None:
        os.write(self.descriptor, data)

    def close(self) -> None:
        os.close(self.descriptor)


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
        units = 90 * TURNTABLE.steps_per_degree / 250
        port.say(b"M8\nG90 G1 X%.4f F%.1f\n" % (units, 30 * 60 * TURNTABLE.steps_per_degree / 250))
        port.until(b"ok\r\nok\r\n")
        assert controller.light == 1
        clock.sleep(1.5)
        assert controller.angles()[0] == pytest.approx(45, abs=1)
        clock.sleep(10)
        assert controller.angles() == pytest.approx((90, 0), abs=0.1)
        port.close()


def test_settings_name_its_port_and_gears(tmp_path: Path) -> None:
    with SimulatedController(SystemClock(), link=tmp_path / "port", switch_at=-20) as controller:
        settings = controller.settings()
        assert settings.port == str(tmp_path / "port")
        assert settings.turntable.steps_per_degree == TURNTABLE.steps_per_degree
        assert settings.tilt.homing
        assert settings.tilt.letter == TILT.letter
    assert not (tmp_path / "port").exists()


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


def test_close_ends_the_thread_and_can_be_repeated() -> None:
    before = set(threading.enumerate())
    controller = SimulatedController(SystemClock())
    controller.close()
    controller.close()
    controller.brown_out()
    assert set(threading.enumerate()) - before == set()
