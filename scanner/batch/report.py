"""What there is to say of a stack that was made, with files by their names."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scanner.slices import LeftOut, Stacked, Transform
from scanner.stacking.findings import findings


@dataclass(frozen=True, slots=True)
class SliceResult:
    """How one slice fared: as in `scanner.slices.SliceReport`; None for a residual that could not be estimated."""

    file: str
    index: int
    transform: Transform
    residual_px: float | None
    share: float
    likeness: float
    brightness: float
    shake_px: float
    left_out: LeftOut | None


@dataclass(frozen=True, slots=True)
class BatchReport:
    """One stack made: plain values only, so that `dataclasses.asdict` of it is JSON.

    `plan`: how it was stacked. `bits`: of each value in the image file, 8 or 16. `quality`: as in
    `scanner.slices.StackQuality`. `findings`: code, message and hint of each. `depth_per_slice`: how much one slice
    counts in the depth file. `exif`: whether the output carries the EXIF of the reference slice, which goes from JPEG
    to JPEG only.
    """

    input: str
    output: str
    width: int
    height: int
    bits: int
    reference: int
    plan: dict[str, Any]
    slices: tuple[SliceResult, ...]
    quality: dict[str, Any]
    findings: tuple[dict[str, str], ...]
    depth: str | None
    depth_per_slice: int
    index: str | None
    mask: str | None
    exif: bool
    seconds: float


def slice_results(files: Sequence[Path], stacked: Stacked) -> tuple[SliceResult, ...]:
    """How the slices fared, in the order of the sweep."""
    return tuple(
        SliceResult(
            file=str(files[report.index]),
            index=report.index,
            transform=report.transform,
            residual_px=report.residual_px if math.isfinite(report.residual_px) else None,
            share=report.share,
            likeness=report.likeness,
            brightness=report.brightness,
            shake_px=report.shake_px,
            left_out=report.left_out,
        )
        for report in sorted(stacked.slices, key=lambda report: report.index)
    )


def finding_results(files: Sequence[Path], stacked: Stacked) -> tuple[dict[str, str], ...]:
    """What a person should know; slices by the names of their files."""
    names = [path.name for path in files]
    return tuple(
        finding.model_dump() | {"message": with_names(finding.message, names)}
        for finding in findings(stacked.quality, stacked.slices)
    )


def with_names(message: str, names: Sequence[str]) -> str:
    """A message with the names of slices in place of their indices.

    The stacker knows no files: whatever it says of "slice 3" or of "slices 1, 2 and 5" is looked up here.
    """

    def named(found: re.Match[str]) -> str:
        return re.sub("[0-9]+", lambda index: names[int(index[0])], found[0])

    return re.sub("slices? [0-9]+(?:(?:, | and )[0-9]+)*", named, message, flags=re.IGNORECASE)
