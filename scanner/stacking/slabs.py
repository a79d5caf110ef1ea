"""Slabs: neighbouring slices of a very long sweep fused first, then the slabs.

A plain place looks much the same in all slices, and takes a little from each: from a hundred slices, that is light of
all their blur. In slabs the sharpest slab alone adds to it.
"""

from collections import Counter
from dataclasses import dataclass

import cv2
import numpy as np

from scanner.plan.stacking import StackingPlan
from scanner.slices import Mask, Planes
from scanner.stacking.fusion import Fusion
from scanner.stacking.strips import Map

SEAM = 9
"""Half-size pixels, across, by which what no slice of a slab shows spoils the focus measure around it."""


@dataclass(frozen=True, slots=True)
class _Slab:
    """A slab in work: what is fused, its greatest sharpness, and where any of its slices shows something."""

    fusion: Fusion
    peak: Map
    seen: Mask


class Slabs:
    """Slices into slabs of `plan.slab` neighbours, complete slabs into `whole`.

    Slices may come in any order; as long as they come from near to far or from the middle outward, no more than two
    slabs are in work at a time.
    """

    def __init__(self, whole: Fusion, plan: StackingPlan) -> None:
        self._whole = whole
        self._plan = plan
        self._slabs: dict[int, _Slab] = {}
        self._arrived: Counter[int] = Counter()

    def add(self, index: int, planes: Planes, sharpness: Map, seen: Mask | None, brightness: float) -> None:
        """Add slice `index`, in the reference's geometry. Overwrites `sharpness`."""
        number = index // self._plan.slab
        if number not in self._slabs:
            self._slabs[number] = self._opened(planes, sharpness)
        slab = self._slabs[number]
        np.maximum(slab.peak, sharpness, out=slab.peak)
        np.maximum(slab.seen, 1 if seen is None else seen, out=slab.seen)
        slab.fusion.add(planes, sharpness, seen, brightness)
        self.count(index)

    def count(self, index: int) -> None:
        """Slice `index` has come, if only to be left out: a slab whose slices have all come is fused."""
        number = index // self._plan.slab
        self._arrived[number] += 1
        if self._arrived[number] == self._plan.slab and number in self._slabs:
            self._close(number)

    def close(self) -> None:
        """Fuse the slabs that are not complete, too."""
        for number in sorted(self._slabs):
            self._close(number)

    def _opened(self, planes: Planes, sharpness: Map) -> _Slab:
        fusion = Fusion(planes, self._plan)
        fusion.noise = self._whole.noise
        return _Slab(fusion, np.zeros_like(sharpness), np.zeros(sharpness.shape, np.uint8))

    def _close(self, number: int) -> None:
        slab = self._slabs.pop(number)
        planes, _ = slab.fusion.finish(slab.peak)
        seen = cv2.erode(slab.seen, np.ones((SEAM, SEAM), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=1)
        shown = np.asarray(seen, np.uint8)
        self._whole.add(planes, self._whole.sharpness(planes, shown), shown, 1.0)
