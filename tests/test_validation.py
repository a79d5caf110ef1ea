"""Complaints in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from scanner.plan.scan import ScanPlan
from scanner.validation import complaints, sentence

CASES = [
    ({"pth": 1}, "pth", "did you mean 'path'"),
    ({"path": {"kind": "rings", "rings": [{"tild_deg": 3}]}}, "path.rings.0.tild_deg", "did you mean 'tilt_deg'"),
    ({"path": {"kind": "explicit", "positions": [{}, {"turn": 1}]}}, "path.positions.1.turn", "known are: tilt_deg"),
    ({"sweep": {"near": 5, "far": 9}}, "sweep", "near 5.0 is not nearer than far 9.0"),
    ({"sweep": {"near": "x"}}, "sweep.near", "must be a number or must be 'auto'"),
    ({"rings": [{"tilt_deg": 0}]}, "rings", "known are: exposure, name, output, path"),
    ({"int": 1}, "int", "there is no such key"),
    ({"path": {"rings": [{"count": 0}]}}, "path.rings.0.count", "must be at least 1"),
    ({"path": {"rings": [{"count": 5000}, {"count": 1}]}}, "path.rings", "5001 positions in all; the most is 5000"),
    (
        {"path": {"kind": "explicit", "positions": [{"turntable_deg": 1e308}]}},
        "path.positions.0.turntable_deg",
        "36000",
    ),
    ({"path": {"kind": "round"}}, "path", "'rings', 'sphere', 'explicit'"),
]


@pytest.mark.parametrize(("document", "where", "what"), CASES)
def test_each_complaint_names_the_place_and_the_mend(document: dict[str, object], where: str, what: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ScanPlan.model_validate(document)
    (complaint,) = complaints(caught.value, ScanPlan)
    assert complaint.where == where
    assert what in complaint.what


KEYS = st.sampled_from(["path", "rings", "kind", "sphere", "int", "sweep", "near", "count", "", "positions", "x"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.sampled_from(["rings", "auto", "é"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(KEYS, JSON, max_size=4))
def test_whatever_a_client_sends_is_a_plan_or_is_complained_of(document: dict[str, object]) -> None:
    try:
        ScanPlan.model_validate(document)
    except ValidationError as error:
        found = complaints(error, ScanPlan)
        assert found
        assert all(complaint.what for complaint in found)
        assert sentence(found)[-1] in ".?"


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(ValidationError) as caught:
        ScanPlan.model_validate({"nam": 1, "sweep": {"count": 1}, "stacking": {"quality": 7}})
    assert {c.where for c in complaints(caught.value, ScanPlan)} == {"nam", "sweep.count", "stacking.quality"}
