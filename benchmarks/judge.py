"""How near a stacked picture comes to the truth."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.scenes import StackScene, coded


@dataclass(frozen=True)
class Quality:
    """Of luma: `psnr` over the object and `edge` near steps in depth, decibels; `halo` rms beside them, 8-bit steps;
    `gain` sharpness recovered, 1 is ideal; `shift` largest misplacement, pixels."""

    psnr: float
    edge: float
    halo: float
    gain: float
    shift: float

    def line(self) -> str:
        return f"{self.psnr:8.2f}{self.edge:8.2f}{self.halo:8.2f}{self.gain:8.3f}{self.shift:8.2f}"


def judge(path: Path, scene: StackScene) -> Quality:
    """Compare with the truth, after what similarity and gain remain are taken out."""
    result = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if result is None:
        raise SystemExit(f"{path} was not written.")
    truth = (255 * cv2.cvtColor(coded(scene.truth()), cv2.COLOR_RGB2GRAY)).astype(np.float32)
    object_, edge, background = scene.regions()
    inner = np.zeros_like(object_)
    height, width = object_.shape
    inner[height // 33 : -(height // 33), width // 33 : -(width // 33)] = True
    matrix = np.eye(2, 3, dtype=np.float32)
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 60, 1e-6)
    mask = (object_ & inner).astype(np.uint8)
    _, moved = cv2.findTransformECC(truth, result.astype(np.float32), matrix, cv2.MOTION_AFFINE, stop, mask, 5)
    y, x = np.nonzero(mask[::8, ::8])
    points = np.stack([x * 8.0, y * 8.0, np.ones(len(x))])
    shift = float(np.hypot(*(moved @ points - points[:2])).max())
    flags = cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP
    inverse = cv2.invertAffineTransform(moved)
    true = np.asarray(
        cv2.warpAffine(truth, inverse, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE), np.float32
    )
    slope, offset = np.polyfit(true[mask > 0][::7], result[mask > 0][::7].astype(np.float64), 1)
    mine = np.asarray((result - offset) / slope, np.float32)
    error = (mine - true).astype(np.float64) ** 2

    def level(where: NDArray[np.bool_]) -> float:
        return float(10 * np.log10(255**2 / error[where & inner].mean()))

    halo = float(np.sqrt(error[background & inner].mean()))
    gain = _gain(mine, true, object_ & inner & ~edge)
    return Quality(level(object_), level(edge), halo, gain, shift)


def _gain(mine: NDArray[np.float32], true: NDArray[np.float32], where: NDArray[np.bool_]) -> float:
    """How much of the truth's gradient is there: <mine, true> / <true, true>."""
    products = [0.0, 0.0]
    for axis in ((1, 0), (0, 1)):
        ours, truths = (cv2.Sobel(p, cv2.CV_32F, *axis)[where].astype(np.float64) for p in (mine, true))
        products[0] += float(ours @ truths)
        products[1] += float(truths @ truths)
    return products[0] / products[1]
