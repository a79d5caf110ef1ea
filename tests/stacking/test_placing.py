"""Where slices lie: found one by one, or as the calibrated lens has it; and shake, in either case."""

from dataclasses import replace

import numpy as np
import pytest

from scanner.slices import Plane, Planes, Slice
from scanner.stacking.breathing import Breathing
from scanner.stacking.placing import Placing
from tests.stacking.scene import Scene

NEAR, STEP = 12.0, 0.5


def with_lenses(scene: Scene) -> list[Slice]:
    return [replace(s, focus=NEAR - STEP * s.index) for s in scene.slices()]


def breathing_of(scene: Scene) -> Breathing:
    """The law that comes nearest to the scene's even scale: d s / d D = 1 / (power - D)."""
    per_dioptre = -scene.breathing / (scene.count - 1) / STEP
    middle = NEAR - STEP * scene.reference
    return Breathing(power=middle + 1 / per_dioptre, centre=(0.52 - 0.5, (0.47 - 0.5) * scene.height / scene.width))


def placed(slices: list[Slice], breathing: Breathing | None) -> Placing:
    placing = Placing(slices[0], breathing)
    for slice_ in slices[1:]:
        fit = placing.find(slice_)
        assert fit is not None
        placing.keep(slice_, fit)
    return placing


def error(placing: Placing, scene: Scene, index: int) -> float:
    """The largest misplacement of a corner, pixels."""
    size = (scene.width, scene.height)
    corners = np.array([[x, y, 1] for x in (0, size[0] - 1) for y in (0, size[1] - 1)], np.float64)
    difference = placing.fits[index].similarity.matrix(size) - scene.transform(index)
    return float(np.linalg.norm(corners @ difference.T, axis=1).max())


@pytest.mark.parametrize("known", [False, True])
def test_every_slice_is_found_to_a_tenth_of_a_pixel(known: bool) -> None:
    scene = Scene(shake=0.8)
    placing = placed(with_lenses(scene), breathing_of(scene) if known else None)
    assert max(error(placing, scene, index) for index in range(scene.count)) < 0.12


def test_with_known_breathing_the_transform_of_a_still_slice_is_the_lens_s_own_to_the_last_digit() -> None:
    scene = Scene(shake=0.0)
    slices, breathing = with_lenses(scene), breathing_of(scene)
    placing = placed(slices, breathing)
    shakes, middle = placing.shakes(), NEAR - STEP * scene.reference
    still = [s for s in slices[1:] if shakes[s.index] == 0 and s.focus is not None]
    assert len(still) >= 2
    for slice_ in still:
        own = breathing.similarity(NEAR - STEP * slice_.index, middle, (scene.width, scene.height))
        assert placing.fits[slice_.index].similarity == own


@pytest.mark.parametrize("known", [False, True])
def test_shake_is_told_in_pixels(known: bool) -> None:
    scene = Scene(shake=0.0)
    slices = with_lenses(scene)
    y, cb, cr = (np.roll(p, n, axis=0) for p, n in zip(_planes(slices[2]), (4, 2, 2), strict=True))
    shaken = replace(slices[2], pixels=Planes(y, cb, cr))
    placing = placed([*slices[:2], shaken, *slices[3:]], breathing_of(scene) if known else None)
    assert placing.shakes()[shaken.index] == pytest.approx(4, abs=0.6)


def test_a_slice_without_a_lens_position_is_aligned_on_its_own() -> None:
    scene = Scene()
    slices = [replace(s, focus=None) for s in scene.slices()]
    placing = placed(slices, breathing_of(scene))
    assert max(error(placing, scene, index) for index in range(scene.count)) < 0.12


def test_a_wrong_calibration_does_not_lose_a_slice() -> None:
    """The picture is found where it is, and the shake tells that the law does not hold."""
    scene = Scene(shake=0.0, breathing=0.03)
    wrong = Breathing(power=-1 / 0.02, centre=(0.5, 0.5))
    placing = placed(with_lenses(scene), wrong)
    assert max(placing.shakes().values()) > 1


@pytest.mark.parametrize("shake", [0.0, 0.5])
def test_a_stack_agrees_with_the_calibration_that_holds_and_not_with_another(shake: float) -> None:
    """Breathing of 1.5 % where it is 2 % in truth: 1.5 px at the rim."""
    scene = Scene(shake=shake)
    slices, size = with_lenses(scene), (scene.width, scene.height)
    assert placed(slices, breathing_of(scene)).disagreement() < 0.25
    other = placed(slices, breathing_of(replace(scene, breathing=0.015))).disagreement()
    assert other == pytest.approx(0.005 * np.hypot(*size) / 2, rel=0.25)


def test_a_stack_that_disagrees_keeps_the_scale_of_the_calibration() -> None:
    scene = Scene(shake=0.5)
    other = breathing_of(replace(scene, breathing=0.018))
    placing = placed(with_lenses(scene), other)
    middle = NEAR - STEP * scene.reference
    for index, fit in placing.fits.items():
        own = other.similarity(NEAR - STEP * index, middle, (scene.width, scene.height))
        assert fit.similarity.stretch == pytest.approx(own.stretch, abs=1e-9)


def test_there_is_nothing_to_disagree_with_where_breathing_is_not_known() -> None:
    scene = Scene()
    assert placed(scene.slices(), breathing_of(scene)).disagreement() == 0
    assert placed(with_lenses(scene), None).disagreement() == 0


def _planes(slice_: Slice) -> tuple[Plane, Plane, Plane]:
    return slice_.pixels.y, slice_.pixels.cb, slice_.pixels.cr
