"""How long a scan takes and how many bytes it writes, before it starts."""

from dataclasses import dataclass

from scanner.plan.scan import ScanPlan
from scanner.plan.sweep import Sweep
from scanner.units import Seconds

BYTES_PER_PIXEL = 0.9
"""JPEG of quality 96 with 4:2:0 chroma: 0.25 (blurred slices) to 0.9 (sharp, rich texture), measured; the upper end."""

MOVE_S: Seconds = 1.0
SETTLE_S: Seconds = 0.3
SLICE_S: Seconds = 0.4


@dataclass(frozen=True, slots=True)
class Estimate:
    """`duration_s` is a first guess, replaced by measured times once positions are done; `bytes_needed` is cautious."""

    slices: int
    duration_s: Seconds
    bytes_needed: int


def estimate(plan: ScanPlan, sweep: Sweep, pixels: int) -> Estimate:
    """What a plan costs with pictures of `pixels` pixels."""
    count = len(plan.positions())
    settle_s = SETTLE_S if plan.settle.after_move_s == "auto" else plan.settle.after_move_s
    slices = count * sweep.count
    duration = count * (MOVE_S + settle_s + sweep.count * SLICE_S)
    return Estimate(slices, duration, int((slices + count) * pixels * BYTES_PER_PIXEL))
