"""Complaints in words."""

import pytest
from pydantic import ValidationError

from scanner.plan.scan import ScanPlan
from scanner.validation import complaints

CASES = [
    ({"pth": 1}, "pth", "did you mean 'path'"),
    ({"path": {"kind": "rings", "rings": [{"tild_deg": 3}]}}, "path.rings.0.tild_deg", "did you mean 'tilt_deg'"),
    ({"path": {"kind": "explicit", "positions": [{}, {"turn": 1}]}}, "path.positions.1.turn", "known are: tilt_deg"),
    ({"sweep": {"near": 5, "far": 9}}, "sweep", "near 5.0 D is not nearer than far 9.0 D"),
    ({"sweep": {"near": "x"}}, "sweep.near", "valid number"),
    ({"path": {"kind": "round"}}, "path", "'rings', 'sphere', 'explicit'"),
]


@pytest.mark.parametrize(("document", "where", "what"), CASES)
def test_each_complaint_names_the_place_and_the_mend(document: dict[str, object], where: str, what: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ScanPlan.model_validate(document)
    (complaint,) = complaints(caught.value, ScanPlan)
    assert complaint.where == where
    assert what in complaint.what


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(ValidationError) as caught:
        ScanPlan.model_validate({"nam": 1, "sweep": {"count": 1}, "stacking": {"quality": 7}})
    assert {c.where for c in complaints(caught.value, ScanPlan)} == {"nam", "sweep.count", "stacking.quality"}
