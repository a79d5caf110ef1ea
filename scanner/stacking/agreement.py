"""Whether a stack breathes as the calibration says that its lens does.

The calibration holds for the whole scan, whatever one stack would rather have: images of one scan have one geometry.
But each stack is measured against it, so that a lens that was changed since, or a focus range, does not go unnoticed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scanner.stacking.breathing import median_slope
from scanner.units import FocusPosition

SURE = 2.0
"""What the fits leave, so many times, may be the error of the scale: on rendered stacks it never was more."""

FLAW = 3.5e-4
"""Of the scale, over a sweep: what blur makes of it, whatever the fits say. It was 30 to 150 ppm on rendered stacks,
960 to 4056 pixels wide, and 400 at the worst, where an object almost plain was shaken."""

SHAKEN = 3.0
"""Standard errors of the shift that shake alone can make: with a fifth of a pixel of it, and with one."""

FEWEST = 4
"""Slices, the reference slice too, without which shake and shift cannot be told from each other."""

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Departure:
    """How one slice lies against where the calibrated breathing puts it.

    `along`: its focus position less the reference slice's. `right`, `down`: pixels, at the middle of the picture.
    `stretch`: of its scale, None where that was not measured. `residual_px`: what the fit leaves.
    """

    along: FocusPosition
    right: float
    down: float
    stretch: float | None = None
    residual_px: float = 0.0


def disagreement(departures: Sequence[Departure], size: tuple[int, int]) -> float:
    """How far the ends of the sweep move against each other at the rim of the picture, of `size` (width, height), more
    than the calibration says; pixels, 0 where that may be error or shake.

    Robust: each rate is that of least absolute deviations. `departures`: of all slices but the reference slice.
    """
    along = np.array([0.0, *(departure.along for departure in departures)])
    span = float(np.ptp(along))
    if span == 0:
        return 0.0
    return float(np.hypot(_scale(departures, span, float(np.hypot(*size)) / 2), _shift(departures, along, span)))


def _scale(departures: Sequence[Departure], span: float, rim: float) -> float:
    """Pixels at the rim, `rim` pixels from the middle: what both ends of the sweep agree on.

    An object whose middle is nearer than its rim, as seen from above, looks smaller the more it is blurred: nearer and
    farther than the reference slice alike. A lens that breathes otherwise makes it smaller on one side, larger on the
    other.
    """
    told = [(each.along, each.stretch, each.residual_px) for each in departures if each.stretch is not None]
    if not told:
        return 0.0
    along, stretch, residual = np.array(told, np.float64).T
    nearer, farther = (median_slope(along[side], stretch[side]) for side in (along > 0, along < 0))
    if nearer * farther <= 0:
        return 0.0
    error = float(np.hypot(SURE * np.median(residual), FLAW * rim))
    return _beyond(span * rim * min(abs(nearer), abs(farther)), error)


def _shift(departures: Sequence[Departure], along: Values, span: float) -> float:
    """Pixels. The reference slice is shaken like any other, so no slice is where the line must go through."""
    if len(along) < FEWEST:
        return 0.0
    one, other = np.triu_indices(len(along), 1)
    centred = along - along.mean()
    error, moved = 0.0, 0.0
    for shift in np.array([(0.0, 0.0), *((each.right, each.down) for each in departures)]).T:
        rate = median_slope(along[one] - along[other], shift[one] - shift[other])
        left = shift - rate * along
        scatter = float(((left - left.mean()) ** 2).sum()) / (len(along) - 2)
        error += scatter / float(centred @ centred)
        moved += rate**2
    return _beyond(span * float(np.sqrt(moved)), SHAKEN * span * float(np.sqrt(error)))


def _beyond(found: float, error: float) -> float:
    """What is left of `found` without what may be error."""
    return float(np.sqrt(max(0.0, found**2 - error**2)))
