"""Finds "auto" near and far: a quick sharpness sweep at a few positions, before the first one of the scan."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from scanner.capture.engine import bring_into_focus, move, require_focus
from scanner.errors import PlanError
from scanner.hardware.rig import Rig
from scanner.slices import Position
from scanner.stacking.focus_range import FocusRange, Look, ends
from scanner.units import Degrees, FocusPosition

LOOKS = 6
"""All round the object: half of them at the highest tilt and half at the lowest, where both ends lie farthest out."""

MARGIN = 0.15
"""Beyond what was found, in steps of the search."""

AROUND = 1.5
"""How far later positions look beyond what the first ones showed, in steps of the search."""

FEWEST = 4
"""Pictures in one position."""


def find_ends(
    rig: Rig, positions: tuple[Position, ...], reach: tuple[FocusPosition, FocusPosition], between: Callable[[], None]
) -> tuple[FocusPosition, FocusPosition]:
    """(near, far) that hold the object at `positions`; `reach` (near, far) is what may be searched.

    The first position searches all of the reach, the others only around what was found. All search at the same places
    of the focus drive, so that what stands still looks the same. Raises PlanError when nothing comes into focus,
    FixedFocus.
    """
    facts = require_focus(rig)
    grid = np.linspace(*reach, max(FEWEST, round((reach[0] - reach[1]) / facts.coarse) + 1))
    places = grid
    looks: list[Look] = []
    for position in spread(positions):
        move(rig, position)
        looks.append(_look(rig, places.tolist(), places[-1] > grid[-1], between))
        places = _around(grid, ends(looks, AROUND * facts.coarse))
    result = ends(looks, MARGIN * facts.coarse)
    if result is None:
        raise PlanError(
            f"Nothing comes into focus between {reach[0]:g} {facts.unit} and {reach[1]:g} {facts.unit}.",
            "Check light and exposure, move the object into reach, or set near and far by hand.",
        )
    return min(result[0], reach[0]), max(result[1], reach[1])


def spread(positions: tuple[Position, ...]) -> tuple[Position, ...]:
    """Those to look at: the nearest to `LOOKS` poses all round, alternately at the two extreme tilts.

    The highest tilts come first: there both ends lie farthest out, and the tilt goes back to where a scan begins.
    """
    tilts = [position.tilt for position in positions]
    chosen = {
        min(range(len(positions)), key=lambda i: _apart(positions[i], positions[0].turntable + turn, tilt))
        for turn, tilt in zip(np.arange(LOOKS) * 360 / LOOKS, (max(tilts), min(tilts)) * LOOKS, strict=False)
    }
    return tuple(positions[i] for i in sorted(chosen, key=lambda i: (-tilts[i], i)))


def _apart(position: Position, turntable: Degrees, tilt: Degrees) -> Degrees:
    """How far from a wished pose; turning matters less, since the object is about as thick all round."""
    turn = abs((position.turntable - turntable + 180) % 360 - 180)
    return abs(position.tilt - tilt) + turn / 3


def _around(grid: NDArray[np.float64], window: tuple[FocusPosition, FocusPosition] | None) -> NDArray[np.float64]:
    """The places of `grid`, from near to far, within `window` (near, far), but a few at least; None: all.

    One lies beyond the far end: what is the sharpest in the last picture counts as what comes behind.
    """
    if window is None:
        return grid
    first = min(int((grid > window[0]).sum()), len(grid) - FEWEST)
    end = max(int((grid >= window[1]).sum()) + 1, first + FEWEST)
    return grid[first:end]


def _look(rig: Rig, places: list[FocusPosition], more: bool, between: Callable[[], None]) -> Look:
    looked = FocusRange()
    last: FocusPosition | None = None
    for focus in places:
        between()
        bring_into_focus(rig, focus, last)
        last = focus
        looked.add(focus, rig.camera.capture().pixels.y)
    return looked.look(more=more)
