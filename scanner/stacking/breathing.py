"""Breathing: how much more a lens magnifies the nearer it focuses, measured once and then known for every position.

To focus nearer the lens moves away from the sensor, and the picture grows with the distance v between them. A lens of
focal length f that is focused at D dioptres has 1 / v = 1 / f - D (thin lens), so that the scale of one lens position
against another is s = v / v_ref = (1 / f - D_ref) / (1 / f - D): one parameter for the whole sweep, and one point that
stays where it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scanner.errors import CalibrationFailed
from scanner.stacking.geometry import Similarity
from scanner.units import Dioptres, Frozen

FEWEST = 4
"""Slices to calibrate from, besides the reference slices."""

LEAST_SPAN = 0.2
"""Dioptres from the farthest to the nearest lens position: in less, breathing is lost in the noise."""

WORST_SCATTER = 500.0
"""Of scale, robust standard deviation around the law, ppm: 1 px at the rim of a picture 4000 px wide."""

WORST_ERROR = 100.0
"""Standard error of the scale, ppm a dioptre: several times what a calibration should have."""

WORST_RESIDUAL = 3e-3
"""Of the width, rms, left by the law: 6 px in a picture 2000 px wide. That is a rig that sways, and the fixed point a
guess; less averages out over the slices of a calibration."""

LEAST_RESIDUAL_PX = 2.0
"""So much may be left in a picture of any width: in a small one, alignment itself errs by a larger share."""

FAINT = 1e-7
"""A lens that breathes less than this, a dioptre, counts as breathing this much: its power stays a number."""

HALF = 2.0
"""Robust standard deviations at which a slice counts half."""

OUTLIER = 4.0
"""Robust standard deviations beyond which a slice is called an outlier: it then counts less than a fifth."""

ROUNDS = 20

Values = NDArray[np.float64]


class Breathing(Frozen):
    """The lens's own law, s(D) = (power - D_ref) / (power - D): one parameter for the whole sweep, and a fixed point.

    `power`: 1 / f in dioptres of a unit-focusing lens whose dioptre scale is true, else what comes to the same;
    negative where the picture shrinks as the lens focuses nearer. `centre`: the point that stays where it is, from the
    middle of the picture, in shares of its width (right, down); far outside for a lens that shifts the picture and
    hardly scales it.
    """

    power: Dioptres
    centre: tuple[float, float]

    def similarity(self, lens: Dioptres, reference: Dioptres, size: tuple[int, int]) -> Similarity:
        """Pixel of a picture taken at `reference` -> pixel of one taken at `lens`, both of `size` (width, height)."""
        stretch = (self.power - reference) / (self.power - lens) - 1
        right, down = (-stretch * share * size[0] for share in self.centre)
        return Similarity(stretch, 0.0, right, down)


@dataclass(frozen=True, slots=True)
class Measured:
    """How one slice of one stack was found to lie on its reference slice; lens positions as the camera reported."""

    lens: Dioptres
    reference: Dioptres
    similarity: Similarity


class Calibration(Frozen):
    """Breathing as measured, and how well.

    `scale_error_ppm`: standard error of the scale, ppm a dioptre. `residual_px`: what the law leaves of the measured
    transforms, rms over the picture, shake included, outliers left out. `slices`: how many were looked at. `outliers`:
    how many of them contradict the others and had next to no say.
    """

    breathing: Breathing
    scale_error_ppm: float
    residual_px: float
    slices: int
    outliers: int


def calibrate(measured: Sequence[Measured], size: tuple[int, int]) -> Calibration:
    """The law that the slices of one stack or several follow; pictures of `size` (width, height).

    Slices taken at the lens position of their reference slice tell nothing and are passed over. Raises
    CalibrationFailed: too few slices, lens positions too close to each other, transforms that follow no such law, or a
    picture that shakes.
    """
    told = [m for m in measured if m.lens != m.reference]
    lens, reference, stretch, right, down = _columns(told)
    middle = float(lens.mean() + reference.mean()) / 2
    rate, away = 0.0, lens - reference
    for _ in range(3):
        away = (lens - reference) / (1 - rate * (lens - middle))
        scale = _slope(away, stretch)
        rate = float(np.copysign(max(abs(scale.value), FAINT), scale.value))
    _lawful(scale)
    shifts = [_slope(-away, shift) for shift in (right, down)]
    sure = ~np.any([fit.outlying for fit in (scale, *shifts)], axis=0)
    square = scale.left**2 * (size[0] ** 2 + size[1] ** 2) / 12 + shifts[0].left ** 2 + shifts[1].left ** 2
    residual = float(np.sqrt(square[sure].mean()))
    _still(residual, size[0])
    return Calibration(
        breathing=Breathing(
            power=middle + 1 / rate,
            centre=(shifts[0].value / rate / size[0], shifts[1].value / rate / size[0]),
        ),
        scale_error_ppm=scale.error * 1e6,
        residual_px=residual,
        slices=len(told),
        outliers=int((~sure).sum()),
    )


def _columns(told: Sequence[Measured]) -> tuple[Values, ...]:
    """Lens position, reference, stretch, shift right and down; raises where there is too little of it."""
    if len(told) < FEWEST:
        raise CalibrationFailed(
            f"Breathing needs {FEWEST} slices besides the reference slice, and {len(told)} could be used.",
            "Calibrate on an object with texture and light, with five lens positions or more.",
        )
    rows = [(m.lens, m.reference, m.similarity.stretch, m.similarity.dx, m.similarity.dy) for m in told]
    columns = np.array(rows, np.float64).T
    span = float(np.ptp(columns[:2]))
    if span < LEAST_SPAN:
        raise CalibrationFailed(
            f"The lens positions span {span:.2f} D, too little to see breathing.",
            f"Calibrate on a sweep of {LEAST_SPAN:g} D or more, best the whole range of the lens.",
        )
    return tuple(columns)


@dataclass(frozen=True, slots=True)
class _Slope:
    """y = value x: with its standard error, what is left of y, and which of y are outliers."""

    value: float
    error: float
    left: Values
    outlying: NDArray[np.bool_]

    @property
    def scatter(self) -> float:
        """Robust standard deviation of what is left."""
        return 1.4826 * float(np.median(np.abs(self.left)))


def median_slope(x: Values, y: Values) -> float:
    """Of the line through the origin with the least sum of absolute errors: the median of y / x, weighted by |x|.

    0 where all of x is.
    """
    apart = np.flatnonzero(x)
    if not apart.size:
        return 0.0
    slopes, weights = y[apart] / x[apart], np.abs(x[apart])
    order = np.argsort(slopes)
    heights = np.cumsum(weights[order])
    return float(slopes[order][np.searchsorted(heights, heights[-1] / 2)])


def _slope(x: Values, y: Values) -> _Slope:
    """The robust line through the origin.

    It starts from the line of least absolute deviations, the weighted median of y / x, and goes on with Cauchy weights.
    All y count alike at first: what the fits say of their own errors favours slices beside the reference slice, whose
    errors are common to all positions. The error is the sandwich estimate for weighted least squares (White 1980);
    beside it counts what all y on one side of zero have in common, as the law's own misfit is.
    """
    value = median_slope(x, y)
    for _ in range(ROUNDS):
        left = y - value * x
        spread = 1.4826 * float(np.median(np.abs(left))) + 1e-12
        weight = 1 / (1 + (left / (HALF * spread)) ** 2)
        value = float(np.sum(weight * x * y) / np.sum(weight * x * x))
    left = y - value * x
    moments = weight * x * left
    error = np.hypot(np.sqrt(np.sum(moments**2)), np.sum(moments[x > 0])) / np.sum(weight * x * x)
    error *= np.sqrt(len(x) / (len(x) - 1))
    return _Slope(value, float(error), left, np.abs(left) > OUTLIER * spread)


def _lawful(scale: _Slope) -> None:
    scatter, error = scale.scatter * 1e6, scale.error * 1e6
    if scatter > WORST_SCATTER or error > WORST_ERROR:
        raise CalibrationFailed(
            f"The slices do not breathe as a lens does: scales scatter by {scatter:.0f} ppm around the law, "
            f"and it is known to {error:.0f} ppm a dioptre at best.",
            "Check that the object stands still and has texture, and that the camera reports true lens positions.",
        )


def _still(residual: float, width: int) -> None:
    most = max(LEAST_RESIDUAL_PX, WORST_RESIDUAL * width)
    if residual > most:
        raise CalibrationFailed(
            f"The picture shakes: slices lie {residual:.2f} px (rms) from where the lens alone would put them, "
            f"and {most:.2f} px is the most that a calibration takes.",
            "Set the rig on firm ground and fasten camera and object, then calibrate again.",
        )
