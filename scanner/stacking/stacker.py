"""The stacker: begin with the reference slice, add the others in any order, finish with one sharp picture.

Every slice is aligned to the reference slice and warped once. Nothing but running sums is kept, so that memory does not
grow with the number of slices.
"""

import numpy as np
from numpy.typing import NDArray

from scanner.errors import AlignmentFailed, SlicesDiffer, StackingError
from scanner.plan.stacking import StackingPlan
from scanner.slices import LeftOut, Mask, Planes, Slice, SliceReport, Stacked, Transform
from scanner.stacking import focus
from scanner.stacking.breathing import Breathing
from scanner.stacking.crisp import crisped, lack
from scanner.stacking.curve import FocusCurve, TileCurves
from scanner.stacking.exposed import exposed
from scanner.stacking.fuse import warped_planes
from scanner.stacking.fusion import Fusion
from scanner.stacking.geometry import Matrix, covered, on_plane
from scanner.stacking.mask import object_mask
from scanner.stacking.placing import Placing
from scanner.stacking.quality import SweepCurves, assess
from scanner.stacking.slabs import Slabs
from scanner.stacking.strips import Map, strips
from scanner.units import FocusPosition

BORDER = 3.0
"""Half-size pixels from the border of a slice that are not used: warp and focus measure reach over the edge there."""

OBJECT = 6.0
"""Peak sharpness, in multiples of the noise, from which a place counts as the object come into focus."""

BESIDE = 0.05
"""The same, as a share of what is around it: the rim of something blurred is fainter than that."""

REACH = 16.0
"""How far around, sigma in half-size pixels."""

FEW = 4
"""Slices; of fewer, the last shows much of the object."""

SHARP = 2e-4
"""Share of the picture that must be that sharp in a slice for it to show anything."""

GAMMA = 2.2
"""Of the planes' values against light, near enough to even out flicker."""

SMALLEST = 32
"""Pixels, across and down: in less there is nothing to align by."""

IDENTITY = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
"""Stands in the report of a slice that is left out."""


class Stacker:
    """Makes stacks, all with the same settings; with `breathing`, all with the same transform per lens position."""

    def __init__(self, plan: StackingPlan | None = None, breathing: Breathing | None = None) -> None:
        self._plan = plan or StackingPlan()
        self._breathing = breathing

    def begin(self, reference: Slice) -> "StackBuilder":
        """A stack in the geometry of `reference`. Raises StackingError where that is smaller than SMALLEST."""
        return StackBuilder(reference, self._plan, self._breathing)


class StackBuilder:
    """One stack while its slices arrive."""

    def __init__(self, reference: Slice, plan: StackingPlan, breathing: Breathing | None) -> None:
        if min(reference.pixels.size) < SMALLEST:
            raise StackingError(
                f"Slice {reference.index} has {reference.pixels.width} x {reference.pixels.height} pixels: too small.",
                f"Stack pictures of at least {SMALLEST} x {SMALLEST} pixels.",
            )
        self._plan = plan
        self._reference = reference.index
        self._kind = reference.pixels.kind
        self._size = reference.pixels.size
        self._exposed = exposed(reference.pixels)
        self._placing = Placing(reference, breathing)
        self._left_out: dict[int, LeftOut] = {}
        self._focuses: dict[int, FocusPosition | None] = {reference.index: reference.focus}
        self._fusion = Fusion(reference.pixels, plan)
        self._slabs = Slabs(self._fusion, plan) if plan.slab > 1 else None
        sharpness = self._fusion.sharpness(reference.pixels, None)
        self._curve = FocusCurve(reference.index, sharpness)
        self._tiles = TileCurves()
        self._tiles.note(reference.index, sharpness)
        self._fuse(reference.index, reference.pixels, sharpness, None, 1.0)

    def add(self, slice_: Slice) -> None:
        """Align and fuse one more slice.

        One that is black, white, without anything sharp, or that does not fit is left out, which the report of the
        slice tells. Raises SlicesDiffer where its planes are of another kind than the reference slice's or its index
        was there before; AlignmentFailed where it does not fit and the plan says "fail".
        """
        self._check(slice_)
        fault = exposed(slice_.pixels).fault(self._exposed) or self._align(slice_)
        if fault == "unaligned" and self._plan.unaligned == "fail":
            raise AlignmentFailed(
                f"Slice {slice_.index} does not fit the reference slice {self._reference}.",
                "Check that nothing moved during the sweep, and that the object has texture and light.",
            )
        self._focuses[slice_.index] = slice_.focus
        if fault is not None:
            self._left_out[slice_.index] = fault
            if self._slabs:
                self._slabs.count(slice_.index)

    def finish(self) -> Stacked:
        """The stacked image; of one slice alone, that slice.

        Raises AlignmentFailed when more slices do not fit the reference slice than do.
        """
        self._require_fit()
        if self._slabs:
            self._slabs.close()
        places = self._places()
        sweep = self._sweep(places)
        pixels, spilled = self._fusion.finish(self._curve.peak)
        if self._plan.method == "weighted":
            kept = sweep.coverage().kept
            crisped(pixels.y, lack(self._curve.apart(), kept, self._curve.peak, self._fusion.floor))
        masked = object_mask(pixels, self._far())
        in_focus = self._in_focus(spilled) & (masked.mask > 0)
        depth = self._curve.depth(in_focus)
        reports = self._reports(in_focus)
        coverage = sweep.coverage(self._tiles.within(masked.mask))
        quality = assess(reports, sweep, coverage, masked.certainty, self._placing.disagreement())
        return Stacked(pixels, depth, self._curve.best, masked.mask, self._reference, reports, places, quality)

    def _sweep(self, places: tuple[FocusPosition, ...]) -> SweepCurves:
        indices = sorted(self._placing.fits)
        known = [places[index] for index in indices] if places else []
        return SweepCurves(indices, self._tiles.table(indices), self._fusion.noise, known)

    def _check(self, slice_: Slice) -> None:
        if slice_.pixels.kind != self._kind:
            raise SlicesDiffer(
                f"Slice {slice_.index} is {slice_.pixels.kind}; the reference slice {self._reference} is {self._kind}.",
                "Capture all slices of a stack with the same size and format.",
            )
        if slice_.index in self._focuses:
            raise SlicesDiffer(f"Slice {slice_.index} came twice.", "Give every slice its own place in the sweep.")

    def _align(self, slice_: Slice) -> LeftOut | None:
        """Align and fuse; why not, where that is impossible."""
        fit = self._placing.find(slice_)
        if fit is None:
            return "unaligned" if self._shows(self._fusion.sharpness(slice_.pixels, None)) else "blurred"
        matrix = fit.similarity.matrix(self._size)
        planes, seen = warped_planes(slice_.pixels, matrix), self._seen(matrix)
        sharpness = self._fusion.sharpness(planes, seen)
        if not self._shows(sharpness):
            return "blurred"
        self._placing.keep(slice_, fit)
        self._curve.note(slice_.index, sharpness)
        self._tiles.note(slice_.index, sharpness)
        self._fuse(slice_.index, planes, sharpness, seen, fit.gain ** (-1 / GAMMA))
        return None

    def _shows(self, sharpness: Map) -> bool:
        """Whether anything is sharp."""
        return float((sharpness > OBJECT * self._fusion.noise).mean()) > SHARP

    def _fuse(self, index: int, planes: Planes, sharpness: Map, seen: Mask | None, brightness: float) -> None:
        if self._slabs:
            self._slabs.add(index, planes, sharpness, seen, brightness)
        else:
            self._fusion.add(planes, sharpness, seen, brightness)

    def _require_fit(self) -> None:
        strangers = sum(why == "unaligned" for why in self._left_out.values())
        if strangers >= len(self._placing.fits) and strangers:
            if self._exposed.fault(self._exposed):
                raise AlignmentFailed(
                    f"The reference slice {self._reference} is black or white all over: nothing can be laid onto it.",
                    "Check the lamp and the exposure, or take another slice as the reference.",
                )
            raise AlignmentFailed(
                f"{strangers} of {len(self._focuses) - 1} slices do not fit the reference slice {self._reference}.",
                "Check that nothing moved during the sweep, and that the object has texture and light.",
            )

    def _seen(self, matrix: Matrix) -> Mask:
        rows, columns = int(self._curve.peak.shape[0]), int(self._curve.peak.shape[1])
        return covered(on_plane(matrix, 2, 2), (columns, rows), BORDER)

    def _in_focus(self, spilled: Map) -> NDArray[np.bool_]:
        """Half size: where something came into focus, and not the rim of something blurred."""
        peak = self._curve.peak
        in_focus = np.asarray(peak > OBJECT * self._fusion.noise)
        for rows, share in strips(spilled, 2, 2, in_focus.shape):
            in_focus[rows] &= share < 0.5
        for rows, around in strips(focus.surroundings(peak, REACH), 2, 2, in_focus.shape):
            in_focus[rows] &= peak[rows] > BESIDE * around
        return in_focus

    def _far(self) -> NDArray[np.bool_]:
        """Half size: where detail is the sharpest in the last slice; nowhere, of a few slices."""
        indices = sorted(self._placing.fits)
        if len(indices) < FEW:
            return np.zeros(self._curve.best.shape, np.bool_)
        last = self._curve.best == indices[-1]
        return np.asarray(last & (self._curve.peak > OBJECT * self._fusion.noise))

    def _reports(self, in_focus: NDArray[np.bool_]) -> tuple[SliceReport, ...]:
        """Of all slices, those left out too, in the order of the sweep."""
        counts = np.bincount(self._curve.best[in_focus], minlength=max(self._focuses) + 1)
        shakes, fits = self._placing.shakes(), self._placing.fits
        return tuple(
            SliceReport(index, IDENTITY, 0.0, 0.0, left_out=self._left_out[index])
            if index in self._left_out
            else SliceReport(
                index,
                _rows(fits[index].similarity.matrix(self._size)),
                fits[index].residual_px,
                float(counts[index] / max(counts.sum(), 1)),
                fits[index].likeness,
                fits[index].gain,
                shakes[index],
            )
            for index in sorted(self._focuses)
        )

    def _places(self) -> tuple[FocusPosition, ...]:
        """The focus positions of indices 0, 1, ..., between those of slices that came; empty where one is unknown."""
        known = {index: focus for index, focus in self._focuses.items() if focus is not None}
        if len(known) < len(self._focuses):
            return ()
        indices = sorted(known)
        places = np.interp(np.arange(indices[-1] + 1), indices, [known[index] for index in indices])
        return tuple(places.tolist())


def _rows(matrix: Matrix) -> Transform:
    a, b, c, d, e, f = (float(value) for value in matrix.ravel())
    return (a, b, c), (d, e, f)
