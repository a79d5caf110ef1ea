"""Alignment against known transforms, in pixels, and what gamma would do to it."""

import numpy as np
import pytest

from scanner.slices import Plane
from scanner.stacking.align import Fit, align, check, target
from scanner.stacking.geometry import Similarity
from scanner.stacking.points import alignment_picture, inside
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
def test_a_neighbour_lies_within_a_twentieth_of_a_pixel(breathing: float, seed: int, index: int) -> None:
    scene = Scene(breathing=breathing, seed=seed)
    assert misplacement(scene, index, fitted(scene, index)) <= 0.05


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("index", [0, 4])
def test_the_ends_of_the_sweep_lie_hardly_further_off(seed: int, index: int) -> None:
    scene = Scene(breathing=0.05, seed=seed)
    assert misplacement(scene, index, fitted(scene, index)) <= 0.08


def in_light(luma: Plane, factor: float) -> Plane:
    """With the light multiplied by `factor`."""
    light = np.where(luma <= 10, luma / 255 / 12.92, ((luma / 255 + 0.055) / 1.055) ** 2.4) * factor
    coded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055)
    return np.asarray(np.clip(np.rint(255 * coded), 0, 255), np.uint8)


@pytest.mark.parametrize("index", [0, 3])
def test_a_dark_scene_is_aligned_as_well_as_eight_bits_allow(index: int) -> None:
    """A sixteenth of the light."""
    scene = Scene()
    sharp, other = (in_light(scene.slice(k).pixels.y, 1 / 16) for k in (scene.reference, index))
    fit = align(target(sharp), other, Similarity())
    assert fit is not None
    assert misplacement(scene, index, fit) <= 0.1


@pytest.mark.parametrize("index", [0, 3])
def test_an_object_that_fills_the_frame(index: int) -> None:
    """Crops from the middle of the picture, where there is no background at all."""
    scene = Scene(breathing=0.05)
    crop = np.s_[80:280, 100:380]
    fit = align(target(scene.slice(scene.reference).pixels.y[crop]), scene.slice(index).pixels.y[crop], Similarity())
    assert fit is not None
    whole, part = scene.transform(index), fit.similarity.matrix((280, 200))
    corners, offset = np.array([[0, 279, 0, 279], [0, 0, 199, 199], [1, 1, 1, 1]]), np.array([[100], [80], [0]])
    there = whole @ (corners + offset) - offset[:2]
    assert float(np.hypot(*(part @ corners - there)).max()) <= 0.15


@pytest.mark.parametrize("index", [0, 3])
def test_little_texture_is_enough(index: int) -> None:
    """Nothing but a few hundred pixels in the middle has any."""
    scene = Scene()
    lumas = []
    for k in (scene.reference, index):
        luma = np.full((scene.height, scene.width), 60, np.uint8)
        luma[150:210, 200:280] = scene.slice(k).pixels.y[150:210, 200:280]
        lumas.append(luma)
    fit = align(target(lumas[0]), lumas[1], Similarity())
    assert fit is not None
    assert fit.similarity.scale == pytest.approx(float(np.hypot(*scene.transform(index)[:, 0])), abs=0.006)
    assert fit.likeness > 0.6


def test_the_outline_of_the_object_is_left_out() -> None:
    picture = np.full((180, 240), 0.01, np.float32)
    picture[40:140, 60:180] = 0.4
    picture[80:84, 100:103] = 0.0
    mask = inside(picture)
    assert mask.shape == picture.shape
    assert mask[46:134, 66:174].all()
    assert not mask[:41].any()
    assert not mask[:, 179:].any()


@pytest.mark.parametrize("light", [0.0, 0.3])
def test_all_of_a_picture_counts_where_no_outline_is_in_it(light: float) -> None:
    assert inside(np.full((90, 120), light, np.float32)).all()


def test_all_of_a_picture_counts_where_next_to_nothing_is_bright() -> None:
    picture = np.full((90, 120), 0.001, np.float32)
    picture[40:52, 50:62] = 0.9
    assert inside(picture).all()


@pytest.mark.parametrize("index", [0, 4])
def test_linear_light_has_no_bias_of_scale_that_gamma_has(index: int) -> None:
    """Without any breathing: on the values of the file, bright things look larger for being blurred."""
    scene = Scene(breathing=0.0, shake=0.0, flicker=0.0, noise=0.5)
    sharp, blurred = scene.slice(scene.reference).pixels.y, scene.slice(index).pixels.y
    fit = align(target(sharp), blurred, Similarity())
    biased = align(target(gamma_taken_for_light(sharp)), gamma_taken_for_light(blurred), Similarity())
    assert fit is not None
    assert biased is not None
    assert abs(fit.similarity.scale - 1) < 150e-6
    assert abs(biased.similarity.scale - 1) > 900e-6


def gamma_taken_for_light(luma: Plane) -> Plane:
    """Coded once more, so that undoing one gamma leaves the file's own values."""
    v = luma / 255
    coded = np.where(v <= 0.0031308, 12.92 * v, 1.055 * np.maximum(v, 1e-9) ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(255 * coded), np.uint8)


def test_gain_is_that_of_the_light() -> None:
    scene = Scene(flicker=0.0)
    y = scene.slice(1).pixels.y
    reference = target(scene.slice(scene.reference).pixels.y)
    gains = [fit.gain for luma in (y, in_light(y, 0.9)) if (fit := align(reference, luma, Similarity()))]
    assert gains[0] == pytest.approx(1, abs=0.02)
    assert gains[1] / gains[0] == pytest.approx(0.9, abs=0.01)


def test_a_far_start_finds_the_same() -> None:
    scene = Scene()
    near, far = fitted(scene, 1), fitted(scene, 1, Similarity(0.01, 0.002, 12, -9))
    assert np.allclose(near.similarity.parameters, far.similarity.parameters, atol=0.01)


@pytest.mark.parametrize(("right", "down"), [(12, 0), (-10, 16), (14, -14)])
def test_a_slice_moved_by_many_pixels_is_found_from_nothing(right: int, down: int) -> None:
    scene = Scene()
    sharp, other = (scene.slice(k).pixels.y for k in (scene.reference, 3))
    still, moved = (np.ascontiguousarray(other[40 + y : 320 + y, 40 + x : 440 + x]) for x, y in ((0, 0), (right, down)))
    reference = target(sharp[40:320, 40:440])
    fits = [align(reference, luma, Similarity()) for luma in (still, moved)]
    assert fits[0] is not None
    assert fits[1] is not None
    assert fits[0].similarity.dx - fits[1].similarity.dx == pytest.approx(right, abs=0.03)
    assert fits[0].similarity.dy - fits[1].similarity.dy == pytest.approx(down, abs=0.03)
    assert fits[0].similarity.stretch == pytest.approx(fits[1].similarity.stretch, abs=200e-6)


def test_residual_tells_how_far_off_a_slice_may_lie() -> None:
    """It grows with the blur between the slices, as the true error does, and is neither vain nor modest."""
    scene = Scene()
    fits = {index: fitted(scene, index) for index in (0, 1, 3, 4)}
    assert fits[0].residual_px > fits[1].residual_px
    assert fits[4].residual_px > fits[3].residual_px
    for index, fit in fits.items():
        assert misplacement(scene, index, fit) / 5 < fit.residual_px < misplacement(scene, index, fit) * 5


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
    assert factor == 4
    assert picture.shape == (5, 1152)
    assert picture.dtype == np.float32
    assert float(picture.mean()) == pytest.approx(0.2158, abs=1e-3)


@pytest.mark.parametrize("index", [0, 3])
@pytest.mark.parametrize("shake", [(0.0, 0.0), (0.4, -0.2), (-1.8, 2.4)])
def test_check_finds_the_shake_about_a_known_place(index: int, shake: tuple[float, float]) -> None:
    scene = Scene(breathing=0.05)
    reference, luma = target(scene.slice(scene.reference).pixels.y), scene.slice(index).pixels.y
    true = fitted(scene, index)
    where = true.similarity.stepped(np.array([0, 0.0003, *shake]))
    fit = check(reference, luma, where)
    assert fit is not None
    assert fit.similarity.stretch == where.stretch
    assert misplacement(scene, index, fit) <= 0.08
    assert fit.gain == pytest.approx(true.gain, rel=0.01)
    assert fit.likeness == pytest.approx(true.likeness, abs=0.02)
