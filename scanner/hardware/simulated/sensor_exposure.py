"""What a simulated sensor does to exposure and colour from frame to frame."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

ROW_US = 14
"""The sensor counts exposure in rows."""
AUTO_SPEED = 0.3
"""Share of the way to its goal that automatic exposure and white balance go in a frame."""
GOOD_EXPOSURE_US = 18_000.0
"""Exposure times gain that shows the scene as it is, with the lamp full on."""
AMBIENT = 0.4
"""Light that is there when the lamp is off."""
LONGEST_AUTO_US = 30_000.0
NEUTRAL = (1.8, 1.5)
"""Colour gains, red and blue, that show the scene's own colours."""
SENSOR_DELAY = 3
"""Frames from the request that holds a new exposure to the first frame taken with it."""
DARK_US = 40_000.0
"""Exposure time times gain from which the sensor counts as being in the dark."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a frame is taken with."""

    time_us: int = 10_000
    gain: float = 1.0
    red_gain: float = 1.0
    blue_gain: float = 1.0

    @property
    def dark(self) -> bool:
        """Whether little light was there to take this with."""
        return self.time_us * self.gain >= DARK_US

    def brightness(self, lamp: float) -> float:
        """Multiple of the light that shows the scene as it is; `lamp` 0..1."""
        return self.time_us * self.gain / GOOD_EXPOSURE_US * (AMBIENT + (1 - AMBIENT) * lamp)


class ExposureLoop:
    """Exposure and colour: automatic until told otherwise; what is set arrives frames later."""

    def __init__(self) -> None:
        self._look = Look()
        self._auto_exposure = self._auto_colour = True
        self._underway: deque[tuple[int, Mapping[str, Any]]] = deque()

    def set(self, controls: Mapping[str, Any], request: int) -> None:
        """Controls that travel with the request number `request`."""
        self._underway.append((request + SENSOR_DELAY, controls))

    def start(self, controls: Mapping[str, Any]) -> None:
        """Controls given before the camera starts hold from its first frame on."""
        self._underway.clear()
        self._apply(controls)

    def next(self, frame: int, lamp: float) -> Look:
        """What frame number `frame` is taken with."""
        while self._underway and self._underway[0][0] <= frame:
            self._apply(self._underway.popleft()[1])
        if self._auto_exposure:
            self._meter(lamp)
        if self._auto_colour:
            red, blue = (
                now + AUTO_SPEED * (goal - now)
                for now, goal in zip((self._look.red_gain, self._look.blue_gain), NEUTRAL, strict=True)
            )
            self._look = replace(self._look, red_gain=red, blue_gain=blue)
        return self._look

    def _meter(self, lamp: float) -> None:
        brightness = self._look.brightness(lamp)
        total = self._look.time_us * self._look.gain * (1.0 + AUTO_SPEED * (1.0 / brightness - 1.0))
        time_us = min(total, LONGEST_AUTO_US)
        self._expose(time_us, total / time_us)

    def _apply(self, controls: Mapping[str, Any]) -> None:
        self._auto_exposure = bool(controls.get("AeEnable", self._auto_exposure))
        self._auto_colour = bool(controls.get("AwbEnable", self._auto_colour))
        if not self._auto_exposure:
            self._expose(
                controls.get("ExposureTime", self._look.time_us), controls.get("AnalogueGain", self._look.gain)
            )
        if not self._auto_colour and "ColourGains" in controls:
            red, blue = controls["ColourGains"]
            self._look = replace(self._look, red_gain=red, blue_gain=blue)

    def _expose(self, time_us: float, gain: float) -> None:
        """As near as the sensor can: whole rows, and gains of 256 / (256 - n)."""
        code = min(240, max(0, round(256 - 256 / max(1.0, gain))))
        self._look = replace(self._look, time_us=max(1, int(time_us / ROW_US)) * ROW_US, gain=256 / (256 - code))
