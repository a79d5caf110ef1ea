"""What the numbers of a stack say: what its sweep leaves out, which slices add nothing, how still it was."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scanner.slices import SliceReport, StackQuality
from scanner.stacking.coverage import UNSURE, Coverage, cover
from scanner.stacking.proposal import place_at, propose
from scanner.units import FocusPosition

IDLE = 0.15
"""Of an even share of the object: a slice at an end of the sweep that is the sharpest on less adds nothing. Noise and
what is dark are sharpest anywhere, so that no slice has a share of nothing."""

IDLE_MOST = 0.01
"""Share of the object that is never nothing, however few slices there are."""

SAME = 0.02
"""Median change of log sharpness over the object's tiles up to which two slices show the same."""


@dataclass(frozen=True, slots=True, eq=False)
class SweepCurves:
    """What the slices that are in a stack show of its sweep.

    `indices`: of these slices, in the order of the sweep. `curves`: (slices, tiles) float32, sharpness. `noise`: what
    sharpness is where there is nothing. `focus`: their focus positions; empty where unknown.
    """

    indices: Sequence[int]
    curves: NDArray[np.float32]
    noise: float
    focus: Sequence[FocusPosition] = ()

    @property
    def known(self) -> bool:
        """Whether focus positions tell where the slices are."""
        return bool(self.focus) and abs(self.focus[0] - self.focus[-1]) > 1e-6

    def places(self) -> NDArray[np.float64]:
        """In mean steps from the first slice; by index where focus positions are unknown."""
        if not self.known:
            return np.asarray(self.indices, np.float64) - self.indices[0]
        along = abs(self.focus[0] - np.asarray(self.focus, np.float64))
        return np.asarray(along / along[-1] * (len(self.indices) - 1))

    def coverage(self, within: NDArray[np.bool_] | None = None) -> Coverage:
        """How well they cover the object: the tiles `within` it, None for all that have detail."""
        return cover(self.places(), self.curves, self.noise, 0.0 if self.known else UNSURE, within)


def assess(
    reports: Sequence[SliceReport],
    sweep: SweepCurves,
    coverage: Coverage,
    certainty: float,
    disagreement_px: float = 0.0,
) -> StackQuality:
    """The quality of a stack of `reports`, in the order of the sweep, with the coverage of its slices."""
    used = [report for report in reports if report.left_out is None]
    light = np.array([report.brightness for report in used])
    return StackQuality(
        beyond_near=coverage.beyond_near,
        beyond_far=coverage.beyond_far,
        near_needed=place_at(sweep.focus, coverage.near),
        far_needed=place_at(sweep.focus, coverage.far),
        gaps=tuple(sweep.indices[place] for place in coverage.sparse),
        duplicates=_duplicates(sweep),
        idle=_idle(used),
        left_out=tuple(report.index for report in reports if report.left_out is not None),
        residual_px=max(report.residual_px for report in used),
        motion_px=max(report.shake_px for report in used),
        flicker=float(light.std()),
        certainty=certainty,
        proposal=propose(sweep.focus, coverage),
        disagreement_px=disagreement_px,
    )


def _duplicates(sweep: SweepCurves) -> tuple[int, ...]:
    """Slices whose sharpness is nowhere another than that of the slice before."""
    detailed = sweep.curves[:, sweep.curves.max(axis=0) > 4 * sweep.noise]
    if detailed.shape[1] == 0:
        return ()
    change = np.median(np.abs(np.diff(np.log(detailed + sweep.noise), axis=0)), axis=1)
    return tuple(index for index, much in zip(sweep.indices[1:], change, strict=True) if much < SAME)


def _idle(used: Sequence[SliceReport]) -> tuple[int, ...]:
    """Slices at either end that are hardly anywhere the sharpest."""
    shares = np.array([report.share for report in used])
    least = min(IDLE_MOST, IDLE / len(used))
    near, far = _run(shares, least), len(used) - _run(shares[::-1], least)
    return tuple(report.index for place, report in enumerate(used) if not near <= place < far) if near < far else ()


def _run(shares: NDArray[np.float64], least: float) -> int:
    """How many slices from the first on have less than `least` on average, the innermost too, and none more than
    twice that."""
    mean = np.cumsum(shares) / np.arange(1, len(shares) + 1)
    few = (mean < least) & (shares < least) & (np.maximum.accumulate(shares) < 2 * least)
    return int(np.flatnonzero(few)[-1]) + 1 if few.any() else 0
