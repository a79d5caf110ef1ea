"""Whether the parts of a picture agree with a fit: what misplacement remains, and whether something moved."""

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

MOVED = 6.0
"""Standard deviations from which a part has moved by itself."""

ROUNDS = 3

Values = NDArray[np.float64]


def disagreement(starts: NDArray[np.intp], slopes: Picture, left: Picture, within: Picture, fitted: int) -> float:
    """Misplacement that a fit leaves, pixels rms over the object.

    `starts`: where each part begins among the points. `slopes`: (2, points), to the right and down. `left`: (points,),
    how much lighter the slice is there than the reference slice, after the fit of `fitted` parameters. `within`:
    (points,), 1 or 0.

    Each part is shifted against the fit until it is like the reference slice itself. Were the fit right and blur
    without effect, no part would move. A fit is a mean over the parts, so it is as wrong as the usual shift of a part
    makes the mean of so many; parts that move much more than usual have moved in truth.
    """
    shifts, shares = moves(starts, slopes, left, within) if len(starts) else (np.zeros((0, 2)), np.zeros(0))
    if not len(shares):
        return UNKNOWN
    square = (shifts**2).sum(axis=1)
    usual = float(np.median(square)) / USUAL
    moved = square > MOVED**2 * usual
    return float(np.sqrt(usual * fitted * (shares**2).sum() + shares[moved] @ square[moved]))


def moves(starts: NDArray[np.intp], slopes: Picture, left: Picture, within: Picture) -> tuple[Values, Values]:
    """(parts, 2): how far the parts that can tell are shifted, to the right and down, pixels; (parts,): their share of
    the points. Outliers are weighed down in each part by itself (Cauchy), so that a part that moved is seen whole."""
    right, down = slopes
    sizes = np.diff(np.append(starts, len(left)))
    normal = np.stack([right * right, right * down, down * down, right * left, down * left]) * within
    count, now = np.add.reduceat(within, starts), left
    enough, shift = count >= FEWEST, np.zeros((len(starts), 2))
    for _ in range(ROUNDS):
        spread = np.add.reduceat(np.abs(now) * within, starts) / np.maximum(count, 1) + np.float32(1e-9)
        weight = 1 / (1 + (now / np.repeat(spread, sizes)) ** 2)
        a, b, c, p, q = np.add.reduceat(normal * weight, starts, axis=1).astype(np.float64)
        determinant = a * c - b * b
        enough &= determinant > FLAT * (a + c) ** 2
        shift = np.stack([b * q - c * p, b * p - a * q]) / np.where(enough, determinant, 1)
        step = np.repeat(shift.astype(np.float32), sizes, axis=1)
        now = left + right * step[0] + down * step[1]
    return shift.T[enough], count[enough] / max(1.0, float(count[enough].sum()))
