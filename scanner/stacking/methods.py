"""The ways in which slices become one picture, behind one interface.

Which is better when, measured on rendered stacks of known truth (10 slices, 2 megapixels, mean of two seeds; signal to
noise of luma over the object / near depth steps / in plain parts, sharpness recovered, error of the background beside
the object in grey levels):

========  ====================  =====  ====  ==========
method    dB                    gain   halo  CPU, memory
========  ====================  =====  ====  ==========
weighted  44.9 / 39.3 / 48.4     .989  2.24  1, 1
depth     44.0 / 38.9 / 46.1    1.006  2.43  1.2, 1.2
pyramid   43.2 / 38.7 / 43.3    1.010  2.71  3, 1.6
========  ====================  =====  ====  ==========

`weighted` is the closest to the truth nearly everywhere, since what several slices show equally well is averaged over
them. `depth` keeps the sharpest slice as it is: crisper, with the noise of a single slice; for prints and textures that
must not be softened. `pyramid` keeps detail of different depths at one place, as where hairs or bristles cross: the
only one that does; it is noisier, and brighter and darker than the slices around strong edges.
"""

from typing import Protocol

from scanner.plan.stacking import Method
from scanner.slices import Planes
from scanner.stacking.chosen import ChosenPlanes
from scanner.stacking.fuse import WeightedPlanes
from scanner.stacking.pyramid import PyramidPlanes
from scanner.stacking.strips import Map


class Sums(Protocol):
    """What has been made of the slices so far, in memory that does not grow with them."""

    def add(self, planes: Planes, weights: Map, brightness: float) -> None:
        """Add a slice in the reference's geometry, its light and colour multiplied by `brightness`.

        `weights`, half size (ceil(height / 2), ceil(width / 2)): at least 1 where the slice shows something, at most
        `focus.STRONGEST`; 0 where it was not seen. They are overwritten.
        """

    def mean(self) -> Planes:
        """The picture, of the shapes and depth of the slices."""


def sums(method: Method, like: Planes) -> Sums:
    """Nothing yet, for slices with planes like these."""
    match method:
        case "weighted":
            return WeightedPlanes(like, 2)
        case "depth":
            return ChosenPlanes(like)
        case "pyramid":
            return PyramidPlanes(like)
