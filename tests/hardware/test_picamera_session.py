"""The way back when the camera stops giving frames."""

import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import Any

import pytest

from scanner.errors import CameraError, HardwareMissing, RigLost
from scanner.hardware.guard import Guard
from scanner.hardware.picamera_configuration import BUFFERS
from scanner.hardware.picamera_session import Session
from scanner.hardware.settings import SimulatedSettings
from scanner.hardware.simulated.sensor import SimulatedSensor
from scanner.hardware.simulated.sensor_buffers import ContiguousMemory
from scanner.hardware.simulated.sensor_faults import SensorFaults
from scanner.hardware.simulated.sensor_traits import SensorTraits
from tests.hardware.cameras import Bench


def take(session: Session) -> int:
    """The time stamp of the next frame."""
    with session.frame() as request:
        return int(request.get_metadata()["SensorTimestamp"])


class Recorder(SimulatedSensor):
    """Writes down what is called, in order."""

    calls: list[str]

    def _note(self, name: str) -> None:
        self.__dict__.setdefault("calls", []).append(name)

    def start(self) -> None:
        self._note("start")
        super().start()

    def stop(self) -> None:
        self._note("stop")
        super().stop()

    def close(self) -> None:
        self._note("close")
        super().close()

    def configure(self, camera_config: dict[str, Any]) -> None:
        self._note("configure")
        super().configure(camera_config)

    def cancel_all_and_flush(self) -> None:
        self._note("flush")
        super().cancel_all_and_flush()


def calls_of(bench: Bench, place: int = -1) -> list[str]:
    sensor = bench.sensors[place]
    assert isinstance(sensor, Recorder)
    return sensor.calls


def test_one_configuration_for_the_whole_life() -> None:
    bench = Bench(kind=Recorder)
    session = bench.session()
    for _ in range(50):
        take(session)
    assert calls_of(bench) == ["configure", "start"]
    assert session.camera.camera_configuration()["buffer_count"] == BUFFERS


def test_a_timeout_is_flushed_before_the_camera_is_started_anew() -> None:
    bench = Bench(kind=Recorder)
    session = bench.session()
    take(session)
    bench.sensor.hang()
    take(session)
    assert calls_of(bench) == ["configure", "start", "flush", "stop", "start"]
    assert session.restarts == 1
    assert len(bench.sensors) == 1


def test_a_camera_that_does_not_come_back_is_opened_anew() -> None:
    bench = Bench(kind=Recorder)
    session = bench.session()
    bench.sensor.hang(for_good=True)
    take(session)
    assert calls_of(bench, 0)[-3:] == ["flush", "close", "stop"]
    assert calls_of(bench) == ["configure", "start"]
    assert (session.restarts, len(bench.sensors)) == (2, 2)


def test_recovery_takes_less_than_ten_seconds() -> None:
    bench = Bench()
    session = bench.session()
    for for_good in (False, True):
        before = bench.clock.monotonic()
        bench.sensor.hang(for_good=for_good)
        take(session)
        assert bench.clock.monotonic() - before < 10.0


def test_past_the_ladder_the_rig_is_lost_and_the_next_call_tries_again() -> None:
    bench = Bench(faults=SensorFaults(hang=1.0))
    session = bench.session()
    with pytest.raises(RigLost, match="not even after it was closed and opened again"):
        take(session)
    bench.sensor.set_faults(SensorFaults())
    assert take(session) > 0


class Undead(SimulatedSensor):
    """A camera whose thread died: a stop waits for it until its job is called off."""

    def stop(self) -> None:
        if self.__dict__.get("dead", False):
            called_off = threading.Event()
            self.__dict__["called_off"] = called_off
            assert called_off.wait(30.0)
            raise CancelledError
        super().stop()

    def cancel_all_and_flush(self) -> None:
        if "called_off" in self.__dict__:
            self.__dict__["called_off"].set()
        super().cancel_all_and_flush()

    def close(self) -> None:
        self.__dict__["dead"] = False
        super().close()


def test_a_stop_that_never_ends_is_called_off_and_the_camera_opened_anew() -> None:
    bench = Bench(kind=Undead)
    session = Session(bench.open_sensor, bench.settings, guard=Guard(pytest.fail), stop_s=0.05)
    take(session)
    bench.sensor.hang(for_good=True)
    bench.sensor.__dict__["dead"] = True
    take(session)
    assert len(bench.sensors) == 2


class Emptied(Recorder):
    """A camera that somebody closed: picamera2's would configure itself anew, in another way, when it is started."""

    def camera_configuration(self) -> dict[str, Any]:
        return {} if "close" in self.__dict__.get("calls", []) else super().camera_configuration()


def test_a_camera_without_its_configuration_is_not_started_but_opened_anew() -> None:
    bench = Bench(kind=Emptied)
    session = bench.session()
    bench.sensor.close()
    take(session)
    assert calls_of(bench, 0).count("start") == 1
    assert calls_of(bench) == ["configure", "start"]


class Noting(Guard):
    """Writes down over what it watched."""

    def __init__(self) -> None:
        super().__init__(pytest.fail)
        self.watched: list[str] = []

    @contextmanager
    def limit(self, seconds: float, what: str) -> Iterator[None]:
        assert 1.0 < seconds <= 60.0
        self.watched.append(what.split(maxsplit=1)[0])
        with super().limit(seconds, what):
            yield


def test_every_call_without_a_deadline_of_its_own_is_watched() -> None:
    guard, bench = Noting(), Bench()
    session = Session(bench.open_sensor, bench.settings, guard=guard)
    bench.sensor.hang()
    take(session)
    assert guard.watched == ["opening", "configuring", "starting", "cancelling", "stopping", "starting"]
    bench.sensor.hang(for_good=True)
    take(session)
    session.close()
    again = ["cancelling", "stopping", "starting", "cancelling", "closing", "opening", "configuring", "starting"]
    assert guard.watched[6:] == [*again, "cancelling", "closing"]


def test_a_closed_session_gives_nothing_and_opens_nothing() -> None:
    bench = Bench()
    session = bench.session()
    session.close()
    session.close()
    with pytest.raises(CameraError, match="closed"):
        take(session)
    assert len(bench.sensors) == 1


def test_a_camera_that_comes_back_after_it_was_lost_is_taken_again() -> None:
    bench = Bench()
    there = [True, False, False, True]

    def sometimes() -> SimulatedSensor:
        if there.pop(0):
            return bench.open_sensor()
        raise HardwareMissing("The camera cannot be opened.", "Check the ribbon cable.")

    session = Session(sometimes, bench.settings)
    session.set_controls({"AeEnable": False, "ExposureTime": 7_000})
    bench.sensor.hang(for_good=True)
    for _ in range(2):
        with pytest.raises(RigLost):
            take(session)
        with pytest.raises(CameraError, match="closed"):
            session.set_controls({"LensPosition": 1.0})
    with session.frame() as request:
        assert request.get_metadata()["ExposureTime"] == 7_000
    assert len(bench.sensors) == 2


def test_memory_that_does_not_suffice_says_what_to_do() -> None:
    bench = Bench(memory=ContiguousMemory(total=1000))
    with pytest.raises(CameraError, match=r"cannot be configured and started.*Cannot allocate.*YUV420"):
        bench.session()
    with pytest.raises(RuntimeError):
        bench.sensor.start()


def test_memory_is_taken_once_in_a_thousand_pictures() -> None:
    once = 3 * sum(stream.least_bytes for stream in (Bench().session().made.main, Bench().session().made.lores))
    bench = Bench(memory=ContiguousMemory(total=2 * once, leak=0.1))
    session = bench.session()
    for number in range(1000):
        if number % 100 == 50:
            bench.sensor.hang()
        take(session)
    assert session.restarts == 10


class LongToStart(SimulatedSensor):
    """A sensor of four seconds a frame that says so."""

    @property
    def camera_controls(self) -> Any:
        return {**super().camera_controls, "FrameDurationLimits": (4_000_000, 10_000_000, None)}


def test_a_slow_sensor_is_not_taken_for_a_hang() -> None:
    slow = SimulatedSettings(width=160, height=120, frame_rate=1)
    bench = Bench(kind=LongToStart, simulated=slow, traits=SensorTraits(lead=6))
    session = bench.session()
    for _ in range(5):
        take(session)
    assert session.restarts == 0


def test_hundred_hangs_leave_no_job_and_no_buffer_behind() -> None:
    bench = Bench()
    session = bench.session()
    for _ in range(100):
        bench.sensor.hang()
        take(session)
        assert bench.sensor.unreleased == 0


def test_an_error_of_the_library_is_answered_like_a_timeout() -> None:
    bench = Bench(faults=SensorFaults(refuse=0.1, seed=2))
    session = bench.session()
    stamps = [take(session) for _ in range(30)]
    assert stamps == sorted(set(stamps))
    assert session.restarts > 0


def test_a_camera_that_is_gone_is_a_lost_rig() -> None:
    bench = Bench()

    def once() -> SimulatedSensor:
        if bench.sensors:
            raise HardwareMissing("The camera cannot be opened.", "Check the ribbon cable.")
        return bench.open_sensor()

    session = Session(once, bench.settings)
    bench.sensor.hang(for_good=True)
    for _ in range(2):
        with pytest.raises(RigLost):
            take(session)
    session.close()


def test_controls_that_the_camera_does_not_have_are_left_out() -> None:
    session = Bench().session()
    session.set_controls({"LensPosition": 8.0, "HdrMode": 1})
    assert take(session)


def test_controls_hold_after_a_restart() -> None:
    bench = Bench()
    session = bench.session()
    session.set_controls({"AeEnable": False, "ExposureTime": 7_000})
    bench.sensor.hang(for_good=True)
    with session.frame() as request:
        assert request.get_metadata()["ExposureTime"] == 7_000


def test_automatic_exposure_after_a_restart_finds_nothing_fixed() -> None:
    bench = Bench()
    session = bench.session()
    session.set_controls({"AeEnable": False, "ExposureTime": 700})
    session.set_controls({"AeEnable": True})
    bench.sensor.hang(for_good=True)
    take(session)
    bench.clock.sleep(3.0)
    take(session)
    with session.frame() as request:
        assert request.get_metadata()["ExposureTime"] == pytest.approx(18_000, rel=0.02)


def test_a_long_exposure_is_not_taken_for_a_hang() -> None:
    bench = Bench(settings=Bench().settings.model_copy(update={"timeout_s": 0.5}))
    session = bench.session()
    session.set_controls({"AeEnable": False, "ExposureTime": 900_000})
    session.exposure_s = 0.9
    for _ in range(12):
        take(session)
    assert session.restarts == 0


class Exotic(SimulatedSensor):
    def camera_configuration(self) -> dict[str, Any]:
        return {"main": {"format": "SRGGB10_CSI2P", "size": (160, 120), "stride": 200}}


def test_a_format_that_is_not_understood_closes_the_camera() -> None:
    bench = Bench(kind=Exotic)
    with pytest.raises(CameraError, match=r"SRGGB10_CSI2P.*YUV420, .*NV12"):
        bench.session()
    with pytest.raises(RuntimeError):
        bench.sensor.start()
