"""A scan as data: path x sweep x exposure x settle x stacking."""

from typing import Annotated

from pydantic import Field

from scanner.plan.path import Path, RingsPath, positions
from scanner.plan.stacking import StackingPlan
from scanner.plan.sweep import Auto, Sweep, SweepPlan
from scanner.slices import Position, Shot
from scanner.units import Frozen, Microseconds, Seconds

Gain = Annotated[float, Field(ge=1, le=64)]
ColourGain = Annotated[float, Field(gt=0, le=16)]


class ExposurePlan(Frozen):
    """The look of all slices. "auto" is measured once before the first position, then locked for the whole scan."""

    time_us: Annotated[Microseconds, Field(ge=1, le=10_000_000)] | Auto = "auto"
    gain: Gain | Auto = "auto"
    red_gain: ColourGain | Auto = "auto"
    blue_gain: ColourGain | Auto = "auto"


class SettlePlan(Frozen):
    """How long to wait before the first slice of a position, after the controller reports the target.

    "auto": until small pictures stop changing, within the limits of the config (rig.settle).
    """

    after_move_s: Annotated[Seconds, Field(ge=0, le=60)] | Auto = "auto"


class OutputPlan(Frozen):
    """What is kept of each position beside its stacked image and its slices."""

    masks: Annotated[bool, Field(description="A mask of the object for each image: what came into focus.")] = True
    depth: Annotated[bool, Field(description="A depth map for each image: where it came into focus, 16 bit.")] = False


class ScanPlan(Frozen):
    """What to capture. Every part has a default, so that an empty plan is a sensible scan."""

    name: Annotated[str, Field(min_length=1, max_length=80)] = "scan"
    path: Path = RingsPath()
    sweep: SweepPlan = SweepPlan()
    exposure: ExposurePlan = ExposurePlan()
    settle: SettlePlan = SettlePlan()
    stacking: StackingPlan = StackingPlan()
    output: OutputPlan = OutputPlan()

    def positions(self) -> tuple[Position, ...]:
        """The positions in capture order."""
        return positions(self.path)

    def shots(self, position: Position, sweep: Sweep) -> tuple[Shot, ...]:
        """The shots of one position in capture order: the reference slice first, then the rest from near to far.

        Reference first lets every later slice be laid onto the final geometry as it arrives (decision 0003).
        """
        shots = [Shot(position, i, focus) for i, focus in enumerate(sweep.focus_positions())]
        reference = shots.pop(self.stacking.reference_index(sweep.count))
        return (reference, *shots)
