"""Stacks of the simulated rig, and how a mask compares with the known object."""

from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.hardware.simulated.scene import Scene, SceneSettings
from scanner.slices import Mask, Slice, Stacked
from scanner.stacking.stacker import Stacker

EXTRA = 0.04
"""Of the object's depth, how far a sweep reaches beyond it."""


class Likeness(NamedTuple):
    """`iou`: intersection over union. `cut`: share of the object that is not in the mask."""

    iou: float
    cut: float


def compared(mask: Mask, true: Mask) -> Likeness:
    """`mask`: at half size, as `Stacked` has it. `true`: of the picture's size."""
    height, width = true.shape
    mine = np.repeat(np.repeat(mask, 2, axis=0), 2, axis=1)[:height, :width] > 0
    there = true > 0
    both = int((mine & there).sum())
    return Likeness(both / int((mine | there).sum()), 1 - both / int(there.sum()))


@lru_cache(maxsize=4)
def stack_of(
    settings: SceneSettings, turntable: float, tilt: float, count: int = 8, part: tuple[float, float] = (0.0, 1.0)
) -> tuple[Stacked, Mask]:
    """The stack of one position of the simulated object, and where that is.

    `part`: of the sweep through the object, from near (0) to far (1), that is taken.
    """
    view = Scene(settings).view(turntable, tilt)
    span = (1 + 2 * EXTRA) * (view.far - view.near)
    near, far = (view.near + (share - EXTRA) * span for share in part)
    lenses = np.linspace(near, far, count)
    slices = [Slice(i, view.slice(float(lens), frame=i), float(lens)) for i, lens in enumerate(lenses)]
    middle = slices.pop(count // 2)
    builder = Stacker().begin(middle)
    for slice_ in slices:
        builder.add(slice_)
    return builder.finish(), view.mask(float(lenses[count // 2]))


def textured(height: int, width: int, strength: float = 40.0, seed: int = 1) -> NDArray[np.float32]:
    """Detail in focus, (height, width) float32, mean 128."""
    noise = np.random.default_rng(seed).standard_normal((height, width)).astype(np.float32)
    return np.asarray(128 + strength * cv2.GaussianBlur(noise, (0, 0), 0.8) * 3, np.float32)
