"""Figures of a reconstruction, from models with known faults."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.reconstruction.colmap import Model
from benchmarks.reconstruction.figures import Figures, figures, median, spread
from tests.benchmarks.test_reconstruction_geometry import SIDES, box, on_the_box, turn

ORBIT = 0.1


def centres(count: int = 12) -> dict[str, NDArray[np.float64]]:
    """On a sphere about the object."""
    places = np.random.default_rng(5).normal(0, 1, (count, 3))
    places *= ORBIT / np.linalg.norm(places, axis=1, keepdims=True)
    return {f"scan_{i:04d}.jpg": place for i, place in enumerate(places)}


def model(
    places: dict[str, NDArray[np.float64]], points: NDArray[np.float64], *, given: int = 12, cameras: int = 1
) -> Model:
    """In a frame of its own, as a reconstruction is."""
    rotation, shift = turn(40, 10, -100), np.array([3.0, 2.0, 1.0])
    moved = {name: 17 * rotation @ place + shift for name, place in places.items()}
    return Model(given, cameras, moved, 17 * points @ rotation.T + shift, 0.2)


def test_a_true_model_has_no_errors() -> None:
    told = figures(model(centres(), on_the_box(800)), centres(), box, ORBIT)
    assert (told.given, told.registered, told.cameras, told.points) == (12, 12, 1, 800)
    assert told.shape_um < 1e-6
    assert told.centres_pct < 1e-9
    assert told.size_pct == pytest.approx(0, abs=1e-6)
    assert told.reprojection_px == 0.2


def test_shape_is_the_median_distance_from_the_surface() -> None:
    """Most points 30 µm off, and a few far away, against what is on the surface."""
    points = on_the_box(800)
    outwards = np.sign(points) * (np.abs(points) == SIDES)
    points[:600] += 30e-6 * outwards[:600]
    points[600:620] *= 2
    told = figures(model(centres(), points), centres(), box, ORBIT)
    assert told.shape_um == pytest.approx(30, abs=0.01)


def test_centres_are_in_per_cent_of_the_orbit() -> None:
    """Noise of 0.1 mm on each axis, on an orbit of 100 mm."""
    truth = centres(400)
    rng = np.random.default_rng(6)
    found = {name: place + rng.normal(0, 1e-4, 3) for name, place in truth.items()}
    told = figures(model(found, on_the_box(50), given=400), truth, box, ORBIT)
    assert told.centres_pct == pytest.approx(0.1 * math.sqrt(3), rel=0.05)


def test_an_object_too_large_for_its_orbit_is_told() -> None:
    told = figures(model(centres(), 1.005 * on_the_box(800)), centres(), box, ORBIT)
    assert told.size_pct == pytest.approx(0.5, abs=0.001)
    assert told.centres_pct < 1e-9


def test_images_that_were_not_registered_are_counted_and_left_out() -> None:
    some = dict(list(centres().items())[:9])
    told = figures(model(some, on_the_box(800), cameras=3), centres(), box, ORBIT)
    assert (told.given, told.registered, told.cameras) == (12, 9, 3)
    assert told.shape_um < 1e-6


@pytest.mark.parametrize(("images", "points"), [(0, 0), (3, 900), (12, 2)])
def test_next_to_nothing_has_no_errors_to_tell(images: int, points: int) -> None:
    some = dict(list(centres().items())[:images])
    told = figures(model(some, on_the_box(points)), centres(), box, ORBIT)
    assert (told.registered, told.points) == (images, points)
    assert all(math.isnan(value) for value in (told.shape_um, told.centres_pct, told.size_pct))


def test_several_runs_are_told_by_median_and_half_range() -> None:
    runs = [Figures(24, 24, 1, 100 + i, shape, 0.1, -0.2, 0.3) for i, shape in enumerate((12.0, 18.0, 13.0))]
    assert median(runs) == Figures(24, 24, 1, 101, 13.0, 0.1, -0.2, 0.3)
    assert spread(runs).shape_um == 3.0
    assert spread(runs).points == 1
