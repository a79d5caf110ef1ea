"""Whether the parts of a picture agree with a fit: what misplacement remains, and whether something moved."""

import numpy as np
from numpy.typing import NDArray

from scanner.stacking.points import PARTS, Picture

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


def disagreement(part: NDArray[np.intp], slopes: Picture, left: Picture, within: Picture, fitted: int) -> float:
    """Misplacement that a fit leaves, pixels rms over the object.

    `part`: (points,), which part each is in. `slopes`: (2, points), to the right and down. `left`: (points,), how much
    lighter the slice is there than the reference slice, after the fit of `fitted` parameters. `within`: (points,), 1 or
    0.

    Each part is shifted against the fit until it is like the reference slice itself. Were the fit right and blur
    without effect, no part would move. A fit is a mean over the parts, so it is as wrong as the usual shift of a part
    makes the mean of so many; parts that move much more than usual have moved in truth.
    """
    shifts, shares = moves(part, slopes, left, within)
    if not len(shares):
        return UNKNOWN
    square = (shifts**2).sum(axis=1)
    usual = float(np.median(square)) / USUAL
    moved = square > MOVED**2 * usual
    return float(np.sqrt(usual * fitted * (shares**2).sum() + shares[moved] @ square[moved]))


def moves(part: NDArray[np.intp], slopes: Picture, left: Picture, within: Picture) -> tuple[Values, Values]:
    """(parts, 2): how far the parts that can tell are shifted, to the right and down, pixels; (parts,): their share of
    the points. Outliers are weighed down in each part by itself (Cauchy), so that a part that moved is seen whole."""
    right, down = slopes

    def total(values: Picture) -> Values:
        return np.asarray(np.bincount(part, values, PARTS**2), np.float64)

    count, shift, now = total(within), np.zeros((PARTS**2, 2)), left
    enough = count >= FEWEST
    for _ in range(ROUNDS):
        spread = (total(np.abs(now) * within) / np.maximum(count, 1) + 1e-9).astype(np.float32)
        weight = within / (1 + (now / spread[part]) ** 2)
        a, b, c = total(weight * right * right), total(weight * right * down), total(weight * down * down)
        p, q = total(weight * right * left), total(weight * down * left)
        determinant = a * c - b * b
        enough &= determinant > FLAT * (a + c) ** 2
        shift = np.stack([b * q - c * p, b * p - a * q], axis=1) / np.where(enough, determinant, 1)[:, None]
        step = shift.astype(np.float32)[part].T
        now = left + right * step[0] + down * step[1]
    return shift[enough], count[enough] / max(1.0, float(count[enough].sum()))
