"""Drawn ornament: flowers, rings and signs pressed onto the surface, and the inscription round the plinth."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.hardware.simulated import shape

Vector = NDArray[np.float32]
Picture = NDArray[np.uint8]
Rng = np.random.Generator

SIZE = 128
REACH = 3.0
"""Half the side of a stamp on the surface, in mm."""
APART = 7.6
"""Least distance of two stamps, in mm, so that the drawings, which are round, do not overlap."""
CELL = 1.0  # of the index of space, in mm


def _flower(rng: Rng) -> Picture:
    picture = np.zeros((SIZE, SIZE), np.uint8)
    centre, petals = SIZE // 2, int(rng.integers(5, 11))
    outer, start = int(rng.integers(44, 60)), float(rng.uniform(0, 360))
    for i in range(petals):
        angle = start + 360 * i / petals
        mid = outer * 0.56
        at = (round(centre + mid * math.cos(math.radians(angle))), round(centre + mid * math.sin(math.radians(angle))))
        axes = (round(outer * 0.42), round(outer * 1.1 / petals) + 2)
        cv2.ellipse(picture, at, axes, angle, 0, 360, 255, -1 if i % 2 else 5, cv2.LINE_AA)
    cv2.circle(picture, (centre, centre), int(rng.integers(7, 14)), 255, -1, cv2.LINE_AA)
    return picture


def _rings(rng: Rng) -> Picture:
    picture = np.zeros((SIZE, SIZE), np.uint8)
    centre, outer = SIZE // 2, int(rng.integers(40, 56))
    dots = int(rng.integers(6, 13))
    for radius in (outer, outer - 14):
        cv2.circle(picture, (centre, centre), radius, 255, 5, cv2.LINE_AA)
    for i in range(dots):
        angle = math.tau * i / dots + float(rng.uniform(0, 0.3))
        at = (round(centre + outer * 0.42 * math.cos(angle)), round(centre + outer * 0.42 * math.sin(angle)))
        cv2.circle(picture, at, int(rng.integers(3, 7)), 255, -1, cv2.LINE_AA)
    return picture


def _spiral(rng: Rng) -> Picture:
    picture = np.zeros((SIZE, SIZE), np.uint8)
    turns, start = float(rng.uniform(2.2, 3.6)), float(rng.uniform(0, math.tau))
    t = np.linspace(0, 1, 120)
    angle, radius = start + math.tau * turns * t, 4 + 50 * t
    curve = np.stack([SIZE / 2 + radius * np.cos(angle), SIZE / 2 + radius * np.sin(angle)], 1)
    cv2.polylines(picture, [np.rint(curve).astype(np.int32)], False, 255, 7, cv2.LINE_AA)
    return picture


def _sign(rng: Rng) -> Picture:
    """A made-up sign: a few strokes, arcs and dots."""
    picture = np.zeros((SIZE, SIZE), np.uint8)
    for _ in range(int(rng.integers(3, 6))):
        a, b = rng.integers(22, SIZE - 22, (2, 2)).tolist()
        kind = int(rng.integers(0, 4))
        if kind == 0:
            cv2.line(picture, a, b, 255, 8, cv2.LINE_AA)
        elif kind == 1:
            cv2.ellipse(picture, a, (22, 14), float(rng.uniform(0, 180)), 0, float(rng.uniform(150, 360)), 255, 7)
        elif kind == 2:
            cv2.circle(picture, b, int(rng.integers(7, 13)), 255, -1, cv2.LINE_AA)
        else:
            cv2.line(picture, (a[0], 16), (a[0], SIZE - 16), 255, 8, cv2.LINE_AA)
    return picture


def inscription(rng: Rng, signs: int = 40) -> Picture:
    """The band of signs round the plinth, (56, 2240) uint8; the last column repeats the first."""
    cells = [cv2.resize(_sign(rng), (56, 56), interpolation=cv2.INTER_AREA) for _ in range(signs)]
    band = np.concatenate(cells, 1)
    band[[0, 1, -2, -1]] = 0
    return np.concatenate([band, band[:, :1]], 1)


def _surface_points(rng: Rng, count: int) -> tuple[Vector, Vector]:
    """Random points (3, n) on the object above the plinth, and their outward normals."""
    points = rng.uniform((-14, -18, 7), (14, 18, 58), (count, 3)).T
    for _ in range(8):
        slope = shape.gradient(points)
        points = points - slope * (shape.field(points) / np.maximum((slope * slope).sum(0), 0.05))
    slope = shape.gradient(points)
    good = (np.abs(shape.field(points)) < 0.01) & (points[2] > 8.5)
    normals = slope / np.sqrt(np.maximum((slope * slope).sum(0), 1e-6))
    return points[:, good].astype(np.float32), normals[:, good].astype(np.float32)


class Stamps:
    """Drawings scattered over the surface, each in the plane that touches the surface at its centre."""

    def __init__(self, rng: Rng) -> None:
        drawings = [draw(rng) for draw in (_flower, _rings, _spiral, _flower, _sign, _flower) * 3]
        self._atlas = np.concatenate(drawings)
        points, normals = _surface_points(rng, 1500)
        chosen = self._spread(points)
        self._centres, self._normals = points[:, chosen], normals[:, chosen]
        turn = rng.standard_normal((3, len(chosen))).astype(np.float32)
        turn -= self._normals * (turn * self._normals).sum(0)
        self._right = (turn / np.sqrt((turn * turn).sum(0))).astype(np.float32)
        self._up = np.cross(self._normals, self._right, axis=0).astype(np.float32)
        self._drawing = rng.integers(0, len(drawings), len(chosen)).astype(np.float32)
        self._nearest = self._index()

    @staticmethod
    def _spread(points: Vector) -> list[int]:
        """Indices of points of which no two are closer than `APART`: the first come stay."""
        chosen: list[int] = []
        free = np.ones(points.shape[1], bool)
        while free.any():
            pick = int(np.flatnonzero(free)[0])
            chosen.append(pick)
            free &= np.square(points - points[:, pick : pick + 1]).sum(0) > APART**2
        return chosen

    def _index(self) -> NDArray[np.uint8]:
        """Which stamp is nearest, for each cell of space."""
        axes = [
            np.arange(low, high, CELL).astype(np.float32) + np.float32(CELL / 2)
            for low, high in ((-21, 21), (-21, 21), (0, 60))
        ]
        grid = np.stack(np.meshgrid(*axes, indexing="ij")).reshape(3, -1)
        best, index = np.full(grid.shape[1], np.inf, np.float32), np.zeros(grid.shape[1], np.uint8)
        for i, centre in enumerate(self._centres.T):
            far = np.square(grid - centre[:, None]).sum(0)
            index[far < best] = i
            best = np.minimum(best, far)
        return index.reshape([len(axis) for axis in axes])

    def ink(self, points: Vector, normals: Vector) -> Vector:
        """How much of each point (3, n) is covered by a drawing, 0..1, (n,)."""
        cell = [
            np.clip((axis + offset) / CELL, 0, size - 1).astype(np.intp)
            for axis, offset, size in zip(points, (21, 21, 0), self._nearest.shape, strict=True)
        ]
        stamp = self._nearest[tuple(cell)]
        away = points - self._centres[:, stamp]
        scale = np.float32(SIZE / 2 / REACH)
        column = (away * self._right[:, stamp]).sum(0) * scale + SIZE / 2
        row = (away * self._up[:, stamp]).sum(0) * scale + SIZE / 2
        inside = (np.minimum(column, row) > 1) & (np.maximum(column, row) < SIZE - 2)
        inside &= (normals * self._normals[:, stamp]).sum(0) > 0.3
        row = np.where(inside, row + self._drawing[stamp] * SIZE, 0).astype(np.float32)
        column = np.where(inside, column, 0).astype(np.float32)
        ink = cv2.remap(self._atlas, column[None], row[None], cv2.INTER_LINEAR)[0]
        return np.asarray(ink * inside / np.float32(255), np.float32)
