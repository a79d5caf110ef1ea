"""The plan as a whole."""

import pytest
from pydantic import ValidationError

from scanner.errors import PlanError
from scanner.plan.scan import ScanPlan
from scanner.plan.stacking import StackingPlan
from scanner.plan.sweep import Sweep


def test_an_empty_plan_is_a_sensible_scan() -> None:
    plan = ScanPlan.model_validate({})
    assert len(plan.positions()) == 24
    assert plan.sweep.near == plan.sweep.far == plan.sweep.count == "auto"
    assert plan.stacking.quality == 96


def test_a_plan_survives_json() -> None:
    plan = ScanPlan.model_validate(
        {"name": "owl", "path": {"kind": "sphere", "count": 9}, "sweep": {"near": 12, "far": 9, "count": 4}}
    )
    assert ScanPlan.model_validate_json(plan.model_dump_json()) == plan


def test_every_shot_comes_once_the_reference_first_then_near_to_far() -> None:
    plan = ScanPlan()
    position = plan.positions()[3]
    shots = plan.shots(position, Sweep(12, 8, 5))
    assert [shot.index for shot in shots] == [2, 0, 1, 3, 4]
    assert [shot.focus for shot in shots] == [10, 12, 11, 9, 8]
    assert {shot.position for shot in shots} == {position}


@pytest.mark.parametrize(("reference", "count", "index"), [("middle", 8, 4), ("middle", 9, 4), (0, 8, 0), (7, 8, 7)])
def test_reference_index(reference: int | str, count: int, index: int) -> None:
    assert StackingPlan(reference=reference).reference_index(count) == index


def test_a_reference_outside_the_sweep_is_refused() -> None:
    with pytest.raises(PlanError, match="reference slice 8 is not among the 8 slices"):
        StackingPlan(reference=8).reference_index(8)


@pytest.mark.parametrize(
    "wrong", [{"nam": "x"}, {"name": ""}, {"settle": {"after_move_s": -1}}, {"stacking": {"quality": 10}}]
)
def test_nonsense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ScanPlan.model_validate(wrong)
