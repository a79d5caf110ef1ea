"""Rays against the object: which depth a pixel sees. All lengths in millimetres.

A ray is a point `origin` (3,) and directions `ways` (3, n) whose component along the optical axis is 1, so that the
ray parameter is the depth along that axis.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from scanner.hardware.simulated import shape

Vector: TypeAlias = NDArray[np.float32]
Follow: TypeAlias = Callable[[Vector, Vector, Vector, float], Vector]
"""Origin, ways, depth to start from, farthest depth -> depth found, inf for none."""

CHUNK = 120_000
"""Rays worked on together: few calls, and the memory of a few dozen MB."""
_CACHED = 20_000
"""Points the field is asked for at once, small enough for the cache."""
TOLERANCE = 3e-4
FLATTEST = 0.35
"""Least slope the tracer believes in: no step is longer than twice the free distance."""
STEEPEST = 1.25
"""The field may overstate a distance by up to this factor far from the surface."""


def points(origin: Vector, ways: Vector, depth: Vector) -> Vector:
    """Points (3, n) on the rays at `depth` (n,)."""
    return np.asarray(origin[:, None] + ways * depth, np.float32)


def field_at(origin: Vector, ways: Vector, depth: Vector) -> Vector:
    """The object's field (n,) at `depth` on the rays."""
    value = np.empty_like(depth)
    for i in range(0, depth.size, _CACHED):
        part = slice(i, i + _CACHED)
        value[part] = shape.field(points(origin, ways[:, part], depth[part]))
    return value


def cones(origin: Vector, ways: Vector, depth: Vector, far: float, spread: float) -> Vector:
    """How deep a whole cone of rays is surely free, (n,); inf for cones that never touch the object.

    `spread`: radius of the cone divided by depth. Each step goes as far as the ball of free space around the centre
    ray holds the cone ("cone marching").
    """
    free = depth.copy()
    live = np.arange(free.size)
    length = np.sqrt((ways * ways).sum(0))
    for _ in range(96):
        here = free[live]
        room = field_at(origin, ways[:, live], here) - spread * here
        free[live] += np.maximum(room, 0) / (STEEPEST * length[live])
        going = (room > 0.05) & (free[live] < far)
        live = live[going]
        if live.size == 0:
            break
    free[free >= far] = np.inf
    return free


def march(origin: Vector, ways: Vector, depth: Vector, far: float, limit: int = 112) -> Vector:
    """Depth (n,) of the first surface on each ray from `depth` on, which must be free; inf where there is none.

    Sphere tracing, sped up by the secant: the slope of the last step says how obliquely the ray approaches. On a
    convex surface that cannot overshoot; elsewhere the next step comes back. After `limit` steps, which only rays along
    an edge need, a ray that is not at the surface is given up.
    """
    found = np.full(depth.size, np.inf, np.float32)
    live, here = np.arange(depth.size), depth.copy()
    length = np.sqrt((ways * ways).sum(0))
    slope = length.copy()
    value = field_at(origin, ways, here)
    for _ in range(limit):
        done = np.abs(value) < TOLERANCE
        found[live[done]] = here[done]
        going = ~done & (here < far)
        live, here, value, slope, length = live[going], here[going], value[going], slope[going], length[going]
        if live.size == 0:
            break
        step = np.clip(value / slope, -0.5, 3.0)
        ahead = field_at(origin, ways[:, live], here + step)
        moved = np.where(np.abs(step) > 1e-6, step, 1.0)
        slope = np.clip((value - ahead) / moved, FLATTEST * length, length).astype(np.float32)
        here, value = here + step, ahead
    skimming = value < 0.02
    found[live[skimming]] = here[skimming]
    return found


def behind(origin: Vector, ways: Vector, depth: Vector, far: float) -> Vector:
    """Depth (n,) of the next surface that faces the camera; a ray that is inside the object at `depth` leaves it first.

    inf where there is none.
    """
    length = np.sqrt((ways * ways).sum(0))
    here = depth.copy()
    inside = np.arange(depth.size)
    for _ in range(32):
        value = field_at(origin, ways[:, inside], here[inside])
        inside, value = inside[value < 0.05], value[value < 0.05]
        if inside.size == 0:
            break
        here[inside] += np.maximum(-value, 0.35) / length[inside]
    return march(origin, ways, here, far, limit=40)
