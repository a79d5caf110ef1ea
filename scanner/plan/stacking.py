"""How the slices of one position become one image: what a plan, a config file or a command line may say of it."""

from typing import Annotated, Literal

from pydantic import Field

from scanner.errors import PlanError
from scanner.units import Frozen

Method = Literal["weighted", "depth", "pyramid"]
Measure = Literal["laplacian", "gradient", "variance"]
Unaligned = Literal["leave-out", "fail"]
Breathing = Literal["auto", "off"]

SCANS_ONLY = {"scansOnly": True}
"""Schema mark of what says nothing to slices that are files already."""


class StackingPlan(Frozen):
    """How slices become one image; the defaults need no touching. Only one slice's geometry is ever delivered."""

    method: Annotated[
        Method,
        Field(
            description="weighted: all slices, the sharpest count by far the most. depth: the sharpest slice alone. "
            "pyramid: the strongest detail at each scale."
        ),
    ] = "weighted"
    measure: Annotated[
        Measure,
        Field(description="What counts as sharp: fine detail (laplacian), edges (gradient), contrast (variance)."),
    ] = "laplacian"
    window: Annotated[
        float,
        Field(
            ge=0.5,
            le=16,
            json_schema_extra={"unit": "px"},
            description="How far sharpness is averaged (sigma, at half size): more is calmer, less exact at edges.",
        ),
    ] = 2.0
    steepness: Annotated[
        int,
        Field(ge=1, le=12, description="How much more the sharper slice counts (weighted): more is sharper, noisier."),
    ] = 6
    reference: Annotated[
        Annotated[int, Field(ge=0)] | Literal["middle"],
        Field(
            description="The slice whose geometry the image has: its index in the sweep, from 0 = nearest, or middle."
        ),
    ] = "middle"
    breathing: Annotated[
        Breathing,
        Field(
            json_schema_extra=SCANS_ONLY,
            description="auto: every slice is laid where the calibrated lens puts it, alike at all positions; where no "
            "calibration holds, the scan begins with one. off: each position is aligned on its own.",
        ),
    ] = "auto"
    unaligned: Annotated[
        Unaligned,
        Field(
            description="A slice that cannot be aligned is left out and named (leave-out), or ends the stack (fail)."
        ),
    ] = "leave-out"
    slab: Annotated[
        int,
        Field(ge=0, le=200, description="Fuse this many neighbouring slices first, then the results; 0: all at once."),
    ] = 0
    quality: Annotated[
        int, Field(ge=50, le=100, description="Of the JPEG files; below 96 the encoder is coarse (4 dB worse at 95).")
    ] = 96

    def reference_index(self, count: int) -> int:
        """The reference slice in a sweep of `count` slices: the same at every position. Raises PlanError."""
        if isinstance(self.reference, str):
            return count // 2
        if self.reference >= count:
            raise PlanError(
                f"The reference slice {self.reference} is not among the {count} slices of the sweep.",
                f'Give a number from 0 to {count - 1}, or "middle".',
            )
        return self.reference
