"""The judge of reconstructions: errors of known size come out as what they are."""

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.reconstruction.geometry import Points, Similarity, excess_size, rms, similarity

SIDES = np.array([0.02, 0.015, 0.03])
"""Half the sides of a box, in metres."""


def turn(x: float, y: float, z: float) -> NDArray[np.float64]:
    """About x, then y, then z, in degrees."""
    result: NDArray[np.float64] = np.eye(3)
    for axis, angle in enumerate(np.radians((x, y, z))):
        a, b = (axis + 1) % 3, (axis + 2) % 3
        step = np.eye(3)
        step[a, a] = step[b, b] = np.cos(angle)
        step[a, b], step[b, a] = -np.sin(angle), np.sin(angle)
        result = np.asarray(step @ result)
    return result


def box(points: Points) -> NDArray[np.float64]:
    """Signed distance to a box: the textbook formula."""
    over = np.abs(points) - SIDES
    return np.asarray(np.linalg.norm(np.maximum(over, 0), axis=1) + np.minimum(over.max(axis=1), 0))


def on_the_box(count: int, seed: int = 1) -> Points:
    rng = np.random.default_rng(seed)
    points = np.asarray(rng.uniform(-1, 1, (count, 3)) * SIDES)
    axis = rng.integers(0, 3, count)
    points[np.arange(count), axis] = rng.choice((-1, 1), count) * SIDES[axis]
    return points


def test_a_similarity_is_found_again() -> None:
    rng = np.random.default_rng(2)
    source = rng.normal(0, 1, (24, 3))
    known = Similarity(0.037, turn(20, -70, 130), np.array([0.1, -0.2, 0.3]))
    found = similarity(source, known(source))
    assert found.scale == pytest.approx(0.037)
    assert np.allclose(found.rotation, known.rotation)
    assert np.allclose(found.translation, known.translation)
    assert rms(found(source), known(source)) < 1e-12


def test_cameras_on_one_ring_are_laid_without_a_mirror() -> None:
    """Points in a plane fit their mirror image as well."""
    angles = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    ring = np.column_stack([np.cos(angles), np.sin(angles), np.zeros(12)])
    known = Similarity(0.1, turn(10, 20, 30), np.zeros(3))
    found = similarity(ring, known(ring))
    assert np.linalg.det(found.rotation) == pytest.approx(1)
    assert rms(found(ring), known(ring)) < 1e-12


def test_a_stray_camera_is_shared_out() -> None:
    """Of noise with 1 mm deviation on each axis, 3 n of 3 n + 7 parts remain."""
    rng = np.random.default_rng(3)
    places = rng.normal(0, 0.1, (2000, 3))
    noisy = places + rng.normal(0, 0.001, places.shape)
    assert rms(similarity(places, noisy)(places), noisy) == pytest.approx(0.001 * np.sqrt(3), rel=0.02)


@pytest.mark.parametrize(
    ("source", "target"),
    [(np.zeros((2, 3)), np.zeros((2, 3))), (np.eye(3), np.zeros((4, 3))), (np.ones((5, 3)), np.ones((5, 3)))],
    ids=["two points", "no pairs", "all in one place"],
)
def test_what_cannot_be_laid_is_refused(source: Points, target: Points) -> None:
    with pytest.raises(ValueError, match=r"cannot lay|all points are one"):
        similarity(source, target)


@pytest.mark.parametrize("excess", [-0.02, -0.001, 0.0, 0.0005, 0.03])
def test_size_is_told_whatever_the_pose(excess: float) -> None:
    placed = Similarity(1 + excess, turn(0.3, -0.5, 0.4), np.array([2e-4, -1e-4, 3e-4]))
    assert excess_size(placed(on_the_box(600)), box) == pytest.approx(excess, abs=2e-6)


def test_noise_and_strays_hardly_change_the_size() -> None:
    rng = np.random.default_rng(4)
    points = 1.01 * on_the_box(3000)
    points += rng.normal(0, 2e-5, points.shape)
    points[::20] *= rng.uniform(0.5, 1.5, (150, 1))
    assert excess_size(points, box) == pytest.approx(0.01, abs=2e-4)


def test_as_many_points_as_there_are_do() -> None:
    """More than are asked for are thinned out evenly."""
    assert excess_size(1.004 * on_the_box(9001), box) == pytest.approx(0.004, abs=2e-6)
