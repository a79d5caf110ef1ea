"""The object, from what came into focus: closed over its plain parts, without specks, cut at its rim."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.slices import Mask, Planes
from scanner.stacking.mask_look import Look, look
from scanner.stacking.mask_plain import whole
from scanner.stacking.mask_rim import trimmed
from scanner.stacking.mask_trust import certainty

COVERED = 100
"""Of 255, what of a pixel of a mask must be object: less than half, for what is cut away is lost."""


@dataclass(frozen=True, slots=True, eq=False)
class Masked:
    """`mask`: uint8 (ceil(height / 2), ceil(width / 2)), 255 on the object, else 0. `certainty`: how sure it is,
    0..1."""

    mask: Mask
    certainty: float


def object_mask(pixels: Planes, far: NDArray[np.bool_]) -> Masked:
    """The mask of a stacked image; empty, and not certain at all, where nothing is in focus.

    `far`: at half size, where detail is the sharpest in the last slice of the sweep.
    """
    seen = look(pixels, far)
    found = whole(seen)
    mask = trimmed(found.region, seen)
    return Masked(_at_half_size(mask, seen, pixels), certainty(mask, found, seen))


def _at_half_size(mask: Mask, seen: Look, pixels: Planes) -> Mask:
    rows, columns = -(-pixels.height // 2), -(-pixels.width // 2)
    scale = seen.step / 2
    ways = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    size = (round(mask.shape[1] * scale + 0.25), round(mask.shape[0] * scale + 0.25))
    share = cv2.resize(mask * np.uint8(255), size, interpolation=ways)[:rows, :columns]
    return np.asarray(np.where(share > COVERED, np.uint8(255), np.uint8(0)))
