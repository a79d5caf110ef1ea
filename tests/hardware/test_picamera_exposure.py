"""Measuring and fixing a look."""

import pytest

from scanner.hardware.picamera_api import FrameFacts
from scanner.hardware.picamera_exposure import Convergence, look_of, matches, without_flicker
from scanner.hardware.protocols import Exposure

LOOK = Exposure(time_us=10_000, gain=2.0, red_gain=1.8, blue_gain=1.5)


def frame(time_us: int | None = 10_000, gain: float | None = 2.0, red: float = 1.8) -> FrameFacts:
    return FrameFacts(ended_ns=0, exposure_us=time_us, gain=gain, colour_gains=(red, 1.5), lens=None)


@pytest.mark.parametrize(
    ("time_us", "gain", "mains_hz", "expected"),
    [
        (18_000, 1.0, 50, (10_000, 1.8)),
        (20_000, 1.0, 50, (20_000, 1.0)),
        (29_999, 2.0, 50, (30_000, 1.99993)),
        (18_000, 1.0, 60, (16_667, 1.07998)),
        (9_000, 1.0, 50, (9_000, 1.0)),
        (18_000, 1.0, 0, (18_000, 1.0)),
        (19_000, 8.0, 50, (10_000, 10.0)),
        (19_996, 1.0, 50, (20_000, 0.9998)),
    ],
)
def test_whole_half_waves_of_the_same_brightness(
    time_us: int, gain: float, mains_hz: int, expected: tuple[int, float]
) -> None:
    result = without_flicker(LOOK.model_copy(update={"time_us": time_us, "gain": gain}), mains_hz, 10.0)
    assert (result.time_us, result.gain) == pytest.approx(expected, rel=1e-4)
    assert result.red_gain == LOOK.red_gain


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, True),
        ({"time_us": 9_996}, True),
        ({"time_us": 9_000}, False),
        ({"gain": 2.05}, True),
        ({"gain": 2.2}, False),
        ({"red_gain": 1.0}, False),
        ({"blue_gain": 1.7}, False),
    ],
)
def test_matching_is_within_what_a_sensor_resolves(change: dict[str, float], expected: bool) -> None:
    assert matches(LOOK.model_copy(update=change), LOOK) is expected


def test_short_exposures_match_within_rows() -> None:
    short = LOOK.model_copy(update={"time_us": 100})
    assert matches(LOOK.model_copy(update={"time_us": 140}), short)


def test_the_look_of_a_frame_is_what_it_reports() -> None:
    assert look_of(frame()) == LOOK
    assert look_of(frame(time_us=None)) is None
    assert look_of(frame(gain=None)) is None
    bare = look_of(FrameFacts(0, 10_000, 2.0, None, None))
    assert bare is not None
    assert (bare.red_gain, bare.blue_gain) == (1.0, 1.0)


def test_frames_that_were_under_way_do_not_count() -> None:
    seen = Convergence(skip=5)
    assert [seen.sees(frame()) for _ in range(10)].index(True) == 5 + 3


def test_convergence_waits_until_nothing_changes() -> None:
    seen = Convergence(skip=0)
    rising = [frame(time_us=round(20_000 * (1 - 0.6**n))) for n in range(1, 30)]
    first = [seen.sees(each) for each in rising].index(True)
    assert rising[first].exposure_us == pytest.approx(20_000, rel=0.02)


def test_exposure_and_gain_may_trade_places() -> None:
    seen = Convergence(skip=0)
    assert [seen.sees(frame(t, 20_000 / t)) for t in (10_000, 20_000, 10_000, 20_000)][-1]


def test_colour_counts_as_well() -> None:
    seen = Convergence(skip=0)
    assert not any(seen.sees(frame(red=1.0 + 0.1 * n)) for n in range(9))
