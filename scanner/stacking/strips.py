"""Small maps enlarged to a plane a few rows at a time: what is touched stays in the cache, and memory stays small."""

from collections.abc import Iterator
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

STRIP = 64
"""Rows of a plane worked on at a time."""

Map: TypeAlias = NDArray[np.float32]


def bands(shape: tuple[int, ...], tall: int = STRIP) -> Iterator[slice]:
    """All rows of a plane of `shape`, `tall` at a time."""
    for top in range(0, shape[0], tall):
        yield slice(top, min(top + tall, shape[0]))


def spread(weights: Map, top: int, bottom: int, columns: int, rows: int) -> Map:
    """Rows top..bottom of `weights`, `columns` and `rows` times as large, bilinear, centres in register."""
    if columns == 1 and rows == 1:
        return weights[top:bottom]
    above, below = min(top, 1), min(weights.shape[0] - bottom, 1)
    part = weights[top - above : bottom + below]
    size = (part.shape[1] * columns, part.shape[0] * rows)
    large = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_LINEAR), np.float32)
    return large[above * rows : large.shape[0] - below * rows]


def strips(weights: Map, columns: int, rows: int, shape: tuple[int, ...]) -> Iterator[tuple[slice, Map]]:
    """Rows of a plane of `shape`, and `weights` enlarged to them: what is touched at a time stays in the cache."""
    for top in range(0, weights.shape[0], STRIP // rows):
        bottom = min(top + STRIP // rows, weights.shape[0])
        part = slice(top * rows, min(bottom * rows, shape[0]))
        yield part, spread(weights, top, bottom, columns, rows)[: part.stop - part.start, : shape[1]]
