"""What a plan will do, before it starts."""

import pytest

from scanner.capture.forecast import forecast, limits
from scanner.errors import PlanError
from scanner.plan.scan import ScanPlan
from scanner.plan.stacking import StackingPlan
from scanner.plan.sweep import SweepPlan
from tests.capture.fakes import FakeRig

FACTS = FakeRig().open().facts


def test_a_sweep_given_by_hand_is_counted_from_depth_of_field() -> None:
    plan = ScanPlan.model_validate(
        {"path": {"kind": "rings", "rings": [{"count": 10}]}, "sweep": {"near": 12, "far": 9}}
    )
    found = forecast(plan, FACTS, 10**9)
    assert found.sweep is not None
    assert found.slices == 10 * found.sweep.count
    assert found.sweep.reference == found.sweep.count // 2
    assert found.bytes_needed is not None
    assert found.bytes_needed > 0


def test_an_automatic_sweep_is_known_only_when_the_scan_starts() -> None:
    found = forecast(ScanPlan(), FACTS, 5)
    assert (found.positions, found.sweep, found.slices, found.bytes_free) == (24, None, None, 5)


@pytest.mark.parametrize("sweep", [{}, {"near": 14}, {"far": 2}])
def test_a_reference_beyond_the_longest_sweep_is_refused_at_the_start(sweep: dict[str, float]) -> None:
    """Any that a sweep could have is for the scan to find out."""
    plan = SweepPlan.model_validate(sweep)
    most = plan.most_slices(FACTS.focus.near, FACTS.focus.far, FACTS.focus.depth_of_field)
    fits, does_not = (ScanPlan(sweep=plan, stacking=StackingPlan(reference=index)) for index in (most - 1, most))
    assert forecast(fits, FACTS, 5).sweep is None
    with pytest.raises(PlanError, match=f"no reference slice {most}: .* has {most} slices") as refused:
        forecast(does_not, FACTS, 5)
    assert f"0 to {most - 1}" in refused.value.hint


def test_what_the_rig_cannot_do_is_refused() -> None:
    with pytest.raises(PlanError, match="tilts from -20° to 70°"):
        forecast(ScanPlan.model_validate({"path": {"kind": "rings", "rings": [{"tilt_deg": 80}]}}), FACTS, 5)


def test_limits_come_from_the_facts() -> None:
    assert limits(FACTS).tilt == (-20, 70)
    focus = limits(FACTS).focus
    assert focus is not None
    assert (focus.far, focus.near, focus.unit, focus.what) == (0, 15, "D", "this lens")


def test_a_rail_is_counted_in_millimetres() -> None:
    facts = FakeRig(drive="rail").open().facts
    found = forecast(ScanPlan.model_validate({"sweep": {"near": 20, "far": 5}}), facts, 10**9)
    assert found.sweep is not None
    step = 15 / (found.sweep.count - 1)
    assert step <= 0.7 * 2.5 * facts.focus.depth_of_field
    with pytest.raises(PlanError, match="this rail reaches from 0 mm to 30 mm"):
        forecast(ScanPlan.model_validate({"sweep": {"near": 31, "far": 5}}), facts, 10**9)


def test_fixed_focus_takes_one_slice_a_position() -> None:
    found = forecast(ScanPlan(), FakeRig(drive="fixed").open().facts, 10**9)
    assert found.sweep is not None
    assert (found.slices, found.sweep.count, found.sweep.reference) == (found.positions, 1, 0)
