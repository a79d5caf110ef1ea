"""The places of the focus drive for one stack."""

import math
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, model_validator

from scanner.errors import PlanError
from scanner.units import Dioptres, FocusPosition, Frozen, Millimetres

MAX_SLICES = 200
MIN_SLICES = 2

Auto = Literal["auto"]
Place = Annotated[FocusPosition, Field(ge=-1000, le=1000)]


@dataclass(frozen=True, slots=True)
class Optics:
    """What depth of field depends on: focal length and pixel pitch in millimetres and micrometres, f-number."""

    focal_length_mm: float
    f_number: float
    pixel_pitch_um: float

    @property
    def depth_of_field(self) -> Dioptres:
        """Depth of field in dioptres, 2 N c / f², for a circle of confusion c of one pixel.

        The thin lens's A v |D - F| with v ~ f, so it holds for objects many focal lengths away.
        """
        circle_m = self.pixel_pitch_um * 1e-6
        return 2.0 * self.f_number * circle_m / (self.focal_length_mm * 1e-3) ** 2

    def image_distance_mm(self, focus: Dioptres) -> Millimetres:
        """Lens to sensor when focused at `focus`: 1/v = 1/f - D. It is the focal length of the pinhole that pictures at
        this lens position follow.
        """
        return 1.0 / (1.0 / self.focal_length_mm - focus / 1000)

    def depth_at(self, distance_mm: Millimetres) -> Millimetres:
        """The same in millimetres, for an object at `distance_mm`: 1/d changes by 1/d² a metre."""
        return self.depth_of_field * distance_mm**2 / 1000


@dataclass(frozen=True, slots=True)
class Sweep:
    """A sweep with all its numbers: what is really captured at every position of a scan.

    `near`, `far` in the unit of the focus drive; a single slice, of a fixed drive, has 0 for both.
    """

    near: FocusPosition
    far: FocusPosition
    count: int

    def focus_positions(self) -> tuple[FocusPosition, ...]:
        """`count` places from near to far, even: in dioptres, and along a rail, that is even in depth of field."""
        if self.count == 1:
            return (self.near,)
        step = (self.far - self.near) / (self.count - 1)
        return tuple(self.near + i * step for i in range(self.count))


class SweepPlan(Frozen):
    """What a plan says of the sweep; "auto" is filled in when the scan starts and then stays fixed.

    `near` and `far` in the unit of the focus drive, near the larger number. `count` "auto" makes steps of
    (1 - overlap) x depth of field, where `blur_px` is the circle of confusion, in pixels, that still counts as sharp.
    """

    near: Place | Auto = "auto"
    far: Place | Auto = "auto"
    count: Annotated[int, Field(ge=MIN_SLICES, le=MAX_SLICES)] | Auto = "auto"
    overlap: Annotated[float, Field(ge=0, le=0.9)] = 0.3
    blur_px: Annotated[float, Field(gt=0, le=50)] = 2.5

    @model_validator(mode="after")
    def _ordered(self) -> "SweepPlan":
        if self.near != "auto" and self.far != "auto" and self.near <= self.far:
            raise ValueError(
                f"near {self.near} is not nearer than far {self.far}: positions grow towards the camera, swap them"
            )
        return self

    def resolve(self, near: FocusPosition, far: FocusPosition, depth_of_field: FocusPosition) -> Sweep:
        """The sweep, with `near` and `far` (measured or given) where the plan says "auto".

        `depth_of_field`: of the focus drive, for a circle of confusion of one pixel.

        Raises PlanError when the ends are the wrong way round or the count asked for is out of bounds.
        """
        near = near if self.near == "auto" else self.near
        far = far if self.far == "auto" else self.far
        if near <= far:
            raise PlanError(
                f"The sweep would run from {near:.2f} to {far:.2f}, but near must be the larger number.",
                "Set near and far by hand in the preview.",
            )
        return Sweep(near, far, self._count(near - far, depth_of_field))

    def most_slices(self, near: FocusPosition, far: FocusPosition, depth_of_field: FocusPosition) -> int:
        """The slices of the longest sweep that can come out where what is "auto" lies within `near` and `far`."""
        near = near if self.near == "auto" else self.near
        far = far if self.far == "auto" else self.far
        return min(MAX_SLICES, self._needed(near - far, depth_of_field)) if self.count == "auto" else self.count

    def _step(self, depth_of_field: FocusPosition) -> FocusPosition:
        return (1.0 - self.overlap) * self.blur_px * depth_of_field

    def _needed(self, span: FocusPosition, depth_of_field: FocusPosition) -> int:
        return max(MIN_SLICES, math.ceil(span / self._step(depth_of_field) - 1e-9) + 1)

    def _count(self, span: FocusPosition, depth_of_field: FocusPosition) -> int:
        if self.count != "auto":
            return self.count
        count = self._needed(span, depth_of_field)
        if count > MAX_SLICES:
            step = self._step(depth_of_field)
            raise PlanError(
                f"A sweep over {span:.2f} in steps of {step:.3f} needs {count} slices; the most is {MAX_SLICES}.",
                "Bring near and far closer together, or allow a larger blur_px.",
            )
        return count
