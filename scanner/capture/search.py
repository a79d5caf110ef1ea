"""Finds "auto" near and far: a quick sharpness sweep at a few positions, before the first one of the scan."""

from collections.abc import Callable

import numpy as np

from scanner.capture.engine import lens_drive, move, rewound
from scanner.errors import PlanError
from scanner.hardware.rig import Rig
from scanner.slices import Position
from scanner.stacking.focus_range import FocusRange, ends
from scanner.units import Dioptres

ANGLES = 4
STEP: Dioptres = 1.0
MARGIN: Dioptres = 0.15


def find_ends(
    rig: Rig, positions: tuple[Position, ...], reach: tuple[Dioptres, Dioptres], between: Callable[[], None]
) -> tuple[Dioptres, Dioptres]:
    """(near, far) in dioptres that hold the object at `positions`; `reach` (near, far) is what may be searched.

    The first position searches all of the reach, the others only around what was found. Raises PlanError when nothing
    comes into focus.
    """
    found: list[np.ndarray[tuple[int, ...], np.dtype[np.float32]]] = []
    window = reach
    for position in _spread(positions):
        move(rig, position)
        found.append(_look(rig, window, between))
        if known := ends(np.concatenate(found), 0.0):
            window = (min(reach[0], known[0] + 1.5 * STEP), max(reach[1], known[1] - 1.5 * STEP))
    result = ends(np.concatenate(found), MARGIN)
    if result is None:
        raise PlanError(
            f"Nothing comes into focus between {reach[0]:g} D and {reach[1]:g} D.",
            "Check light and exposure, move the object into the lens's range, or set near and far by hand.",
        )
    return min(result[0], reach[0]), max(result[1], reach[1])


def _spread(positions: tuple[Position, ...]) -> tuple[Position, ...]:
    """A few positions, evenly through the scan."""
    count = min(ANGLES, len(positions))
    return tuple(positions[i * len(positions) // count] for i in range(count))


def _look(
    rig: Rig, window: tuple[Dioptres, Dioptres], between: Callable[[], None]
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    near, far = window
    count = max(4, round((near - far) / STEP) + 1)
    looked = FocusRange()
    rig.camera.focus(rewound(near, lens_drive(rig)))
    for position in np.linspace(near, far, count):
        between()
        rig.camera.focus(float(position))
        looked.add(float(position), rig.camera.capture().pixels.y)
    return looked.found()
