"""The things that flow: positions and shots go out to the rig, slices come back, stacked images leave the stacker."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from scanner.units import Degrees, FocusPosition, Frozen

Plane: TypeAlias = NDArray[np.uint8 | np.uint16]
Mask: TypeAlias = NDArray[np.uint8]
Row: TypeAlias = tuple[float, float, float]
Transform: TypeAlias = tuple[Row, Row]
"""2x3 affine: reference pixel (x, y, 1) -> slice pixel, full resolution, pixel centres at integers."""


class Position(Frozen):
    """One pose of the object. `index` counts from 0 in capture order."""

    index: int
    turntable: Degrees
    tilt: Degrees = 0.0


@dataclass(frozen=True, slots=True)
class Shot:
    """The request for one slice: one position at one place of the focus drive.

    `index` is the slice's place in the sweep, 0 = nearest; it does not depend on the order of capture.
    """

    position: Position
    index: int
    focus: FocusPosition


@dataclass(frozen=True, slots=True, eq=False)
class Planes:
    """One picture as planes Y'CbCr, full range, BT.601 (what JPEG holds and a camera gives), gamma as in sRGB.

    `y`: (height, width), `cb`, `cr`: (ceil(height / v), ceil(width / h)), with h and v the chroma subsampling: 1 and 1
    for 4:4:4, 2 and 1 for 4:2:2, 2 and 2 for 4:2:0. All are uint8 or all uint16.
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
        """Shapes of luma and chroma."""
        return self.y.shape, self.cb.shape

    @property
    def bits(self) -> int:
        """Of each value: 8 or 16."""
        return 8 * self.y.itemsize

    @property
    def kind(self) -> str:
        """Size, chroma and bits in words: two pictures can be fused when these are equal."""
        (rows, columns), (height, width) = self.cb.shape, self.y.shape
        return f"{width} x {height} with chroma {columns} x {rows}, {self.bits} bit"

    @property
    def neutral(self) -> int:
        """The chroma of grey: 128 in 8 bit, 32768 in 16 bit."""
        return int(1 << (self.bits - 1))


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    """The frame that a shot made, with what was really measured, from that frame's own metadata.

    `focus`: where the focus drive stood, as it reported (None for fixed focus, or where a file does not say);
    `exposure_us` in microseconds; `gain` analogue; `taken_at`: begin of the exposure, monotonic seconds.
    """

    index: int
    pixels: Planes
    focus: FocusPosition | None = None
    exposure_us: int | None = None
    gain: float | None = None
    taken_at: float | None = None


LeftOut: TypeAlias = Literal["blurred", "dark", "saturated", "unaligned"]
"""Why a slice is not in a stack: nothing in it is sharp; no light; all white; it shows something else, or moved."""


@dataclass(frozen=True, slots=True)
class SliceReport:
    """How one slice fared in a stack.

    `residual_px`: what misplacement remains after alignment, estimated from how parts of the picture disagree, in
    pixels rms over the object. `share`: part of the object, 0..1, where this slice is the sharpest. `likeness`:
    correlation 0..1 with the reference slice. `brightness`: its light against the reference slice's. `shake_px`: how
    far it lay from where breathing puts it. `left_out`: why it is not in the stack, None when it is; the transform is
    then the one of breathing alone, or the identity.
    """

    index: int
    transform: Transform
    residual_px: float
    share: float
    likeness: float = 1.0
    brightness: float = 1.0
    shake_px: float = 0.0
    left_out: LeftOut | None = None


class SweepProposal(Frozen):
    """A sweep that would cover what the one that was used leaves out, from near to far."""

    near: FocusPosition
    far: FocusPosition
    count: int


class StackQuality(Frozen):
    """What the numbers of one stack say. Shares are parts of the object, 0..1; indices are places in the sweep.

    `beyond_near`, `beyond_far`: parts nearer or farther than the sweep reaches. `near_needed`, `far_needed`: the ends
    that would reach them, as focus positions (None: reached, or those are unknown). `gaps`: i where sharpness falls to
    less than three quarters halfway between slices i and i + 1. `duplicates`: slices that show no more than the one
    before. `idle`: slices at an end of the sweep that are nowhere the sharpest. `left_out`: slices not in the stack.
    `residual_px`: the largest residual of a slice. `motion_px`: the largest shake. `flicker`: standard deviation of
    brightness over the slices. `certainty`: how sure the mask is, 0..1. `proposal`: the sweep to use instead, None
    where this one covers the object, or what would is not known. `disagreement_px`: by how much the breathing of this
    stack differs from the calibration that it was aligned with, at the rim of the picture; 0 without one.
    """

    beyond_near: float = 0.0
    beyond_far: float = 0.0
    near_needed: FocusPosition | None = None
    far_needed: FocusPosition | None = None
    gaps: tuple[int, ...] = ()
    duplicates: tuple[int, ...] = ()
    idle: tuple[int, ...] = ()
    left_out: tuple[int, ...] = ()
    residual_px: float = 0.0
    motion_px: float = 0.0
    flicker: float = 0.0
    certainty: float = 1.0
    proposal: SweepProposal | None = None
    disagreement_px: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Stacked:
    """One all-in-focus picture, in the geometry of the reference slice, and what was learnt on the way.

    Maps are (ceil(height / 2), ceil(width / 2)), half size because that is where focus is measured. `depth`: float32,
    index of the sharpest slice, fractional between slices, NaN where nothing is sharp. `best`: int16, index of the
    sharpest slice everywhere. `mask`: uint8, 255 on the object, else 0. `sweep`: the focus positions that indices
    0, 1, ... stand for; empty where they are unknown.
    """

    pixels: Planes
    depth: NDArray[np.float32]
    best: NDArray[np.int16]
    mask: Mask
    reference: int
    slices: tuple[SliceReport, ...] = ()
    sweep: tuple[FocusPosition, ...] = ()
    quality: StackQuality = field(default_factory=StackQuality)

    def focus_map(self) -> NDArray[np.float32] | None:
        """`depth` in the unit of the focus drive: dioptres as the lens scale has it, millimetres of a rail.

        None where focus positions are unknown.
        """
        if not self.sweep:
            return None
        return np.interp(self.depth, np.arange(len(self.sweep)), self.sweep).astype(np.float32)
