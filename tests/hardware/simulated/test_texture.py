import cv2
import numpy as np
import pytest

from scanner.hardware.simulated import shape
from scanner.hardware.simulated.texture import GRAIN, Noise, Texture
from scanner.hardware.simulated.trace import Vector
from tests.hardware.simulated.scenes import view
from tests.hardware.simulated.test_shape import on_surface

TEXTURE, WEAK = Texture(1), Texture(1, weak=True)


def surface(count: int = 3000) -> tuple[Vector, Vector]:
    points = on_surface(count)
    slope = shape.gradient(points)
    return points.astype(np.float32), (slope / np.sqrt((slope * slope).sum(0))).astype(np.float32)


@pytest.mark.parametrize("octave", range(len(GRAIN)))
def test_noise_is_smooth_at_its_own_scale(octave: int) -> None:
    noise = Noise(np.random.default_rng(1))
    rng = np.random.default_rng(2)
    points = rng.uniform(-20, 60, (3, 4000)).astype(np.float32)
    here = noise.read(points, octave)
    assert here.shape == (3, 4000)
    assert 0 <= here.min() < here.max() <= 1
    near = noise.read(points + np.float32(0.02 * GRAIN[octave]), octave)
    other = noise.read(points + np.float32(7.3 * GRAIN[octave]), octave)
    assert np.abs(near - here).max() < 0.15
    assert abs(np.corrcoef(here[0], other[0])[0, 1]) < 0.1
    assert abs(np.corrcoef(here[0], here[1])[0, 1]) < 0.1


def test_noise_has_no_seam_where_it_repeats() -> None:
    """Along a line through many periods, no step is larger than the grain allows."""
    noise = Noise(np.random.default_rng(1))
    line = np.linspace(0, 300, 30_001, dtype=np.float32)
    values = noise.read(np.stack([line, line * np.float32(0.3), line * np.float32(-0.2)]), 1)
    assert np.abs(np.diff(values, axis=1)).max() < 0.05


def test_colours_are_possible_and_differ() -> None:
    colour, bump = TEXTURE.paint(*surface(), 0.07)
    assert colour.shape == bump.shape == (3, 3000)
    assert colour.min() >= 0.004
    assert colour.max() <= 0.95
    assert colour.std(1).min() > 0.05
    assert np.abs(bump).max() < 0.5


def test_a_point_has_one_colour_whoever_asks() -> None:
    points, normals = surface(500)
    whole, _ = TEXTURE.paint(points, normals, 0.07)
    part, _ = TEXTURE.paint(points[:, 100:200].copy(), normals[:, 100:200].copy(), 0.07)
    assert part == pytest.approx(whole[:, 100:200], abs=1e-6)


def test_the_finest_grain_is_for_fine_pixels() -> None:
    points, normals = surface(500)
    coarse, fine = (TEXTURE.paint(points, normals, pixel)[0] for pixel in (0.07, 0.028))
    assert np.abs(coarse - fine).max() > 0.005


@pytest.mark.parametrize(
    ("place", "colour"),
    [((3.5, -13.0, 46.5), "gold or ink"), ((0.0, -16.0, 45.2), "red"), ((0.0, -12.7, 34.7), "gold")],
)
def test_marks_are_where_they_belong(place: tuple[float, float, float], colour: str) -> None:
    point = np.array(place, np.float32)[:, None]
    (red, _, blue), _ = TEXTURE.paint(point, np.array([[0.0], [-1.0], [0.0]], np.float32), 0.07)
    assert (red[0] > 2 * blue[0]) or (colour == "gold or ink" and max(red[0], blue[0]) < 0.05)


def test_the_plinth_is_stone_and_the_cat_is_not() -> None:
    points, normals = surface()
    colour, _ = TEXTURE.paint(points, normals, 0.07)
    stone, cat = colour[:, points[2] < 5.0], colour[:, points[2] > 7.0]
    assert np.median(stone, 1).max() < 0.1
    assert np.median(cat, 1)[2] > 2 * np.median(cat, 1)[0]


# ------------------------------------------------------- weak


def test_a_weak_texture_is_mostly_one_smooth_glaze() -> None:
    """Of the cat three quarters and more differ by less than a fifth from the colour in the middle; rich, a fifth."""
    points, normals = surface()
    cat = points[2] > 7.0
    shares = []
    for texture in (TEXTURE, WEAK):
        colour = texture.paint(points, normals, 0.07)[0][:, cat]
        middle = np.median(colour, 1, keepdims=True)
        shares.append((np.abs(colour / middle - 1) < 0.2).all(0).mean())
    assert shares[1] > 0.6
    assert shares[0] < 0.4


def test_a_smooth_glaze_is_not_rough() -> None:
    points, normals = surface()
    rich, weak = (np.abs(texture.paint(points, normals, 0.07)[1]).max() for texture in (TEXTURE, WEAK))
    assert weak < 0.06 * rich


def test_it_still_has_the_faint_grain_of_a_real_thing() -> None:
    """Between places a tenth of a millimetre apart on the smooth glaze, a shade of difference but no more."""
    points, normals = surface()
    here, there = (WEAK.paint(points + np.float32(offset), normals, 0.07)[0] for offset in (0.0, 0.1))
    change = np.abs(there / here - 1)[:, points[2] > 7.0]
    assert 0.001 < np.median(change) < 0.03


@pytest.mark.parametrize("turn", range(0, 360, 60))
def test_every_side_of_a_weak_object_has_marks(turn: int) -> None:
    """Dark flecks and worn places on the plain glaze, wherever one looks from."""
    points, normals = surface(12_000)
    colour = WEAK.paint(points, normals, 0.07)[0]
    towards = np.cos(np.arctan2(points[1], points[0]) - np.radians(turn)) > 0.7
    side = colour[1, towards & (points[2] > 7.0) & (points[2] < 28.0)]
    assert side.size > 300
    assert 0.005 < (side < 0.6 * np.median(side)).mean() < 0.12


def test_collar_and_inscription_stay() -> None:
    points, normals = surface(12_000)
    red, _, blue = WEAK.paint(points, normals, 0.07)[0]
    gold = (red > 0.5) & (blue < 0.25)
    assert (gold & (points[2] > 28.0)).sum() > 40
    assert (gold & (points[2] < 5.0) & (np.hypot(*points[:2]) > 19.0)).sum() > 40


@pytest.mark.slow
@pytest.mark.parametrize(("turntable", "tilt"), [(40, 20), (130, 0), (220, 40), (310, 20)])
def test_a_weak_object_has_half_the_features_of_a_rich_one(turntable: float, tilt: float) -> None:
    """At 1280 x 720, focused on the middle, as photogrammetry looks for them."""
    size = {"width": 1280, "height": 720}
    counts = []
    for texture in ("rich", "weak"):
        seen = view(turntable, tilt, texture=texture, **size)
        sift = cv2.SIFT_create()  # type: ignore[attr-defined]  # the library's stubs lack it
        counts.append(len(sift.detect(seen.slice(10.0, frame=0).y, seen.mask(10.0))))
    assert 400 < counts[1] < 1400
    assert counts[1] < 0.65 * counts[0]
