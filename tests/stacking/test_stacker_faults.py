"""Slices that do not belong in a stack: each is named, left out or refused; the rest comes out as without it."""

from dataclasses import replace

import numpy as np
import pytest

from scanner.errors import AlignmentFailed, SlicesDiffer, StackingError
from scanner.plan.stacking import StackingPlan
from scanner.slices import LeftOut, Plane, Planes, Slice
from scanner.stacking.breathing import Breathing
from scanner.stacking.stacker import StackBuilder, Stacker
from tests.stacking.scene import Scene

FAIL = StackingPlan(unaligned="fail")


def begun(slices: list[Slice], plan: StackingPlan | None = None) -> StackBuilder:
    """A stack of all slices, ready to finish or to be given one more."""
    builder = Stacker(plan).begin(slices[0])
    for slice_ in slices[1:]:
        builder.add(slice_)
    return builder


@pytest.fixture(scope="module")
def slices() -> list[Slice]:
    return Scene(count=4).slices()


def faulty(y: Plane, fault: str) -> Plane:
    levels = {"black": 0, "flat": 90, "white": 255}
    if fault in levels:
        return np.full_like(y, levels[fault])
    if fault == "other scene":
        return np.ascontiguousarray(Scene(seed=8, width=y.shape[1], height=y.shape[0]).slice(0).pixels.y[::-1])
    top = {"noise": 255, "noise in the dark": 3}[fault]
    return np.random.default_rng(3).integers(0, top, y.shape).astype(np.uint8)


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("black", "dark"),
        ("noise in the dark", "dark"),
        ("white", "saturated"),
        ("flat", "blurred"),
        ("other scene", "unaligned"),
        ("noise", "unaligned"),
    ],
)
def test_a_slice_that_does_not_belong_is_left_out_and_named(slices: list[Slice], fault: str, why: LeftOut) -> None:
    stranger = Slice(7, replace(slices[1].pixels, y=faulty(slices[1].pixels.y, fault)))
    with_it, without = begun(slices), begun(slices).finish()
    with_it.add(stranger)
    result = with_it.finish()
    assert result.pixels.y.tobytes() == without.pixels.y.tobytes()
    assert result.slices[-1].left_out == why
    assert result.quality.left_out == (7,)
    assert result.slices[:-1] == without.slices


@pytest.mark.parametrize("fault", ["other scene", "noise"])
def test_a_plan_can_refuse_what_does_not_fit(slices: list[Slice], fault: str) -> None:
    builder = begun(slices, FAIL)
    with pytest.raises(AlignmentFailed, match="Slice 7 does not fit the reference slice 2") as caught:
        builder.add(Slice(7, replace(slices[1].pixels, y=faulty(slices[1].pixels.y, fault))))
    assert caught.value.hint
    assert builder.finish().pixels.y.tobytes() == begun(slices, FAIL).finish().pixels.y.tobytes()


def test_a_black_frame_is_left_out_even_where_nothing_may_be_unaligned(slices: list[Slice]) -> None:
    builder = begun(slices, FAIL)
    builder.add(Slice(7, replace(slices[1].pixels, y=np.zeros_like(slices[1].pixels.y))))
    assert builder.finish().quality.left_out == (7,)


def test_a_stack_in_which_most_slices_do_not_fit_fails(slices: list[Slice]) -> None:
    y = faulty(slices[1].pixels.y, "other scene")
    builder = Stacker().begin(slices[0])
    builder.add(Slice(0, replace(slices[1].pixels, y=y)))
    with pytest.raises(AlignmentFailed, match="1 of 1 slices do not fit the reference slice 2") as caught:
        builder.finish()
    assert caught.value.hint


@pytest.mark.parametrize(("width", "height"), [(1, 1), (640, 2), (4, 640), (31, 31)])
def test_pictures_too_small_to_align_are_refused(width: int, height: int) -> None:
    y, c = np.zeros((height, width), np.uint8), np.zeros(((height + 1) // 2, (width + 1) // 2), np.uint8)
    with pytest.raises(StackingError, match=f"Slice 3 has {width} x {height} pixels") as caught:
        Stacker().begin(Slice(3, Planes(y, c, c)))
    assert "32 x 32" in caught.value.hint


def test_a_black_reference_slice_is_what_is_said_to_be_wrong(slices: list[Slice]) -> None:
    black = replace(slices[0].pixels, y=np.zeros_like(slices[0].pixels.y))
    builder = Stacker().begin(replace(slices[0], pixels=black))
    builder.add(slices[1])
    with pytest.raises(AlignmentFailed, match="reference slice 2 is black"):
        builder.finish()


@pytest.mark.parametrize("fault", ["other scene", "noise"])
@pytest.mark.parametrize(("width", "height"), [(640, 480), (480, 360)])
def test_a_slice_that_does_not_fit_leaves_the_light_of_those_after_it_alone(
    fault: str, width: int, height: int
) -> None:
    first, *others = Scene(width=width, height=height, count=4, flicker=0.0).slices()
    builder = begun([first, others[0]])
    builder.add(Slice(7, replace(others[1].pixels, y=faulty(others[1].pixels.y, fault))))
    for slice_ in others[1:]:
        builder.add(slice_)
    result = builder.finish()
    assert result.quality.left_out == (7,)
    assert all(report.brightness == pytest.approx(1, abs=0.01) for report in result.slices if not report.left_out)


@pytest.mark.parametrize("ground", [0, 12])
def test_the_lamp_is_measured_on_the_object_not_on_its_ground(ground: int) -> None:
    """A small object on a plain ground that does not follow the lamp."""
    scene = Scene(count=3, flicker=0.0, shake=0.0, breathing=0.0)
    first, *others = (_on_ground(s, scene, ground) for s in scene.slices())
    brighter = replace(others[0], pixels=replace(others[0].pixels, y=_lit(others[0].pixels.y, ground, 1.1)))
    result = begun([first, brighter, others[1]]).finish()
    light = {report.index: report.brightness for report in result.slices}
    assert light[brighter.index] == pytest.approx(1.1, abs=0.03)
    assert light[others[1].index] == pytest.approx(1.0, abs=0.02)


def _on_ground(slice_: Slice, scene: Scene, ground: int) -> Slice:
    """The middle of the picture alone, on a plain ground."""
    y = np.full_like(slice_.pixels.y, ground)
    middle = np.s_[scene.height // 4 : -scene.height // 4, scene.width // 3 : -scene.width // 3]
    y[middle] = np.maximum(slice_.pixels.y[middle], 40)
    return replace(slice_, pixels=replace(slice_.pixels, y=y))


def _lit(y: Plane, ground: int, light: float) -> Plane:
    brighter = np.clip(np.rint(y * light ** (1 / 2.4)), 0, 255).astype(np.uint8)
    return np.where(y == ground, y, brighter)


def test_slices_of_another_size_chroma_or_depth_are_named(slices: list[Slice]) -> None:
    builder = Stacker().begin(slices[0])
    y, cb, cr = slices[1].pixels.y, slices[1].pixels.cb, slices[1].pixels.cr
    deep = Planes(*(plane.astype(np.uint16) for plane in (y, cb, cr)))
    for pixels, words in (
        (Planes(y[:-2], cb[:-1], cr[:-1]), "480 x 358"),
        (Planes(y, y, y), "chroma 480 x 360"),
        (deep, "16 bit"),
    ):
        with pytest.raises(SlicesDiffer, match=rf"Slice 7 is .*{words}.*480 x 360") as caught:
            builder.add(Slice(7, pixels))
        assert caught.value.hint


def test_a_slice_that_comes_twice_is_named(slices: list[Slice]) -> None:
    builder = begun(slices[:2])
    for again in slices[:2]:
        with pytest.raises(SlicesDiffer, match=f"Slice {again.index} "):
            builder.add(again)


@pytest.mark.parametrize("level", [0, 255])
@pytest.mark.parametrize("bits", [8, 16])
def test_a_reference_slice_without_anything_is_no_stack_but_no_crash(level: int, bits: int) -> None:
    kind = np.uint8 if bits == 8 else np.uint16
    y, c = np.full((96, 128), level * (2**bits - 1) // 255, kind), np.full((48, 64), 2 ** (bits - 1), kind)
    builder = Stacker().begin(Slice(0, Planes(y, c, c)))
    builder.add(Slice(1, Planes(y, c, c)))
    result = builder.finish()
    assert (result.pixels.y == y).all()
    assert (result.pixels.cb == c).all()
    assert np.isnan(result.depth).all()
    assert result.slices[1].left_out == ("dark" if level == 0 else "saturated")
    assert not result.mask.any()
    assert result.quality.certainty == 0


def test_a_slice_that_lies_elsewhere_than_its_place_in_the_sweep_foretells_is_found() -> None:
    scene = Scene(breathing=0.05)
    first, near, _, far, _ = scene.slices()
    builder = begun([first, near])
    builder.add(replace(far, index=40))
    report = builder.finish().slices[-1]
    assert report.index == 40
    assert np.allclose(report.transform, scene.transform(far.index), atol=0.3)


def test_a_slice_that_moved_across_the_picture_is_found_and_its_motion_told() -> None:
    first, *others = Scene(shake=0.0).slices()
    moved = Planes(*(np.roll(p, n, axis=1) for p, n in zip(_planes(others[1]), (60, 30, 30), strict=True)))
    result = begun([first, others[0], replace(others[1], pixels=moved), *others[2:]]).finish()
    assert result.quality.left_out == ()
    assert result.quality.motion_px == pytest.approx(60, abs=3)


def test_with_known_breathing_a_slice_that_moved_far_is_still_found_and_its_shake_told() -> None:
    scene = Scene(breathing=0.0, shake=0.0)
    first, *others = (replace(s, focus=10.0 - s.index) for s in scene.slices())
    moved = replace(
        others[0], pixels=Planes(*(np.roll(p, n, axis=1) for p, n in zip(_planes(others[0]), (6, 3, 3), strict=True)))
    )
    builder = Stacker(None, Breathing(power=1e7, centre=(0.0, 0.0))).begin(first)
    for slice_ in (moved, *others[1:]):
        builder.add(slice_)
    result = builder.finish()
    shakes = {report.index: report.shake_px for report in result.slices}
    assert shakes[moved.index] == pytest.approx(6, abs=0.2)
    assert max(shake for index, shake in shakes.items() if index != moved.index) < 0.15
    assert result.quality.motion_px == pytest.approx(6, abs=0.2)


def _planes(slice_: Slice) -> tuple[Plane, Plane, Plane]:
    return slice_.pixels.y, slice_.pixels.cb, slice_.pixels.cr
