"""Finds "auto" near and far: a quick sharpness sweep at a few positions, before the first one of the scan."""

from collections.abc import Callable

import numpy as np

from scanner.capture.engine import bring_into_focus, move, require_focus
from scanner.errors import PlanError
from scanner.hardware.rig import Rig
from scanner.slices import Position
from scanner.stacking.focus_range import FocusRange, ends
from scanner.units import FocusPosition

ANGLES = 4
MARGIN = 0.15
"""Beyond what was found, in steps of the search."""

AROUND = 1.5
"""How far later positions look beyond what the first ones showed, in steps of the search."""


def find_ends(
    rig: Rig, positions: tuple[Position, ...], reach: tuple[FocusPosition, FocusPosition], between: Callable[[], None]
) -> tuple[FocusPosition, FocusPosition]:
    """(near, far) that hold the object at `positions`; `reach` (near, far) is what may be searched.

    The first position searches all of the reach, the others only around what was found. Raises PlanError when nothing
    comes into focus, FixedFocus.
    """
    facts = require_focus(rig)
    found: list[np.ndarray[tuple[int, ...], np.dtype[np.float32]]] = []
    window = reach
    for position in _spread(positions):
        move(rig, position)
        found.append(_look(rig, window, facts.coarse, between))
        if known := ends(np.concatenate(found), 0.0):
            beyond = AROUND * facts.coarse
            window = (min(reach[0], known[0] + beyond), max(reach[1], known[1] - beyond))
    result = ends(np.concatenate(found), MARGIN * facts.coarse)
    if result is None:
        raise PlanError(
            f"Nothing comes into focus between {reach[0]:g} {facts.unit} and {reach[1]:g} {facts.unit}.",
            "Check light and exposure, move the object into reach, or set near and far by hand.",
        )
    return min(result[0], reach[0]), max(result[1], reach[1])


def _spread(positions: tuple[Position, ...]) -> tuple[Position, ...]:
    """A few positions, evenly through the scan."""
    count = min(ANGLES, len(positions))
    return tuple(positions[i * len(positions) // count] for i in range(count))


def _look(
    rig: Rig, window: tuple[FocusPosition, FocusPosition], step: FocusPosition, between: Callable[[], None]
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    near, far = window
    count = max(4, round((near - far) / step) + 1)
    looked = FocusRange()
    last: FocusPosition | None = None
    for focus in np.linspace(near, far, count).tolist():
        between()
        bring_into_focus(rig, focus, last)
        last = focus
        looked.add(focus, rig.camera.capture().pixels.y)
    return looked.found()
