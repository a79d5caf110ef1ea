"""The simulated scene: a known object on a turntable before a thin-lens camera. No clock, no threads.

Frame of the turntable (object frame): metres, origin on the axis at the plate, z up along the axis. At turntable 0 and
tilt 0 the camera looks along +y, x to its right. Turning by a positive angle turns the object anticlockwise as seen
from above. Tilt leans the turntable towards the camera, which then sees the object from above (negative: from below);
it pivots about the middle of the object. Camera and lamp stand still, as on a rig with a tilting arm; only a rail
carries the camera to and fro along its optical axis.

Camera frame: metres, x right, y down, z forward along the optical axis, origin in the lens. Pixel centres are at
integers: a point falls on x = cx + focal_px * X / Z.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scanner.errors import OutOfRange
from scanner.hardware.simulated import render, shape
from scanner.hardware.simulated.develop import Developer
from scanner.hardware.simulated.noise import NoiseField
from scanner.hardware.simulated.optics import Matrix, lens_of
from scanner.hardware.simulated.settings import SceneSettings
from scanner.hardware.simulated.texture import Texture
from scanner.hardware.simulated.view import Imaging, View
from scanner.hardware.simulated.wall import Wall

__all__ = ["Intrinsics", "Scene", "SceneSettings", "View"]

TILT_LOW, TILT_HIGH = -20.0, 70.0
PIVOT = 0.0265
"""Height above the plate, in metres, of the point the camera is aimed at and the arm tilts about."""
BACK_LOW, BACK_HIGH = -45.0, 400.0
"""How far, in millimetres, the rail may carry the camera away from where it stands without one."""
HIDDEN_SPAN = 5.0
"""Out of focus by as many dioptres, an edge still shows the right surface behind it."""


class Intrinsics(NamedTuple):
    """Pinhole camera: focal length and principal point, in pixels, pixel centres at integers."""

    focal_px: float
    cx: float
    cy: float


class Scene:
    """Geometry, paint and optics of the simulated rig."""

    def __init__(self, settings: SceneSettings) -> None:
        self.settings = settings
        self.pixel_pitch = settings.pixel_pitch
        self.lens = lens_of(settings)
        rng = np.random.default_rng([settings.seed, 3])
        off = rng.uniform((0.008, 0.002), (0.011, 0.004)) * rng.choice((-1.0, 1.0), 2) * settings.width
        self._centre = ((settings.width - 1) / 2 + float(off[0]), (settings.height - 1) / 2 + float(off[1]))
        self._texture = Texture(settings.seed, weak=settings.texture == "weak")
        focal_px = self.intrinsics(self.lens.reference).focal_px
        wall = Wall(settings.seed, self.lens, focal_px, self._centre) if settings.background == "textured" else None
        developer = Developer(settings, NoiseField(settings.seed))
        self._imaging = Imaging(settings, self.lens, self._centre, developer, wall)

    def intrinsics(self, lens: float) -> Intrinsics:
        """The pinhole camera that a frame at this lens position follows, shake aside."""
        focal = self.lens.image_distance(self.lens.reference) / self.pixel_pitch
        return Intrinsics(focal * self.lens.scale(lens), *self._centre)

    def pose(self, turntable_deg: float, tilt_deg: float, back_mm: float = 0.0) -> tuple[Matrix, Matrix]:
        """Rotation (3, 3) and translation (3,), metres: camera = R @ object + t.

        `back_mm`: how far the rail has carried the camera away from the object. Raises OutOfRange for tilt and rail.
        """
        if not TILT_LOW <= tilt_deg <= TILT_HIGH:
            raise OutOfRange(
                f"Tilt {tilt_deg:g}° is outside the simulated arm's range.",
                f"Choose {TILT_LOW:g}° to {TILT_HIGH:g}°.",
            )
        if not BACK_LOW <= back_mm <= BACK_HIGH:
            raise OutOfRange(
                f"{back_mm:g} mm is outside the range of the simulated rail.",
                f"Choose {BACK_LOW:g} mm to {BACK_HIGH:g} mm.",
            )
        turn, tilt = math.radians(turntable_deg % 360.0), math.radians(tilt_deg)
        about_z = np.array(
            [[math.cos(turn), -math.sin(turn), 0], [math.sin(turn), math.cos(turn), 0], [0, 0, 1]], np.float64
        )
        towards = np.array(
            [[1, 0, 0], [0, -math.sin(tilt), -math.cos(tilt)], [0, math.cos(tilt), -math.sin(tilt)]], np.float64
        )
        rotation = towards @ about_z
        translation = np.array([0, 0, self.settings.distance + back_mm * 1e-3]) - rotation @ np.array([0, 0, PIVOT])
        return rotation, translation

    def distance(self, points: Sequence[Sequence[float]] | NDArray[Any]) -> NDArray[np.float64]:
        """Signed distance (n,) in metres from points (n, 3), metres, turntable's frame, to the surface; < 0 inside."""
        return shape.distance(np.asarray(points, np.float64) * 1e3) * 1e-3

    def view(self, turntable_deg: float, tilt_deg: float, back_mm: float = 0.0) -> View:
        """What the camera sees in one position; the expensive part of a picture. Raises OutOfRange.

        `back_mm`: as in `pose`; the perspective is that of the other distance.
        """
        rotation, translation = self.pose(turntable_deg, tilt_deg, back_mm)
        picture = render.render(
            render.Camera(
                rotation=rotation,
                translation=translation * 1e3,
                focal_px=self.intrinsics(self.lens.reference).focal_px,
                centre=self._centre,
                size=(self.settings.width, self.settings.height),
                reach=HIDDEN_SPAN / 2 * float(self.lens.circle(0.0, np.array(1.0))),
            ),
            self._texture,
        )
        pose = (round((turntable_deg % 360.0) * 1e4) % 3_600_000, round((tilt_deg + 90.0) * 1e4))
        key = (self.settings.seed, *pose, *([round((back_mm - BACK_LOW) * 1e4)] if back_mm else []))
        return View(self._imaging, picture, key, back_mm * 1e-3)
