"""What a stack must be: sharper than any slice, in the reference slice's geometry, whole to its borders."""

from dataclasses import replace

import numpy as np
import pytest

from scanner.slices import Slice, Stacked
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


def test_the_quality_of_a_good_stack_has_nothing_to_complain_of(stack: Stacked) -> None:
    quality = stack.quality
    assert quality.left_out == ()
    assert quality.duplicates == ()
    assert quality.residual_px < 0.1
    assert 0 < quality.motion_px < 1.5
    assert 0 < quality.flicker < 0.03
    assert quality.certainty > 0.8


def test_lens_positions_make_depth_dioptres(slices: list[Slice]) -> None:
    taken = [replace(s, focus=12.0 - s.index) for s in slices]
    result, bare = stacked(taken), stacked(slices)
    assert result.sweep == (12.0, 11.0, 10.0, 9.0, 8.0)
    depth = result.focus_map()
    assert depth is not None
    assert np.allclose(depth, 12.0 - result.depth, atol=1e-4, equal_nan=True)
    assert bare.sweep == ()
    assert bare.focus_map() is None


def test_lens_positions_between_those_that_came_are_filled_in(slices: list[Slice]) -> None:
    taken = [replace(s, focus=12.0 - s.index) for s in slices if s.index != 3]
    assert stacked(taken).sweep == (12.0, 11.0, 10.0, 9.0, 8.0)
