"""What a stack must be: sharper than any slice, in the reference slice's geometry, whole to its borders."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from scanner.errors import AlignmentFailed, SlicesDiffer, TooFewSlices
from scanner.slices import Planes, Slice, Stacked
from scanner.stacking.stacker import Stacker
from tests.stacking.scene import Scene, psnr


def stacked(slices: list[Slice]) -> Stacked:
    builder = Stacker().begin(slices[0])
    for slice_ in slices[1:]:
        builder.add(slice_)
    return builder.finish()


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene()


@pytest.fixture(scope="module")
def slices(scene: Scene) -> list[Slice]:
    return scene.slices()


@pytest.fixture(scope="module")
def stack(slices: list[Slice]) -> Stacked:
    return stacked(slices)


def test_stack_is_much_nearer_to_the_truth_than_the_best_slice(
    scene: Scene, slices: list[Slice], stack: Stacked
) -> None:
    truth, where = scene.truth(), scene.object()
    result = psnr(stack.pixels.y, truth.y, where)
    assert result >= max(psnr(s.pixels.y, truth.y, where) for s in slices) + 6
    assert result >= 40
    chroma = where[::2, ::2]
    assert psnr(stack.pixels.cb, truth.cb, chroma) >= 42
    assert psnr(stack.pixels.cr, truth.cr, chroma) >= 42


@pytest.mark.parametrize("breathing", [-0.05, 0.05])
def test_five_percent_of_breathing(breathing: float) -> None:
    scene = Scene(breathing=breathing, count=4)
    assert psnr(stacked(scene.slices()).pixels.y, scene.truth().y, scene.object()) >= 39


def test_flicker_does_not_show() -> None:
    steady, flickering = Scene(flicker=0.0, count=4), Scene(flicker=0.06, count=4)
    lost = [psnr(stacked(s.slices()).pixels.y, s.truth().y, s.object()) for s in (steady, flickering)]
    assert lost[1] >= lost[0] - 0.5


def test_borders_come_from_the_reference_slice(slices: list[Slice]) -> None:
    """Half of the slices do not reach the border of the reference slice: nothing there is dark or repeated."""
    bright = lifted(slices)
    result = stacked(bright)
    for edge in (np.s_[:2], np.s_[-2:], np.s_[:, :2], np.s_[:, -2:]):
        difference = result.pixels.y[edge].astype(float) - bright[0].pixels.y[edge]
        assert np.abs(difference).max() <= 40
        assert abs(difference.mean()) <= 1.5


def lifted(slices: list[Slice]) -> list[Slice]:
    """With luma raised by a constant: no border is dark by itself."""
    return [replace(s, pixels=replace(s.pixels, y=np.minimum(s.pixels.y, 155) + np.uint8(100))) for s in slices]


def test_dark_background_stays_as_dark_and_calm_as_in_the_reference_slice(slices: list[Slice], stack: Stacked) -> None:
    corner = np.s_[:30, :60]
    before, after = slices[0].pixels.y[corner].astype(float), stack.pixels.y[corner].astype(float)
    assert abs(before.mean() - after.mean()) <= 1
    assert after.std() <= before.std() * 1.1 + 0.2


def test_depth_names_the_slice_in_focus(scene: Scene, stack: Stacked) -> None:
    assert stack.depth.shape == (180, 240)
    assert stack.depth.dtype == np.float32
    for x, y, focus in ((0.66, 0.5, 0.0), (0.40, 0.5, 1.4), (0.77, 0.5, scene.count - 1.0)):
        around = stack.depth[int(y * 180) - 10 : int(y * 180) + 10, int(x * 240) - 5 : int(x * 240) + 5]
        assert abs(float(np.nanmedian(around)) - focus) <= 0.6


def test_mask_is_the_object(scene: Scene, stack: Stacked) -> None:
    mine, true = stack.mask > 0, scene.object()[::2, ::2]
    assert stack.mask.dtype == np.uint8
    assert (mine & true).sum() / (mine | true).sum() >= 0.85
    assert np.isnan(stack.depth[:10, :20]).all()


def test_reports_name_every_slice(scene: Scene, stack: Stacked) -> None:
    assert stack.reference == scene.reference
    assert [r.index for r in stack.slices] == list(range(scene.count))
    assert sum(r.share for r in stack.slices) == pytest.approx(1)
    for report in stack.slices:
        assert report.residual_px < 0.1
        assert np.allclose(report.transform, scene.transform(report.index), atol=0.08)


def test_same_slices_give_the_same_bytes(slices: list[Slice], stack: Stacked) -> None:
    again = stacked(slices)
    for plane in ("y", "cb", "cr"):
        assert getattr(again.pixels, plane).tobytes() == getattr(stack.pixels, plane).tobytes()
    assert again.depth.tobytes() == stack.depth.tobytes()


def test_order_after_the_reference_slice_does_not_matter(slices: list[Slice], stack: Stacked) -> None:
    other = stacked([slices[0], *reversed(slices[1:])])
    assert np.abs(other.pixels.y.astype(int) - stack.pixels.y).mean() < 0.05
    assert psnr(other.pixels.y, stack.pixels.y, np.ones_like(stack.pixels.y, bool)) >= 55


@pytest.mark.parametrize(("columns", "rows"), [(1, 1), (2, 1), (2, 2)])
@pytest.mark.parametrize(("width", "height"), [(320, 240), (321, 239), (323, 243)])
def test_every_chroma_and_odd_sizes(columns: int, rows: int, width: int, height: int) -> None:
    scene = Scene(width=width, height=height, count=3, columns=columns, rows=rows)
    truth, result = scene.truth(), stacked(scene.slices())
    assert result.pixels.shapes == truth.shapes
    assert result.depth.shape == result.mask.shape == (-(-height // 2), -(-width // 2))
    where = scene.object()
    assert psnr(result.pixels.y, truth.y, where) >= 37
    assert psnr(result.pixels.cb, truth.cb, where[::rows, ::columns]) >= 40


def test_memory_does_not_grow_with_slices() -> None:
    scene = Scene(count=3)
    taken = scene.slices()
    peaks = [_peak([taken[0], *(replace(taken[1], index=k + 1) for k in range(n))], scene) for n in (4, 20)]
    assert peaks[1] <= peaks[0] * 1.03


def _peak(slices: list[Slice], scene: Scene) -> int:
    builder = Stacker().begin(replace(slices[0], index=0))
    tracemalloc.start()
    for slice_ in slices[1:]:
        builder.add(slice_)
    builder.finish()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak > scene.width * scene.height
    return peak


def test_the_reference_slice_alone_is_no_stack(slices: list[Slice]) -> None:
    with pytest.raises(TooFewSlices, match="reference"):
        Stacker().begin(slices[0]).finish()


def test_slices_of_another_size_or_chroma_are_named(slices: list[Slice]) -> None:
    builder = Stacker().begin(slices[0])
    y, cb, cr = slices[1].pixels.y, slices[1].pixels.cb, slices[1].pixels.cr
    for pixels in (Planes(y[:-2], cb[:-1], cr[:-1]), Planes(y, y, y)):
        with pytest.raises(SlicesDiffer, match=r"Slice 7 .*480") as caught:
            builder.add(Slice(7, pixels))
        assert caught.value.hint


def test_a_slice_that_comes_twice_is_named(slices: list[Slice]) -> None:
    builder = Stacker().begin(slices[0])
    builder.add(slices[1])
    for again in slices[:2]:
        with pytest.raises(SlicesDiffer, match=f"Slice {again.index} "):
            builder.add(again)


@pytest.mark.parametrize("fault", ["black", "other scene", "noise"])
def test_a_slice_that_does_not_fit_is_named_never_passed_over(slices: list[Slice], fault: str) -> None:
    y = slices[1].pixels.y
    rng = np.random.default_rng(3)
    planes = {
        "black": np.zeros_like(y),
        "other scene": np.ascontiguousarray(Scene(seed=8).slice(0).pixels.y[::-1]),
        "noise": rng.integers(0, 255, y.shape).astype(np.uint8),
    }
    with pytest.raises(AlignmentFailed, match="Slice 3 ") as caught:
        Stacker().begin(slices[0]).add(Slice(3, replace(slices[1].pixels, y=planes[fault])))
    assert caught.value.hint


def test_a_slice_that_lies_elsewhere_than_its_place_in_the_sweep_foretells_is_found() -> None:
    scene = Scene(breathing=0.05)
    first, near, _, far, _ = scene.slices()
    builder = Stacker().begin(first)
    builder.add(near)
    builder.add(replace(far, index=40))
    report = builder.finish().slices[-1]
    assert report.index == 40
    assert np.allclose(report.transform, scene.transform(far.index), atol=0.3)


def test_a_failed_slice_leaves_the_stack_as_it_was(slices: list[Slice], stack: Stacked) -> None:
    builder = Stacker().begin(slices[0])
    with pytest.raises(AlignmentFailed):
        builder.add(Slice(9, replace(slices[1].pixels, y=np.zeros_like(slices[1].pixels.y))))
    for slice_ in slices[1:]:
        builder.add(slice_)
    assert builder.finish().pixels.y.tobytes() == stack.pixels.y.tobytes()
