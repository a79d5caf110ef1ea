"""The sway by itself: when it starts, where it goes, how it dies away."""

import math

import pytest

from scanner.hardware.simulated.sensor_frames import Place
from scanner.hardware.simulated.sway import FREQUENCY, LEAST_PX, Sway

AMPLITUDE, DECAY = 2.0, 0.06
HOME = Place(0.0, 0.0)


def moved(place: Place, at: float = 10.0, before: Place = HOME) -> Sway:
    sway = Sway(AMPLITUDE, DECAY, before)
    sway.sees(place, at)
    return sway


def test_nothing_sways_that_did_not_move() -> None:
    sway = moved(HOME)
    assert {sway.shift(when) for when in (0.0, 10.0, 10.01, 99.0)} == {(0.0, 0.0)}


def test_it_starts_with_its_amplitude_when_the_axis_came_to_rest() -> None:
    sway = moved(Place(10.0, 0.0))
    assert sway.shift(9.999) == (0.0, 0.0)
    assert sway.shift(10.0) == pytest.approx((AMPLITUDE, 0.0))


@pytest.mark.parametrize("swings", [0.5, 1.0, 1.5, 2.0])
def test_it_swings_twelve_times_a_second_and_dies_away(swings: float) -> None:
    elapsed = swings / FREQUENCY
    expected = AMPLITUDE * math.exp(-elapsed / DECAY) * (1 if swings % 1 == 0 else -1)
    assert moved(Place(10.0, 0.0)).shift(10.0 + elapsed)[0] == pytest.approx(expected)


def test_below_a_hundredth_of_a_pixel_it_is_over() -> None:
    sway, ends = moved(Place(10.0, 0.0)), DECAY * math.log(AMPLITUDE / LEAST_PX)
    quarter = 0.25 / FREQUENCY
    swinging = [sway.shift(10.0 + ends * share) for share in (0.2, 0.5, 0.9)]
    assert all(shift != (0.0, 0.0) for shift in swinging)
    assert {sway.shift(10.0 + ends + more) for more in (1e-6, quarter, 1.0)} == {(0.0, 0.0)}


@pytest.mark.parametrize(
    ("before", "after", "direction"),
    [
        (HOME, Place(10.0, 0.0), (1.0, 0.0)),
        (HOME, Place(-10.0, 0.0), (-1.0, 0.0)),
        (Place(350.0, 0.0), Place(10.0, 0.0), (1.0, 0.0)),
        (Place(10.0, 0.0), Place(350.0, 0.0), (-1.0, 0.0)),
        (HOME, Place(0.0, 5.0), (0.0, 1.0)),
        (HOME, Place(0.0, 0.0, back_mm=-0.1), (0.0, -1.0)),
        (HOME, Place(3.0, 4.0), (0.6, 0.8)),
        (HOME, Place(720.0, 0.0), (0.0, 1.0)),
    ],
)
def test_it_goes_along_the_motion(before: Place, after: Place, direction: tuple[float, float]) -> None:
    assert moved(after, before=before).shift(10.0) == pytest.approx(tuple(AMPLITUDE * part for part in direction))


def test_an_axis_that_is_still_moving_starts_it_anew() -> None:
    sway = Sway(AMPLITUDE, DECAY, HOME)
    for number in range(1, 6):
        sway.sees(Place(2.0 * number, 0.0), 10.0 + 0.05 * number)
    sway.sees(Place(10.0, 0.0), 10.3)
    assert sway.shift(10.24) == (0.0, 0.0)
    assert sway.shift(10.25) == pytest.approx((AMPLITUDE, 0.0))


def test_without_an_amplitude_there_is_none() -> None:
    sway = Sway(0.0, DECAY, HOME)
    sway.sees(Place(10.0, 0.0), 1.0)
    assert sway.shift(1.0) == (0.0, 0.0)
