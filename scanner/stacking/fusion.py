"""All slices of a stack fused as they come: measured, weighed, averaged; light spilled by highlights taken back."""

from scanner.plan.stacking import StackingPlan
from scanner.slices import Mask, Planes
from scanner.stacking import focus, methods, spill
from scanner.stacking.focus import Weighing
from scanner.stacking.fuse import WeightedPlanes
from scanner.stacking.strips import Map


class Fusion:
    """What has been fused so far, in memory that does not grow with slices. The reference slice comes first."""

    def __init__(self, reference: Planes, plan: StackingPlan) -> None:
        self._weighing = Weighing(plan.measure, plan.window, plan.steepness)
        self._sharp = methods.sums(plan.method, reference)
        self._calm = WeightedPlanes(spill.quarter(reference), 1)
        self.noise = focus.noise(self.sharpness(reference, None))
        """What `sharpness` gives where there is nothing, in the reference slice."""

    @property
    def floor(self) -> float:
        """Sharpness from which detail begins to count."""
        return self._weighing.floor * self.noise

    def sharpness(self, planes: Planes, seen: Mask | None) -> Map:
        """How sharp each place of a slice is, at half size; 0 where it was not `seen` (half size, 1 or 0)."""
        energy = focus.detail(focus.shrunk(planes.y, 2, 2), self._weighing)
        if seen is not None:
            energy *= seen
        return energy

    def add(self, planes: Planes, sharpness: Map, seen: Mask | None, brightness: float) -> None:
        """Add a slice in the reference's geometry, its values times `brightness`. Overwrites `sharpness`."""
        around = focus.surroundings(sharpness, self._weighing.reach)
        calm = focus.weight(around, self.noise, self._weighing)
        weight = focus.weight(sharpness, self.noise, self._weighing)
        if seen is not None:
            weight *= seen
            calm *= seen[::2, ::2]
        self._sharp.add(planes, weight, brightness)
        self._calm.add(spill.quarter(planes), calm, brightness)

    def finish(self, peak: Map) -> tuple[Planes, Map]:
        """The fused picture, and where spilled light was taken back, 0..1 at quarter size.

        `peak`: the greatest `sharpness` of any slice.
        """
        sharp, calm = self._sharp.mean(), self._calm.mean()
        share = spill.spilled(sharp, calm, peak)
        return spill.calmed(sharp, calm, share), share
