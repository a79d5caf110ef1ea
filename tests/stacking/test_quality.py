"""The numbers of a stack, from reports and curves whose truth is known."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from scanner.slices import SliceReport, StackQuality
from scanner.stacking import quality
from scanner.stacking.quality import SweepCurves

SAME = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
NOISE = 1.0


def reports(*indices: int) -> list[SliceReport]:
    return [SliceReport(index, SAME, 0.02, 1 / len(indices)) for index in indices]


def curves(foci: NDArray[np.float64], places: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.asarray(800 / (1 + (places[:, None] - foci) ** 2) + NOISE, np.float32)


def assess(
    told: list[SliceReport], table: NDArray[np.float32], noise: float, lenses: tuple[float, ...], certainty: float
) -> StackQuality:
    indices = [report.index for report in told if report.left_out is None]
    sweep = SweepCurves(indices, table, noise, [lenses[index] for index in indices] if lenses else [])
    return quality.assess(told, sweep, sweep.coverage(), certainty)


def inside(count: int) -> NDArray[np.float32]:
    foci = np.random.default_rng(4).uniform(0, count - 1, 500)
    return curves(foci, np.arange(count, dtype=np.float64))


def test_a_good_sweep_has_no_faults() -> None:
    found = assess(reports(*range(8)), inside(8), NOISE, (), 0.9)
    assert found.beyond_near < 0.03
    assert found.near_needed is None
    assert found.gaps == found.duplicates == found.idle == found.left_out == ()
    assert found.certainty == 0.9


def test_lens_positions_tell_where_the_sweep_should_end() -> None:
    lenses = tuple(np.linspace(12, 8.5, 8))
    foci = np.random.default_rng(4).uniform(-2.5, 7, 800)
    found = assess(reports(*range(8)), curves(foci, np.arange(8.0)), NOISE, lenses, 1.0)
    assert found.beyond_near == pytest.approx(0.2, abs=0.08)
    assert found.near_needed == pytest.approx(13.0, abs=0.4)
    assert found.far_needed is None


def test_without_lens_positions_shares_are_told_but_no_ends() -> None:
    foci = np.random.default_rng(4).uniform(-2.5, 7, 800)
    found = assess(reports(*range(8)), curves(foci, np.arange(8.0)), NOISE, (), 1.0)
    assert found.beyond_near > 0.1
    assert found.near_needed is None


def test_the_end_needed_is_never_beyond_infinity() -> None:
    lenses = tuple(np.linspace(3, 0.2, 8))
    foci = np.random.default_rng(4).uniform(0, 10.5, 800)
    found = assess(reports(*range(8)), curves(foci, np.arange(8.0)), NOISE, lenses, 1.0)
    assert found.far_needed == 0.0


def test_a_missing_slice_leaves_a_gap_where_lens_positions_say_so() -> None:
    lenses = (12.0, 11.5, 11.0, 10.5, 8.0, 7.5, 7.0)
    places = 12.0 - np.array(lenses)
    foci = np.random.default_rng(4).uniform(0, 5, 800)
    found = assess(reports(*range(7)), curves(foci * 2, places * 2), NOISE, lenses, 1.0)
    assert found.gaps == (3,)


def test_slices_that_show_the_same_are_duplicates() -> None:
    table = inside(8)
    doubled = np.vstack([table[:4], table[3:4] * np.float32(1.004), table[4:]])
    assert assess(reports(*range(9)), doubled, NOISE, (), 1.0).duplicates == (4,)


def test_slices_at_the_ends_that_are_nowhere_the_sharpest_are_idle() -> None:
    shares = [0.0, 0.001, 0.3, 0.0, 0.6, 0.1, 0.0005]
    told = [replace(report, share=share) for report, share in zip(reports(*range(7)), shares, strict=True)]
    assert assess(told, inside(7), NOISE, (), 1.0).idle == (0, 1, 6)


def test_noise_at_an_end_beyond_the_object_does_not_make_slices_busy() -> None:
    """A sweep of 16 slices that goes on far behind the object: there noise is sharpest here and there."""
    shares = [0.004, 0.06, 0.12, 0.4, 0.26, 0.1, 0.02, 0.0076, 0.005, 0.0056, 0.0023, 0.0026, 0.0006, 0.008, 0.001, 0.0]
    told = [replace(report, share=share) for report, share in zip(reports(*range(16)), shares, strict=True)]
    assert assess(told, inside(16), NOISE, (), 1.0).idle == (0, *range(7, 16))


def test_a_small_thing_beyond_empty_slices_keeps_them_busy() -> None:
    shares = [0.5, 0.45, 0.003, 0.0, 0.001, 0.001, 0.0, 0.045]
    told = [replace(report, share=share) for report, share in zip(reports(*range(8)), shares, strict=True)]
    assert assess(told, inside(8), NOISE, (), 1.0).idle == ()


def test_slices_of_a_fine_sweep_may_each_add_little() -> None:
    told = [replace(report, share=0.009) for report in reports(*range(30))]
    assert assess(told, inside(30), NOISE, (), 1.0).idle == ()


@pytest.mark.parametrize("count", [2, 3])
def test_few_slices_are_not_idle_for_a_small_share(count: int) -> None:
    told = [replace(report, share=0.02 if report.index == 0 else 0.9) for report in reports(*range(count))]
    assert assess(told, inside(count), NOISE, (), 1.0).idle == ()


def test_nothing_sharp_at_all_makes_no_slice_idle() -> None:
    told = [replace(report, share=0.0) for report in reports(*range(5))]
    found = assess(told, np.zeros((5, 300), np.float32), NOISE, (), 0.0)
    assert found.idle == found.duplicates == ()


def test_slices_left_out_count_nowhere_else() -> None:
    told = reports(*range(8))
    told[3] = replace(told[3], left_out="dark", residual_px=9.0, shake_px=9.0, brightness=0.0)
    table = np.delete(inside(8), 3, axis=0)
    found = assess(told, table, NOISE, tuple(np.linspace(12, 8.5, 8)), 1.0)
    assert found.left_out == (3,)
    assert found.residual_px == pytest.approx(0.02)
    assert found.motion_px == 0
    assert found.flicker == 0


def test_the_worst_residual_and_shake_and_the_spread_of_light_are_told() -> None:
    told = [
        replace(report, residual_px=0.1 * k, shake_px=0.5 * k, brightness=1 + 0.05 * (-1) ** k)
        for k, report in enumerate(reports(*range(6)))
    ]
    found = assess(told, inside(6), NOISE, (), 1.0)
    assert found.residual_px == pytest.approx(0.5)
    assert found.motion_px == pytest.approx(2.5)
    assert found.flicker == pytest.approx(0.05)


def test_one_slice_alone_has_nothing_to_compare() -> None:
    found = assess(reports(4), inside(8)[:1], NOISE, (12.0,) * 5, 1.0)
    assert found.beyond_near == found.beyond_far == found.flicker == 0
    assert found.gaps == found.duplicates == ()
