"""The things that flow: positions and shots go out to the rig, slices come back, stacked images leave the stacker."""

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from scanner.units import Degrees, Dioptres, Frozen

Plane: TypeAlias = NDArray[np.uint8]


class Position(Frozen):
    """One pose of the object. `index` counts from 0 in capture order."""

    index: int
    turntable: Degrees
    tilt: Degrees = 0.0


@dataclass(frozen=True, slots=True)
class Shot:
    """The request for one slice: one position at one lens position.

    `index` is the slice's place in the sweep, 0 = nearest; it does not depend on the order of capture.
    """

    position: Position
    index: int
    lens: Dioptres


@dataclass(frozen=True, slots=True, eq=False)
class Planes:
    """One picture as planes Y'CbCr, full range, BT.601 (what JPEG holds and a camera gives), gamma as in sRGB.

    `y`: (height, width) uint8. `cb`, `cr`: (ceil(height / v), ceil(width / h)) uint8, 128 = neutral, with h and v the
    chroma subsampling: 1 and 1 for 4:4:4, 2 and 1 for 4:2:2, 2 and 2 for 4:2:0.
    """

    y: Plane
    cb: Plane
    cr: Plane

    @property
    def height(self) -> int:
        return int(self.y.shape[0])

    @property
    def width(self) -> int:
        return int(self.y.shape[1])

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self.width, self.height

    @property
    def shapes(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Shapes of luma and chroma: two pictures can be fused when these are equal."""
        return self.y.shape, self.cb.shape


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    """The frame that a shot made, with what was really measured, from that frame's own metadata.

    `lens` in dioptres as reported by the camera (None where a camera has no lens drive or a file does not say);
    `exposure_us` in microseconds; `gain` analogue; `taken_at`: begin of the exposure, monotonic seconds.
    """

    index: int
    pixels: Planes
    lens: Dioptres | None = None
    exposure_us: int | None = None
    gain: float | None = None
    taken_at: float | None = None


@dataclass(frozen=True, slots=True)
class SliceReport:
    """How one slice fared in a stack.

    `transform`: 2x3 affine, reference pixel (x, y, 1) -> slice pixel, full resolution, pixel centres at integers.
    `residual_px`: what misplacement remains after alignment, estimated, in pixels rms over the object.
    `share`: part of the object, 0..1, where this slice is the sharpest.
    """

    index: int
    transform: tuple[tuple[float, float, float], tuple[float, float, float]]
    residual_px: float
    share: float


@dataclass(frozen=True, slots=True, eq=False)
class Stacked:
    """One all-in-focus picture, in the geometry of the reference slice.

    `depth`: (ceil(height / 2), ceil(width / 2)) float32, half size because that is where focus is measured: the index
    of the sharpest slice, fractional, NaN where nothing is sharp.
    `mask`: the same size, uint8, 255 where something came into focus (the object), else 0.
    """

    pixels: Planes
    depth: NDArray[np.float32]
    mask: Plane
    reference: int
    slices: tuple[SliceReport, ...] = field(default=())
