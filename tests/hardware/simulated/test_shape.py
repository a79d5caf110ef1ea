import math

import numpy as np
import pytest
from numpy.typing import NDArray

from scanner.hardware.simulated import shape


def grid(step: float) -> NDArray[np.float32]:
    axes = [np.arange(-24, 24.1, step), np.arange(-24, 24.1, step), np.arange(-4, 64.1, step)]
    return np.stack(np.meshgrid(*axes, indexing="ij")).reshape(3, -1).astype(np.float32)


def on_surface(count: int = 400, seed: int = 0) -> NDArray[np.float64]:
    """Points on the surface, found by bisection on lines from outside to the inside of the body."""
    rng = np.random.default_rng(seed)
    turn, level = rng.uniform(0, math.tau, count), rng.uniform(1.5, 34, count)
    outside = np.stack([30 * np.cos(turn), 30 * np.sin(turn), level])
    inside = np.stack([np.zeros(count), np.zeros(count), level])
    for _ in range(60):
        middle = (outside + inside) / 2
        free = shape.field(middle) > 0
        outside, inside = np.where(free, middle, outside), np.where(free, inside, middle)
    return np.asarray(outside)


def test_the_object_is_closed_and_lies_inside_its_cylinder() -> None:
    points = grid(1.0)
    solid = shape.field(points)[...] < 0
    assert solid.any()
    assert np.hypot(points[0], points[1])[solid].max() < shape.RADIUS
    assert points[2][solid].min() >= 0
    assert points[2][solid].max() < shape.HEIGHT


def test_the_object_is_one_piece_of_some_size() -> None:
    solid = shape.field(grid(1.0)) < 0
    volume = float(solid.sum())
    assert 15_000 < volume < 30_000


@pytest.mark.parametrize(
    ("point", "inside"),
    [
        ((0, 0, 20), True),
        ((0, -5, 46), True),
        ((0, 0, 3), True),
        ((0, 0, -1), False),
        ((0, 18, 50), False),
        ((0, -13, 20), False),
        ((10, 15.6, 18.5), True),
        ((-10, 15.6, 18.5), False),
    ],
)
def test_where_the_object_is(point: tuple[float, float, float], inside: bool) -> None:
    assert (shape.distance([point])[0] < 0) == inside


def test_the_tail_stands_clear_of_the_back() -> None:
    line = np.stack([np.full(200, 1.5), np.linspace(-20, 20, 200), np.full(200, 31.5)])
    solid = shape.field(line) < 0
    assert np.count_nonzero(np.diff(solid.astype(int)) == 1) == 2


def test_float32_stays_float32() -> None:
    points = np.zeros((3, 5), np.float32)
    assert shape.field(points).dtype == np.float32
    assert shape.gradient(points).dtype == np.float32


def test_near_the_surface_the_field_is_nowhere_steeper_than_the_tracer_believes() -> None:
    points = grid(1.5).astype(np.float64)
    near = points[:, np.abs(shape.field(points)) < 2.0]
    steep = np.sqrt(np.square(shape.gradient(near, 1e-4)).sum(0))
    assert steep.max() < 1.6
    assert np.median(steep) == pytest.approx(1.0, abs=0.02)


def test_distance_is_zero_on_the_surface() -> None:
    assert np.abs(shape.distance(on_surface().T)).max() < 1e-6


@pytest.mark.parametrize("away", [-1.0, -0.1, 0.02, 0.5])
def test_distance_counts_millimetres_along_the_normal(away: float) -> None:
    """Most of the surface is smooth enough for a point moved off it along the normal to be just so far away."""
    points = on_surface(300)
    slope = shape.gradient(points, 1e-4)
    moved = points + slope / np.sqrt(np.square(slope).sum(0)) * away
    assert np.percentile(np.abs(shape.distance(moved.T) - away), 75) < 0.002


def test_distance_of_a_known_place() -> None:
    assert shape.distance([(0.0, 0.0, -5.0)])[0] == pytest.approx(5.0, abs=1e-3)


def test_distance_takes_one_point_and_many() -> None:
    many = np.array([(0.0, 0.0, -5.0), (0.0, 0.0, 3.0)])
    assert shape.distance(many).shape == (2,)
    assert shape.distance(many[:1])[0] == shape.distance(many)[0]


def test_the_plinth_is_engraved() -> None:
    """The rings are real grooves: at their level the rim is cut back by about a third of a millimetre."""
    plain, ring = shape.distance([(25.0, 0.0, 3.0)])[0], shape.field(np.array([[19.6], [0.0], [1.2]]))[0]
    assert plain == pytest.approx(25.0 - 19.6, abs=0.02)
    assert ring == pytest.approx(0.35, abs=0.05)
