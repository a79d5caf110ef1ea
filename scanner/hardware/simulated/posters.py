"""What is printed on the wall behind the object: posters and newspaper, sheet over sheet, without end."""

import math
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Rng = np.random.Generator

DOT = 0.4
"""Size of a printed dot in mm: the print is never seen sharper than that."""
SIZE = (336, 576)
"""Rows and columns of dots after which the print repeats."""
SHEETS = 130
PAPERS = ((236, 228, 208), (222, 214, 190), (242, 240, 236), (206, 196, 170))
INKS = ((22, 20, 24), (168, 26, 30), (18, 44, 120), (226, 168, 20), (20, 92, 60), (214, 92, 24))
"""R, G, B, sRGB."""
LETTERS = "ABEGHKMNPRSTWXZ2358&"


def _headline(sheet: Picture, rng: Rng, top: int, height: int) -> None:
    """A line of letters across the sheet, in place."""
    text = "".join(rng.choice(list(LETTERS), 12))
    thick = max(2, height // 6)
    ink = INKS[int(rng.integers(0, 3))]
    cv2.putText(sheet, text, (4, top + height), cv2.FONT_HERSHEY_DUPLEX, height / 22, ink, thick, cv2.LINE_AA)


def _columns(sheet: Picture, rng: Rng, top: int) -> None:
    """Bold print below `top`: words in lines, in place."""
    height, width = sheet.shape[:2]
    for row in range(top, height - 6, 7):
        ink = INKS[0] if rng.random() < 0.8 else INKS[int(rng.integers(1, 3))]
        letters = np.repeat(rng.random(width // 4) < 0.5, 4)[: width - 8]
        sheet[row : row + 5, 4 : 4 + letters.size][:, letters] = ink


def _drawing(sheet: Picture, rng: Rng) -> None:
    """Coloured shapes with hard corners over the sheet, in place."""
    height, width = sheet.shape[:2]
    sheet[:] = INKS[int(rng.integers(0, len(INKS)))]
    for _ in range(height * width // 110):
        ink = (*INKS, *PAPERS)[int(rng.integers(0, len(INKS) + len(PAPERS)))]
        centre = rng.uniform((0, 0), (width, height))
        points = int(rng.integers(3, 11))
        turn, size = rng.uniform(0, math.tau), rng.choice((4, 6, 9, 14))
        angles = turn + math.tau * np.arange(points) / points
        radii = size * np.where(np.arange(points) % 2, 0.45 if points > 4 else 1.0, 1.0)
        corners = centre + np.stack([np.cos(angles), np.sin(angles)], 1) * radii[:, None]
        cv2.fillPoly(sheet, [np.rint(corners).astype(np.int32)], ink, cv2.LINE_AA)


def _sheet(rng: Rng) -> Picture:
    """One sheet of paper (h, w, 3)."""
    height, width = (int(side) for side in rng.integers((60, 60), (130, 120)))
    sheet: Picture = np.empty((height, width, 3), np.uint8)
    if rng.random() < 0.3:
        _drawing(sheet, rng)
        _headline(sheet, rng, height - 34, 24)
    else:
        sheet[:] = PAPERS[int(rng.integers(0, len(PAPERS)))]
        line = int(rng.integers(12, 24))
        _headline(sheet, rng, 5, line)
        _drawing(sheet[line + 12 : line + 40, width // 2 : -4], rng)
        _columns(sheet[: line + 42, : width // 2], rng, line + 12)
        _columns(sheet, rng, line + 44)
    return sheet


@lru_cache(maxsize=2)
def posters(seed: int) -> Picture:
    """The print, `SIZE` dots of R, G, B, sRGB; its right edge goes on at its left, its bottom at its top."""
    rng = np.random.default_rng([seed, 23])
    wall = np.full((*SIZE, 3), 128, np.uint8)
    for _ in range(SHEETS):
        sheet = _sheet(rng)
        height, width = sheet.shape[:2]
        roll = rng.integers((0, 0), SIZE)
        wall = np.roll(wall, roll, (0, 1))
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), float(rng.normal(0, 4)), 1.0)
        turn[:, 2] += 10
        cv2.warpAffine(
            sheet, turn, (width + 20, height + 20), dst=wall[: height + 20, : width + 20],
            flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_TRANSPARENT,
        )  # fmt: skip
    wall.setflags(write=False)
    return wall
