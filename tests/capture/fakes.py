"""A small rig that answers at once: for tests of the order of things, not of pictures."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import cv2
import numpy as np

from scanner.errors import HardwareError, LensTimeout, NoSwitch, OutOfRange, PositionLost
from scanner.hardware.focus import focus_drive
from scanner.hardware.protocols import Axis, AxisFacts, CameraFacts, Capture, Exposure, LensFacts, RigFacts
from scanner.hardware.rig import Rig
from scanner.hardware.settings import FocusSettings
from scanner.slices import Planes

WIDTH, HEIGHT = 320, 240
MIDDLE = 10.5
"""The lens position, dioptres, at which the picture has its own size."""
LENS = LensFacts(far=0.0, near=15.0, step=0.03)
LOOK = Exposure(time_us=10_000, gain=1.0, red_gain=2.0, blue_gain=1.5)


@dataclass
class Log:
    """What was asked of the rig, in order."""

    calls: list[tuple[str, float | None]] = field(default_factory=list)

    def __call__(self, what: str, value: float | None = None) -> None:
        self.calls.append((what, value))

    def values(self, what: str) -> list[float | None]:
        return [value for name, value in self.calls if name == what]


class FakeCamera:
    """Sees a slanted texture: left in focus at 12 D, right at 9 D.

    `blur`: sigma in pixels a dioptre. `breathing`: growth of the picture a dioptre, as a thin lens has it.
    `strange_at`: lens positions at which it sees something else. `tells_lens`: whether frames report the lens position.
    """

    def __init__(self, log: Log, lens: LensFacts | None = LENS) -> None:
        self._log = log
        self._lens = 0.0
        self.facts = CameraFacts(
            model="fake",
            width=WIDTH,
            height=HEIGHT,
            focal_length_mm=4.74,
            f_number=1.8,
            pixel_pitch_um=20.0,
            lens=lens,
        )
        self.fail_at: float | None = None
        self.breathing = 0.0
        self.blur = 1.0
        self.strange_at: tuple[float, ...] = ()
        self.tells_lens = True
        self.before_capture: Callable[[], None] = lambda: None
        self.locked = LOOK
        self.sways: list[int] = []
        rng = np.random.default_rng(3)
        texture = np.zeros((HEIGHT, WIDTH), np.float32)
        texture[30:210, 40:280] = cv2.GaussianBlur(rng.normal(120, 60, (180, 240)).astype(np.float32), (0, 0), 1.0)
        self._texture = np.clip(texture, 0, 255)

    def lock(self, exposure: Exposure | None) -> Exposure:
        self._log("lock", None if exposure is None else exposure.time_us)
        self.locked = exposure or LOOK
        return self.locked

    def focus(self, lens: float) -> float:
        if not LENS.far <= lens <= LENS.near:
            raise OutOfRange(f"{lens} D is out of range.")
        self._log("focus", lens)
        if self.fail_at is not None and abs(lens - self.fail_at) < 1e-6:
            raise LensTimeout(f"The lens did not reach {lens:.2f} D.", "Check the cable.")
        self._lens = lens
        return lens

    def capture(self) -> Capture:
        self.before_capture()
        self._log("capture", self._lens)
        grey = np.full((HEIGHT // 2, WIDTH // 2), 128, np.uint8)
        lens = self._lens if self.tells_lens else None
        return Capture(Planes(self._luma(), grey, grey), lens, self.locked.time_us, self.locked.gain, 0.0)

    def look(self) -> Planes:
        """The next of `sways`, pixels, is how far this picture is moved aside."""
        self._log("look")
        grey = np.full((HEIGHT // 2, WIDTH // 2), 128, np.uint8)
        return Planes(np.roll(self._luma(), self.sways.pop(0) if self.sways else 0, axis=1), grey, grey)

    def close(self) -> None:
        self._log("close")

    def _luma(self) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
        focus_at = np.interp(np.arange(WIDTH), [40, 280], [12.0, 9.0])
        near, far = (
            cv2.GaussianBlur(self._texture, (0, 0), 0.3 + self.blur * abs(self._lens - d))
            for d in (focus_at[80], focus_at[240])
        )
        seen = np.where(np.arange(WIDTH) < WIDTH // 2, near, far)
        if self._lens in self.strange_at:
            seen = seen[::-1, ::-1]
        if self.breathing:
            scale = 1 / (1 - self.breathing * (self._lens - MIDDLE))
            zoom = cv2.getRotationMatrix2D(((WIDTH - 1) / 2, (HEIGHT - 1) / 2), 0, scale)
            seen = cv2.warpAffine(seen, zoom, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC)
        return np.clip(seen, 0, 255).astype(np.uint8)


class FakeAxis:
    """Moves at once."""

    def __init__(self, log: Log, facts: AxisFacts, angle: float | None = 0.0) -> None:
        self._log = log
        self.facts = facts
        self.angle: float | None = angle

    def home(self) -> None:
        if not self.facts.can_home:
            raise NoSwitch(f"The {self.facts.name} has no switch.", "Set its zero.")
        self._log(f"home {self.facts.name}")
        self.angle = 0.0

    def set_zero(self) -> None:
        self._log(f"zero {self.facts.name}")
        self.angle = 0.0

    def move_to(self, angle: float) -> float:
        self._log(self.facts.name, angle)
        self.angle = angle
        return angle

    def confirm(self) -> float:
        if self.angle is None:
            raise PositionLost(f"The position of the {self.facts.name} is unknown.", "Home it.")
        return self.angle

    def stop(self) -> None:
        self._log(f"stop {self.facts.name}")


class FakeLight:
    def __init__(self) -> None:
        self.level = 1.0

    def set(self, level: float) -> None:
        self.level = level


class FakeMotors:
    """Holds, lets go, and breaks where it is told to."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.broken: HardwareError | None = None

    def hold(self) -> None:
        self._log("hold")

    def release(self) -> None:
        self._log("release")

    def mend(self) -> None:
        if self.broken:
            self._log("mend")
            raise self.broken


@dataclass
class FakeRig:
    """A rig with its log, and a gate at which every capture can be made to wait; `at_gate` tells that one does.

    `drive`: what focuses it. `release_after_s`: when its motors are let go.
    """

    drive: Literal["lens", "rail", "fixed"] = "lens"
    release_after_s: float = 0.0
    log: Log = field(default_factory=Log)
    gate: threading.Event = field(default_factory=threading.Event)
    at_gate: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.gate.set()
        self.camera = FakeCamera(self.log)
        self.camera.before_capture = self._pass
        self.turntable = FakeAxis(
            self.log, AxisFacts(name="turntable", low=None, high=None, step=0.1, can_home=True), angle=None
        )
        self.tilt = FakeAxis(self.log, AxisFacts(name="tilt", low=-20, high=70, step=0.1, can_home=False))
        self.rail = FakeAxis(
            self.log, AxisFacts(name="focus", low=0, high=30, step=0.01, can_home=True, unit="mm"), angle=None
        )
        self.motors = FakeMotors(self.log)

    def open(self) -> Rig:
        fitted = (self.turntable, self.tilt, self.rail) if self.drive == "rail" else (self.turntable, self.tilt)
        axes: dict[str, Axis] = {axis.facts.name: axis for axis in fitted}
        focus = focus_drive(FocusSettings(drive=self.drive), self.camera, axes)
        facts = RigFacts(
            simulated=True,
            description="A rig for tests.",
            camera=self.camera.facts,
            focus=focus.facts,
            axes=tuple(axis.facts for axis in axes.values()),
            light=True,
        )
        return Rig(
            self.camera,
            focus,
            axes,
            FakeLight(),
            facts,
            self.motors,
            release_after_s=self.release_after_s,
            shut=self.camera.close,
        )

    def _pass(self) -> None:
        self.at_gate.set()
        assert self.gate.wait(20), "the test never opened the gate"
