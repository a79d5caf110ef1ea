"""Slices that lie on each other become one picture: properties, and quality against the truth of a small scene."""

from dataclasses import replace
from typing import get_args

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from scanner.plan.stacking import Measure, Method, StackingPlan
from scanner.slices import Mask, Planes
from scanner.stacking.fusion import Fusion
from scanner.stacking.strips import Map
from tests.stacking.scene import Scene, psnr

METHODS: tuple[Method, ...] = get_args(Method)
MEASURES: tuple[Measure, ...] = get_args(Measure)
PLAN = StackingPlan()
RNG = np.random.default_rng(4)


def fused(slices: list[Planes], plan: StackingPlan = PLAN, seen: list[Mask | None] | None = None) -> tuple[Planes, Map]:
    fusion = Fusion(slices[0], plan)
    peak: Map | None = None
    for planes, where in zip(slices, seen or [None] * len(slices), strict=True):
        sharpness = fusion.sharpness(planes, where)
        peak = sharpness.copy() if peak is None else np.maximum(peak, sharpness)
        fusion.add(planes, sharpness, where, 1.0)
    assert peak is not None
    return fusion.finish(peak)


def random_planes(height: int, width: int, step: int = 2, seed: int = 1) -> Planes:
    rng = np.random.default_rng(seed)
    chroma = (-(-height // step), -(-width // step))
    y, cb, cr = (rng.integers(0, 256, shape).astype(np.uint8) for shape in ((height, width), chroma, chroma))
    return Planes(y, cb, cr)


def deepened(planes: Planes) -> Planes:
    """In 16 bit: luma 255 becomes 65535, and every other value as much more."""
    return Planes(*(plane.astype(np.uint16) * np.uint16(257) for plane in (planes.y, planes.cb, planes.cr)))


def worst(one: Planes, other: Planes) -> int:
    pairs = ((one.y, other.y), (one.cb, other.cb), (one.cr, other.cr))
    return max(int(np.abs(a.astype(int) - b.astype(int)).max()) for a, b in pairs)


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene(breathing=0.0, shake=0.0, flicker=0.0, count=5)


@pytest.fixture(scope="module")
def slices(scene: Scene) -> list[Planes]:
    """Slices that need no alignment but for a turn of a hundredth of a pixel."""
    return [slice_.pixels for slice_ in scene.slices()]


@pytest.mark.parametrize(("measure", "least"), [("laplacian", 40.5), ("gradient", 39.5), ("variance", 39.0)])
def test_every_measure_comes_near_the_truth(scene: Scene, slices: list[Planes], measure: Measure, least: float) -> None:
    truth, where = scene.truth(), scene.object()
    planes, _ = fused(slices, StackingPlan(measure=measure))
    assert psnr(planes.y, truth.y, where) >= least
    assert psnr(planes.y, truth.y, where) >= max(psnr(s.y, truth.y, where) for s in slices) + 6


def test_every_method_comes_near_the_truth(scene: Scene, slices: list[Planes]) -> None:
    truth, where = scene.truth(), scene.object()
    for method in METHODS:
        assert psnr(fused(slices, StackingPlan(method=method))[0].y, truth.y, where) >= 38


def test_steeper_is_sharper(scene: Scene, slices: list[Planes]) -> None:
    """Up to the steepest: no weight reaches its limit."""
    where = cv2.erode(scene.object().astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    slope = np.gradient(scene.truth().y.astype(float), axis=1)[where]
    gains = []
    for steepness in (1, 6, 12):
        mine = fused(slices, StackingPlan(steepness=steepness))[0].y.astype(float)
        gains.append(float((np.gradient(mine, axis=1)[where] * slope).sum() / (slope**2).sum()))
    assert gains == sorted(gains)
    assert gains[0] < 0.9
    assert gains[1] >= 0.96


@pytest.mark.parametrize("measure", MEASURES)
def test_the_background_is_no_brighter_than_in_the_truth(scene: Scene, slices: list[Planes], measure: Measure) -> None:
    """No halo: beside the object a blurred slice is brighter, and is not taken."""
    object_ = scene.object()
    around = cv2.dilate(object_.astype(np.uint8), np.ones((13, 13), np.uint8)) > 0
    beside = around & ~(cv2.dilate(object_.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0)
    truth = scene.truth().y.astype(float)[beside]
    mine = fused(slices, StackingPlan(measure=measure))[0].y.astype(float)[beside]
    blurred = [s.y.astype(float)[beside] - truth for s in slices]
    assert abs(float((mine - truth).mean())) <= 2.0
    assert float(np.sqrt(((mine - truth) ** 2).mean())) <= 0.5 * max(float(np.sqrt((b**2).mean())) for b in blurred)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("count", [1, 4])
def test_equal_slices_give_that_slice_back(slices: list[Planes], method: Method, count: int) -> None:
    planes, share = fused([slices[0]] * count, StackingPlan(method=method))
    assert worst(planes, slices[0]) <= 1
    assert float(share.max()) == 0


@pytest.mark.parametrize("step", [1, 2])
@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (16, 16), (33, 47)])
@pytest.mark.parametrize("bits", [8, 16])
def test_tiny_pictures_come_back_too(shape: tuple[int, int], step: int, bits: int) -> None:
    planes = random_planes(*shape, step)
    planes = planes if bits == 8 else deepened(planes)
    assert worst(fused([planes] * 3)[0], planes) <= (1 if bits == 8 else 4)


@pytest.mark.parametrize("level", [0, 255])
@pytest.mark.parametrize("measure", MEASURES)
def test_constant_pictures_stay_constant(level: int, measure: Measure) -> None:
    y, chroma = np.full((40, 50), level, np.uint8), np.full((20, 25), 128, np.uint8)
    planes, share = fused([Planes(y, chroma, chroma)] * 3, StackingPlan(measure=measure))
    assert (planes.y == level).all()
    assert (planes.cb == 128).all()
    assert np.isfinite(share).all()


@pytest.mark.parametrize("level", [0, 255])
def test_a_black_or_saturated_slice_takes_no_detail_away(slices: list[Planes], level: int) -> None:
    empty = replace(slices[0], y=np.full_like(slices[0].y, level))
    with_it, without = fused([*slices, empty])[0], fused(slices)[0]
    strong = cv2.Laplacian(without.y, cv2.CV_32F) ** 2 > 400
    assert np.abs(with_it.y.astype(int) - without.y)[strong].mean() < 1


def test_the_order_of_slices_does_not_matter(slices: list[Planes]) -> None:
    forth, back = fused(slices)[0], fused([slices[0], *reversed(slices[1:])])[0]
    assert psnr(forth.y, back.y, np.ones(forth.y.shape, bool)) >= 58
    assert psnr(forth.cb, back.cb, np.ones(forth.cb.shape, bool)) >= 58


def test_a_stack_moved_by_whole_pixels_gives_the_picture_moved(slices: list[Planes]) -> None:
    down, right = 16, 8
    moved = [
        Planes(
            np.roll(s.y, (down, right), (0, 1)), *(np.roll(c, (down // 2, right // 2), (0, 1)) for c in (s.cb, s.cr))
        )
        for s in slices
    ]
    here, there = fused(slices)[0].y, np.roll(fused(moved)[0].y, (-down, -right), (0, 1))
    inner = np.s_[80:-80, 80:-80]
    assert np.abs(here[inner].astype(int) - there[inner]).mean() < 0.05
    assert np.abs(here[inner].astype(int) - there[inner]).max() <= 4


def test_16_bit_slices_give_the_picture_of_their_8_bit_copies(slices: list[Planes]) -> None:
    eight, deep = fused(slices)[0], fused([deepened(s) for s in slices])[0]
    assert deep.bits == 16
    for mine, theirs in ((deep.y, eight.y), (deep.cb, eight.cb), (deep.cr, eight.cr)):
        difference = np.abs(mine / 257 - theirs)
        assert difference.max() <= 3
        assert difference.mean() <= 0.3  # the rounding to 8 bit alone makes 0.25


def test_what_a_slice_does_not_show_comes_from_the_others(slices: list[Planes]) -> None:
    half = (-(-slices[0].height // 2), -(-slices[0].width // 2))
    seen: NDArray[np.uint8] = np.ones(half, np.uint8)
    seen[:, :60] = 0
    garbage = replace(slices[1], y=RNG.integers(0, 256, slices[1].y.shape).astype(np.uint8))
    planes, share = fused([slices[0], garbage], PLAN, [None, seen])
    clean = np.s_[:, :110]
    assert np.abs(planes.y[clean].astype(int) - slices[0].y[clean]).max() <= 1
    assert float(share[:, :25].max()) == 0


def test_noise_is_that_of_the_reference_slice_and_can_be_given(slices: list[Planes]) -> None:
    fusion = Fusion(slices[0], PLAN)
    assert fusion.noise == Fusion(deepened(slices[0]), PLAN).noise
    plain = np.median(fusion.sharpness(slices[0], None)[:20, :40])
    assert 0.5 * plain < fusion.noise < 2 * plain
    fusion.noise *= 4
    sharpness = fusion.sharpness(slices[0], None)
    fusion.add(slices[0], sharpness.copy(), None, 1.0)
    assert worst(fusion.finish(sharpness)[0], slices[0]) <= 1
