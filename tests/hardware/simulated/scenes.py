"""Scenes that several tests look at; made once, for they cost about as much as a small picture."""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scanner.hardware.simulated.scene import Scene, SceneSettings
from scanner.hardware.simulated.view import View

STILL = {"shake_px": 0.0, "roll_deg": 0.0}
SMALL = {"width": 480, "height": 270}
MIDDLE = {"width": 960, "height": 540}


@lru_cache(maxsize=8)
def scene(**changes: Any) -> Scene:
    """A scene of 480 x 270 pixels unless `changes` say otherwise."""
    return Scene(SceneSettings(**{**SMALL, **changes}))


@lru_cache(maxsize=24)
def view(turntable: float, tilt: float, back_mm: float = 0.0, **changes: Any) -> View:
    return scene(**changes).view(turntable, tilt, back_mm)


def psnr(a: NDArray[Any], b: NDArray[Any], where: NDArray[np.bool_]) -> float:
    """Peak signal to noise ratio in dB of 8-bit pictures, over the pixels of `where`."""
    error = np.square(a[where].astype(np.float64) - b[where])
    return float(10 * np.log10(255**2 / error.mean()))


def back_projected(
    scene: Scene, view: View, turntable: float, tilt: float, lens: float, *, back_mm: float = 0.0
) -> NDArray[np.float64]:
    """Points (n, 3) in metres in the turntable's frame of all pixels that see the object, from depth and camera."""
    depth, camera = view.depth(lens), scene.intrinsics(lens)
    rotation, translation = scene.pose(turntable, tilt, back_mm)
    y, x = np.nonzero(np.isfinite(depth))
    z = 1.0 / depth[y, x].astype(np.float64)
    seen = np.stack([(x - camera.cx) / camera.focal_px * z, (y - camera.cy) / camera.focal_px * z, z])
    return np.asarray((rotation.T @ (seen - translation[:, None])).T)
