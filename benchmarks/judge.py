"""How near a stacked picture comes to the truth."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.truth import KnownStack, Picture, Region
from scanner.stacking.geometry import Matrix

BORDER = 0.03
"""Share of width and height, at each border, that is not judged: some stackers leave nothing there."""

ALIGNED_AT = 2400
"""Pixels of width at which the remaining misplacement is measured."""

Values = NDArray[np.float32]


@dataclass(frozen=True)
class Quality:
    """`psnr_y` of luma over the object, and `edge` of all colours near steps in depth, decibels; `halo` rms over
    background near the object, 8-bit steps; `gain` sharpness recovered, 1 is ideal; `shift` the largest misplacement
    over the object, pixels."""

    psnr_y: float
    edge: float
    halo: float
    gain: float
    shift: float


def judge(path: Path, known: KnownStack, geometry: int | None = None) -> Quality:
    """The picture at `path` against the truth as slice `geometry` (default: the reference slice) shows it.

    What affine misplacement remains is measured, and the truth moved by it, and a gain and offset for each colour taken
    out: what is left is focus, noise and faults of fusion.
    """
    geometry = known.reference if geometry is None else geometry
    truth, regions = known.truth(geometry), known.regions(geometry)
    result, seen = _placed(_read(path), truth)
    inner = _inner(truth.shape[:2])
    object_ = regions.object_ & inner & seen
    matrix = _misplaced(_luma(truth), _luma(result), object_)
    object_, edge, background = (
        _moved(region.astype(np.uint8), matrix, cv2.INTER_NEAREST) > 0
        for region in (regions.object_, regions.edge, regions.background)
    )
    inner &= seen
    object_ &= inner
    true = _moved(truth, matrix, cv2.INTER_LANCZOS4).astype(np.float32)
    mine = _evened(result, true, object_)
    error = np.square(mine - true).mean(axis=2)
    luma, true_luma = _luma(mine), _luma(true)
    return Quality(
        psnr_y=_decibels(np.square(luma - true_luma)[object_]),
        edge=_decibels(error[edge & inner]),
        halo=float(np.sqrt(error[background & inner].mean())) if (background & inner).any() else 0.0,
        gain=_gain(luma, true_luma, object_ & ~edge),
        shift=_farthest(matrix, object_),
    )


def sharpest_alone(known: KnownStack) -> int:
    """The slice that, laid on the reference slice by its known transform, comes nearest to the truth on its own."""
    truth, object_ = _luma(known.truth(known.reference)), known.regions(known.reference).object_

    def miss(index: int) -> float:
        flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        slice_ = _luma(_read(known.slices[index]))
        laid = cv2.warpAffine(slice_, known.transforms[index], truth.shape[1::-1], flags=flags)
        return float(np.square(laid - truth)[object_].mean())

    return min(range(len(known.slices)), key=miss)


def _read(path: Path) -> Picture:
    result = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if result is None:
        raise SystemExit(f"{path} was not written.")
    return np.asarray(result, np.uint8)


def _luma(picture: Picture | Values) -> Values:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.float32)


def _inner(shape: tuple[int, ...]) -> Region:
    rows, columns = round(BORDER * shape[0]), round(BORDER * shape[1])
    inner = np.zeros(shape, bool)
    inner[rows : shape[0] - rows, columns : shape[1] - columns] = True
    return inner


def _placed(result: Picture, truth: Picture) -> tuple[Picture, Region]:
    """A picture that was cropped put where it fits best, and where there is any of it."""
    if result.shape == truth.shape:
        return result, np.ones(truth.shape[:2], bool)
    rows, columns = (min(mine, whole) for mine, whole in zip(result.shape[:2], truth.shape[:2], strict=True))
    result = result[:rows, :columns]
    small = [cv2.resize(p, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA) for p in (truth, result)]
    _, _, _, (x, y) = cv2.minMaxLoc(cv2.matchTemplate(small[0], small[1], cv2.TM_CCOEFF_NORMED))
    whole, seen = np.zeros_like(truth), np.zeros(truth.shape[:2], bool)
    rows, columns = min(rows, truth.shape[0] - 4 * y), min(columns, truth.shape[1] - 4 * x)
    whole[4 * y : 4 * y + rows, 4 * x : 4 * x + columns] = result[:rows, :columns]
    seen[4 * y : 4 * y + rows, 4 * x : 4 * x + columns] = True
    return whole, seen


def _misplaced(truth: Values, result: Values, where: Region) -> Matrix:
    """Truth pixel -> result pixel, affine."""
    factor = max(1.0, truth.shape[1] / ALIGNED_AT)
    size = (round(truth.shape[1] / factor), round(truth.shape[0] / factor))
    small = [np.asarray(cv2.resize(p, size, interpolation=cv2.INTER_AREA), np.float32) for p in (truth, result)]
    mask = np.asarray(cv2.resize(where.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST), np.uint8)
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 100, 1e-7)
    start = np.eye(2, 3, dtype=np.float32)
    _, matrix = cv2.findTransformECC(small[0], small[1], start, cv2.MOTION_AFFINE, stop, mask, 5)
    return _enlarged(np.asarray(matrix, np.float64), factor)


def _enlarged(matrix: Matrix, factor: float) -> Matrix:
    """The same transform on pictures `factor` times as large, pixel centres at integers."""
    grid = np.array([[1 / factor, 0, 0.5 / factor - 0.5], [0, 1 / factor, 0.5 / factor - 0.5], [0, 0, 1]])
    whole = np.vstack([matrix, [0, 0, 1]])
    return np.asarray((np.linalg.inv(grid) @ whole @ grid)[:2])


def _moved(picture: Picture, matrix: Matrix, how: int) -> Picture:
    size = (picture.shape[1], picture.shape[0])
    return np.asarray(cv2.warpAffine(picture, matrix, size, flags=how, borderMode=cv2.BORDER_REPLICATE))


def _evened(result: Picture, true: Values, where: Region) -> Values:
    """With the gain and offset of each colour taken out."""
    mine = result.astype(np.float32)
    for colour in range(3):
        slope, offset = np.polyfit(true[where, colour][::7], mine[where, colour][::7], 1)
        mine[..., colour] = (mine[..., colour] - offset) / slope
    return mine


def _decibels(squares: Values) -> float:
    return float(10 * np.log10(255**2 / max(float(squares.mean(dtype=np.float64)), 1e-9)))


def _farthest(matrix: Matrix, where: Region) -> float:
    y, x = np.nonzero(where[::8, ::8])
    points = np.stack([x * 8.0, y * 8.0, np.ones(len(x))])
    return float(np.hypot(*(matrix @ points - points[:2])).max())


def _gain(mine: Values, true: Values, where: Region) -> float:
    """How much of the truth's gradient is there: <mine, true> / <true, true>."""
    products = [0.0, 0.0]
    for axis in ((1, 0), (0, 1)):
        ours, truths = (cv2.Sobel(p, cv2.CV_32F, *axis)[where].astype(np.float64) for p in (mine, true))
        products[0] += float(ours @ truths)
        products[1] += float(truths @ truths)
    return products[0] / products[1]
