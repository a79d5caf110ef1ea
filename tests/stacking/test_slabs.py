"""Long sweeps come out as good in slabs; a complete slab is fused at once, and none waits for what is left out."""

from dataclasses import replace

import numpy as np
import pytest

from scanner.plan.stacking import StackingPlan
from scanner.slices import Mask, Planes, Slice, Stacked
from scanner.stacking.fusion import Fusion
from scanner.stacking.slabs import Slabs
from scanner.stacking.stacker import Stacker
from scanner.stacking.strips import Map
from tests.stacking.scene import Scene, psnr


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene(count=9, spread=1.2)


@pytest.fixture(scope="module")
def slices(scene: Scene) -> list[Slice]:
    return scene.slices()


def stacked(slices: list[Slice], slab: int) -> Stacked:
    builder = Stacker(StackingPlan(slab=slab)).begin(slices[0])
    for slice_ in slices[1:]:
        builder.add(slice_)
    return builder.finish()


@pytest.mark.parametrize("slab", [2, 3, 4, 20])
def test_slabs_come_out_as_near_to_the_truth(scene: Scene, slices: list[Slice], slab: int) -> None:
    truth, where = scene.truth(), scene.object()
    whole, slabs = (psnr(stacked(slices, n).pixels.y, truth.y, where) for n in (0, slab))
    assert slabs >= whole - 1.0


def test_slabs_of_one_slice_are_no_slabs(slices: list[Slice]) -> None:
    assert (stacked(slices, 1).pixels.y == stacked(slices, 0).pixels.y).all()


@pytest.mark.parametrize("order", [[0, 8, 7, 6, 5, 4, 3, 2, 1], [0, 4, 5, 3, 6, 2, 7, 1, 8]])
def test_the_order_of_slices_does_not_matter(slices: list[Slice], order: list[int]) -> None:
    one, other = stacked(slices, 3), stacked([slices[k] for k in order], 3)
    assert psnr(one.pixels.y, other.pixels.y, np.ones_like(one.pixels.y, bool)) >= 50


def test_borders_that_some_slices_do_not_reach_stay_whole() -> None:
    scene = Scene(count=6, breathing=0.06)
    taken = [
        replace(s, pixels=replace(s.pixels, y=np.minimum(s.pixels.y, 155) + np.uint8(100))) for s in scene.slices()
    ]
    result = stacked(taken, 2)
    for edge in (np.s_[:2], np.s_[-2:], np.s_[:, :2], np.s_[:, -2:]):
        difference = result.pixels.y[edge].astype(float) - taken[0].pixels.y[edge]
        assert np.abs(difference).max() <= 40
        assert abs(difference.mean()) <= 1.5


class Counting(Fusion):
    """Counts what is added to it."""

    def __init__(self, reference: Planes, plan: StackingPlan) -> None:
        super().__init__(reference, plan)
        self.added = 0

    def add(self, planes: Planes, sharpness: Map, seen: Mask | None, brightness: float) -> None:
        super().add(planes, sharpness, seen, brightness)
        self.added += 1


def test_a_slab_is_fused_when_its_last_slice_has_come_even_if_only_to_be_left_out(slices: list[Slice]) -> None:
    plan, pixels = StackingPlan(slab=3), slices[0].pixels
    whole = Counting(pixels, plan)
    slabs = Slabs(whole, plan)
    for index in (4, 0, 1):
        slabs.add(index, pixels, whole.sharpness(pixels, None), None, 1.0)
    assert whole.added == 0
    slabs.count(2)
    assert whole.added == 1
    slabs.count(3)
    slabs.count(5)
    assert whole.added == 2
    slabs.close()
    assert whole.added == 2


def test_incomplete_slabs_are_fused_at_the_end_and_slabs_of_nothing_never(slices: list[Slice]) -> None:
    plan, pixels = StackingPlan(slab=4), slices[0].pixels
    whole = Counting(pixels, plan)
    slabs = Slabs(whole, plan)
    slabs.add(5, pixels, whole.sharpness(pixels, None), None, 1.0)
    for index in (8, 9, 10, 11):
        slabs.count(index)
    slabs.close()
    assert whole.added == 1
