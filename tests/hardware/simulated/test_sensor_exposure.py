"""Exposure and colour by themselves, frame by frame."""

import pytest

from scanner.hardware.simulated.sensor_exposure import DARK_US, NEUTRAL, SENSOR_DELAY, ExposureLoop, Look

BY_HAND = {"AeEnable": False, "AwbEnable": False, "ExposureTime": 7_000, "AnalogueGain": 2.0, "ColourGains": (1.2, 2.2)}


def after(loop: ExposureLoop, frames: int, lamp: float = 1.0, first: int = 0) -> Look:
    return [loop.next(first + number, lamp) for number in range(frames)][-1]


@pytest.mark.parametrize("lamp", [0.0, 0.5, 1.0])
def test_automatic_exposure_finds_the_same_brightness_in_every_light(lamp: float) -> None:
    assert after(ExposureLoop(), 60, lamp).brightness(lamp) == pytest.approx(1.0, abs=0.03)


def test_automatic_white_balance_finds_neutral() -> None:
    look = after(ExposureLoop(), 40)
    assert (look.red_gain, look.blue_gain) == pytest.approx(NEUTRAL, abs=1e-3)


def test_what_is_set_arrives_frames_after_its_request() -> None:
    loop = ExposureLoop()
    loop.set(BY_HAND, request=4)
    times = [loop.next(frame, 1.0).time_us for frame in range(12)]
    assert times.index(7_000) == 4 + SENSOR_DELAY
    assert set(times[4 + SENSOR_DELAY :]) == {7_000}


def test_what_was_set_before_the_start_holds_at_once() -> None:
    loop = ExposureLoop()
    loop.start(BY_HAND)
    look = loop.next(0, 1.0)
    assert (look.time_us, look.gain, look.red_gain, look.blue_gain) == (7_000, 2.0, 1.2, 2.2)


def test_the_sensor_counts_in_rows_and_steps_of_gain() -> None:
    loop = ExposureLoop()
    loop.start(BY_HAND | {"ExposureTime": 10_001, "AnalogueGain": 3.3})
    look = loop.next(0, 1.0)
    assert look.time_us == 9_996
    assert look.gain != 3.3
    assert look.gain == pytest.approx(3.3, rel=0.02)


@pytest.mark.parametrize(("time_us", "gain", "dark"), [(10_000, 1.0, False), (60_000, 1.0, True), (20_000, 4.0, True)])
def test_long_exposures_and_high_gains_mean_dark(time_us: int, gain: float, dark: bool) -> None:
    assert Look(time_us, gain).dark is dark
    assert (time_us * gain >= DARK_US) is dark


def test_with_the_lamp_off_automatic_exposure_is_in_the_dark() -> None:
    assert after(ExposureLoop(), 60, lamp=0.0).dark
    assert not after(ExposureLoop(), 60, lamp=1.0).dark
