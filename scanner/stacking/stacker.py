"""The stacker: begin with the reference slice, add the others in any order, finish with one sharp picture.

Every slice is aligned to the reference slice and warped once. Nothing but running sums is kept, so that memory does not
grow with the number of slices.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np

from scanner.errors import AlignmentFailed, SlicesDiffer, TooFewSlices
from scanner.slices import Plane, Planes, Slice, SliceReport, Stacked
from scanner.stacking import focus
from scanner.stacking.align import Fit, align, target
from scanner.stacking.focus import Map, Weighing
from scanner.stacking.fuse import WeightedSum, subsampling, warped_planes
from scanner.stacking.geometry import Matrix, Similarity, covered, on_plane

BORDER = 3.0
"""Half-size pixels from the border of a slice that are not used: warp and focus measure reach over the edge there."""

OBJECT = 6.0
"""Peak sharpness, in multiples of the noise, from which a place counts as the object come into focus."""

CLEANER = np.ones((7, 7), np.uint8)

GAMMA = 2.2
"""Of the planes' values against light, near enough to even out flicker."""


@dataclass(frozen=True, slots=True)
class StackSettings:
    """How a stack is made. `likeness`: the least correlation 0..1 at which a slice counts as aligned."""

    weighing: Weighing = field(default_factory=Weighing)
    likeness: float = 0.4


class Stacker:
    """Makes stacks, all with the same settings."""

    def __init__(self, settings: StackSettings = StackSettings()) -> None:
        self._settings = settings

    def begin(self, reference: Slice) -> "StackBuilder":
        """A stack in the geometry of `reference`."""
        return StackBuilder(reference, self._settings)


class StackBuilder:
    """One stack while its slices arrive."""

    def __init__(self, reference: Slice, settings: StackSettings) -> None:
        self._settings = settings
        self._reference = reference.index
        self._shapes = reference.pixels.shapes
        self._size = reference.pixels.size
        self._target = target(reference.pixels.y)
        columns, rows = subsampling(reference.pixels)
        self._y = WeightedSum(reference.pixels.y.shape, 2, 2, 0)
        self._cb = WeightedSum(reference.pixels.cb.shape, 2 // columns, 2 // rows, 128)
        self._cr = WeightedSum(reference.pixels.cr.shape, 2 // columns, 2 // rows, 128)
        energy = focus.detail(focus.halved(reference.pixels.y), settings.weighing.window)
        self._noise = focus.noise(energy)
        self._total: Map = np.zeros(energy.shape, np.float32)
        self._places: Map = np.zeros(energy.shape, np.float32)
        self._peak: Map = np.zeros(energy.shape, np.float32)
        self._best = np.zeros(energy.shape, np.int16)
        self._fits: dict[int, Fit] = {}
        self._fuse(reference.index, reference.pixels, energy, 1.0, None)

    def add(self, slice_: Slice) -> None:
        """Align and fuse one more slice.

        Raises SlicesDiffer where its planes have other sizes than the reference slice's or its index was there before,
        AlignmentFailed where it does not fit.
        """
        self._check(slice_)
        fit = align(self._target, slice_.pixels.y, self._predicted(slice_.index))
        if fit is None or fit.likeness < self._settings.likeness:
            raise AlignmentFailed(
                f"Slice {slice_.index} does not fit the reference slice {self._reference}.",
                "Check that nothing moved during the sweep, and that the object has texture and light.",
            )
        self._fits[slice_.index] = fit
        matrix = fit.similarity.matrix(self._size)
        planes = warped_planes(slice_.pixels, matrix)
        energy = focus.detail(focus.halved(planes.y), self._settings.weighing.window)
        self._fuse(slice_.index, planes, energy, fit.gain ** (-1 / GAMMA), self._seen(matrix))

    def finish(self) -> Stacked:
        """The stacked image. Raises TooFewSlices when there was nothing but the reference slice."""
        if not self._fits:
            raise TooFewSlices(
                "The stack has no slice but the reference slice.", "Capture a sweep of two slices or more."
            )
        pixels = Planes(self._y.mean(self._total), self._cb.mean(self._total), self._cr.mean(self._total))
        mask = self._mask()
        depth = self._depth()
        return Stacked(pixels, depth, mask, self._reference, self._reports(mask))

    def _check(self, slice_: Slice) -> None:
        if slice_.pixels.shapes != self._shapes:
            raise SlicesDiffer(
                f"Slice {slice_.index} has planes of {slice_.pixels.shapes}, the reference slice {self._shapes}.",
                "Capture all slices of a stack with the same size and format.",
            )
        if slice_.index == self._reference or slice_.index in self._fits:
            raise SlicesDiffer(f"Slice {slice_.index} came twice.", "Give every slice its own place in the sweep.")

    def _predicted(self, index: int) -> Similarity:
        """Where a slice should lie: breathing and its shift grow with the distance from the reference slice."""
        if not self._fits:
            return Similarity()
        steps = np.array([place - self._reference for place in self._fits], np.float64)
        found = np.array([fit.similarity.parameters for fit in self._fits.values()])
        slope = steps @ found / (steps @ steps)
        return Similarity().stepped(slope * (index - self._reference))

    def _fuse(self, index: int, planes: Planes, energy: Map, brightness: float, seen: Plane | None) -> None:
        """Add a warped slice to the running sums, where it was `seen`."""
        weight = focus.weight(energy, self._noise, self._settings.weighing)
        if seen is not None:
            energy *= seen
            weight *= seen
        better = energy > self._peak
        self._peak[better] = energy[better]
        self._best[better] = index
        self._total += weight
        self._places += weight * np.float32(index)
        self._y.add(planes.y, weight, brightness)
        self._cb.add(planes.cb, weight, brightness)
        self._cr.add(planes.cr, weight, brightness)

    def _seen(self, matrix: Matrix) -> Plane:
        columns, rows = self._total.shape[1], self._total.shape[0]
        return covered(on_plane(matrix, 2, 2), (columns, rows), BORDER)

    def _mask(self) -> Plane:
        sharp = (self._peak > OBJECT * self._noise).astype(np.uint8) * np.uint8(255)
        closed = cv2.morphologyEx(sharp, cv2.MORPH_CLOSE, CLEANER)
        return np.asarray(cv2.morphologyEx(closed, cv2.MORPH_OPEN, CLEANER), np.uint8)

    def _depth(self) -> Map:
        best = self._best.astype(np.float32)
        half = np.float32(0.5)
        depth = np.clip(self._places / self._total, best - half, best + half)
        return np.where(self._peak > OBJECT * self._noise, depth, np.float32(np.nan))

    def _reports(self, mask: Plane) -> tuple[SliceReport, ...]:
        object_ = self._best[mask > 0]
        fits = self._fits | {self._reference: Fit(Similarity(), 1.0, 0.0, 1.0)}
        return tuple(
            SliceReport(
                index,
                tuple(tuple(float(v) for v in row) for row in fit.similarity.matrix(self._size)),  # type: ignore[arg-type]
                fit.residual_px,
                float((object_ == index).mean()) if object_.size else 0.0,
            )
            for index, fit in sorted(fits.items())
        )
