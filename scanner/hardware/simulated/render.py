"""From the shape to what a pinhole camera sees: visible and hidden surface, each with colour and depth. Millimetres."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.hardware.simulated import shape, trace
from scanner.hardware.simulated.layers import Sheet, code_of, inset_of
from scanner.hardware.simulated.optics import Matrix, srgb_from_linear
from scanner.hardware.simulated.texture import Texture
from scanner.hardware.simulated.trace import Vector

CELL = 8
"""Pixels on a side of the cells whose rays are sent ahead together."""
COARSE = 4
PAINTED = 20_000
"""Points painted together: small enough for the cache, and for `cv2.remap`, which takes at most 32767."""
LAMP = (-0.52, -0.60, -0.61)
"""Where the light comes from, in the camera's frame: the lamp does not turn with the object."""
STEP_BEHIND = 0.8
"""Depth in mm between neighbours (an eighth of a cell apart) that makes an edge with something hidden behind it."""


@dataclass(frozen=True, slots=True, eq=False)
class Camera:
    """A pinhole in millimetres: camera = rotation @ object + translation; pixel centres at integers.

    `reach`: how many pixels behind an edge the hidden surface is wanted.
    """

    rotation: Matrix
    translation: Matrix
    focal_px: float
    centre: tuple[float, float]
    size: tuple[int, int]
    reach: float

    def ways(self, x: NDArray[np.intp] | Vector, y: NDArray[np.intp] | Vector) -> Vector:
        """Directions (3, n) in the object's frame of the rays through pixels; 1 along the optical axis."""
        across = (x - self.centre[0]) / self.focal_px
        down = (y - self.centre[1]) / self.focal_px
        rays = np.stack([across, down, np.ones_like(across)])
        return np.asarray(self.rotation.T @ rays, np.float32)

    @property
    def origin(self) -> Vector:
        return np.asarray(-self.rotation.T @ self.translation, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """What the camera sees inside a window of its frame.

    `inset`: (h, w) uint8, pixels to the outline. `near`, `far`: visible depths in dioptres.
    """

    front: Sheet
    back: Sheet
    inset: NDArray[np.uint8]
    left: int
    top: int
    near: float
    far: float


def _window(camera: Camera) -> tuple[int, int, int, int, float, float]:
    """left, top, right, bottom of the pixels that can see the object, and the depths in mm it lies between."""
    angles = np.linspace(0, math.tau, 32, endpoint=False)
    rim = np.stack([np.cos(angles), np.sin(angles)]) * shape.RADIUS * 1.02
    corners = np.concatenate([np.insert(rim, 2, z, axis=0) for z in (-0.5, shape.HEIGHT)], 1)
    x, y, z = camera.rotation @ corners + camera.translation[:, None]
    column, row = camera.centre[0] + camera.focal_px * x / z, camera.centre[1] + camera.focal_px * y / z
    left, top = max(0, math.floor(column.min())), max(0, math.floor(row.min()))
    right, bottom = min(camera.size[0], math.ceil(column.max()) + 1), min(camera.size[1], math.ceil(row.max()) + 1)
    return left, top, right, bottom, float(z.min()), float(z.max())


def _start(camera: Camera, window: tuple[int, int, int, int, float, float]) -> Vector:
    """Depth that is surely free, for each cell of `CELL` pixels, (rows, columns); inf where nothing is."""
    left, top, right, bottom, near, far = window
    rows, columns = -(-(bottom - top) // CELL), -(-(right - left) // CELL)
    y, x = np.mgrid[0:rows, 0:columns].reshape(2, -1) * CELL + (CELL - 1) / 2
    ways = camera.ways(x + left, y + top)
    spread = 1.05 * CELL / math.sqrt(2) / camera.focal_px
    free = np.empty(x.size, np.float32)
    for i in range(0, x.size, trace.CHUNK):
        part = slice(i, i + trace.CHUNK)
        start = np.full(x[part].size, near, np.float32)
        free[part] = trace.cones(camera.origin, ways[:, part], start, far, spread)
    return free.reshape(rows, columns)


def _edges(depth: Vector, reach: float) -> NDArray[np.bool_]:
    """Pixels that lie in front of something hidden, within `reach` pixels of the edge."""
    quarter = depth[::4, ::4].copy()
    quarter[~np.isfinite(quarter)] = 0.0
    step = (cv2.dilate(quarter, np.ones((3, 3), np.uint8)) - quarter > STEP_BEHIND) & (quarter > 0)
    size = 2 * math.ceil(reach / 4 + 1) + 1
    zone = cv2.dilate(step.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
    full = cv2.resize(zone, depth.shape[::-1], interpolation=cv2.INTER_NEAREST)
    return (full > 0) & np.isfinite(depth)


class _Renderer:
    def __init__(self, camera: Camera, texture: Texture) -> None:
        self._camera, self._texture = camera, texture
        self._window = _window(camera)
        self._left, self._top, right, bottom, _, self._far = self._window
        self._size = (bottom - self._top, right - self._left)

    def picture(self) -> Picture:
        front_depth, front = self._front()
        back_depth, back = self._back(front_depth)
        seen = front_depth[np.isfinite(front_depth)]
        near, far = 1e3 / float(seen.min()), 1e3 / float(seen.max())
        return Picture(
            Sheet(front, code_of(1e3 / front_depth, far, near)),
            Sheet(back, code_of(1e3 / back_depth, far, near)),
            inset_of(np.isfinite(front_depth)),
            self._left,
            self._top,
            near,
            far,
        )

    def _front(self) -> tuple[Vector, NDArray[np.uint8]]:
        start = _start(self._camera, self._window)
        cells = np.repeat(np.repeat(start, CELL, 0), CELL, 1)[: self._size[0], : self._size[1]]
        depth = self._follow(np.flatnonzero(np.isfinite(cells)), cells.ravel(), trace.march)
        return depth.reshape(self._size), self._paint(depth)

    def _back(self, front: Vector) -> tuple[Vector, NDArray[np.uint8]]:
        """What the front hides near its edges: looked for on a coarse grid first, most of it hides nothing."""
        zone = _edges(front, self._camera.reach)
        coarse = np.zeros_like(zone)
        coarse[::COARSE, ::COARSE] = zone[::COARSE, ::COARSE]
        found = self._follow(np.flatnonzero(coarse), front.ravel() + 0.3, trace.behind)
        sparse = found.reshape(front.shape)[::COARSE, ::COARSE]
        nearest = cv2.erode(np.minimum(sparse, np.float32(1e6)), np.ones((3, 3), np.uint8))
        guess = np.repeat(np.repeat(nearest, COARSE, 0), COARSE, 1)[: self._size[0], : self._size[1]]
        start = np.maximum(guess - 1.0, front + 0.3)
        pixels = np.flatnonzero(zone & (guess < self._far))
        depth = self._follow(pixels, start.ravel(), trace.behind)
        return depth.reshape(front.shape), self._paint(depth)

    def _rays(self, pixels: NDArray[np.intp]) -> Vector:
        y, x = np.divmod(pixels, self._size[1])
        return self._camera.ways(x + self._left, y + self._top)

    def _follow(self, pixels: NDArray[np.intp], start: Vector, follow: trace.Follow) -> Vector:
        """Depth in mm of each pixel of the window, flat; inf where nothing is. `pixels`: those to look at."""
        depth = np.full(self._size[0] * self._size[1], np.inf, np.float32)
        for i in range(0, pixels.size, trace.CHUNK):
            part = pixels[i : i + trace.CHUNK]
            depth[part] = follow(self._camera.origin, self._rays(part), start[part], self._far)
        return depth

    def _paint(self, depth: Vector) -> NDArray[np.uint8]:
        """Colour (3, h, w) of the pixels with a finite depth (flat)."""
        colour = np.zeros((3, depth.size), np.uint8)
        pixels = np.flatnonzero(np.isfinite(depth))
        for i in range(0, pixels.size, PAINTED):
            part = pixels[i : i + PAINTED]
            colour[:, part] = self._colour(self._rays(part), depth[part])
        return colour.reshape(3, *self._size)

    def _colour(self, ways: Vector, depth: Vector) -> NDArray[np.uint8]:
        """Painted and lit surface, (3, n) uint8 sRGB."""
        points = trace.points(self._camera.origin, ways, depth)
        slope = shape.gradient(points)
        normals = slope / np.sqrt(np.maximum((slope * slope).sum(0), 1e-6))
        albedo, bump = self._texture.paint(points, normals, self._camera.translation[2] / self._camera.focal_px)
        rough = normals + bump
        rough /= np.sqrt((rough * rough).sum(0))
        open_air = np.clip(shape.field(points + normals * 3.0) / 3.0, 0, 1)
        open_air = 0.25 + 0.75 * open_air * open_air
        axes = self._camera.rotation.astype(np.float32)
        lamp = axes.T @ (np.array(LAMP, np.float32) / np.float32(np.linalg.norm(LAMP)))
        lit = np.maximum(lamp @ rough, 0.0)
        sky = 0.5 - 0.5 * (axes[1] @ rough)
        half = lamp[:, None] - ways / np.sqrt((ways * ways).sum(0))
        half /= np.sqrt((half * half).sum(0))
        gloss = np.maximum((half * rough).sum(0), 0.0) ** 48
        light = albedo * (open_air * (0.95 * lit + 0.18 + 0.22 * sky)) + 0.10 * gloss * open_air
        return np.rint(255 * srgb_from_linear(light)).astype(np.uint8)


def render(camera: Camera, texture: Texture) -> Picture:
    """Render one position. Memory stays small: rays are worked on in chunks."""
    return _Renderer(camera, texture).picture()
