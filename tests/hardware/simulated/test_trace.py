import math

import numpy as np
import pytest

from scanner.hardware.simulated import shape, trace
from scanner.hardware.simulated.trace import Vector

ORIGIN = np.array([0.0, -100.0, 28.5], np.float32)
FAR = 140.0


def fan(count: int, spread: float = 0.25) -> Vector:
    """Rays (3, n) from the front over a square of +-spread, 1 along y."""
    x, z = np.meshgrid(np.linspace(-spread, spread, count), np.linspace(-spread * 1.2, spread * 1.2, count))
    return np.stack([x.ravel(), np.ones(x.size), z.ravel()]).astype(np.float32)


def patient(ways: Vector, start: float) -> Vector:
    """The same by plain sphere tracing with short steps: slow and sure."""
    depth, found = np.full(ways.shape[1], start, np.float32), np.full(ways.shape[1], np.inf, np.float32)
    length = np.sqrt((ways * ways).sum(0))
    for _ in range(500):
        value = trace.field_at(ORIGIN, ways, depth)
        found = np.where((value < 3e-4) & ~np.isfinite(found), depth, found)
        depth = np.minimum(depth + np.maximum(value * 0.8, 3e-4) / length, FAR + 1)
    return np.where(found < FAR, found, np.inf).astype(np.float32)


def test_what_is_found_is_on_the_surface() -> None:
    ways = fan(120)
    depth = trace.march(ORIGIN, ways, np.full(ways.shape[1], 70.0, np.float32), FAR)
    hit = np.isfinite(depth)
    assert 0.2 < hit.mean() < 0.6
    value = shape.field(trace.points(ORIGIN, ways[:, hit], depth[hit]))
    assert np.percentile(np.abs(value), 99.9) < 1e-3
    assert np.abs(value).max() < 0.05


def test_it_is_the_first_surface() -> None:
    ways = fan(40)
    quick = trace.march(ORIGIN, ways, np.full(ways.shape[1], 70.0, np.float32), FAR)
    sure = patient(ways, 70.0)
    assert (np.isfinite(quick) != np.isfinite(sure)).mean() < 0.002
    both = np.isfinite(quick) & np.isfinite(sure)
    assert (np.abs(quick[both] - sure[both]) > 0.02).mean() < 0.004


def test_a_ray_into_the_void_finds_nothing() -> None:
    ways = np.array([[0.5], [1.0], [0.5]], np.float32)
    assert trace.march(ORIGIN, ways, np.array([70.0], np.float32), FAR)[0] == math.inf


def test_a_cone_is_free_as_far_as_it_says() -> None:
    ways = fan(20)
    spread = 0.01
    free = trace.cones(ORIGIN, ways, np.full(ways.shape[1], 70.0, np.float32), FAR, spread)
    hit = np.isfinite(free)
    assert 0 < hit.sum() < hit.size
    for dx, dz in ((0, 0), (0.7, 0.7), (-0.7, 0.7), (1, 0), (0, -1)):
        inside = ways + np.array([[dx * spread], [0], [dz * spread]], np.float32)
        first = trace.march(ORIGIN, inside, np.full(ways.shape[1], 70.0, np.float32), FAR)
        assert (first[hit] >= free[hit] - 1e-3).all()
        assert not np.isfinite(first[~hit]).any()


@pytest.mark.parametrize(("x", "z", "behind"), [(7.5, 26.5, True), (0.0, 20.0, False)])
def test_what_hides_behind_the_front(x: float, z: float, behind: bool) -> None:
    """Past the edge of the chest the ray leaves the body and meets the tail; in the middle nothing stands clear."""
    aim = np.array([[x], [15.0], [z]], np.float32) - ORIGIN[:, None]
    ways = (aim / aim[1]).astype(np.float32)
    start = np.array([70.0], np.float32)
    front = trace.march(ORIGIN, ways, start, FAR)
    back = trace.behind(ORIGIN, ways, front + np.float32(0.3), FAR)
    assert np.isfinite(front[0])
    if behind:
        assert back[0] > front[0] + 2
        slope = shape.gradient(trace.points(ORIGIN, ways, back))
        assert float((slope * ways).sum()) < 0
    else:
        assert back[0] == math.inf or back[0] > front[0] + 2


def test_many_rays_are_as_good_as_few() -> None:
    ways = fan(170)
    start = np.full(ways.shape[1], 70.0, np.float32)
    whole = trace.march(ORIGIN, ways, start, FAR)
    part = trace.march(ORIGIN, ways[:, 5000:6000], start[5000:6000], FAR)
    assert (whole[5000:6000] == part).all()
