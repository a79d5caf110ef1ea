"""Alignment against known transforms, in pixels, and what gamma would do to it."""

import numpy as np
import pytest

from scanner.slices import Plane
from scanner.stacking.align import Fit, align, alignment_picture, target
from scanner.stacking.geometry import Similarity
from tests.stacking.scene import Scene


def misplacement(scene: Scene, index: int, fit: Fit) -> float:
    """The largest, in pixels, over the object."""
    y, x = np.nonzero(scene.object())
    points = np.stack([x, y, np.ones_like(x)]).astype(float)
    wrong = fit.similarity.matrix((scene.width, scene.height)) - scene.transform(index)
    return float(np.hypot(*(wrong @ points)).max())


def fitted(scene: Scene, index: int, start: Similarity | None = None) -> Fit:
    reference = target(scene.slice(scene.reference).pixels.y)
    fit = align(reference, scene.slice(index).pixels.y, start or Similarity())
    assert fit is not None
    return fit


@pytest.mark.parametrize("breathing", [0.02, -0.05])
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("index", [1, 3])
def test_a_neighbour_lies_within_a_tenth_of_a_pixel(breathing: float, seed: int, index: int) -> None:
    scene = Scene(breathing=breathing, seed=seed)
    assert misplacement(scene, index, fitted(scene, index)) <= 0.1


@pytest.mark.parametrize("index", [0, 4])
def test_the_ends_of_the_sweep_lie_within_a_fifth(index: int) -> None:
    scene = Scene(breathing=0.05)
    assert misplacement(scene, index, fitted(scene, index)) <= 0.2


@pytest.mark.parametrize("index", [0, 4])
def test_linear_light_has_no_bias_of_scale_that_gamma_has(index: int) -> None:
    """Without any breathing: on the values of the file, bright things look larger for being blurred."""
    scene = Scene(breathing=0.0, shake=0.0, flicker=0.0, noise=0.5)
    sharp, blurred = scene.slice(scene.reference).pixels.y, scene.slice(index).pixels.y
    fit = align(target(sharp), blurred, Similarity())
    biased = align(target(gamma_taken_for_light(sharp)), gamma_taken_for_light(blurred), Similarity())
    assert fit is not None
    assert biased is not None
    assert abs(fit.similarity.scale - 1) < 250e-6
    assert abs(biased.similarity.scale - 1) > 900e-6


def gamma_taken_for_light(luma: Plane) -> Plane:
    """Coded once more, so that undoing one gamma leaves the file's own values."""
    v = luma / 255
    coded = np.where(v <= 0.0031308, 12.92 * v, 1.055 * np.maximum(v, 1e-9) ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(255 * coded), np.uint8)


def test_gain_is_that_of_the_light() -> None:
    scene = Scene(flicker=0.0)
    y = scene.slice(1).pixels.y
    light = np.where(y <= 10, y / 255 / 12.92, ((y / 255 + 0.055) / 1.055) ** 2.4) * 0.9
    dimmer = np.rint(255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055))
    reference = target(scene.slice(scene.reference).pixels.y)
    gains = [fit.gain for luma in (y, dimmer.astype(np.uint8)) if (fit := align(reference, luma, Similarity()))]
    assert gains[0] == pytest.approx(1, abs=0.02)
    assert gains[1] / gains[0] == pytest.approx(0.9, abs=0.01)


def test_a_far_start_finds_the_same() -> None:
    scene = Scene()
    near, far = fitted(scene, 1), fitted(scene, 1, Similarity(0.01, 0.002, 4, -3))
    assert np.allclose(near.similarity.parameters, far.similarity.parameters, atol=0.01)


def test_residual_and_likeness_tell_good_from_bad() -> None:
    scene = Scene()
    good = fitted(scene, 1)
    assert good.residual_px < 0.05
    assert good.likeness > 0.9
    reference = target(scene.slice(2).pixels.y)
    noise = np.random.default_rng(1).integers(0, 255, (360, 480)).astype(np.uint8)
    bad = align(reference, noise, Similarity())
    assert bad is None or bad.likeness < 0.4


@pytest.mark.parametrize("value", [0, 255])
def test_nothing_to_see_gives_nothing(value: int) -> None:
    scene = Scene()
    blank = np.full((scene.height, scene.width), value, np.uint8)
    fit = align(target(scene.slice(2).pixels.y), blank, Similarity())
    assert fit is None or fit.likeness < 0.4


def test_wide_pictures_are_aligned_smaller_by_a_whole_factor() -> None:
    picture, factor = alignment_picture(np.full((20, 4608), 128, np.uint8))
    assert factor == 2
    assert picture.shape == (10, 2304)
    assert picture.dtype == np.float32
    assert float(picture.mean()) == pytest.approx(0.2158, abs=1e-3)
