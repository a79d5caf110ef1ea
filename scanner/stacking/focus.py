"""How sharp a slice is at each place, and what weight that gives it.

Everything here is at half resolution: a quarter of the work, less noise, and no less sharp a stack.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from scanner.plan.stacking import Measure
from scanner.slices import Plane
from scanner.stacking.strips import Map, bands

WEAKEST, STRONGEST = 1e-24, 1e30
"""Weights begin and end here: the sum of weights x 65535 over any number of slices still fits a float32."""

ROUNDING = 0.5
"""The least noise: more than what `detail` makes of the rounding to 8 bit."""

BAND = 128
"""Rows of half-size luma measured at a time: what is made on the way stays small."""

LOUDEST = 4.0
"""The most noise: what `detail` makes of 4.6 steps of 8 bit. More is a picture that is sharp all over."""

_SPLINE = np.array([1, 4, 1], np.float32) / 6
"""Cubic B-spline. A bare Laplacian hears mostly noise where pixels are finer than the lens, one of this does not."""

_LAPLACIAN = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]], np.float32)


@dataclass(frozen=True, slots=True)
class Weighing:
    """How sharpness becomes weight; lengths are in half-size pixels.

    `measure`: what counts as sharp. `window`: sigma over which it is averaged. `steepness`: power of the weight over
    it; more is sharper and noisier. `reach`: sigma over which surroundings are looked at, for places without detail of
    their own. `floor`: where detail begins to count, in multiples of the noise.
    """

    measure: Measure = "laplacian"
    window: float = 2.0
    steepness: int = 6
    reach: float = 16.0
    floor: float = 6.0


def shrunk(plane: Plane, columns: int, rows: int) -> Plane:
    """Means of `columns` x `rows` samples: (ceil(h / rows), ceil(w / columns)), of the plane's type; where that does
    not come out, the last row and column are repeated."""
    below, right = -plane.shape[0] % rows, -plane.shape[1] % columns
    if below or right:
        plane = np.asarray(cv2.copyMakeBorder(plane, 0, below, 0, right, cv2.BORDER_REPLICATE), plane.dtype)
    size = (plane.shape[1] // columns, plane.shape[0] // rows)
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), plane.dtype)


def detail(half: Plane, weighing: Weighing) -> Map:
    """How sharp half-size luma is at each place: the strength of detail, averaged and squared, in 8-bit steps squared.

    Half of it is averaged over half the window, half over one and a half: exact beside edges, calm elsewhere. The mean
    is that of strengths, not of squares, or strong edges would outshine all that is near them.
    """
    margin = _reach(1.5 * weighing.window) + _reach(weighing.window) + 2
    energy: Map = np.empty(half.shape, np.float32)
    for rows in bands(half.shape, BAND):
        top = max(rows.start - margin, 0)
        part = _detail(half[top : rows.stop + margin], weighing)
        energy[rows] = part[rows.start - top : rows.stop - top]
    return energy


def _detail(half: Plane, weighing: Weighing) -> Map:
    strength = _strength(half, weighing)
    slopes = weighing.measure == "gradient"
    if slopes:  # the sum of slopes over an edge is its height, however blurred it is; that of their squares is not
        np.square(strength, out=strength)
    else:
        np.abs(strength, out=strength)
    wide = _averaged(strength, 1.5 * weighing.window)
    _averaged(strength, 0.5 * weighing.window, strength)
    cv2.addWeighted(strength, 0.5, wide, 0.5, 0, dst=strength)
    return strength if slopes else np.square(strength, out=strength)


def _reach(sigma: float) -> int:
    """Where Gaussians are cut off: at twice their sigma. Farther out there is a twentieth, at half the time."""
    return max(1, round(2 * sigma))


def _averaged(strength: Map, sigma: float, into: Map | None = None) -> Map:
    side = 2 * _reach(sigma) + 1
    return np.asarray(cv2.GaussianBlur(strength, (side, side), sigma, dst=into), np.float32)


def _strength(half: Plane, weighing: Weighing) -> Map:
    """The detail at each half-size pixel, of either sign, in 8-bit steps."""
    step = 1.0 if half.itemsize == 1 else 1 / 257
    match weighing.measure:
        case "laplacian":
            smooth = cv2.sepFilter2D(half, cv2.CV_32F, _SPLINE * np.float32(step), _SPLINE)
            found = cv2.filter2D(smooth, -1, _LAPLACIAN)
        case "gradient":
            slopes = (cv2.Sobel(half, cv2.CV_32F, dx, dy, ksize=3, scale=step / 4) for dx, dy in ((1, 0), (0, 1)))
            found = cv2.magnitude(*slopes)
        case "variance":
            light = half.astype(np.float32)
            mean = _averaged(light, weighing.window)
            found = cv2.addWeighted(light, step, mean, -step, 0, dst=light)
    return np.asarray(found, np.float32)


def noise(energy: Map) -> float:
    """What `detail` gives where there is none: its low quantile, within what noise of a camera can be."""
    return float(np.clip(np.quantile(energy[::4, ::4], 0.05), ROUNDING, LOUDEST))


def surroundings(energy: Map, reach: float) -> Map:
    """`energy` averaged over `reach` half-size pixels (sigma), at a quarter of the picture's size."""
    height, width = energy.shape
    small = cv2.resize(energy, (-(-width // 8), -(-height // 8)), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), reach / 8)
    size = (-(-width // 2), -(-height // 2))
    return np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_LINEAR), np.float32)


def weight(energy: Map, noise_: float, weighing: Weighing) -> Map:
    """The weight, WEAKEST..STRONGEST, of what a slice shows at each place, from its `detail` or `surroundings`.

    In proportion to (1 + (energy / floor)^1.5)^steepness: all slices weigh about the same in the noise, and soon
    steeply more above it. It takes the place of `energy`, since these are large.
    """
    lowest, highest = (limit ** (1 / weighing.steepness) for limit in (WEAKEST, STRONGEST))
    scale = np.float32(lowest ** (2 / 3) / (weighing.floor * noise_))
    for rows in bands(energy.shape):
        part = energy[rows]
        part *= scale
        part *= np.sqrt(part)
        part += np.float32(lowest)
        np.minimum(part, np.float32(highest), out=part)
        cv2.pow(part, weighing.steepness, dst=part)
    return energy
