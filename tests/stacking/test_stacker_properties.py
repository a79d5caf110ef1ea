"""What holds of every stack, whatever is in it."""

import tracemalloc
from dataclasses import replace

import cv2
import numpy as np
import pytest

from scanner.plan.stacking import Method, StackingPlan
from scanner.slices import Plane, Planes, Slice, Stacked
from scanner.stacking.stacker import Stacker
from tests.stacking.scene import Scene, psnr

EVERY_METHOD = pytest.mark.parametrize("method", ["weighted", "depth", "pyramid"])


def stacked(slices: list[Slice], plan: StackingPlan | None = None) -> Stacked:
    builder = Stacker(plan).begin(slices[0])
    for slice_ in slices[1:]:
        builder.add(slice_)
    return builder.finish()


def farthest(one: Planes, other: Planes) -> int:
    """The greatest difference of any value."""
    pairs = ((one.y, other.y), (one.cb, other.cb), (one.cr, other.cr))
    return max(int(np.abs(a.astype(int) - b).max()) for a, b in pairs)


def sixteen(planes: Planes) -> Planes:
    """The same picture in 16 bit: luma 0..255 is 0..65535, neutral chroma 32768."""
    y = planes.y.astype(np.uint16) * np.uint16(257)
    cb, cr = ((plane.astype(np.int32) - 128) * 257 + 32768 for plane in (planes.cb, planes.cr))
    return Planes(y, *(np.clip(plane, 0, 65535).astype(np.uint16) for plane in (cb, cr)))


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene(count=4)


@pytest.fixture(scope="module")
def slices(scene: Scene) -> list[Slice]:
    return scene.slices()


@EVERY_METHOD
def test_one_slice_gives_that_slice(slices: list[Slice], method: Method) -> None:
    result = stacked(slices[:1], StackingPlan(method=method))
    assert farthest(result.pixels, slices[0].pixels) <= 1
    assert [report.index for report in result.slices] == [slices[0].index]


@EVERY_METHOD
def test_equal_slices_give_that_slice(slices: list[Slice], method: Method) -> None:
    result = stacked([replace(slices[0], index=k) for k in range(4)], StackingPlan(method=method))
    assert farthest(result.pixels, slices[0].pixels) <= 1
    assert result.quality.duplicates == (1, 2, 3)


@EVERY_METHOD
def test_the_order_of_slices_does_not_matter(slices: list[Slice], method: Method) -> None:
    plan = StackingPlan(method=method)
    one, other = stacked(slices, plan), stacked([slices[0], *reversed(slices[1:])], plan)
    assert np.abs(one.pixels.y.astype(int) - other.pixels.y).mean() < 0.1
    assert psnr(one.pixels.y, other.pixels.y, np.ones_like(one.pixels.y, bool)) >= 50


@EVERY_METHOD
def test_a_slice_that_is_all_blur_changes_nothing(slices: list[Slice], method: Method) -> None:
    def blurred(plane: Plane) -> Plane:
        return np.asarray(cv2.GaussianBlur(plane, (0, 0), 30), np.uint8)

    blur = Planes(*(blurred(plane) for plane in (slices[0].pixels.y, slices[0].pixels.cb, slices[0].pixels.cr)))
    plan = StackingPlan(method=method)
    with_it, without = stacked([*slices, Slice(9, blur)], plan), stacked(slices, plan)
    assert farthest(with_it.pixels, without.pixels) == 0
    assert with_it.slices[-1].left_out == "blurred"
    assert with_it.quality.left_out == (9,)


@EVERY_METHOD
def test_a_shifted_stack_gives_the_shifted_image(slices: list[Slice], method: Method) -> None:
    right, down = 8, 16
    moved = [
        replace(
            s,
            pixels=Planes(
                np.roll(s.pixels.y, (down, right), (0, 1)),
                *(np.roll(p, (down // 2, right // 2), (0, 1)) for p in (s.pixels.cb, s.pixels.cr)),
            ),
        )
        for s in slices
    ]
    plan = StackingPlan(method=method)
    one, other = stacked(slices, plan).pixels.y, stacked(moved, plan).pixels.y
    back = np.roll(other, (-down, -right), (0, 1))
    inner = np.zeros(one.shape, bool)
    inner[40:-40, 40:-40] = True
    assert psnr(back, one, inner) >= 46


def test_sixteen_bits_give_the_same_image(slices: list[Slice]) -> None:
    fine = stacked([replace(s, pixels=sixteen(s.pixels)) for s in slices])
    coarse = stacked(slices)
    assert fine.pixels.bits == 16
    for mine, theirs, zero in ((fine.pixels.y, coarse.pixels.y, 0), (fine.pixels.cb, coarse.pixels.cb, 128)):
        difference = (mine.astype(float) - 256 * zero) / 257 - (theirs.astype(float) - zero)
        assert np.isfinite(difference).all()
        assert abs(difference.mean()) < 0.3
        assert np.abs(difference).mean() < 0.6
    assert np.nanmedian(np.abs(fine.depth - coarse.depth)) < 0.02


def test_memory_does_not_grow_with_slices() -> None:
    taken = Scene(count=3).slices()
    peaks = [_peak([taken[0], *(replace(taken[1], index=k + 1) for k in range(n))]) for n in (4, 20)]
    assert peaks[1] <= peaks[0] * 1.03


def _peak(slices: list[Slice]) -> int:
    builder = Stacker().begin(replace(slices[0], index=0))
    tracemalloc.start()
    for slice_ in slices[1:]:
        builder.add(slice_)
    builder.finish()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak > slices[0].pixels.y.size
    return peak
