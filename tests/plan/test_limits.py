"""A plan is checked against the rig before anything moves."""

import pytest

from scanner.errors import PlanError
from scanner.plan.limits import Limits, check
from scanner.plan.scan import ScanPlan

RIG = Limits(tilt=(-20, 60), lens=(0, 15))


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
    level = Limits(tilt=None, lens=(0, 15))
    check(ScanPlan.model_validate({}), level)
    with pytest.raises(PlanError, match="no tilt axis"):
        check(ScanPlan.model_validate({"path": {"kind": "rings", "rings": [{"tilt_deg": 5}]}}), level)


def test_a_fixed_focus_camera_cannot_sweep() -> None:
    with pytest.raises(PlanError, match="fixed focus"):
        check(ScanPlan(), Limits(tilt=None, lens=None))
