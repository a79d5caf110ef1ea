"""What the numbers of a stack say: what its sweep leaves out, which slices add nothing, how still it was."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scanner.slices import SliceReport, StackQuality
from scanner.stacking.coverage import Coverage, cover
from scanner.units import Dioptres

IDLE = 0.002
"""Share of the object below which a slice at an end of the sweep adds nothing."""

SAME = 0.02
"""Median change of log sharpness over the object's tiles up to which two slices show the same."""

HALF = 0.5


def assess(
    reports: Sequence[SliceReport],
    curves: NDArray[np.float32],
    noise: float,
    lenses: Sequence[Dioptres],
    certainty: float,
) -> StackQuality:
    """The quality of a stack of `reports`, in the order of the sweep.

    `curves`: (slices, tiles) sharpness of the slices that are in the stack. `lenses`: lens positions of indices 0, 1,
    ..., dioptres; empty where unknown.
    """
    used = [report for report in reports if report.left_out is None]
    indices = [report.index for report in used]
    lenses = [lenses[index] for index in indices] if lenses else ()
    places = _places(indices, lenses)
    coverage = cover(places, curves, noise)
    light = np.array([report.brightness for report in used])
    return StackQuality(
        beyond_near=coverage.beyond_near,
        beyond_far=coverage.beyond_far,
        near_needed=_lens_at(coverage.near, places, lenses),
        far_needed=_lens_at(coverage.far, places, lenses),
        gaps=_gaps(coverage, indices),
        duplicates=_duplicates(curves, noise, indices),
        idle=_idle(used),
        left_out=tuple(report.index for report in reports if report.left_out is not None),
        residual_px=max(report.residual_px for report in used),
        motion_px=max(report.shake_px for report in used),
        flicker=float(light.std()),
        certainty=certainty,
    )


def _places(indices: Sequence[int], lenses: Sequence[Dioptres]) -> NDArray[np.float64]:
    """Places of slices in mean steps from the first; by their index where lens positions are unknown."""
    if not lenses or abs(lenses[0] - lenses[-1]) < 1e-6:
        return np.asarray(indices, np.float64) - indices[0]
    along = abs(lenses[0] - np.asarray(lenses, np.float64))
    return np.asarray(along / along[-1] * (len(indices) - 1))


def _lens_at(place: float | None, places: NDArray[np.float64], lenses: Sequence[Dioptres]) -> Dioptres | None:
    """Dioptres at a place in steps, on the line through the ends of the sweep; never below infinity."""
    if place is None or not lenses:
        return None
    return max(0.0, float(lenses[0] + (lenses[-1] - lenses[0]) * place / max(float(places[-1]), 1e-9)))


def _gaps(coverage: Coverage, indices: Sequence[int]) -> tuple[int, ...]:
    return tuple(index for index, kept in zip(indices, coverage.halfway, strict=False) if kept < HALF)


def _duplicates(curves: NDArray[np.float32], noise: float, indices: Sequence[int]) -> tuple[int, ...]:
    """Slices whose sharpness is nowhere another than that of the slice before."""
    detailed = curves[:, curves.max(axis=0) > 4 * noise]
    if detailed.shape[1] == 0:
        return ()
    change = np.median(np.abs(np.diff(np.log(detailed + noise), axis=0)), axis=1)
    return tuple(index for index, much in zip(indices[1:], change, strict=True) if much < SAME)


def _idle(used: Sequence[SliceReport]) -> tuple[int, ...]:
    """Slices at either end that are nowhere the sharpest."""
    busy = [place for place, report in enumerate(used) if report.share >= IDLE]
    if not busy:
        return ()
    return tuple(report.index for place, report in enumerate(used) if not busy[0] <= place <= busy[-1])
