"""Alignment against known transforms, in pixels; what gamma would do to it; and what must not be taken for aligned."""

from functools import cache

import numpy as np
import pytest

from scanner.slices import Plane
from scanner.stacking.align import Fit, align, check, target
from scanner.stacking.geometry import Similarity
from scanner.stacking.points import Target
from tests.stacking.scene import Scene


@cache
def luma(scene: Scene, index: int) -> Plane:
    return scene.slice(index).pixels.y


@cache
def reference(scene: Scene) -> Target:
    return target(luma(scene, scene.reference))


def misplacement(scene: Scene, index: int, fit: Fit) -> tuple[float, float]:
    """Over the object, in pixels: rms, and the largest."""
    y, x = np.nonzero(scene.object())
    points = np.stack([x, y, np.ones_like(x)]).astype(float)
    wrong = fit.similarity.matrix((scene.width, scene.height)) - scene.transform(index)
    distance = np.hypot(*(wrong @ points))
    return float(np.sqrt((distance**2).mean())), float(distance.max())


@cache
def fitted(scene: Scene, index: int, start: Similarity | None = None) -> Fit:
    fit = align(reference(scene), luma(scene, index), start or Similarity())
    assert fit is not None
    assert fit.sound
    return fit


@pytest.mark.parametrize("breathing", [0.02, -0.05])
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("index", [1, 3])
def test_a_neighbour_lies_within_a_thirtieth_of_a_pixel(breathing: float, seed: int, index: int) -> None:
    scene = Scene(breathing=breathing, seed=seed)
    assert misplacement(scene, index, fitted(scene, index))[1] <= 0.033


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("index", [0, 4])
def test_the_ends_of_the_sweep_lie_hardly_further_off(seed: int, index: int) -> None:
    scene = Scene(breathing=0.05, seed=seed)
    assert misplacement(scene, index, fitted(scene, index))[1] <= 0.06


@pytest.mark.parametrize("phase", [0.0, 0.25, 0.5, 0.75])
def test_where_a_shift_falls_between_pixels_is_all_the_same(phase: float) -> None:
    """A picture much finer than the slices is cut into both, so that nothing is resampled."""
    rng = np.random.default_rng(1)
    fine = np.kron(rng.uniform(20, 200, (110, 140)), np.ones((12, 12)))
    step = round(phase * 8)
    still, moved = (fine[16:, 16 - by :][:1280, :1600].reshape(160, 8, 200, 8).mean((1, 3)) for by in (0, step))
    fit = align(target(still.astype(np.uint8)), moved.astype(np.uint8), Similarity())
    assert fit is not None
    assert fit.similarity.dx == pytest.approx(phase, abs=0.01)
    assert fit.similarity.dy == pytest.approx(0, abs=0.01)
    assert fit.similarity.stretch == pytest.approx(0, abs=100e-6)


def in_light(plane: Plane, factor: float) -> Plane:
    """With the light multiplied by `factor`."""
    light = np.where(plane <= 10, plane / 255 / 12.92, ((plane / 255 + 0.055) / 1.055) ** 2.4) * factor
    coded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055)
    return np.asarray(np.clip(np.rint(255 * coded), 0, 255), np.uint8)


@pytest.mark.parametrize("index", [0, 3])
def test_a_dark_scene_is_aligned_as_well_as_eight_bits_allow(index: int) -> None:
    """A sixteenth of the light."""
    scene = Scene()
    sharp, other = (in_light(luma(scene, k), 1 / 16) for k in (scene.reference, index))
    fit = align(target(sharp), other, Similarity())
    assert fit is not None
    assert misplacement(scene, index, fit)[1] <= 0.1


@pytest.mark.parametrize("index", [0, 3])
def test_sixteen_bits_give_what_eight_give(index: int) -> None:
    scene = Scene()
    sharp, other = (luma(scene, k).astype(np.uint16) * np.uint16(257) for k in (scene.reference, index))
    fit, eight = align(target(sharp), other, Similarity()), fitted(scene, index)
    assert fit is not None
    wrong = fit.similarity.matrix((480, 360)) - eight.similarity.matrix((480, 360))
    assert np.abs(wrong @ np.array([[0, 479, 0, 479], [0, 0, 359, 359], [1, 1, 1, 1]])).max() < 0.01
    assert fit.gain == pytest.approx(eight.gain, abs=1e-3)


@pytest.mark.parametrize("index", [0, 3])
def test_an_object_that_fills_the_frame(index: int) -> None:
    """Crops from the middle of the picture, where there is no background at all."""
    scene = Scene(breathing=0.05)
    crop = np.s_[80:280, 100:380]
    fit = align(target(luma(scene, scene.reference)[crop]), luma(scene, index)[crop], Similarity())
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
        plane = np.full((scene.height, scene.width), 60, np.uint8)
        plane[150:210, 200:280] = luma(scene, k)[150:210, 200:280]
        lumas.append(plane)
    fit = align(target(lumas[0]), lumas[1], Similarity())
    assert fit is not None
    assert fit.sound
    assert fit.similarity.scale == pytest.approx(float(np.hypot(*scene.transform(index)[:, 0])), abs=0.006)


@pytest.mark.parametrize("index", [0, 4])
def test_linear_light_has_no_bias_of_scale_that_gamma_has(index: int) -> None:
    """Without any breathing: on the values of the file, bright things look larger for being blurred."""
    scene = Scene(breathing=0.0, shake=0.0, flicker=0.0, noise=0.5)
    sharp, blurred = luma(scene, scene.reference), luma(scene, index)
    fit = align(target(sharp), blurred, Similarity())
    biased = align(target(gamma_taken_for_light(sharp)), gamma_taken_for_light(blurred), Similarity())
    assert fit is not None
    assert biased is not None
    assert abs(fit.similarity.scale - 1) < 150e-6
    assert abs(biased.similarity.scale - 1) > 900e-6


def gamma_taken_for_light(plane: Plane) -> Plane:
    """Coded once more, so that undoing one gamma leaves the file's own values."""
    v = plane / 255
    coded = np.where(v <= 0.0031308, 12.92 * v, 1.055 * np.maximum(v, 1e-9) ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(255 * coded), np.uint8)


@pytest.mark.parametrize("index", [1, 3, 4])
def test_gain_is_that_of_the_light(index: int) -> None:
    scene = Scene(flicker=0.0)
    gains = []
    for plane in (luma(scene, index), in_light(luma(scene, index), 0.9)):
        fit = align(reference(scene), plane, Similarity())
        assert fit is not None
        gains.append(fit.gain)
    assert gains == pytest.approx([1, 0.9], rel=0.003)


def test_a_far_start_finds_the_same() -> None:
    scene = Scene()
    near, far = fitted(scene, 1), fitted(scene, 1, Similarity(0.01, 0.002, 12, -9))
    assert np.allclose(near.similarity.parameters, far.similarity.parameters, atol=0.01)


@pytest.mark.parametrize(("right", "down"), [(12, 0), (-10, 16), (30, -24), (-40, 40)])
@pytest.mark.parametrize("index", [0, 3])
def test_a_slice_moved_by_many_pixels_is_found_from_nothing(right: int, down: int, index: int) -> None:
    scene = Scene()
    sharp, other = luma(scene, scene.reference), luma(scene, index)
    still, moved = (np.ascontiguousarray(other[40 + y : 320 + y, 40 + x : 440 + x]) for x, y in ((0, 0), (right, down)))
    ready = target(sharp[40:320, 40:440])
    fits = [align(ready, plane, Similarity()) for plane in (still, moved)]
    assert fits[0] is not None
    assert fits[1] is not None
    assert fits[1].sound
    assert fits[0].similarity.dx - fits[1].similarity.dx == pytest.approx(right, abs=0.05)
    assert fits[0].similarity.dy - fits[1].similarity.dy == pytest.approx(down, abs=0.05)
    assert fits[0].similarity.stretch == pytest.approx(fits[1].similarity.stretch, abs=300e-6)


def test_what_moved_out_by_a_third_of_the_picture_is_not_of_this_stack() -> None:
    fit = align(reference(Scene()), np.roll(luma(Scene(), 3), 150, axis=1), Similarity())
    assert fit is None or not fit.sound


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_residual_is_what_misplacement_remains(seed: int) -> None:
    """Within a factor of two over a stack, of four in a slice; few thousandths of a pixel are not told from none."""
    scene = Scene(seed=seed, breathing=0.03)
    pairs = [(fitted(scene, k).residual_px, misplacement(scene, k, fitted(scene, k))[0]) for k in (0, 1, 3, 4)]
    told, true = np.sqrt(np.square(pairs).mean(axis=0))
    assert true / 2 < told < true * 2
    for residual, error in pairs:
        assert (error - 0.003) / 4 < residual < 4 * error + 0.01


@pytest.mark.parametrize("far", [1, 3])
def test_residual_tells_that_a_part_of_the_object_moved(far: int) -> None:
    scene = Scene()
    plane = luma(scene, 3).copy()
    plane[160:240, 100:200] = luma(scene, 3)[160:240, 100 - far : 200 - far]
    fit = align(reference(scene), plane, Similarity())
    assert fit is not None
    assert fit.residual_px > 5 * fitted(scene, 3).residual_px
    moved = scene.object()[160:240, 100:200].sum() / scene.object().sum()
    assert fit.residual_px == pytest.approx(far * moved**0.5, rel=0.5)
    assert misplacement(scene, 3, fit)[1] < 0.2


@pytest.mark.parametrize("index", [0, 2, 4])
@pytest.mark.parametrize("seed", [2, 3])
def test_another_scene_is_not_taken_for_aligned(seed: int, index: int) -> None:
    fit = align(reference(Scene()), luma(Scene(seed=seed), index), Similarity())
    assert fit is None or not fit.sound
    assert fit is None or fit.likeness < 0.45


@pytest.mark.parametrize("turned", [np.s_[::-1], np.s_[:, ::-1]])
def test_the_scene_mirrored_is_not_taken_for_aligned(turned: tuple[slice, ...]) -> None:
    fit = align(reference(Scene()), np.ascontiguousarray(luma(Scene(), 3)[turned]), Similarity())
    assert fit is None or not fit.sound


def empty(kind: str) -> Plane:
    shape, rng = (360, 480), np.random.default_rng(1)
    kinds: dict[str, Plane] = {
        "black": np.zeros(shape, np.uint8),
        "white": np.full(shape, 255, np.uint8),
        "grey": np.full(shape, 90, np.uint8),
        "read noise": rng.poisson(1, shape).astype(np.uint8),
        "noise": rng.integers(0, 255, shape).astype(np.uint8),
        "slope": np.tile(np.linspace(10, 200, 480).astype(np.uint8), (360, 1)),
        "negative": 255 - luma(Scene(), 2),
        "overexposed": np.minimum(luma(Scene(), 2).astype(int) * 12, 255).astype(np.uint8),
    }
    return kinds[kind]


KINDS = ("black", "white", "grey", "read noise", "noise", "slope", "negative", "overexposed")


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_to_see_gives_nothing_sound(kind: str) -> None:
    for fit in (
        align(reference(Scene()), empty(kind), Similarity()),
        check(reference(Scene()), empty(kind), Similarity()),
    ):
        assert fit is None or not fit.sound


@pytest.mark.parametrize("kind", ["black", "white", "grey", "noise"])
def test_an_empty_reference_gives_nothing_sound(kind: str) -> None:
    ready = target(empty(kind))
    assert (fit := align(ready, luma(Scene(), 3), Similarity())) is None or not fit.sound
    assert (fit := check(ready, luma(Scene(), 3), Similarity())) is None or not fit.sound


@pytest.mark.parametrize("index", [0, 3])
@pytest.mark.parametrize("shake", [(0.0, 0.0), (0.4, -0.2), (-1.8, 2.4)])
def test_check_finds_the_shake_about_a_known_place(index: int, shake: tuple[float, float]) -> None:
    scene = Scene(breathing=0.05)
    true = fitted(scene, index)
    where = true.similarity.stepped(np.array([0, 0.0003, *shake]))
    fit = check(reference(scene), luma(scene, index), where)
    assert fit is not None
    assert fit.sound
    assert fit.similarity.stretch == where.stretch
    assert misplacement(scene, index, fit)[1] <= 0.06
    assert fit.residual_px < 0.05
    assert fit.gain == pytest.approx(true.gain, rel=0.002)


@pytest.mark.parametrize("scale", [0.0, 0.02])
def test_check_far_from_the_place_is_not_sound(scale: float) -> None:
    scene = Scene()
    where = fitted(scene, 3).similarity.stepped(np.array([scale, 0.0, 0.0 if scale else 60.0, 0.0]))
    fit = check(reference(scene), luma(scene, 3), where)
    assert fit is None or not fit.sound or fit.residual_px > 5 * fitted(scene, 3).residual_px


def test_a_picture_as_small_as_a_thumbnail_is_aligned_too() -> None:
    scene = Scene(width=120, height=90, spread=0.6, shake=0.2)
    fit = fitted(scene, 1)
    assert misplacement(scene, 1, fit)[1] < 0.1
