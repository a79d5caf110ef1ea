"""A camera, a lamp and an axis for the doctor, whose faults are chosen."""

import math

import numpy as np

from scanner.clock import FakeClock
from scanner.errors import CameraTimeout, MotionError
from scanner.hardware.protocols import AxisFacts, CameraFacts, Capture, Exposure, LensFacts
from scanner.slices import Planes
from scanner.units import Degrees, Dioptres, Seconds

HEIGHT, WIDTH = 48, 64
SHARP: Dioptres = 6.0
LENS = LensFacts(far=0.0, near=12.0, step=0.03)


class ALamp:
    """A lamp that refuses to be set for as many times as `refusals` says."""

    def __init__(self, *, refusals: float = 0) -> None:
        self.level = 0.0
        self._refusals = refusals

    def set(self, level: float) -> None:
        self._refusals -= 1
        if self._refusals >= 0:
            raise MotionError("The controller at /dev/x did not answer 'M8'.", "Check the cable.")
        self.level = level


class ACamera:
    """A camera on a fake clock. Its pictures are a texture with the less contrast, the farther the lens is from SHARP.

    `lag`: the lens swings in exponentially. `stuck`: it says it moves, and does not. `flicker`: share by which contrast
    changes between frames. `dead_after`: so many pictures are given.
    """

    def __init__(
        self,
        clock: FakeClock,
        *,
        lens: LensFacts | None = LENS,
        period: Seconds = 0.1,
        exposure: Seconds = 0.01,
        lag: Seconds = 0.03,
        stuck: bool = False,
        flicker: float = 0.0,
        lamp: ALamp | None = None,
        dead_after: float = math.inf,
        serial: str = "",
    ) -> None:
        self.facts = CameraFacts(
            model="imx708",
            serial=serial,
            width=4608,
            height=2592,
            focal_length_mm=4.74,
            f_number=1.8,
            pixel_pitch_um=1.4,
            lens=lens,
        )
        self.focused: list[Dioptres] = []
        self.closed = 0
        self._clock, self._period, self._exposure, self._lag = clock, period, exposure, lag
        self._stuck, self._flicker, self._lamp, self._left = stuck, flicker, lamp, dead_after
        self._from = self._to = SHARP
        self._since: Seconds = 0.0
        self._random = np.random.default_rng(1)
        self._texture = self._random.choice((-1.0, 1.0), (HEIGHT, WIDTH))

    def lock(self, exposure: Exposure | None) -> Exposure:
        return exposure or Exposure(time_us=round(self._exposure * 1e6), gain=1.5, red_gain=1.8, blue_gain=1.5)

    def focus(self, lens: Dioptres) -> Dioptres:
        self.focused.append(lens)
        now = self._clock.monotonic()
        self._from, self._to, self._since = self._at(now), lens, now
        return lens

    def look(self) -> Planes:
        began = math.ceil(self._clock.monotonic() / self._period + 1e-9) * self._period
        self._clock.sleep(began + self._exposure - self._clock.monotonic())
        self._left -= 1
        if self._left < 0:
            raise CameraTimeout("The camera gives no frames.", "Check its ribbon cable.")
        return self._picture(began + self._exposure / 2)

    def capture(self) -> Capture:
        return Capture(self.look(), self._to, round(self._exposure * 1e6), 1.5, self._clock.monotonic())

    def close(self) -> None:
        self.closed += 1

    def _at(self, now: Seconds) -> Dioptres:
        return self._to + (self._from - self._to) * math.exp(-(now - self._since) / self._lag)

    def _picture(self, when: Seconds) -> Planes:
        off = 0.0 if self._stuck else self._at(when) - SHARP
        contrast = 40 / (1 + off**2) * (1 + self._flicker * self._random.standard_normal())
        light = 1.0 if self._lamp is None else 0.4 + 0.6 * self._lamp.level
        noise = self._random.standard_normal((HEIGHT, WIDTH))
        luma = np.clip(light * (100 + contrast * self._texture) + noise, 0, 255).astype(np.uint8)
        chroma = np.full((HEIGHT // 2, WIDTH // 2), 128, np.uint8)
        return Planes(luma, chroma, chroma)


class AnAxis:
    """An axis that must only be asked."""

    def __init__(self, facts: AxisFacts, angle: Degrees | None = None) -> None:
        self.facts = facts
        self.angle = angle
        self.zeroed = 0

    def home(self) -> None:
        raise AssertionError("the doctor moves no axis")

    def set_zero(self) -> None:
        self.zeroed += 1

    def move_to(self, angle: Degrees) -> Degrees:
        raise AssertionError(f"the doctor moves no axis, not to {angle:g} either")

    def confirm(self) -> Degrees:
        assert self.angle is not None
        return self.angle

    def stop(self) -> None:
        """Nothing moves."""
