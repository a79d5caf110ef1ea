"""The lens positions of one stack."""

import math
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, model_validator

from scanner.errors import PlanError
from scanner.units import Dioptres, Frozen

MAX_SLICES = 200
MIN_SLICES = 2

Auto = Literal["auto"]
LensPosition = Annotated[Dioptres, Field(ge=0, le=100)]


@dataclass(frozen=True, slots=True)
class Optics:
    """What depth of field depends on: focal length and pixel pitch in millimetres and micrometres, f-number."""

    focal_length_mm: float
    f_number: float
    pixel_pitch_um: float

    def depth_of_field(self, circle_px: float) -> Dioptres:
        """Depth of field in dioptres, 2 N c / f², for a circle of confusion of `circle_px` pixels.

        The thin lens's A v |D - F| with v ~ f, so it holds for objects many focal lengths away.
        """
        circle_m = circle_px * self.pixel_pitch_um * 1e-6
        return 2.0 * self.f_number * circle_m / (self.focal_length_mm * 1e-3) ** 2


@dataclass(frozen=True, slots=True)
class Sweep:
    """A sweep with all its numbers: what is really captured at every position of a scan."""

    near: Dioptres
    far: Dioptres
    count: int

    def lens_positions(self) -> tuple[Dioptres, ...]:
        """`count` lens positions from near to far, even in dioptres, which is even in depth of field."""
        if self.count == 1:
            return (self.near,)
        step = (self.far - self.near) / (self.count - 1)
        return tuple(self.near + i * step for i in range(self.count))


class SweepPlan(Frozen):
    """What a plan says of the sweep; "auto" is filled in when the scan starts and then stays fixed.

    `near` and `far` in dioptres, near the larger number. `count` "auto" makes steps of (1 - overlap) x depth of field,
    where `blur_px` is the circle of confusion, in pixels, that still counts as sharp.
    """

    near: LensPosition | Auto = "auto"
    far: LensPosition | Auto = "auto"
    count: Annotated[int, Field(ge=MIN_SLICES, le=MAX_SLICES)] | Auto = "auto"
    overlap: Annotated[float, Field(ge=0, le=0.9)] = 0.3
    blur_px: Annotated[float, Field(gt=0, le=50)] = 2.5

    @model_validator(mode="after")
    def _ordered(self) -> "SweepPlan":
        if self.near != "auto" and self.far != "auto" and self.near <= self.far:
            raise ValueError(
                f"near {self.near} D is not nearer than far {self.far} D: dioptres grow towards the camera, swap them"
            )
        return self

    def resolve(self, near: Dioptres, far: Dioptres, optics: Optics) -> Sweep:
        """The sweep, with `near` and `far` (measured or given, dioptres) where the plan says "auto".

        Raises PlanError when the ends are the wrong way round or the count asked for is out of bounds.
        """
        near = near if self.near == "auto" else self.near
        far = far if self.far == "auto" else self.far
        if near <= far:
            raise PlanError(
                f"The sweep would run from {near:.2f} D to {far:.2f} D, but near must be the larger number.",
                "Set near and far by hand in the preview.",
            )
        return Sweep(near, far, self._count(near - far, optics))

    def most_slices(self, near: Dioptres, far: Dioptres, optics: Optics) -> int:
        """The slices of the longest sweep that can come out where what is "auto" lies within `near` and `far`, in D."""
        near = near if self.near == "auto" else self.near
        far = far if self.far == "auto" else self.far
        return min(MAX_SLICES, self._needed(near - far, optics)) if self.count == "auto" else self.count

    def _step(self, optics: Optics) -> Dioptres:
        return (1.0 - self.overlap) * optics.depth_of_field(self.blur_px)

    def _needed(self, span: Dioptres, optics: Optics) -> int:
        return max(MIN_SLICES, math.ceil(span / self._step(optics) - 1e-9) + 1)

    def _count(self, span: Dioptres, optics: Optics) -> int:
        if self.count != "auto":
            return self.count
        count = self._needed(span, optics)
        if count > MAX_SLICES:
            step = self._step(optics)
            raise PlanError(
                f"A sweep over {span:.2f} D in steps of {step:.3f} D needs {count} slices; the most is {MAX_SLICES}.",
                "Bring near and far closer together, or allow a larger blur_px.",
            )
        return count
