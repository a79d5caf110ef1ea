"""When frames come, and what lens and metadata do meanwhile."""

import pytest

from scanner.hardware.settings import SimulatedSettings
from scanner.hardware.simulated.sensor import Frame, SimulatedSensor
from scanner.hardware.simulated.sensor_faults import SensorFaults
from scanner.hardware.simulated.sensor_traits import SensorTraits
from tests.hardware.cameras import HEIGHT, SMALL, WIDTH, Bench

RATE = 20
FAST_LENS = SimulatedSettings(width=WIDTH, height=HEIGHT, frame_rate=RATE, lens_lag_ms=0.5)
DARK = {"AeEnable": False, "ExposureTime": 60_000, "AnalogueGain": 1.0}


def frames(sensor: SimulatedSensor, count: int) -> list[Frame]:
    taken = []
    for _ in range(count):
        request = sensor.capture_request(wait=5.0)
        taken.append(request._frame)
        request.release()
    return taken


def driven(bench: Bench, start: float, goal: float, count: int, **controls: object) -> list[Frame]:
    """Frames after the lens, at rest at `start`, was sent to `goal`."""
    sensor = bench.started_sensor()
    sensor.set_controls({"LensPosition": start} | controls)
    bench.clock.sleep(5.0)
    frames(sensor, 12)
    sensor.set_controls({"LensPosition": goal})
    return frames(sensor, count)


@pytest.mark.parametrize("lead", [1, 2, 3, 4, 5, 6])
def test_metadata_lead_the_image_by_as_many_frames(lead: int) -> None:
    """A lens that is there at once: what separates metadata from image is the lead alone."""
    seen = driven(Bench(simulated=FAST_LENS, traits=SensorTraits(lead=lead)), 8.0, 9.0, 20)
    reported = [frame.reported_lens for frame in seen].index(9.0)
    real = [frame.lens == pytest.approx(9.0) for frame in seen].index(True)
    assert real - reported == lead


@pytest.mark.parametrize("lead", [1, 4])
def test_frames_come_at_their_rate_whatever_the_lead(lead: int) -> None:
    bench = Bench(simulated=FAST_LENS, traits=SensorTraits(lead=lead))
    sensor = bench.started_sensor()
    frames(sensor, 10)
    before = bench.clock.monotonic()
    seen = frames(sensor, 10)
    assert bench.clock.monotonic() - before == pytest.approx(10 / RATE)
    assert [frame.index for frame in seen] == list(range(seen[0].index, seen[0].index + 10))
    assert {round(frame.completed - frame.ended, 6) for frame in seen} == {(lead - 0.5) / RATE}
    assert all(frame.metadata()["FrameDuration"] == 1_000_000 // RATE for frame in seen)


@pytest.mark.parametrize("lead", [1, 6])
def test_a_lens_position_is_that_of_the_middle_of_the_exposure(lead: int) -> None:
    slow = FAST_LENS.model_copy(update={"lens_lag_ms": 80.0})
    seen = driven(Bench(simulated=slow, traits=SensorTraits(lead=lead)), 8.0, 9.0, 24)
    first = next(frame for frame in seen if frame.reported_lens == 9.0)
    for frame in seen:
        elapsed = max(0.0, frame.ended - frame.look.time_us * 0.5e-6 - first.completed)
        assert 9.0 - frame.lens == pytest.approx(2.718281828 ** (-elapsed / 0.08), abs=1e-6)


@pytest.mark.parametrize("held", [0, 3, 7])
def test_in_the_dark_lens_and_metadata_are_held_back_together(held: int) -> None:
    plain, late = (
        driven(Bench(simulated=FAST_LENS, faults=SensorFaults(hold_back=back)), 8.0, 9.0, 24, **DARK)
        for back in (0, held)
    )
    places = [[frame.reported_lens for frame in seen].index(9.0) for seen in (plain, late)]
    real = [[frame.lens == pytest.approx(9.0) for frame in seen].index(True) for seen in (plain, late)]
    assert places[1] - places[0] == real[1] - real[0] == held


def test_in_the_light_nothing_is_held_back() -> None:
    bright = {"AeEnable": False, "ExposureTime": 5_000, "AnalogueGain": 1.0}
    seen = driven(Bench(simulated=FAST_LENS, faults=SensorFaults(hold_back=7)), 8.0, 9.0, 10, **bright)
    assert [frame.reported_lens for frame in seen].index(9.0) <= 5


def test_a_newer_release_tells_which_request_took_effect() -> None:
    seen = driven(Bench(simulated=FAST_LENS, traits=SensorTraits(tells_control_list=True)), 8.0, 9.0, 20, **DARK)
    told = [frame.metadata()["ControlListSequence"] for frame in seen]
    assert told == list(range(told[0], told[0] + 20))
    moved = [frame.reported_lens for frame in seen].index(9.0)
    assert told[moved] == seen[0].index + 3, "the request behind the three that were queued"


def test_an_ordinary_release_tells_nothing_of_it() -> None:
    assert "ControlListSequence" not in frames(Bench().started_sensor(), 1)[0].metadata()


# ------------------------------------------------------- the lens


def test_a_lens_without_a_drive_stands_sharp_where_it_was_built_to() -> None:
    fixed = SMALL.model_copy(update={"fixed_focus": True})
    bench = Bench(simulated=fixed, traits=SensorTraits(rest=8.0))
    sensor = bench.started_sensor()
    assert {frame.lens for frame in frames(sensor, 3)} == {8.0}
    sensor.stop()
    sensor.start()
    assert {(frame.lens, frame.reported_lens) for frame in frames(sensor, 3)} == {(8.0, None)}
    assert frames(Bench(simulated=fixed).started_sensor(), 1)[0].lens == 10.0, "100 mm, unless told otherwise"


def test_a_false_scale_is_spoken_both_ways_and_the_optics_use_the_truth() -> None:
    """Sharp at 300 mm with 7.82 on the scale: 0.2 + 2.286 x 3.333."""
    false = FAST_LENS.model_copy(update={"lens_offset": 0.2, "lens_scale": 2.286})
    last = driven(Bench(simulated=false), 5.0, 7.82, 12)[-1]
    assert last.reported_lens == 7.82
    assert last.lens == pytest.approx(1 / 0.3, abs=1e-3)


def test_a_false_scale_goes_for_a_fixed_lens_too() -> None:
    false = SMALL.model_copy(update={"fixed_focus": True, "lens_offset": 0.2, "lens_scale": 2.286})
    assert frames(Bench(simulated=false).started_sensor(), 1)[0].lens == pytest.approx(10.0)


# ------------------------------------------------------- the axes


def test_sway_begins_when_the_axis_is_seen_to_rest_and_ends() -> None:
    bench = Bench(simulated=FAST_LENS.model_copy(update={"frame_rate": 100}))
    sensor = bench.started_sensor()
    before = frames(sensor, 5)
    bench.turntable = 10.0
    sensor.set_controls({})
    shifts = [frame.shift for frame in frames(sensor, 60)]
    assert {frame.shift for frame in before} == {(0.0, 0.0)}
    assert 1.0 < max(right for right, _ in shifts) <= 2.0
    assert min(right for right, _ in shifts) < -0.4
    assert {down for _, down in shifts} == {0.0}
    assert set(shifts[40:]) == {(0.0, 0.0)}


def test_pictures_without_a_move_do_not_sway() -> None:
    bench = Bench(turntable=30.0)
    assert {frame.shift for frame in frames(bench.started_sensor(), 40)} == {(0.0, 0.0)}


def test_a_frame_knows_where_the_rail_was() -> None:
    bench = Bench()
    sensor = bench.started_sensor()
    frames(sensor, 2)
    bench.back_mm = 12.5
    frames(sensor, 1)
    assert frames(sensor, 1)[0].place.back_mm == 12.5


# ------------------------------------------------------- waiting


def test_frames_in_flight_are_lost_with_a_stop() -> None:
    bench = Bench(simulated=FAST_LENS, traits=SensorTraits(lead=6))
    sensor = bench.started_sensor()
    last = frames(sensor, 8)[-1]
    sensor.stop()
    sensor.start()
    first = frames(sensor, 1)[0]
    assert first.index > last.index
    assert first.ended > last.completed


def test_nothing_completes_once_it_hangs() -> None:
    bench = Bench(simulated=FAST_LENS, traits=SensorTraits(lead=6))
    sensor = bench.started_sensor()
    frames(sensor, 8)
    sensor.hang()
    with pytest.raises(TimeoutError):
        sensor.capture_request(wait=3.0)
    sensor.cancel_all_and_flush()
    sensor.stop()
    sensor.start()
    assert frames(sensor, 1)
