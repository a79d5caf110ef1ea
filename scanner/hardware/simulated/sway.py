"""How the picture sways after a move: the arm is a damped spring that swings out once its axis stands still."""

import math

from scanner.hardware.simulated.sensor_frames import Place
from scanner.units import Seconds

FREQUENCY = 12.0
"""Swings a second."""
LEAST_PX = 0.01
"""Less than this is no sway."""


class Sway:
    """x = A exp(-t / tau) cos(2 pi f t): the braking that stops the axis holds the arm deflected by A, then lets go.

    `amplitude`: A in pixels of a picture as wide as the sensor. `decay`: tau. It starts when the axes were last seen to
    move.
    """

    def __init__(self, amplitude: float, decay: Seconds, place: Place) -> None:
        self._amplitude, self._decay, self._place = amplitude, decay, place
        self._direction = (0.0, 0.0)
        self._since = -math.inf

    def sees(self, place: Place, now: Seconds) -> None:
        """Take note of where the axes are."""
        if place != self._place:
            self._direction = _direction(self._place, place)
            self._place, self._since = place, now

    def shift(self, when: Seconds) -> tuple[float, float]:
        """Right and down, in pixels; (0, 0) before the axes came to rest, and once it has died away."""
        elapsed = when - self._since
        reach = self._amplitude * math.exp(-elapsed / self._decay) if elapsed >= 0 else 0.0
        if reach < LEAST_PX:
            return 0.0, 0.0
        way = reach * math.cos(math.tau * FREQUENCY * elapsed)
        return way * self._direction[0], way * self._direction[1]


def _direction(before: Place, after: Place) -> tuple[float, float]:
    """Of length 1: to the side as the turntable turns its front; down as the tilt leans it, or as the rail nods."""
    across = (after.turntable - before.turntable + 180.0) % 360.0 - 180.0
    down = (after.tilt - before.tilt) + (after.back_mm - before.back_mm)
    length = math.hypot(across, down)
    return (across / length, down / length) if length else (0.0, 1.0)
