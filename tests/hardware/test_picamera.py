"""The camera driver over the simulated sensor: what it keeps is what was asked for."""

from types import SimpleNamespace
from typing import Any

import pytest

from scanner.errors import (
    CameraError,
    CameraTimeout,
    FixedFocus,
    HardwareError,
    LensTimeout,
    OutOfRange,
)
from scanner.hardware.protocols import Exposure
from scanner.hardware.settings import SimulatedSettings
from scanner.hardware.simulated.sensor import SimulatedSensor
from scanner.hardware.simulated.sensor_faults import SensorFaults
from scanner.hardware.simulated.sensor_traits import SensorTraits
from scanner.slices import Planes
from tests.hardware.cameras import HEIGHT, OPTICS, WIDTH, Bench, brightness_in, lens_in, turntable_in

SWEEP = [12.0, 11.4, 10.8, 10.2, 9.6, 9.0, 8.4]
BY_HAND = Exposure(time_us=10_000, gain=2.0, red_gain=1.8, blue_gain=1.5)
TRUE_WITHIN = 0.06
"""Dioptres: what the lens still swings after the settle time, from a step of 0.6 D."""


# ------------------------------------------------------- the lens


def test_every_slice_of_a_sweep_shows_its_lens_position() -> None:
    camera = Bench().camera()
    for lens in SWEEP:
        assert camera.focus(lens) == pytest.approx(lens)
        taken = camera.capture()
        assert taken.lens == pytest.approx(lens)
        assert lens_in(taken.pixels) == pytest.approx(lens, abs=TRUE_WITHIN)


def _frame(sensor: SimulatedSensor) -> tuple[dict[str, Any], Planes]:
    request = sensor.capture_request(wait=5.0)
    metadata, buffer = request.get_metadata(), request.make_buffer("main")
    request.release()
    stride = sensor.camera_configuration()["main"]["stride"]
    y = buffer[: HEIGHT * stride].reshape(HEIGHT, stride)[:, :WIDTH]
    return metadata, Planes(y, y, y)


def naive_slice(sensor: SimulatedSensor, lens: float, frames_more: int) -> Planes:
    """A driver that believes the metadata: wait until it matches, then take that frame, or one soon after."""
    sensor.set_controls({"AfMode": 0, "LensPosition": lens})
    while True:
        metadata, pixels = _frame(sensor)
        if abs(metadata["LensPosition"] - lens) <= 0.015:
            break
    for _ in range(frames_more):
        metadata, pixels = _frame(sensor)
    assert metadata["LensPosition"] == pytest.approx(lens)
    return pixels


@pytest.mark.parametrize(("frames_more", "least"), [(0, 0.5), (1, 0.1)])
def test_a_driver_that_only_waits_for_matching_metadata_fails_here(frames_more: int, least: float) -> None:
    bench = Bench()
    sensor = bench.started_sensor()
    sensor.set_controls({"LensPosition": 12.0})
    bench.clock.sleep(2.0)
    wrong = [lens_in(naive_slice(sensor, lens, frames_more)) - lens for lens in SWEEP[1:]]
    assert min(wrong) > least


def test_a_slow_lens_needs_a_longer_settle_time() -> None:
    slow = SimulatedSettings(width=WIDTH, height=HEIGHT, frame_rate=30, lens_lag_ms=120)
    errors = []
    for settle_ms in (20, 600):
        camera = Bench(simulated=slow, settings=OPTICS.model_copy(update={"lens_settle_ms": settle_ms})).camera()
        camera.focus(12.0)
        camera.capture()
        camera.focus(9.0)
        errors.append(abs(lens_in(camera.capture().pixels) - 9.0))
    assert errors[0] > 0.2
    assert errors[1] < 0.02


def test_the_lens_goes_to_both_ends_of_its_range() -> None:
    camera = Bench().camera()
    for lens in (0.0, 15.0):
        assert camera.focus(lens) == pytest.approx(lens)
        assert lens_in(camera.capture().pixels) == pytest.approx(lens, abs=TRUE_WITHIN)


@pytest.mark.parametrize("lens", [-0.1, 15.1])
def test_out_of_range_is_refused_and_nothing_moves(lens: float) -> None:
    camera = Bench().camera()
    camera.focus(8.0)
    with pytest.raises(OutOfRange, match=r"outside the range.*Choose 0 D to 15 D"):
        camera.focus(lens)
    assert lens_in(camera.capture().pixels) == pytest.approx(8.0, abs=TRUE_WITHIN)


def test_a_lens_that_ignores_two_commands_is_a_lens_timeout_and_gives_no_picture() -> None:
    bench = Bench()
    camera = bench.camera()
    camera.focus(8.0)
    bench.sensor.set_faults(SensorFaults(ignore_lens=1.0))
    with pytest.raises(LensTimeout, match=r"10\.00 D"):
        camera.focus(10.0)
    with pytest.raises(LensTimeout):
        camera.capture()
    bench.sensor.set_faults(SensorFaults())
    assert lens_in(camera.capture().pixels) == pytest.approx(10.0, abs=TRUE_WITHIN)


def test_one_ignored_command_is_repaired_by_the_second_try() -> None:
    bench = Bench()
    camera = bench.camera()
    camera.focus(8.0)
    bench.sensor.set_faults(SensorFaults(ignore_lens=0.5, seed=8))
    for lens in SWEEP:
        try:
            camera.focus(lens)
        except LensTimeout:
            continue
        assert lens_in(camera.capture().pixels) == pytest.approx(lens, abs=TRUE_WITHIN)


@pytest.mark.parametrize("tells", [False, True], ids=["silent", "tells-its-control-list"])
@pytest.mark.parametrize("lead", [1, 6])
@pytest.mark.parametrize("hold_back", [0, 6])
def test_positions_that_are_held_back_in_the_dark_are_waited_for(lead: int, hold_back: int, tells: bool) -> None:
    bench = Bench(
        faults=SensorFaults(hold_back=hold_back), traits=SensorTraits(lead=lead, tells_control_list=tells), lamp=0.0
    )
    camera = bench.camera()
    camera.lock(BY_HAND.model_copy(update={"time_us": 100_000}))
    for lens in (*SWEEP, SWEEP[-1], 12.0):
        assert camera.focus(lens) == pytest.approx(lens)
        assert lens_in(camera.capture().pixels) == pytest.approx(lens, abs=TRUE_WITHIN)
    assert len(bench.sensors) == 1


@pytest.mark.parametrize("frame_rate", [1, 2.7, 14])
def test_a_slow_camera_has_its_time(frame_rate: float) -> None:
    slow = SimulatedSettings(width=WIDTH, height=HEIGHT, frame_rate=frame_rate)
    bench = Bench(simulated=slow, traits=SensorTraits(lead=3))
    camera = bench.camera()
    took = camera.lock(None)
    assert brightness_in(camera.capture().pixels) == pytest.approx(1.0, abs=0.05)
    for lens in (12.0, 3.0):
        assert camera.focus(lens) == pytest.approx(lens)
        taken = camera.capture()
        assert taken.exposure_us == took.time_us
        assert lens_in(taken.pixels) == pytest.approx(lens, abs=TRUE_WITHIN)
    camera.look()
    assert len(bench.sensors) == 1


def test_fixed_focus_is_a_fact_and_not_a_crash() -> None:
    bench = Bench(simulated=SimulatedSettings(width=WIDTH, height=HEIGHT, fixed_focus=True))
    camera = bench.camera()
    assert camera.facts.lens is None
    with pytest.raises(FixedFocus, match="no lens drive"):
        camera.focus(3.0)
    assert camera.capture().lens is None


# ------------------------------------------------------- freshness


def test_a_picture_shows_the_pose_at_the_call_and_not_one_that_lay_ready() -> None:
    bench = Bench()
    camera = bench.camera()
    for turntable in range(0, 250, 10):
        bench.turntable = turntable
        bench.clock.sleep(0.2)
        assert turntable_in(camera.capture().pixels) == turntable


def test_a_picture_is_exposed_after_the_call() -> None:
    bench = Bench()
    camera = bench.camera()
    for gap in (0.0, 0.01, 0.5, 7.0, 3600.0):
        bench.clock.sleep(gap)
        asked = bench.clock.monotonic()
        taken = camera.capture()
        assert asked - 1e-6 <= taken.taken_at <= bench.clock.monotonic()


def test_a_long_exposure_begins_after_the_call() -> None:
    bench = Bench()
    camera = bench.camera()
    camera.lock(BY_HAND.model_copy(update={"time_us": 800_000}))
    asked = bench.clock.monotonic()
    assert camera.capture().taken_at >= asked - 1e-6
    camera.focus(9.0)
    assert lens_in(camera.capture().pixels) == pytest.approx(9.0, abs=TRUE_WITHIN)


def test_old_frames_handed_out_again_are_refused() -> None:
    bench = Bench()
    camera = bench.camera()
    camera.focus(9.0)
    first = camera.capture()
    bench.sensor.set_faults(SensorFaults(repeat=0.7, seed=3))
    bench.turntable = 90
    for _ in range(20):
        taken = camera.capture()
        assert turntable_in(taken.pixels) == 90
        assert taken.taken_at > first.taken_at
    bench.sensor.set_faults(SensorFaults(repeat=1.0))
    with pytest.raises(CameraTimeout, match="old"):
        camera.look()


# ------------------------------------------------------- exposure


def test_lock_returns_what_the_sensor_took() -> None:
    camera = Bench().camera()
    took = camera.lock(BY_HAND)
    assert took != BY_HAND
    assert (took.time_us, took.gain) == (9996, 2.0)
    taken = camera.capture()
    assert (taken.exposure_us, taken.gain) == (took.time_us, took.gain)
    assert brightness_in(taken.pixels) == pytest.approx(9996 * 2.0 / 18_000, abs=0.01)


def test_lock_says_when_the_sensor_cannot_do_what_is_asked() -> None:
    took = Bench().camera().lock(BY_HAND.model_copy(update={"gain": 100.0}))
    assert took.gain == 16.0


@pytest.mark.parametrize(("mains_hz", "time_us"), [(50, 10_000), (60, 16_667), (0, 18_000)])
def test_measured_exposure_is_bright_neutral_and_free_of_flicker(mains_hz: int, time_us: int) -> None:
    bench = Bench(settings=OPTICS.model_copy(update={"mains_hz": mains_hz}))
    camera = bench.camera()
    took = camera.lock(None)
    assert took.time_us == pytest.approx(time_us, abs=200)
    assert (took.red_gain, took.blue_gain) == pytest.approx((1.8, 1.5), rel=0.02)
    assert brightness_in(camera.capture().pixels) == pytest.approx(1.0, abs=0.04)


def test_the_look_stays_when_the_light_changes_until_it_is_measured_again() -> None:
    bench = Bench(lamp=1.0)
    camera = bench.camera()
    camera.lock(None)
    before = brightness_in(camera.capture().pixels)
    bench.lamp = 0.0
    bench.clock.sleep(5.0)
    assert brightness_in(camera.capture().pixels) == pytest.approx(0.4 * before, abs=0.02)
    camera.lock(None)
    assert brightness_in(camera.capture().pixels) == pytest.approx(1.0, abs=0.05)


def test_the_look_survives_a_restart_of_the_camera() -> None:
    bench = Bench()
    camera = bench.camera()
    took = camera.lock(BY_HAND)
    camera.focus(9.0)
    bench.sensor.hang(for_good=True)
    taken = camera.capture()
    assert len(bench.sensors) == 2
    assert (taken.exposure_us, taken.gain) == (took.time_us, took.gain)
    assert lens_in(taken.pixels) == pytest.approx(9.0, abs=TRUE_WITHIN)


def test_a_lens_that_dropped_in_a_restart_is_waited_for_again() -> None:
    """Near its rest the very first frame reports the position, while the lens still swings."""
    bench = Bench(simulated=SimulatedSettings(width=WIDTH, height=HEIGHT, frame_rate=60, lens_lag_ms=60))
    camera = bench.camera()
    camera.focus(1.2)
    camera.capture()
    for for_good in (False, True):
        bench.sensor.hang(for_good=for_good)
        assert lens_in(camera.capture().pixels) == pytest.approx(1.2, abs=0.25)


@pytest.mark.parametrize(
    "changed", [{"ExposureTime": 30_000}, {"AnalogueGain": 4.0}, {"ColourGains": (1.0, 1.5)}, {"AeEnable": True}]
)
def test_a_picture_with_another_look_than_the_locked_one_is_never_kept(changed: dict[str, Any]) -> None:
    bench = Bench()
    camera = bench.camera()
    took = camera.lock(BY_HAND)
    camera.capture()
    bench.sensor.set_controls(changed)
    bench.clock.sleep(1.0)
    taken = camera.capture()
    assert (taken.exposure_us, taken.gain) == (took.time_us, took.gain)
    assert int(taken.pixels.cr[0, 0]) == 100


class Mute(SimulatedSensor):
    """A camera whose metadata holds only the time, as that of libcamera's virtual pipeline."""

    def capture_request(self, *, wait: float) -> Any:
        request = super().capture_request(wait=wait)
        stamp = request.get_metadata()["SensorTimestamp"]
        return SimpleNamespace(
            get_metadata=lambda: {"SensorTimestamp": stamp}, make_buffer=request.make_buffer, release=request.release
        )


def test_a_camera_that_tells_nothing_still_takes_pictures_but_cannot_be_locked() -> None:
    bench = Bench(kind=Mute, simulated=SimulatedSettings(width=WIDTH, height=HEIGHT, fixed_focus=True))
    camera = bench.camera()
    bench.turntable = 30
    assert turntable_in(camera.capture().pixels) == 30
    for exposure in (None, BY_HAND):
        with pytest.raises(CameraError, match="does not report its exposure"):
            camera.lock(exposure)
    assert turntable_in(camera.capture().pixels) == 30


class Forgetful(SimulatedSensor):
    """A camera whose first controls after its start are lost, as picamera2 loses those set while it queues."""

    lost = 0

    def set_controls(self, controls: Any) -> None:
        if self._started and "ExposureTime" in controls and not self.lost:
            self.lost += 1
            return
        super().set_controls(controls)


def test_controls_that_were_lost_are_set_again() -> None:
    bench = Bench(kind=Forgetful)
    took = bench.camera().lock(BY_HAND)
    assert (took.time_us, took.gain) == (9996, 2.0)
    assert isinstance(bench.sensor, Forgetful)
    assert bench.sensor.lost == 1


class Elsewhere(SimulatedSensor):
    """A camera that stamps its frames with a clock a minute ahead."""

    def capture_request(self, *, wait: float) -> Any:
        request = super().capture_request(wait=wait)
        facts = request.get_metadata()
        facts["SensorTimestamp"] += 60_000_000_000
        return SimpleNamespace(get_metadata=lambda: facts, make_buffer=request.make_buffer, release=request.release)


def test_stamps_of_another_clock_are_refused_as_they_prove_nothing() -> None:
    camera = Bench(kind=Elsewhere).camera()
    for call in (camera.capture, camera.look, lambda: camera.focus(9.0), lambda: camera.lock(None)):
        with pytest.raises(CameraError, match="another clock"):
            call()


# ------------------------------------------------------- faults


def test_closing_twice_is_harmless() -> None:
    camera = Bench().camera()
    camera.close()
    camera.close()


def test_no_wrong_slice_among_a_thousand_faults() -> None:
    """Hangs, late and repeated frames, ignored lens positions, refusals: errors may come, wrong slices may not."""
    faults = SensorFaults(
        seed=5, hang=0.004, hang_for_good=0.001, late=0.02, repeat=0.05, ignore_lens=0.05, refuse=0.01
    )
    bench = Bench(faults=faults)
    camera = bench.camera()
    kept = refused = 0
    for number in range(400):
        bench.turntable = number % 250
        lens = SWEEP[number % len(SWEEP)]
        try:
            camera.focus(lens)
            taken = camera.capture()
        except HardwareError:
            refused += 1
            continue
        kept += 1
        assert lens_in(taken.pixels) == pytest.approx(lens, abs=0.12)
        assert turntable_in(taken.pixels) == number % 250
        assert bench.sensor.unreleased == 0
    assert kept >= 390
    assert len(bench.sensors) > 1
