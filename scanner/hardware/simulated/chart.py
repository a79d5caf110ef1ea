"""A flat chart that faces the camera: what `focusrig calibrate focus` looks at. Everything is at one known distance."""

import math
from functools import cached_property

import cv2
import numpy as np

from scanner.errors import OutOfRange
from scanner.hardware.simulated.develop import Developer, Exposed
from scanner.hardware.simulated.layers import LEVELS, SOFTNESS, Light
from scanner.hardware.simulated.noise import NoiseField
from scanner.hardware.simulated.optics import Image, blur, lens_of
from scanner.hardware.simulated.settings import SceneSettings
from scanner.slices import Planes
from scanner.units import Degrees

CELLS = (60, 120, 240, 480, 960)
"""Random cells across the width of the frame, coarse to fine: there is something to focus on at every blur."""
BORDER = 0.04
"""How far the chart reaches beyond the frame, as a share of its width: room for breathing and sway."""
LARGEST_BLUR = float(LEVELS[-1])


class ChartScene:
    """A scene whose every view is the same chart at `distance` metres, printed so that it just fills the frame."""

    def __init__(self, settings: SceneSettings, distance: float) -> None:
        self.settings, self.distance = settings, distance
        self.lens = lens_of(settings)
        self.developer = Developer(settings, NoiseField(settings.seed))

    def view(self, turntable_deg: Degrees, tilt_deg: Degrees, back_mm: float = 0.0) -> "ChartView":  # noqa: ARG002  it does not turn
        """The chart from `back_mm` farther away, wherever the axes are. Raises OutOfRange where the camera hits it."""
        distance = self.distance + back_mm * 1e-3
        if distance <= 2 * self.lens.focal_length:
            raise OutOfRange(f"The camera would touch the chart at {back_mm:g} mm.", "Move the rail away from it.")
        return ChartView(self, distance)

    @property
    def margin(self) -> int:
        """Pixels of chart beyond each side of the frame."""
        return math.ceil(BORDER * self.settings.width + LARGEST_BLUR / 2) // 2 * 2

    @cached_property
    def print(self) -> Image:
        """The chart in focus, linear light 0..1, (1, h + 2 margin, w + 2 margin)."""
        rng = np.random.default_rng([self.settings.seed, 17])
        width, height = self.settings.width + 2 * self.margin, self.settings.height + 2 * self.margin
        total = np.zeros((height, width), np.float32)
        for across in CELLS:
            columns = round(across * width / self.settings.width)
            cells = rng.choice(np.array([-1.0, 1.0], np.float32), (math.ceil(columns * height / width), columns))
            smaller = columns > width
            total += cv2.resize(cells, (width, height), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)
        return np.asarray(np.clip(0.35 + 0.15 * total, 0.02, 0.95)[None], np.float32)


class ChartView:
    """The chart at `distance` metres."""

    def __init__(self, scene: ChartScene, distance: float) -> None:
        self._scene, self._distance = scene, distance

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
        """One frame focused at `lens` dioptres, all of it out of focus by the same circle; the rest as `View.slice`."""
        scene = self._scene
        rng = np.random.default_rng([scene.settings.seed, 17, frame])
        size = scene.distance / self._distance
        circle = abs(float(scene.lens.circle(lens, np.array(1.0 / self._distance)))) / size
        centre = np.array([scene.settings.width - 1, scene.settings.height - 1]) / 2
        scale = scene.lens.scale(lens) * size
        offset = centre - scale * (centre + scene.margin) + rng.normal(0.0, scene.settings.shake_px, 2) + shift_px
        move = np.column_stack([scale * np.eye(2), offset])
        gains = np.array([exposure * red_gain, exposure, exposure * blue_gain], np.float32)
        return scene.developer.develop(self._light(circle), move, Exposed(gains, rng))

    def _light(self, circle: float) -> Light:
        """(h, w, 3) uint16, 65535 = light 1."""
        plane = blur(self._scene.print, min(circle, LARGEST_BLUR))[0]
        soft = cv2.GaussianBlur(plane, (0, 0), SOFTNESS, borderType=cv2.BORDER_REPLICATE)
        light = np.rint(np.clip(soft, 0, 1) * 65535).astype(np.uint16)
        return np.asarray(cv2.merge([light, light, light]), np.uint16)
