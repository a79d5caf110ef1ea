"""Sweeps: where the focus drive goes, and the number of slices from depth of field."""

import pytest
from pydantic import ValidationError

from scanner.errors import PlanError
from scanner.plan.sweep import Optics, Sweep, SweepPlan

OPTICS = Optics(focal_length_mm=4.74, f_number=1.8, pixel_pitch_um=1.4)
MODULE_3 = OPTICS.depth_of_field


def test_lens_positions_run_from_near_to_far_in_even_steps() -> None:
    assert Sweep(12.0, 9.0, 4).focus_positions() == (12.0, 11.0, 10.0, 9.0)


def test_depth_of_field_is_2_n_c_over_f_squared() -> None:
    """2 x 1.8 x 1.4 µm / (4.74 mm)² = 0.2243 D for a circle of one pixel."""
    assert pytest.approx(0.22432, rel=1e-4) == MODULE_3


def test_depth_of_field_in_millimetres_is_the_way_between_two_dioptres() -> None:
    near, far = (1000 / (10 + half * MODULE_3 / 2) for half in (1, -1))
    assert OPTICS.depth_at(100.0) == pytest.approx(far - near, rel=1e-3)


@pytest.mark.parametrize(
    ("near", "far", "overlap", "count"),
    [(12.5, 8.3, 0.0, 9), (12.5, 8.3, 0.3, 12), (10.0, 9.9, 0.3, 2), (10.0, 9.1028, 0.0, 3)],
)
def test_automatic_count_covers_the_range_with_the_overlap(near: float, far: float, overlap: float, count: int) -> None:
    sweep = SweepPlan(near=near, far=far, overlap=overlap, blur_px=2.5).resolve(0, 0, MODULE_3)
    step = (near - far) / (sweep.count - 1)
    assert sweep.count == count
    assert step <= (1 - overlap) * 2.5 * MODULE_3 + 1e-9


def test_what_the_plan_gives_outranks_what_was_measured() -> None:
    assert SweepPlan(near=12, count=5).resolve(99, 8, MODULE_3) == Sweep(12, 8, 5)


def test_near_and_far_the_wrong_way_round_are_refused_with_a_hint() -> None:
    with pytest.raises(ValidationError, match="swap them"):
        SweepPlan(near=8, far=12)
    with pytest.raises(PlanError, match="larger number"):
        SweepPlan(near=8).resolve(0, 9, MODULE_3)


def test_a_sweep_that_needs_too_many_slices_says_how_many() -> None:
    with pytest.raises(PlanError, match=r"needs \d+ slices; the most is 200"):
        SweepPlan(near=15, far=0, blur_px=0.1).resolve(0, 0, MODULE_3)


@pytest.mark.parametrize(
    ("plan", "most"), [({}, 40), ({"near": 12.5}, 33), ({"count": 8}, 8), ({"blur_px": 0.1}, 200), ({"far": 8.3}, 19)]
)
def test_the_longest_sweep_that_can_come_out(plan: dict[str, float], most: int) -> None:
    wanted = SweepPlan.model_validate(plan)
    assert wanted.most_slices(15, 0, MODULE_3) == most
    if most < 200:
        assert wanted.resolve(15, 0, MODULE_3).count == most


@pytest.mark.parametrize("wrong", [{"near": -1001}, {"count": 1}, {"count": 1000}, {"near": "close"}, {"overlap": 1.0}])
def test_values_outside_their_limits_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SweepPlan.model_validate(wrong)
