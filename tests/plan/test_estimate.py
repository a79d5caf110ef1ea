"""What a plan costs, before it starts."""

from scanner.plan.estimate import estimate
from scanner.plan.scan import ScanPlan
from scanner.plan.sweep import Sweep


def test_slices_bytes_and_time_grow_with_positions_and_slices() -> None:
    plan = ScanPlan.model_validate({"path": {"kind": "rings", "rings": [{"count": 12}]}})
    cost = estimate(plan, Sweep(12, 9, 8), 2_000_000)
    assert cost.slices == 96
    assert cost.bytes_needed == int(108 * 2_000_000 * 0.9)
    assert 12 * 8 * 0.2 < cost.duration_s < 12 * 8 * 1.0
