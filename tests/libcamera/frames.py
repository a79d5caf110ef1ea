"""The pictures that the virtual camera serves: each says its number, and which way up and round it is.

python -m tests.libcamera.frames FOLDER
"""

import sys
from pathlib import Path

import numpy as np
import simplejpeg

from scanner.slices import Planes

WIDTH, HEIGHT = 1536, 864
COUNT = 8
SIDE, TURN = 24, 16
"""What the right half is brighter than the left, and how much more blue the upper half has than the lower."""


def frame(number: int) -> Planes:
    """The picture `number`, 0 to COUNT - 1."""
    y = np.full((HEIGHT, WIDTH), luma(number), np.uint8)
    y[:, WIDTH // 2 :] += SIDE
    cb = np.full((HEIGHT // 2, WIDTH // 2), 100, np.uint8)
    cb[: HEIGHT // 4] += TURN
    return Planes(y, cb, np.full((HEIGHT // 2, WIDTH // 2), 150, np.uint8))


def luma(number: int) -> int:
    """Brightness of the left half of a picture."""
    return 40 + 20 * number


def number_in(pixels: Planes) -> int:
    """Which picture this is."""
    return round((float(pixels.y[:, : pixels.y.shape[1] // 4].mean()) - luma(0)) / (luma(1) - luma(0)))


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True)
    for index in range(COUNT):
        planes = frame(index)
        jpeg = simplejpeg.encode_jpeg_yuv_planes(planes.y, planes.cb, planes.cr, quality=95)
        (folder / f"{index}.jpg").write_bytes(jpeg)
