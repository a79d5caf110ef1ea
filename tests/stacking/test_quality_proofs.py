"""Six positions of the simulated cat: what each stack says of its sweep, and whether what it proposes is better."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pytest

from scanner.hardware.simulated.scene import Scene, SceneSettings
from scanner.plan.sweep import Optics, Sweep, SweepPlan
from scanner.slices import Slice, Stacked, SweepProposal
from scanner.stacking.breathing import Breathing
from scanner.stacking.findings import findings
from scanner.stacking.stacker import Stacker

pytestmark = pytest.mark.slow

SETTINGS = SceneSettings(width=960, height=540)
NEAR, FAR = 12.8, 8.3
"""A sweep that covers the cat in all positions."""

LENS = Optics(SETTINGS.focal_length_mm, SETTINGS.f_number, SETTINGS.pixel_pitch * 1e6)
HALF = LENS.depth_of_field / 2
IDEAL = SweepPlan().resolve(NEAR, FAR, LENS.depth_of_field).count
CENTRE = 10.55
MARKED = 0.05
"""Share of the object left out from which it must be told."""


@dataclass
class Turned:
    """One position of the cat, before a lens that breathes by 2 % and shakes."""

    turntable: float
    tilt: float
    shake: float = 0.01
    taken: dict[float, Slice] = field(default_factory=dict)

    def __post_init__(self) -> None:
        settings = SceneSettings(width=960, height=540, breathing=0.02, shake_px=self.shake)
        self.scene = Scene(settings)
        self.view = self.scene.view(self.turntable, self.tilt)

    def left_out(self, sweep: Sweep) -> tuple[float, float]:
        """Share of the object nearer and farther than the sweep by more than half a depth of field."""
        depth = self.view.depth(CENTRE)
        object_ = depth[np.isfinite(depth)]
        return float((object_ > sweep.near + HALF).mean()), float((object_ < sweep.far - HALF).mean())

    def breathing(self, share: float = 1.0) -> Breathing:
        """The law of this lens; `share` of its magnification."""
        lens, size = self.scene.lens, (960, 540)
        rate = share * (lens.scale(CENTRE + 0.5) - lens.scale(CENTRE - 0.5)) / lens.scale(CENTRE)
        cx, cy = self.scene.intrinsics(CENTRE)[1:]
        return Breathing(
            power=CENTRE + 1 / rate, centre=((cx - (size[0] - 1) / 2) / size[0], (cy - (size[1] - 1) / 2) / size[0])
        )

    def stacked(self, sweep: Sweep, breathing: Breathing | None = None) -> Stacked:
        slices = [
            Slice(index, self.view.slice(at, frame=index), at) for index, at in enumerate(sweep.focus_positions())
        ]
        reference = slices.pop(sweep.count // 2)
        builder = Stacker(breathing=breathing or self.breathing()).begin(reference)
        for slice_ in slices:
            builder.add(slice_)
        return builder.finish()


@cache
def positions(shake: float = 0.01) -> tuple[Turned, ...]:
    return tuple(Turned(60.0 * k, 20.0 * (k % 2), shake) for k in range(6))


def codes(stack: Stacked) -> set[str]:
    return {found.code for found in findings(stack.quality, stack.slices)}


def check_end(end: str, share: float, told: set[str], beyond: float) -> None:
    if share > MARKED:
        assert f"{end}-not-covered" in told, (share, beyond)
    elif share == 0:
        assert beyond < 0.1


@pytest.mark.parametrize("count", [5, 9])
def test_a_good_sweep_is_called_good_at_every_position(count: int) -> None:
    for position in positions():
        stack = position.stacked(Sweep(NEAR, FAR, count))
        assert not codes(stack) & {"near-not-covered", "far-not-covered", "gaps", "geometry"}
        assert stack.quality.proposal is None


def short() -> Iterator[Sweep]:
    for count in (5, 9):
        for cut in (1.0, 2.0):
            yield Sweep(NEAR - cut, FAR, count)
            yield Sweep(NEAR, FAR + cut, count)
        yield Sweep(NEAR - 1.4, FAR + 1.4, count)


@pytest.mark.parametrize("sweep", list(short()), ids=lambda sweep: f"{sweep.near:.1f}-{sweep.far:.1f}-{sweep.count}")
def test_a_sweep_too_short_is_told_at_every_position_that_it_leaves_out_and_the_one_proposed_covers_it(
    sweep: Sweep,
) -> None:
    for position in positions():
        stack, (near, far) = position.stacked(sweep), position.left_out(sweep)
        told = codes(stack)
        check_end("near", near, told, stack.quality.beyond_near)
        check_end("far", far, told, stack.quality.beyond_far)
        if max(near, far) > MARKED:
            assert_better(position, stack.quality.proposal)


@pytest.mark.parametrize("count", [2, 3])
def test_a_sweep_too_coarse_is_told_at_every_position(count: int) -> None:
    """The same ends would take five slices."""
    needed = SweepPlan().resolve(NEAR + 0.9, FAR - 0.9, LENS.depth_of_field).count
    for position in positions():
        stack = position.stacked(Sweep(NEAR + 0.9, FAR - 0.9, count))
        assert "gaps" in codes(stack)
        assert stack.quality.proposal is not None
        assert count < stack.quality.proposal.count <= 1.5 * needed


def assert_better(position: Turned, proposal: SweepProposal | None) -> None:
    assert proposal is not None
    sweep = Sweep(proposal.near, proposal.far, proposal.count)
    again = position.stacked(sweep)
    assert max(position.left_out(sweep)) < MARKED
    assert "gaps" not in codes(again)
    assert max(again.quality.beyond_near, again.quality.beyond_far) < 0.1
    assert proposal.count <= 1.5 * IDEAL


@pytest.mark.parametrize("shake", [0.01, 0.5])
def test_a_calibration_that_does_not_hold_is_told_at_every_position_and_one_that_does_at_none(shake: float) -> None:
    sweep = Sweep(NEAR, FAR, 7)
    for position in positions(shake):
        right = position.stacked(sweep)
        wrong = position.stacked(sweep, position.breathing(0.75))
        assert "geometry" not in codes(right)
        assert "geometry" in codes(wrong)
        assert right.quality.disagreement_px < 0.25
