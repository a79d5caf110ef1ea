"""One position of the simulated object, ready to be photographed at any lens position."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.hardware.simulated import layers
from scanner.hardware.simulated.develop import WALL, Developer, Exposed
from scanner.hardware.simulated.layers import Backdrop
from scanner.hardware.simulated.optics import Image, Lens, Matrix
from scanner.hardware.simulated.render import Picture
from scanner.hardware.simulated.settings import SceneSettings
from scanner.hardware.simulated.wall import BEHIND, Wall
from scanner.slices import Planes


@dataclass(frozen=True, slots=True, eq=False)
class Imaging:
    """What all views of a scene share; `centre`: the principal point in pixels; `wall`: None is plain and dark."""

    settings: SceneSettings
    lens: Lens
    centre: tuple[float, float]
    developer: Developer
    wall: Wall | None = None


class View:
    """What the camera sees in one position. `near`, `far`: dioptres of the nearest and farthest visible point.

    All pictures of a view follow the pinhole camera of `Scene.intrinsics(lens)`; only `slice` adds shake.
    """

    def __init__(self, imaging: Imaging, picture: Picture, key: tuple[int, ...], back: float = 0.0) -> None:
        """`back`: how far, in metres, the rail has carried the camera away."""
        self._imaging, self._picture, self._key, self._back = imaging, picture, key, back
        self.near, self.far = picture.near, picture.far

    def slice(
        self,
        lens: float,
        *,
        frame: int,
        exposure: float = 1.0,
        red_gain: float = 1.0,
        blue_gain: float = 1.0,
        shift_px: tuple[float, float] = (0.0, 0.0),
    ) -> Planes:
        """One frame focused at `lens` dioptres: defocused, shaken, noisy; the same bytes for the same arguments.

        `frame` numbers the exposure (from 0) and seeds what is random in it. `exposure`, `red_gain` and `blue_gain`
        multiply the light; what then exceeds 1 clips. `shift_px`: where sway has the picture, right and down, in
        pixels, beside the shake.
        """
        settings = self._imaging.settings
        rng = np.random.default_rng([*self._key, frame])
        shift = rng.normal(0.0, settings.shake_px, 2) + shift_px
        move = self._move(lens, shift, float(rng.normal(0.0, settings.roll_deg)))
        circles = self._imaging.lens.circle(lens, self._depth_of_bytes())
        gains = np.array([exposure * red_gain, exposure, exposure * blue_gain], np.float32)
        behind = self._behind(lens)
        light = layers.defocus(self._picture, circles, self._in_window(behind))
        return self._develop(light, move, Exposed(gains, rng), behind)

    def truth(self, lens: float) -> Planes:
        """All in focus, without noise and shake, in the geometry of `lens`: what a perfect stack would be.

        A printed wall is never in focus in a sweep of the object; it is shown as blurred as at `lens`.
        """
        still = Exposed(np.ones(3, np.float32), None)
        behind = self._behind(lens)
        light = layers.in_focus(self._picture, self._in_window(behind))
        return self._develop(light, self._move(lens), still, behind)

    def mask(self, lens: float) -> NDArray[np.uint8]:
        """(h, w) uint8, 255 where the object is, in the geometry of `lens`."""
        there = (self._picture.front.depth > 0).astype(np.uint8) * np.uint8(255)
        moved = cv2.warpAffine(there, self._placed(self._move(lens), 0), self._size, flags=cv2.INTER_LINEAR)
        return np.where(moved > 127, 255, 0).astype(np.uint8)

    def depth(self, lens: float) -> NDArray[np.float32]:
        """(h, w) float32, depth along the optical axis in dioptres, NaN off the object, in the geometry of `lens`.

        Just before an edge with depth behind it, values mix.
        """
        code = self._picture.front.depth
        known = layers.dioptres_of(code, self.far, self.near).astype(np.float32)
        known[code == 0] = np.nan
        move = self._placed(self._move(lens), 0)
        smooth, nearest = (
            cv2.warpAffine(known, move, self._size, flags=flags, borderValue=float("nan"))
            for flags in (cv2.INTER_LINEAR, cv2.INTER_NEAREST)
        )
        return np.where(np.isfinite(smooth), smooth, nearest).astype(np.float32)

    @property
    def _size(self) -> tuple[int, int]:
        return self._imaging.settings.width, self._imaging.settings.height

    def _depth_of_bytes(self) -> NDArray[np.float64]:
        """Dioptres of the middle of each high byte of a depth code, (256,)."""
        return layers.dioptres_of(np.arange(256) * 256 + 128, self.far, self.near)

    def _move(self, lens: float, shift: NDArray[np.float64] | None = None, roll_deg: float = 0.0) -> Matrix:
        """2x3 affine, pixels of the reference geometry to pixels of a frame at `lens`, about the principal point."""
        scale, roll = self._imaging.lens.scale(lens), np.deg2rad(roll_deg)
        turn = scale * np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
        offset = self._imaging.centre - turn @ self._imaging.centre
        return np.column_stack([turn, offset if shift is None else offset + shift])

    def _placed(self, move: Matrix, margin: int) -> Matrix:
        """`move` for pixels counted from the corner of the picture's window, widened by `margin`."""
        placed = move.copy()
        placed[:, 2] += move[:, :2] @ (self._picture.left - margin, self._picture.top - margin)
        return placed

    def _behind(self, lens: float) -> Backdrop | None:
        """The printed wall in pixels of the reference geometry."""
        wall = self._imaging.wall
        return wall.seen(lens, self._imaging.settings.distance + self._back + BEHIND) if wall else None

    def _in_window(self, behind: Backdrop | None) -> Backdrop | Image:
        """What is behind the picture, in pixels from the corner of its window."""
        if behind is None:
            return WALL
        return behind.moved(np.array([[1.0, 0, -self._picture.left], [0, 1, -self._picture.top]]))

    def _develop(self, light: layers.Light, move: Matrix, exposed: Exposed, behind: Backdrop | None) -> Planes:
        margin = (light.shape[0] - self._picture.inset.shape[0]) // 2
        around = behind and behind.moved(move)
        return self._imaging.developer.develop(light, self._placed(move, margin), exposed, around)
