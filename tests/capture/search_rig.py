"""A rig that shows whatever a test has it see from a pose, and a small room to see."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.hardware.focus import focus_drive
from scanner.hardware.protocols import AxisFacts, CameraFacts, Capture, Exposure, LensFacts, RigFacts
from scanner.hardware.rig import Rig
from scanner.hardware.settings import FocusSettings
from scanner.slices import Plane, Planes
from tests.capture.fakes import LENS, LOOK, FakeAxis, FakeLight, Log

HEIGHT, WIDTH = 270, 480
STRIPS = 6
BLUR = 1.2
"""Sigma in pixels, a dioptre out of focus."""

Sees = Callable[[float, float, float], Plane]
"""Luma from turntable and tilt, degrees, and the position of the focus drive."""
Grey = NDArray[np.float32]


@lru_cache(maxsize=64)
def paint(seed: int, height: int = HEIGHT, width: int = WIDTH) -> Grey:
    """Fine grain, (height, width) float32."""
    rng = np.random.default_rng(seed)
    grain = cv2.GaussianBlur(rng.normal(0, 1, (height, width)).astype(np.float32), (0, 0), 0.9)
    return np.asarray(120 + 40 * grain / grain.std(), np.float32)


def blurred(picture: Grey, dioptres: float) -> Grey:
    sigma = BLUR * abs(dioptres)
    return picture if sigma < 0.2 else np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.float32)


@dataclass
class Room:
    """A painted object, its left edge nearer than its right, before a wall at `wall` dioptres (None: dark).

    `ends`: (near, far) of the object at a tilt, in the unit of the drive. `plain`: the share of its rows, from the top,
    that look the same from all sides; `alike`: all sides look so after turning by so many degrees.
    """

    wall: float | None = None
    ends: Callable[[float, float], tuple[float, float]] = lambda _turntable, _tilt: (12.0, 9.0)
    plain: float = 0.0
    alike: float = 360.0
    scale: float = 1.0

    def __call__(self, turntable: float, tilt: float, focus: float) -> Plane:
        around = blurred(paint(0), self.wall - focus) if self.wall is not None else np.full((HEIGHT, WIDTH), 8.0)
        seen = np.array(around, np.float32)
        near, far = self.ends(turntable, tilt)
        for strip, depth in enumerate(np.linspace(near, far, STRIPS)):
            across = slice(120 + 40 * strip, 160 + 40 * strip)
            side = paint(1 + round(turntable % self.alike) + 1000 * round(tilt + 90))[40:230, across].copy()
            like = round(190 * self.plain)
            side[:like] = paint(999_999)[40 : 40 + like, across]
            seen[40:230, across] = blurred(side, (depth - focus) * self.scale)
        noise = np.roll(paint(7), round(37 * focus + turntable + 3 * tilt)) - 120
        return np.clip(seen + noise / 30, 0, 255).astype(np.uint8)


class SeeingCamera:
    """Sees what `sees` says of where the axes and its lens are; logs every capture with the focus of it."""

    def __init__(self, sees: Sees, axes: dict[str, FakeAxis], log: Log, lens: LensFacts | None) -> None:
        self._sees, self._axes, self._log = sees, axes, log
        self._lens = 0.0
        self.facts = CameraFacts(
            model="fake", width=WIDTH, height=HEIGHT, focal_length_mm=4.74, f_number=1.8, pixel_pitch_um=13.0, lens=lens
        )

    def lock(self, exposure: Exposure | None) -> Exposure:
        return exposure or LOOK

    def focus(self, lens: float) -> float:
        self._lens = lens
        return lens

    def capture(self) -> Capture:
        return Capture(self.look(), self._lens if self.facts.lens else None, LOOK.time_us, LOOK.gain, 0.0)

    def look(self) -> Planes:
        turntable, tilt = (self._axes[name].angle or 0.0 for name in ("turntable", "tilt"))
        focus = self._lens if self.facts.lens else self._axes["focus"].angle or 0.0
        self._log("capture", focus)
        grey = np.full((HEIGHT // 2, WIDTH // 2), 128, np.uint8)
        return Planes(self._sees(turntable, tilt, focus), grey, grey)

    def close(self) -> None:
        """Nothing is open."""


def seeing(sees: Sees, log: Log, *, rail: bool = False) -> Rig:
    """A rig that shows `sees`, focused by its lens, 0 D to 15 D, or by a rail, 0 mm to 30 mm."""
    axes = {
        "turntable": FakeAxis(log, AxisFacts(name="turntable", low=None, high=None, step=0.1, can_home=True)),
        "tilt": FakeAxis(log, AxisFacts(name="tilt", low=-20, high=70, step=0.1, can_home=False)),
    }
    if rail:
        of_rail = AxisFacts(name="focus", low=0, high=30, step=0.01, can_home=True, unit="mm")
        axes["focus"] = FakeAxis(log, of_rail)
    camera = SeeingCamera(sees, axes, log, None if rail else LENS)
    focus = focus_drive(FocusSettings(drive="rail" if rail else "lens"), camera, axes)
    facts = RigFacts(
        simulated=True,
        description="A rig that shows what it is told to.",
        camera=camera.facts,
        focus=focus.facts,
        axes=tuple(axis.facts for axis in axes.values()),
        light=True,
    )
    return Rig(camera, focus, dict(axes), FakeLight(), facts)
