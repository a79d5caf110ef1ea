"""Where the slices of one stack lie on its reference slice: known from the lens's breathing, or found by aligning.

With a calibrated lens the transform of a lens position is the same in the whole scan; a stack only measures what shake
adds, and takes it out where it is more than that measure can err. Without, each slice is aligned on its own.
"""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from scanner.slices import Slice
from scanner.stacking.agreement import Departure, disagreement
from scanner.stacking.align import Fit, align, check, target
from scanner.stacking.breathing import Breathing, median_slope
from scanner.stacking.geometry import Similarity

SHAKE_PX = 0.1
"""A shift up to this, or twice what the fit leaves, stays where breathing is known: it may be the error of the measure.
That was at most 0.09 px on rendered slices, at the ends of a sweep.

A third of a pixel would be too much: on rendered stacks of 7 slices with shake of 0, 0.2, 0.5 and 1 px (960 px wide,
breathing calibrated) a tenth gives 43.9, 42.6, 41.9 and 41.7 dB against the truth, a fifth 43.9, 41.7, 41.9 and 41.7,
a third 43.9, 39.5, 40.7 and 41.7.
"""

TURN_PX = 1 / 3
"""The same for a turn, pixels rms over the picture: that of a blurred slice is a guess, 0.2 px where nothing turned."""

ENDS = 0.6
"""Share of the distance to the farthest slice so far, from which the scale is measured too: farther in it tells less.
"""


class Placing:
    """The places of a stack's slices. `fits`: by index, the reference slice's too."""

    def __init__(self, reference: Slice, breathing: Breathing | None) -> None:
        self._target = target(reference.pixels.y)
        self._reference = reference
        self._breathing = breathing
        self._size = reference.pixels.size
        self.fits = {reference.index: Fit(Similarity(), 1.0, 0.0, 1.0)}
        self._along = {reference.index: self._coordinate(reference)}
        self._departures: dict[int, Departure] = {}

    def find(self, slice_: Slice) -> Fit | None:
        """Where the slice lies, None where it does not fit. Kept, for the slices after it, only by `keep`."""
        known = self._known(slice_)
        if known is None:
            return _sound(align(self._target, slice_.pixels.y, self._predicted(slice_)))
        checked = _sound(check(self._target, slice_.pixels.y, known))
        free = align(self._target, slice_.pixels.y, known) if checked is None or self._at_end(slice_) else None
        fit = checked or _sound(free)
        if fit is None:
            return None
        self._departures[slice_.index] = self._departure(slice_, fit, known, _sound(free))
        return replace(fit, similarity=self._steadied(fit, known))

    def _steadied(self, fit: Fit, known: Similarity) -> Similarity:
        """What was found, but where it does not differ from what is known by more than its own error."""
        found = fit.similarity
        moved = math.hypot(found.dx - known.dx, found.dy - known.dy) > max(SHAKE_PX, 2 * fit.residual_px)
        turned = replace(known, turn=found.turn).apart(known, self._size) > TURN_PX
        shift = found if moved else known
        stretch = found.stretch if moved or turned else known.stretch
        return Similarity(stretch, found.turn if turned else known.turn, shift.dx, shift.dy)

    def keep(self, slice_: Slice, fit: Fit) -> None:
        """The slice is in the stack, and lies as `fit` says."""
        self.fits[slice_.index] = fit
        self._along[slice_.index] = self._coordinate(slice_)

    def disagreement(self) -> float:
        """How much otherwise than calibrated the slices breathe, as in `agreement.disagreement`; 0 where breathing is
        not known."""
        return disagreement([each for index, each in self._departures.items() if index in self.fits], self._size)

    def shakes(self) -> dict[int, float]:
        """By index, how far each slice lies from where breathing puts it, pixels.

        Where breathing is not known, that is a shift of the middle which grows evenly with the lens position.
        """
        if self._breathing is not None and self._reference.focus is not None:
            return {index: self._shake(index, fit) for index, fit in self.fits.items()}
        along = self._distances()
        shifts = np.array([(fit.similarity.dx, fit.similarity.dy) for fit in self.fits.values()])
        drift = np.array([median_slope(along, shift) for shift in shifts.T])
        rest = np.linalg.norm(shifts - along[:, None] * drift, axis=1)
        return dict(zip(self.fits, rest.tolist(), strict=True))

    def _shake(self, index: int, fit: Fit) -> float:
        known = self._at(self._along[index])
        return fit.similarity.apart(known, self._size) if known else 0.0

    def _at_end(self, slice_: Slice) -> bool:
        """Whether it lies far from the reference slice, of what there is so far."""
        farthest = float(np.abs(self._distances()).max())
        return abs(self._coordinate(slice_) - self._along[self._reference.index]) >= ENDS * farthest

    def _departure(self, slice_: Slice, fit: Fit, known: Similarity, free: Fit | None) -> Departure:
        along = self._coordinate(slice_) - self._along[self._reference.index]
        right, down = fit.similarity.dx - known.dx, fit.similarity.dy - known.dy
        if free is None:
            return Departure(along, right, down)
        return Departure(along, right, down, free.similarity.stretch - known.stretch, free.residual_px)

    def _known(self, slice_: Slice) -> Similarity | None:
        return None if slice_.focus is None else self._at(slice_.focus)

    def _at(self, lens: float) -> Similarity | None:
        if self._breathing is None or self._reference.focus is None:
            return None
        return self._breathing.similarity(lens, self._reference.focus, self._size)

    def _predicted(self, slice_: Slice) -> Similarity:
        """Where a slice should lie: breathing and its shift grow with the distance from the reference slice."""
        along = self._distances()
        if not along.any():
            return Similarity()
        found = np.array([fit.similarity.parameters for fit in self.fits.values()])
        slope = along @ found / (along @ along)
        return Similarity().stepped(slope * (self._coordinate(slice_) - self._along[self._reference.index]))

    def _distances(self) -> NDArray[np.float64]:
        """From the reference slice, of each fit."""
        here = self._along[self._reference.index]
        return np.array([self._along[index] - here for index in self.fits])

    def _coordinate(self, slice_: Slice) -> float:
        """Lens position in dioptres, or the index where that is unknown."""
        if slice_.focus is None or self._reference.focus is None:
            return float(slice_.index)
        return slice_.focus


def _sound(fit: Fit | None) -> Fit | None:
    return fit if fit is not None and fit.sound else None
