"""How far a reconstruction is from the truth: its cameras from where they were, its points from the object's surface.

A reconstruction has a frame of its own. Where its cameras stand, laid onto where they really stood, gives the frame of
the object; everything is measured there, in metres.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Points: TypeAlias = NDArray[np.float64]
"""(n, 3)."""
Surface: TypeAlias = Callable[[Points], NDArray[np.float64]]
"""Signed distance (n,) in metres of points (n, 3), metres, to the surface of the object; < 0 inside."""

STEP = 1e-5
"""Between the points where the slope of a surface is taken, in metres."""
ROUNDS = 12
MOST_POINTS = 4000
"""As many points settle seven unknowns; the surface of the simulated object is slow to ask."""


@dataclass(frozen=True, slots=True)
class Similarity:
    """p -> scale * rotation @ p + translation. `rotation` (3, 3), `translation` (3,)."""

    scale: float
    rotation: NDArray[np.float64]
    translation: NDArray[np.float64]

    def __call__(self, points: Points) -> Points:
        return np.asarray(self.scale * points @ self.rotation.T + self.translation)


def similarity(source: Points, target: Points) -> Similarity:
    """What lays `source` onto `target`, point by point, with the least squares (Umeyama 1991). Three points or more.

    Raises ValueError for fewer, or where all of `source` is one place.
    """
    if len(source) < 3 or len(source) != len(target):
        raise ValueError(f"cannot lay {len(source)} points onto {len(target)}")
    centre, middle = source.mean(axis=0), target.mean(axis=0)
    spread = np.square(source - centre).sum() / len(source)
    if spread == 0:
        raise ValueError("all points are one")
    u, stretch, vt = np.linalg.svd((target - middle).T @ (source - centre) / len(source))
    signs = np.array([1.0, 1.0, np.sign(np.linalg.det(u) * np.linalg.det(vt))])
    rotation = u @ np.diag(signs) @ vt
    scale = float(stretch @ signs / spread)
    return Similarity(scale, rotation, middle - scale * rotation @ centre)


def rms(source: Points, target: Points) -> float:
    """Root mean square distance of the pairs, in their unit."""
    return float(np.sqrt(np.square(source - target).sum(axis=1).mean()))


def excess_size(points: Points, surface: Surface) -> float:
    """How much too large the points (n, 3), metres, show the object: 0.01 is one per cent; negative: too small.

    The similarity that lays the points onto the surface with the least distances also says by how much it must shrink
    them. Gauss-Newton on rotation, shift and size, the distances weighted as 1 / (1 + (d / s)^2), with s twice the
    median distance, so that stray points do not pull.
    """
    moved = points[:: -(-len(points) // MOST_POINTS)]
    size = 1.0
    for _ in range(ROUNDS):
        middle = moved.mean(axis=0)
        off, slope = surface(moved), _slope(surface, moved)
        arm = moved - middle
        jacobian = np.column_stack([np.cross(arm, slope), slope, (arm * slope).sum(axis=1)])
        weight = np.sqrt(1.0 / (1.0 + np.square(off / (2.0 * np.median(np.abs(off)) + 1e-9))))
        step, *_ = np.linalg.lstsq(jacobian * weight[:, None], -off * weight, rcond=None)
        grown = float(np.exp(step[6]))
        moved = grown * arm @ _turn(step[:3]).T + middle + step[3:6]
        size *= grown
    return 1.0 / size - 1.0


def _slope(surface: Surface, points: Points) -> Points:
    """Gradient (n, 3) of the distance, by central differences."""
    steps = STEP * np.eye(3)
    return np.column_stack([(surface(points + step) - surface(points - step)) / (2 * STEP) for step in steps])


def _turn(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rotation about `vector` by its length in radians (Rodrigues)."""
    angle = float(np.linalg.norm(vector))
    if angle == 0:
        return np.eye(3)
    x, y, z = vector / angle
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross)
