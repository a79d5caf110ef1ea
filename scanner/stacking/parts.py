"""Whether the parts of a picture agree with a fit: what misplacement remains, and whether something moved."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scanner.stacking.points import Picture

FEWEST = 30
"""Points of a part that tell nothing yet."""

FLAT = 1e-3
"""A part whose slopes all point one way, as on a straight edge, cannot tell where along the edge it is, and is passed
over where the determinant of its normal equations is below this share of the square of their trace."""

UNKNOWN = 1.0
"""Pixels: what is said to remain where no part can tell."""

USUAL = 2 * np.log(2)
"""Median of the square of a shift whose standard deviation is 1 in each direction (Rayleigh)."""

ALIKE = 2.0
"""Neighbouring parts err alike: a mean over them varies by so many times as much as if each stood for itself. Measured
on rendered stacks, where with it the estimate is within a factor of 1.5 of the truth over a stack."""

MOVED = 6.0
"""Standard deviations from which a part has moved by itself."""

FAR = 3.0
"""Pixels: slopes cannot tell how much further a part has moved."""

STRANGE = 1.0
"""Pixels: a part differs by more light than its slopes make up over so many, and MOVED times as much as most parts do,
in light and in pixels, where it shows something else. It moved further than slopes tell; all outliers, it seems still.
"""

ROUNDS = 3

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Moves:
    """How the parts that can tell are shifted. `square`: of how far, pixels. `noise`: variance of that, an axis.
    `share`: of the points."""

    square: Values
    noise: Values
    share: Values


def disagreement(starts: NDArray[np.intp], slopes: Picture, left: Picture, within: Picture, fitted: int) -> float:
    """Misplacement that a fit leaves, pixels rms over the object.

    `starts`: where each part begins among the points. `slopes`: (2, points), to the right and down. `left`: (points,),
    how much lighter the slice is there than the reference slice, after the fit of `fitted` parameters. `within`:
    (points,), 1 or 0.

    Each part is shifted against the fit until it is like the reference slice itself. Were the fit right and blur
    without effect, no part would move. A fit is a mean over the parts, so it is as wrong as the usual shift of a part
    makes the mean of so many; parts that move much more than usual, and than noise moves them, have moved in truth.
    """
    if not len(starts):
        return UNKNOWN
    parts = moves(starts, slopes, left, within)
    if not len(parts.share):
        return UNKNOWN
    usual = float(np.median(parts.square)) / USUAL
    moved = parts.square > MOVED**2 * (usual + parts.noise)
    fit = ALIKE * usual * fitted * float((parts.share**2).sum())
    return float(np.sqrt(fit + parts.share[moved] @ parts.square[moved]))


def moves(starts: NDArray[np.intp], slopes: Picture, left: Picture, within: Picture) -> Moves:
    """Parameters as of `disagreement`. Outliers are weighed down in each part by itself (Cauchy), so that a part that
    moved is seen whole."""
    right, down = slopes
    sizes = np.diff(np.append(starts, len(left)))
    normal = np.stack([right * right, right * down, down * down, right * left, down * left]) * within
    count, now, weight = (np.asarray(v, np.float64) for v in (np.add.reduceat(within, starts), left, within))
    a, c, determinant, shift = np.zeros((4, len(starts)))
    for _ in range(ROUNDS):
        spread = np.add.reduceat(np.abs(now) * within, starts) / np.maximum(count, 1) + np.float32(1e-9)
        weight = within / (1 + (now / np.repeat(spread, sizes)) ** 2)
        a, b, c, p, q = np.add.reduceat(normal * weight, starts, axis=1).astype(np.float64)
        determinant = np.maximum(a * c - b * b, 1e-30)
        x, y = (b * q - c * p) / determinant, (b * p - a * q) / determinant
        shift = x * x + y * y
        now = left + right * np.repeat(x, sizes) + down * np.repeat(y, sizes)
    told = (count >= FEWEST) & (determinant > FLAT * (a + c) ** 2)
    light = np.add.reduceat(weight * now * now, starts) / np.maximum(np.add.reduceat(weight, starts), 1)
    noise = light * (a + c) / determinant / 2
    share = count[told] / max(1.0, float(count[told].sum()))
    strange = _strange(starts, slopes, left, within)[told]
    square = np.where(strange, FAR**2, np.minimum(shift[told], FAR**2))
    return Moves(square, np.where(strange, 0, noise[told]), np.asarray(share, np.float64))


def _strange(starts: NDArray[np.intp], slopes: Picture, left: Picture, within: Picture) -> NDArray[np.bool_]:
    """(parts,): whether what is left is far more than a shift explains."""
    count = np.maximum(np.add.reduceat(within, starts), 1)
    light = np.add.reduceat(left * left * within, starts) / count
    pixels = light / np.maximum(np.add.reduceat((slopes * slopes).sum(axis=0) * within, starts) / count, 1e-12)
    seen = light > 0
    if not seen.any():
        return seen
    usual = [MOVED**2 * float(np.median(values[seen])) for values in (light, pixels)]
    return np.asarray((pixels > max(STRANGE**2, usual[1])) & (light > usual[0]))
