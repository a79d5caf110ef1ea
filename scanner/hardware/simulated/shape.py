"""The object on the simulated turntable: a seated cat on a plinth, as a signed distance function.

Frame of the turntable: origin on the axis at the plate, x to the right and z up as seen from a camera that faces it at
turntable 0, y away from that camera. All lengths in millimetres. The surface is where `field` is zero; it is closed.

`field` is negative inside and at most slightly steeper or flatter than a true distance; `distance` makes it exact near
the surface. Primitives after the textbook formulas: distance to a segment, to a torus and to a rounded cylinder are
exact; an ellipsoid is the usual first-order estimate (k0 (k0 - 1) / k1); unions are the quadratic smooth minimum.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.floating[Any]]
Points: TypeAlias = Floats | tuple[Floats, Floats, Floats]
"""x, y and z: any equal shapes, or one array (3, ...)."""
Triple: TypeAlias = tuple[float, float, float]

RADIUS = 20.5
"""The object lies inside the upright cylinder of this radius about the axis, in mm..."""
HEIGHT = 60.0
"""...from the plate, z = 0, up to this height."""

PLINTH_TOP = 6.0
TAIL: tuple[Triple, ...] = (
    (1.0, 9.0, 8.0),
    (7.0, 14.6, 10.5),
    (10.0, 15.6, 18.5),
    (7.5, 15.2, 26.5),
    (1.5, 14.6, 31.5),
    (-3.0, 14.6, 37.5),
    (-1.0, 15.6, 42.5),
)

HEAD_LOW, LEGS_HIGH, TAIL_FRONT = 38.5, 32.5, 6.4
"""No part of the head is lower, of the legs higher, of the tail farther in front."""
FAR = 4.0
"""How far off a part need not be known exactly, in mm."""


def _union(a: Floats, b: Floats, k: float) -> Floats:
    """Smooth minimum of two fields; `k` is the width of the seam in mm."""
    seam = np.maximum(k - np.abs(a - b), 0)
    seam *= seam
    seam *= 0.25 / k
    result = np.minimum(a, b)
    result -= seam
    return result


def _ball(at: Points, centre: Triple, radius: float) -> Floats:
    x, y, z = at
    dx, dy, dz = x - centre[0], y - centre[1], z - centre[2]
    result: Floats = np.sqrt(dx * dx + dy * dy + dz * dz) - radius
    return result


def _ellipsoid(at: Points, centre: Triple, radii: Triple) -> Floats:
    x, y, z = at
    ux, uy, uz = (x - centre[0]) / radii[0], (y - centre[1]) / radii[1], (z - centre[2]) / radii[2]
    k0: Floats = np.sqrt(ux * ux + uy * uy + uz * uz)
    ux /= radii[0]
    uy /= radii[1]
    uz /= radii[2]
    k1 = np.sqrt(ux * ux + uy * uy + uz * uz)
    k0 *= k0 - 1.0
    k0 /= np.maximum(k1, 1e-6)
    return k0


def _limb(at: Points, a: Triple, b: Triple, radii: tuple[float, float]) -> Floats:
    """A capsule from `a` to `b` whose radius runs evenly from the one to the other."""
    ax, ay, az = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    x, y, z = at
    dx, dy, dz = x - a[0], y - a[1], z - a[2]
    t = dx * ax
    t += dy * ay
    t += dz * az
    t *= 1.0 / (ax * ax + ay * ay + az * az)
    np.maximum(t, 0.0, out=t)
    np.minimum(t, 1.0, out=t)
    dx -= t * ax
    dy -= t * ay
    dz -= t * az
    t *= radii[1] - radii[0]
    t += radii[0]
    result: Floats = np.sqrt(dx * dx + dy * dy + dz * dz) - t
    return result


def _ring(at: Points, centre: Triple, lean: float, radii: tuple[float, float]) -> Floats:
    """A torus whose axis is z, leant towards -y by `lean` radians. `radii`: of the ring, of its tube."""
    x, y, z = at
    dy, dz = y - centre[1], z - centre[2]
    c, s = math.cos(lean), math.sin(lean)
    across, along = c * dy + s * dz, c * dz - s * dy
    dx = x - centre[0]
    ring = np.sqrt(dx * dx + across * across) - radii[0]
    result: Floats = np.sqrt(ring * ring + along * along) - radii[1]
    return result


def _plinth(at: Points) -> Floats:
    """A rounded disc with two engraved rings round its rim, and one round its top."""
    x, y, z = at
    edge, half = 0.8, PLINTH_TOP / 2
    radial = np.sqrt(x * x + y * y)
    for level in (1.2, 4.8):
        radial += 0.35 * np.exp(-np.square((z - level) / 0.30))
    height = np.abs(z - half)
    height += 0.30 * np.exp(-np.square((radial - 17.8) / 0.35))
    radial -= 19.6 - edge
    height -= half - edge
    outside = np.square(np.maximum(radial, 0))
    outside += np.square(np.maximum(height, 0))
    result: Floats = np.sqrt(outside) + np.minimum(np.maximum(radial, height), 0) - edge
    return result


def _where_near(at: Points, bound: Floats, part: Callable[[Points], Floats]) -> Floats:
    """A part's field where it counts. `bound`, never more than the true distance, is good enough from `FAR` on."""
    near = bound < FAR
    if near.all():
        return part(at)
    if near.any():
        bound[near] = part((at[0][near], at[1][near], at[2][near]))
    return bound


def _head(at: Points) -> Floats:
    head = _ellipsoid(at, (0.0, -5.0, 46.2), (7.9, 8.0, 6.9))
    head = _union(head, _ellipsoid(at, (0.0, -11.9, 43.9), (3.9, 3.7, 2.9)), 2.0)
    head = _union(head, _ball(at, (0.0, -15.1, 45.2), 0.9), 0.8)
    pair = (np.abs(at[0]), at[1], at[2])
    ear = _limb(pair, (4.9, -2.8, 50.0), (6.9, -2.4, 57.6), (3.3, 0.7))
    ear = -_union(-ear, _ellipsoid(pair, (6.0, -6.0, 53.4), (2.3, 3.0, 4.6)), 0.6)
    head = _union(head, ear, 1.4)
    return _union(head, _ellipsoid(pair, (3.5, -12.0, 47.3), (1.8, 1.1, 1.2)), 0.3)


def _legs(at: Points) -> Floats:
    """Haunches, hind feet and forelegs: of each the cat has two, so x is the distance from the plane of symmetry."""
    pair = (np.abs(at[0]), at[1], at[2])
    legs = _ellipsoid(pair, (7.4, 3.0, 13.2), (5.2, 8.8, 8.4))
    legs = _union(legs, _limb(pair, (9.2, -1.0, 7.9), (9.6, -8.5, 7.6), (2.6, 2.3)), 1.2)
    fore = _limb(pair, (4.3, -6.0, 28.0), (4.3, -10.3, 8.6), (4.0, 2.5))
    fore = _union(fore, _ellipsoid(pair, (4.4, -12.0, 7.7), (2.7, 3.9, 2.4)), 1.5)
    return _union(legs, fore, 1.5)


def _tail(at: Points) -> Floats:
    """A chain of capsules that stands clear of the back."""
    radii = np.linspace(2.3, 1.5, len(TAIL)).tolist()
    tail = _limb(at, TAIL[0], TAIL[1], (radii[0], radii[1]))
    for i in range(1, len(TAIL) - 1):
        tail = _union(tail, _limb(at, TAIL[i], TAIL[i + 1], (radii[i], radii[i + 1])), 1.0)
    return tail


def field(at: Points) -> Floats:
    """Estimated signed distance in mm of points in mm; float32 in gives float32 out."""
    body = _limb(at, (0.0, 2.5, 15.5), (0.0, -1.5, 33.0), (10.2, 6.6))
    body = _union(body, _ball(at, (0.0, -4.0, 29.0), 7.0), 3.0)
    body = _union(body, _limb(at, (0.0, -2.0, 34.0), (0.0, -4.6, 44.0), (6.0, 5.4)), 2.0)
    body = _union(body, _where_near(at, HEAD_LOW - at[2], _head), 1.2)
    body = _union(body, _where_near(at, at[2] - LEGS_HIGH, _legs), 1.8)
    body = _union(body, _ring(at, (0.0, -3.0, 38.0), 0.24, (5.6, 1.35)), 0.4)
    body = _union(body, _ellipsoid(at, (0.0, -11.4, 32.2), (2.4, 1.3, 3.0)), 0.4)
    return _union(np.minimum(body, _where_near(at, TAIL_FRONT - at[1], _tail)), _plinth(at), 0.6)


def gradient(at: Points, step: float = 0.02) -> Floats:
    """Gradient of `field`, (3, ...), dimensionless, by four evaluations at the corners of a tetrahedron."""
    a, b, c, d = (
        field((at[0] + sx * step, at[1] + sy * step, at[2] + sz * step))
        for sx, sy, sz in ((1, -1, -1), (-1, -1, 1), (-1, 1, -1), (1, 1, 1))
    )
    result = np.stack([a - b - c + d, c + d - a - b, b + d - a - c])
    result *= 0.25 / step
    return result


def distance(points: Sequence[Triple] | Floats) -> NDArray[np.float64]:
    """Signed distance in mm, (n,), of points (n, 3) in mm; negative inside.

    Walks to the foot point by Newton steps along the gradient. Within a few mm of the surface the result is the true
    distance to a few micrometres where the surface is smooth; far away, or deep inside where the walk has no way to
    go, it is an estimate.
    """
    start = np.asarray(points, np.float64).reshape(-1, 3).T
    foot = start.copy()
    for _ in range(6):
        slope = gradient(foot, step=1e-4)
        foot = foot - slope * (field(foot) / np.maximum((slope * slope).sum(0), 1e-3))
    estimate = field(start)
    span = np.where(np.abs(field(foot)) < 1e-3, np.sqrt(np.square(start - foot).sum(0)), np.abs(estimate))
    return np.asarray(np.copysign(span, estimate), np.float64)
