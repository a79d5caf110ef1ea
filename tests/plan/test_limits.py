"""A plan is checked against the rig before anything moves."""

import pytest

from scanner.errors import PlanError
from scanner.plan.limits import Limits, Reach, check
from scanner.plan.scan import ScanPlan

LENS = Reach(0, 15, "D", "this lens")
RAIL = Reach(5, 45, "mm", "this rail")
RIG = Limits(tilt=(-20, 60), focus=LENS)


@pytest.mark.parametrize(
    "plan",
    [
        {},
        {"path": {"kind": "rings", "rings": [{"tilt_deg": 60}, {"tilt_deg": -20}]}},
        {"sweep": {"near": 15, "far": 0.5, "count": 9}},
    ],
)
def test_a_plan_within_the_limits_passes(plan: dict[str, object]) -> None:
    check(ScanPlan.model_validate(plan), RIG)


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (
            {"path": {"kind": "rings", "rings": [{"count": 4}, {"tilt_deg": 61, "count": 4}]}},
            "Position 4 asks for a tilt of 61°; this rig tilts from -20° to 60°",
        ),
        ({"sweep": {"near": 16, "far": 9}}, "sweep.near is 16 D; this lens reaches from 0 D to 15 D"),
        ({"stacking": {"reference": 9}, "sweep": {"count": 8}}, "reference slice 9 is not among the 8 slices"),
    ],
)
def test_what_is_outside_is_named_with_place_and_limit(plan: dict[str, object], words: str) -> None:
    with pytest.raises(PlanError, match=words):
        check(ScanPlan.model_validate(plan), RIG)


def test_a_rig_without_tilt_takes_level_plans_only() -> None:
    level = Limits(tilt=None, focus=LENS)
    check(ScanPlan.model_validate({}), level)
    with pytest.raises(PlanError, match="no tilt axis"):
        check(ScanPlan.model_validate({"path": {"kind": "rings", "rings": [{"tilt_deg": 5}]}}), level)


def test_limits_are_told_in_the_unit_of_the_drive() -> None:
    rail = Limits(tilt=None, focus=RAIL)
    check(ScanPlan.model_validate({"sweep": {"near": 45, "far": 5}}), rail)
    with pytest.raises(PlanError, match=r"sweep\.far is 4 mm; this rail reaches from 5 mm to 45 mm"):
        check(ScanPlan.model_validate({"sweep": {"near": 45, "far": 4}}), rail)


def test_a_rig_with_fixed_focus_takes_plans_that_ask_for_no_sweep() -> None:
    fixed = Limits(tilt=None, focus=None)
    check(ScanPlan(), fixed)
    for name, value in (("near", 9), ("far", 3), ("count", 8)):
        with pytest.raises(PlanError, match=f"fixed focus .* the plan gives sweep.{name}"):
            check(ScanPlan.model_validate({"sweep": {name: value}}), fixed)
    with pytest.raises(PlanError, match="reference slice 1 is not among the 1 slices"):
        check(ScanPlan.model_validate({"stacking": {"reference": 1}}), fixed)
