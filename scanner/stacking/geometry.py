"""Similarity transforms between pictures, and what they become on planes of another resolution.

All matrices are 2x3 float64, target pixel (x, y, 1) -> source pixel, pixel centres at integers.
"""

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Matrix: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Similarity:
    """Reference pixel -> slice pixel: p' = centre + (1 + stretch, turn) (p - centre) + (dx, dy).

    `stretch` and `turn` are the real part less one and the imaginary part of the complex factor that scales and
    rotates; (`dx`, `dy`) the shift at the centre of the picture, ((w - 1) / 2, (h - 1) / 2), in pixels.
    """

    stretch: float = 0.0
    turn: float = 0.0
    dx: float = 0.0
    dy: float = 0.0

    @property
    def scale(self) -> float:
        return float(np.hypot(1 + self.stretch, self.turn))

    @property
    def parameters(self) -> tuple[float, float, float, float]:
        return self.stretch, self.turn, self.dx, self.dy

    def matrix(self, size: tuple[int, int]) -> Matrix:
        """The 2x3 matrix for pictures of `size` (width, height)."""
        cx, cy = (size[0] - 1) / 2, (size[1] - 1) / 2
        a, b = 1 + self.stretch, self.turn
        return np.array([[a, -b, cx - a * cx + b * cy + self.dx], [b, a, cy - b * cx - a * cy + self.dy]])

    def apart(self, other: "Similarity", size: tuple[int, int]) -> float:
        """How far the two put a point from each other, pixels, rms over a picture of `size` (width, height)."""
        stretch, turn, dx, dy = np.subtract(self.parameters, other.parameters)
        spread = (size[0] ** 2 + size[1] ** 2) / 12
        return float(np.sqrt((stretch**2 + turn**2) * spread + dx**2 + dy**2))

    def resized(self, factor: float) -> "Similarity":
        """The same transform where pictures are `factor` times as large."""
        return Similarity(self.stretch, self.turn, self.dx * factor, self.dy * factor)

    def about(self, right: float, down: float) -> "Similarity":
        """The same transform where the middle of the picture lies so many pixels further to the right and down."""
        dx = self.dx + self.stretch * right - self.turn * down
        dy = self.dy + self.turn * right + self.stretch * down
        return Similarity(self.stretch, self.turn, dx, dy)

    def stepped(self, step: NDArray[np.float64]) -> "Similarity":
        """With (stretch, turn, dx, dy) added."""
        return Similarity(*(float(v) for v in np.add(self.parameters, step)))


def on_plane(matrix: Matrix, columns: int, rows: int) -> Matrix:
    """`matrix` for planes subsampled by `columns` and `rows`, each sample at the centre of the pixels it stands for.

    Centred siting is that of JPEG (JFIF 1.02): sample i stands for pixels c i .. c i + c - 1, centre c i + (c - 1) / 2.
    """
    grid = np.array([[columns, 0, (columns - 1) / 2], [0, rows, (rows - 1) / 2], [0, 0, 1]])
    whole = np.vstack([matrix, [0, 0, 1]])
    moved: Matrix = (np.linalg.inv(grid) @ whole @ grid)[:2]
    return moved


def covered(matrix: Matrix, size: tuple[int, int], margin: float) -> NDArray[np.uint8]:
    """(height, width) uint8: 1 where a target pixel lies at least `margin` pixels inside a source of the same size."""
    width, height = size
    corners = np.array([[margin, margin], [width - 1 - margin, margin], [width - 1 - margin, height - 1 - margin],
                        [margin, height - 1 - margin]])  # fmt: skip
    inverse = cv2.invertAffineTransform(matrix)
    outline = corners @ inverse[:, :2].T + inverse[:, 2]
    mask = np.zeros((height, width), np.uint8)
    cv2.fillConvexPoly(mask, np.rint(outline).astype(np.int32), 1)
    return mask
