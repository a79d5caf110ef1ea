"""A stack that breathes otherwise than calibrated is told from one that was shaken, or badly measured."""

import numpy as np
import pytest

from scanner.stacking.agreement import FLAW, Departure, disagreement

SIZE = (960, 540)
RIM = np.hypot(*SIZE) / 2
ALONG = (2.0, 1.4, 0.7, -0.7, -1.4, -2.0)


def departures(
    rate: float = 0.0, drift: float = 0.0, shake: float = 0.0, residual: float = 0.02, seed: int = 0
) -> list[Departure]:
    """`rate` of stretch and `drift` in pixels a dioptre; the scale of the ends alone is measured."""
    rng = np.random.default_rng(seed)
    reference = rng.normal(0, shake, 2)
    told = []
    for along in ALONG:
        right, down = rng.normal(0, shake, 2) - reference + (drift * along, 0)
        stretch = rate * along if abs(along) > 1.3 else None
        told.append(Departure(along, float(right), float(down), stretch, residual))
    return told


def test_a_stack_that_follows_the_calibration_agrees() -> None:
    assert disagreement(departures(), SIZE) == 0
    assert disagreement(departures(rate=8e-5), SIZE) == 0


@pytest.mark.parametrize("rate", [-3e-4, 5e-4, 1e-3])
def test_another_scale_is_told_in_pixels_at_the_rim_over_the_sweep(rate: float) -> None:
    assert disagreement(departures(rate), SIZE) == pytest.approx(np.sqrt((4 * rate) ** 2 - FLAW**2) * RIM, rel=0.01)


def test_another_shift_is_told_in_pixels_over_the_sweep() -> None:
    assert disagreement(departures(drift=0.3), SIZE) == pytest.approx(1.2, rel=0.01)


def test_scale_and_shift_add_up_as_errors_do() -> None:
    scale, shift = disagreement(departures(5e-4), SIZE), disagreement(departures(drift=0.3), SIZE)
    assert disagreement(departures(5e-4, 0.3), SIZE) == pytest.approx(np.hypot(scale, shift), rel=0.01)


@pytest.mark.parametrize("shake", [0.2, 0.5, 1.0])
def test_shake_is_not_taken_for_breathing(shake: float) -> None:
    found = [disagreement(departures(shake=shake, seed=seed), SIZE) for seed in range(40)]
    assert np.mean(np.array(found) == 0) > 0.9
    assert np.quantile(found, 0.95) < 0.5


def test_shake_does_not_hide_another_scale() -> None:
    found = [disagreement(departures(5e-4, shake=0.5, seed=seed), SIZE) for seed in range(10)]
    assert min(found) > 0.95 * disagreement(departures(5e-4), SIZE)


def test_what_the_fits_leave_is_not_told() -> None:
    assert disagreement(departures(3e-4, residual=0.4), SIZE) == 0
    assert 0 < disagreement(departures(5e-4, residual=0.4), SIZE) < disagreement(departures(5e-4), SIZE)


def test_one_slice_that_was_measured_wrong_has_no_say() -> None:
    told = departures()
    told[0] = Departure(1.5, 0, 0, 0.01, 0.02)
    assert disagreement(told, SIZE) == 0


def test_few_slices_tell_of_the_scale_alone() -> None:
    assert disagreement([Departure(2.0, 5.0, 5.0), Departure(-2.0, 0.0, 0.0)], SIZE) == 0
    both = [Departure(2.0, 5.0, 5.0, 1e-3), Departure(-2.0, 0.0, 0.0, -1e-3)]
    assert disagreement(both, SIZE) == pytest.approx(np.sqrt(4e-6 - FLAW**2) * RIM, rel=0.01)


def test_what_blur_makes_of_an_object_seen_from_above_is_not_told() -> None:
    """It looks smaller the more it is blurred, on either side of the reference slice."""
    domed = [Departure(2.0, 0.0, 0.0, -2.6e-3), Departure(1.4, 0.0, 0.0, -1.4e-3), Departure(-2.0, 0.0, 0.0, -5e-4)]
    assert disagreement(domed, SIZE) == 0
    assert disagreement(domed[:1], SIZE) == 0


def test_the_ends_agree_on_the_smaller_of_what_they_tell() -> None:
    uneven = [Departure(2.0, 0.0, 0.0, 3e-3), Departure(-2.0, 0.0, 0.0, -1e-3)]
    assert disagreement(uneven, SIZE) == pytest.approx(np.sqrt(4e-6 - FLAW**2) * RIM, rel=0.01)


def test_nothing_is_told_of_no_slices_or_of_one_focus_position() -> None:
    assert disagreement([], SIZE) == 0
    assert disagreement([Departure(0.0, 1.0, 1.0, 0.1)], SIZE) == 0
