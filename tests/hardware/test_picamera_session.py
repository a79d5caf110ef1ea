"""The way back when the camera stops giving frames."""

from typing import Any

import pytest

from scanner.errors import CameraError, HardwareMissing, RigLost
from scanner.hardware.picamera_configuration import BUFFERS
from scanner.hardware.picamera_session import Session
from scanner.hardware.simulated.sensor import SimulatedSensor
from scanner.hardware.simulated.sensor_faults import SensorFaults
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
