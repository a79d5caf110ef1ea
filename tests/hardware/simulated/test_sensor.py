"""The simulated sensor has the vices of the real one."""

from itertools import pairwise
from typing import Any

import pytest

from scanner.hardware.picamera_api import Picamera2Like, facts_of
from scanner.hardware.settings import SimulatedSettings
from scanner.hardware.simulated.sensor import SimulatedSensor
from scanner.hardware.simulated.sensor_faults import SensorFaults
from tests.hardware.cameras import HEIGHT, WIDTH, Bench, brightness_in, frame_in, lens_in, take, turntable_in

PERIOD = 1 / 30


def settled(bench: Bench, lens: float) -> SimulatedSensor:
    """A sensor whose lens rests at `lens`, with its queue empty of old frames."""
    sensor = bench.started_sensor()
    sensor.set_controls({"LensPosition": lens})
    bench.clock.sleep(3.0)
    take(sensor)
    return sensor


def test_it_fits_what_the_driver_asks_of_picamera2() -> None:
    like: Picamera2Like = Bench().open_sensor()
    assert like.sensor_resolution == (WIDTH, HEIGHT)


def test_metadata_leads_the_image() -> None:
    bench = Bench()
    sensor = settled(bench, 8.0)
    sensor.set_controls({"LensPosition": 9.0})
    seen = [take(sensor) for _ in range(14)]
    reported = [metadata["LensPosition"] for metadata, _ in seen]
    real = [lens_in(pixels) for _, pixels in seen]
    first = reported.index(9.0)
    assert first >= 3, "a control takes effect a queue's depth later"
    assert real[first] == pytest.approx(8.0, abs=0.01), "this frame was read out before the lens moved"
    assert 8.1 < real[first + 1] < 8.99, "and this one while it swung"
    assert real[-1] == pytest.approx(9.0, abs=0.01)


def test_the_lens_moves_by_at_most_so_much_a_frame() -> None:
    bench = Bench()
    sensor = settled(bench, 5.0)
    sensor.set_controls({"LensPosition": 11.0})
    reported = [take(sensor)[0]["LensPosition"] for _ in range(12)]
    steps = [later - before for before, later in pairwise(reported)]
    assert max(steps) == pytest.approx(1.5)
    assert reported[-1] == 11.0


def test_the_lens_settles_exponentially() -> None:
    slow = SimulatedSettings(width=WIDTH, height=HEIGHT, frame_rate=30, lens_lag_ms=100)
    bench = Bench(simulated=slow)
    sensor = settled(bench, 8.0)
    sensor.set_controls({"LensPosition": 9.0})
    rest = [9.0 - lens_in(take(sensor)[1]) for _ in range(14)]
    moving = [value for value in rest if 0.02 < value < 0.99]
    for before, later in pairwise(moving):
        assert later / before == pytest.approx(2.718281828 ** (-PERIOD / 0.1), rel=0.05)


def test_exposure_arrives_with_a_frame_that_was_taken_with_it() -> None:
    bench = Bench()
    sensor = bench.started_sensor()
    bench.clock.sleep(3.0)
    take(sensor)
    sensor.set_controls({"AeEnable": False, "ExposureTime": 7_000, "AnalogueGain": 1.0})
    seen = [take(sensor) for _ in range(12)]
    times = [metadata["ExposureTime"] for metadata, _ in seen]
    assert 3 + 3 <= times.index(7_000) <= 3 + 4
    for metadata, pixels in seen:
        light = metadata["ExposureTime"] * metadata["AnalogueGain"] / 18_000
        assert brightness_in(pixels) == pytest.approx(light, abs=0.01)


def test_automatic_exposure_follows_the_lamp() -> None:
    bench = Bench(lamp=1.0)
    sensor = bench.started_sensor()
    for lamp in (1.0, 0.0):
        bench.lamp = lamp
        for _ in range(60):
            metadata, pixels = take(sensor)
        assert brightness_in(pixels) == pytest.approx(1.0, abs=0.03)
    assert metadata["ExposureTime"] <= 30_000
    assert metadata["AnalogueGain"] == pytest.approx(18_000 / 0.4 / 30_000, rel=0.02)


def test_frames_come_at_their_rate_or_that_of_the_exposure() -> None:
    sensor = Bench().started_sensor()
    stamps = [take(sensor)[0]["SensorTimestamp"] for _ in range(10)]
    assert [round((b - a) / 1e6, 2) for a, b in pairwise(stamps)] == [33.33] * 9
    sensor.set_controls({"AeEnable": False, "ExposureTime": 200_000})
    stamps = [take(sensor)[0]["SensorTimestamp"] for _ in range(20)]
    assert stamps[-1] - stamps[-2] == pytest.approx(200e6, rel=0.001)


def test_a_frame_is_handed_out_after_it_was_exposed() -> None:
    bench = Bench()
    sensor = bench.started_sensor()
    for _ in range(5):
        request = sensor.capture_request(wait=1.0)
        assert facts_of(request.get_metadata()).ended_ns <= bench.now_ns()
        request.release()


def test_the_frame_that_lies_ready_is_old() -> None:
    bench = Bench()
    sensor = bench.started_sensor()
    take(sensor)
    bench.turntable = 90
    bench.clock.sleep(0.5)
    before = bench.clock.monotonic()
    metadata, pixels = take(sensor)
    assert bench.clock.monotonic() == before, "it lay ready"
    assert metadata["SensorTimestamp"] < before * 1e9
    assert turntable_in(pixels) == 0
    assert turntable_in(take(sensor)[1]) == 90


def test_a_long_rest_costs_no_frames() -> None:
    bench = Bench()
    sensor = bench.started_sensor()
    take(sensor)
    bench.clock.sleep(30 * 24 * 3600.0)
    frames = [frame_in(take(sensor)[1]) for _ in range(3)]
    assert frames[-1] == pytest.approx(30 * 24 * 3600 * 30, rel=0.001)
    assert frames == sorted(set(frames))


def test_frames_that_are_held_starve_the_camera() -> None:
    bench = Bench()
    sensor = bench.started_sensor(buffers=3)
    held = [sensor.capture_request(wait=1.0) for _ in range(3)]
    assert sensor.unreleased == 3
    before = bench.clock.monotonic()
    with pytest.raises(TimeoutError):
        sensor.capture_request(wait=1.5)
    assert bench.clock.monotonic() - before == pytest.approx(1.5)
    sensor.cancel_all_and_flush()
    held[0].release()
    assert take(sensor)[0]


def test_a_job_that_timed_out_swallows_a_frame_and_its_buffer() -> None:
    bench = Bench()
    sensor = bench.started_sensor()
    take(sensor)
    for lost in (1, 2, 3):
        with pytest.raises(TimeoutError):
            sensor.capture_request(wait=0.001)
        bench.clock.sleep(0.5)
        if lost < 3:
            take(sensor)
        else:
            with pytest.raises(TimeoutError):
                sensor.capture_request(wait=2.0)
        assert sensor.unreleased == lost


def test_flushing_after_a_timeout_saves_the_buffer() -> None:
    bench = Bench()
    sensor = bench.started_sensor()
    for _ in range(10):
        take(sensor)
        with pytest.raises(TimeoutError):
            sensor.capture_request(wait=0.001)
        sensor.cancel_all_and_flush()
        bench.clock.sleep(0.5)
    assert sensor.unreleased == 0


def test_a_request_is_released_once_and_not_read_after() -> None:
    sensor = Bench().started_sensor()
    request = sensor.capture_request(wait=1.0)
    request.release()
    with pytest.raises(RuntimeError):
        request.release()
    with pytest.raises(RuntimeError):
        request.make_buffer("main")


def test_a_stop_takes_the_buffers_back_and_drops_the_lens() -> None:
    bench = Bench()
    sensor = settled(bench, 10.0)
    held = sensor.capture_request(wait=1.0)
    sensor.stop()
    assert sensor.unreleased == 0
    held.release()
    bench.clock.sleep(1.0)
    sensor.start()
    assert lens_in(take(sensor)[1]) < 0.01


def test_what_was_set_before_the_start_holds_from_the_first_frame() -> None:
    bench = Bench()
    sensor = bench.started_sensor()
    sensor.stop()
    sensor.set_controls({"AeEnable": False, "ExposureTime": 9_800, "AnalogueGain": 4.0})
    sensor.start()
    metadata, _ = take(sensor)
    assert (metadata["ExposureTime"], metadata["AnalogueGain"]) == (9_800, 4.0)


def test_fixed_focus_does_not_know_the_controls() -> None:
    bench = Bench(simulated=SimulatedSettings(width=WIDTH, height=HEIGHT, fixed_focus=True))
    sensor = bench.started_sensor()
    assert "LensPosition" not in sensor.camera_controls
    with pytest.raises(RuntimeError, match="Control AfMode is not advertised by libcamera"):
        sensor.set_controls({"AfMode": 0})
    assert "LensPosition" not in take(sensor)[0]


def test_nothing_comes_before_the_start_or_after_the_close() -> None:
    bench = Bench()
    sensor = bench.open_sensor()
    with pytest.raises(RuntimeError):
        sensor.start()
    sensor = bench.started_sensor()
    sensor.close()
    with pytest.raises(TimeoutError):
        sensor.capture_request(wait=1.0)


def test_a_configuration_of_a_running_camera_is_refused() -> None:
    sensor = Bench().started_sensor()
    with pytest.raises(RuntimeError):
        sensor.configure(sensor.camera_configuration())


@pytest.mark.parametrize(("for_good", "frames_again"), [(False, True), (True, False)])
def test_a_hang_lasts_until_a_start_or_for_good(for_good: bool, frames_again: bool) -> None:
    sensor = Bench().started_sensor()
    take(sensor)
    sensor.hang(for_good=for_good)
    with pytest.raises(TimeoutError):
        take(sensor)
    sensor.cancel_all_and_flush()
    sensor.stop()
    sensor.start()
    if frames_again:
        take(sensor)
    else:
        with pytest.raises(TimeoutError):
            take(sensor)


def test_faults_repeat_with_their_seed() -> None:
    def stamps(seed: int) -> list[int]:
        sensor = Bench(faults=SensorFaults(seed=seed, repeat=0.3, late=0.2, late_s=0.1)).started_sensor()
        return [take(sensor)[0]["SensorTimestamp"] for _ in range(40)]

    assert stamps(1) == stamps(1) != stamps(2)
    assert len(set(stamps(1))) < 40


def test_late_frames_come_late() -> None:
    sensor = Bench(faults=SensorFaults(late=1.0, late_s=0.5)).started_sensor()
    first, second = (take(sensor)[0]["SensorTimestamp"] for _ in range(2))
    assert second - first == pytest.approx((0.5 + PERIOD) * 1e9)


def test_dropped_frames_are_never_rendered() -> None:
    bench = Bench()
    sensor = bench.started_sensor()
    asked: list[str] = []

    class Watched(SimulatedSensor):
        def render(self, name: str, frame: Any) -> Any:
            asked.append(name)
            return super().render(name, frame)

    bench.kind = Watched
    sensor = bench.started_sensor()
    for _ in range(30):
        sensor.capture_request(wait=1.0).release()
    assert asked == []
    take(sensor)
    assert asked == ["main"]


def test_faults_are_counted() -> None:
    bench = Bench(faults=SensorFaults(refuse=1.0))
    sensor = bench.started_sensor()
    for _ in range(3):
        with pytest.raises(RuntimeError, match="refused"):
            sensor.capture_request(wait=1.0)
    assert sensor.misfortunes == 3
