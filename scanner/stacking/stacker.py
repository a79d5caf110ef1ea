"""The stacker: begin with the reference slice, add the others in any order, finish with one sharp picture.

Every slice is aligned to the reference slice and warped once. Nothing but running sums is kept, so that memory does not
grow with the number of slices.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.errors import AlignmentFailed, SlicesDiffer, TooFewSlices
from scanner.slices import Plane, Planes, Slice, SliceReport, Stacked
from scanner.stacking import focus, spill
from scanner.stacking.align import Fit, align, target
from scanner.stacking.focus import Weighing
from scanner.stacking.fuse import WeightedPlanes, warped_planes
from scanner.stacking.geometry import Matrix, Similarity, covered, on_plane
from scanner.stacking.mask import object_mask
from scanner.stacking.strips import Map, strips

BORDER = 3.0
"""Half-size pixels from the border of a slice that are not used: warp and focus measure reach over the edge there."""

OBJECT = 6.0
"""Peak sharpness, in multiples of the noise, from which a place counts as the object come into focus."""

GAMMA = 2.2
"""Of the planes' values against light, near enough to even out flicker."""


@dataclass(frozen=True, slots=True)
class StackSettings:
    """How a stack is made. `likeness`: the least correlation 0..1 at which a slice counts as aligned."""

    weighing: Weighing = field(default_factory=Weighing)
    likeness: float = 0.5


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
        self._sharp = WeightedPlanes(reference.pixels, 2)
        self._calm = WeightedPlanes(spill.quarter(reference.pixels), 1)
        self._noise = 0.0
        self._peak: Map = np.zeros(self._sharp.total.shape, np.float32)
        self._best = np.full(self._peak.shape, reference.index, np.int16)
        self._places: Map = np.zeros(self._calm.total.shape, np.float32)
        self._fits: dict[int, Fit] = {}
        self._fuse(reference.index, reference.pixels, 1.0, None)

    def add(self, slice_: Slice) -> None:
        """Align and fuse one more slice.

        Raises SlicesDiffer where its planes have other sizes than the reference slice's or its index was there before,
        AlignmentFailed where it does not fit.
        """
        self._check(slice_)
        fit = self._fitted(slice_)
        self._fits[slice_.index] = fit
        matrix = fit.similarity.matrix(self._size)
        self._fuse(slice_.index, warped_planes(slice_.pixels, matrix), fit.gain ** (-1 / GAMMA), matrix)

    def finish(self) -> Stacked:
        """The stacked image. Raises TooFewSlices when there was nothing but the reference slice."""
        if not self._fits:
            raise TooFewSlices(
                "The stack has no slice but the reference slice.", "Capture a sweep of two slices or more."
            )
        sharp, calm = self._sharp.mean(), self._calm.mean()
        share = spill.spilled(sharp, calm, self._peak)
        in_focus = self._in_focus(share)
        depth = self._depth(in_focus)
        pixels = spill.calmed(sharp, calm, share)
        return Stacked(pixels, depth, object_mask(in_focus), self._reference, self._reports(in_focus))

    def _check(self, slice_: Slice) -> None:
        if slice_.pixels.shapes != self._shapes:
            raise SlicesDiffer(
                f"Slice {slice_.index} has planes of {slice_.pixels.shapes}, the reference slice {self._shapes}.",
                "Capture all slices of a stack with the same size and format.",
            )
        if slice_.index == self._reference or slice_.index in self._fits:
            raise SlicesDiffer(f"Slice {slice_.index} came twice.", "Give every slice its own place in the sweep.")

    def _fitted(self, slice_: Slice) -> Fit:
        """From where the slice should lie; lens positions need not be even, so from the reference slice's place too."""
        for start in (self._predicted(slice_.index), Similarity()):
            fit = align(self._target, slice_.pixels.y, start)
            if fit is not None and fit.likeness >= self._settings.likeness:
                return fit
        raise AlignmentFailed(
            f"Slice {slice_.index} does not fit the reference slice {self._reference}.",
            "Check that nothing moved during the sweep, and that the object has texture and light.",
        )

    def _predicted(self, index: int) -> Similarity:
        """Where a slice should lie: breathing and its shift grow with the distance from the reference slice."""
        if not self._fits:
            return Similarity()
        steps = np.array([place - self._reference for place in self._fits], np.float64)
        found = np.array([fit.similarity.parameters for fit in self._fits.values()])
        slope = steps @ found / (steps @ steps)
        return Similarity().stepped(slope * (index - self._reference))

    def _fuse(self, index: int, planes: Planes, brightness: float, matrix: Matrix | None) -> None:
        """Add a slice that was warped with `matrix` to the running sums; None: the reference slice."""
        weight, calm = self._weights(index, planes.y, matrix)
        cv2.scaleAdd(self._halved(weight), float(index), self._places, dst=self._places)
        self._sharp.add(planes, weight, brightness)
        self._calm.add(spill.quarter(planes), calm, brightness)

    def _weights(self, index: int, luma: Plane, matrix: Matrix | None) -> tuple[Map, Map]:
        """What each place of a warped slice counts, at half and at quarter size; notes where it is the sharpest."""
        weighing = self._settings.weighing
        energy = focus.detail(focus.shrunk(luma, 2, 2), weighing.window)
        if matrix is None:
            self._noise = focus.noise(energy)
        around = focus.surroundings(energy, weighing.reach)
        calm = focus.weight_around(around, self._noise, weighing)
        if matrix is None:
            self._note(index, energy)
            return focus.weight(energy, around, self._noise, weighing), calm
        seen = self._seen(matrix)
        energy *= seen
        calm *= focus.shrunk(seen * np.uint8(255), 2, 2) == 255
        self._note(index, energy)
        weight = focus.weight(energy, around, self._noise, weighing)
        weight *= seen
        return weight, calm

    def _note(self, index: int, energy: Map) -> None:
        """Where a slice is the sharpest so far."""
        self._best[energy > self._peak] = index
        cv2.max(energy, self._peak, dst=self._peak)

    def _halved(self, weights: Map) -> Map:
        """Half-size weights at quarter size, which is enough to tell how far between two slices a depth lies."""
        size = (self._places.shape[1], self._places.shape[0])
        return np.asarray(cv2.resize(weights, size, interpolation=cv2.INTER_AREA), np.float32)

    def _seen(self, matrix: Matrix) -> Plane:
        rows, columns = int(self._peak.shape[0]), int(self._peak.shape[1])
        return covered(on_plane(matrix, 2, 2), (columns, rows), BORDER)

    def _in_focus(self, share: Map) -> NDArray[np.bool_]:
        """Half size: where something came into focus, and not the rim of something blurred."""
        in_focus = np.asarray(self._peak > OBJECT * self._noise)
        for rows, spilled in strips(share, 2, 2, in_focus.shape):
            in_focus[rows] &= spilled < 0.5
        return in_focus

    def _depth(self, in_focus: NDArray[np.bool_]) -> Map:
        depth: Map = np.empty(in_focus.shape, np.float32)
        for rows, place in strips(self._places / self._halved(self._sharp.total), 2, 2, depth.shape):
            best = self._best[rows]
            depth[rows] = best + np.clip(place - best, -0.5, 0.5)
        depth[~in_focus] = np.nan
        return depth

    def _reports(self, in_focus: NDArray[np.bool_]) -> tuple[SliceReport, ...]:
        object_ = self._best[in_focus]
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
