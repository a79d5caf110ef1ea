"""The stacker: begin with the reference slice, add the others in any order, finish with one sharp picture.

Every slice is aligned to the reference slice and warped once. Nothing but running sums is kept, so that memory does not
grow with the number of slices.
"""

import numpy as np
from numpy.typing import NDArray

from scanner.errors import AlignmentFailed, SlicesDiffer, TooFewSlices
from scanner.plan.stacking import StackingPlan
from scanner.slices import Mask, Slice, SliceReport, Stacked
from scanner.stacking.align import Fit, align, target
from scanner.stacking.curve import FocusCurve
from scanner.stacking.fuse import warped_planes
from scanner.stacking.fusion import Fusion
from scanner.stacking.geometry import Matrix, Similarity, covered, on_plane
from scanner.stacking.mask import object_mask
from scanner.stacking.strips import Map, strips

BORDER = 3.0
"""Half-size pixels from the border of a slice that are not used: warp and focus measure reach over the edge there."""

OBJECT = 6.0
"""Peak sharpness, in multiples of the noise, from which a place counts as the object come into focus."""

GAMMA = 2.2
"""Of the planes' values against light, near enough to even out flicker."""

LIKENESS = 0.5
"""The least correlation, 0..1, at which a slice counts as aligned."""


class Stacker:
    """Makes stacks, all with the same settings."""

    def __init__(self, plan: StackingPlan | None = None) -> None:
        self._plan = plan or StackingPlan()

    def begin(self, reference: Slice) -> "StackBuilder":
        """A stack in the geometry of `reference`."""
        return StackBuilder(reference, self._plan)


class StackBuilder:
    """One stack while its slices arrive."""

    def __init__(self, reference: Slice, plan: StackingPlan) -> None:
        self._plan = plan
        self._reference = reference.index
        self._shapes = reference.pixels.shapes
        self._size = reference.pixels.size
        self._target = target(reference.pixels.y)
        self._fusion = Fusion(reference.pixels, plan)
        self._fits: dict[int, Fit] = {}
        sharpness = self._fusion.sharpness(reference.pixels, None)
        self._curve = FocusCurve(reference.index, sharpness)
        self._fusion.add(reference.pixels, sharpness, None, 1.0)

    def add(self, slice_: Slice) -> None:
        """Align and fuse one more slice.

        Raises SlicesDiffer where its planes have other sizes than the reference slice's or its index was there before,
        AlignmentFailed where it does not fit.
        """
        self._check(slice_)
        fit = self._fitted(slice_)
        self._fits[slice_.index] = fit
        matrix = fit.similarity.matrix(self._size)
        planes, seen = warped_planes(slice_.pixels, matrix), self._seen(matrix)
        sharpness = self._fusion.sharpness(planes, seen)
        self._curve.note(slice_.index, sharpness)
        self._fusion.add(planes, sharpness, seen, fit.gain ** (-1 / GAMMA))

    def finish(self) -> Stacked:
        """The stacked image. Raises TooFewSlices when there was nothing but the reference slice."""
        if not self._fits:
            raise TooFewSlices(
                "The stack has no slice but the reference slice.", "Capture a sweep of two slices or more."
            )
        pixels, spilled = self._fusion.finish(self._curve.peak)
        in_focus = self._in_focus(spilled)
        depth = self._curve.depth(in_focus)
        return Stacked(pixels, depth, self._curve.best, object_mask(in_focus), self._reference, self._reports(in_focus))

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
            if fit is not None and fit.likeness >= LIKENESS:
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

    def _seen(self, matrix: Matrix) -> Mask:
        rows, columns = self._curve.peak.shape
        return covered(on_plane(matrix, 2, 2), (columns, rows), BORDER)

    def _in_focus(self, spilled: Map) -> NDArray[np.bool_]:
        """Half size: where something came into focus, and not the rim of something blurred."""
        in_focus = np.asarray(self._curve.peak > OBJECT * self._fusion.noise)
        for rows, share in strips(spilled, 2, 2, in_focus.shape):
            in_focus[rows] &= share < 0.5
        return in_focus

    def _reports(self, in_focus: NDArray[np.bool_]) -> tuple[SliceReport, ...]:
        object_ = self._curve.best[in_focus]
        fits = self._fits | {self._reference: Fit(Similarity(), 1.0, 0.0, 1.0)}
        return tuple(
            SliceReport(
                index,
                tuple(tuple(float(v) for v in row) for row in fit.similarity.matrix(self._size)),  # type: ignore[arg-type]
                fit.residual_px,
                float((object_ == index).mean()) if object_.size else 0.0,
                fit.likeness,
                fit.gain,
            )
            for index, fit in sorted(fits.items())
        )
