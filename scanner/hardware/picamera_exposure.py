"""Finding and fixing a look: when automatic exposure has found its end, and what mains flicker allows."""

from scanner.hardware.picamera_api import FrameFacts
from scanner.hardware.protocols import Exposure

CHANGE = 0.01
STABLE_FRAMES = 3
TIME_TOLERANCE_US = 50
"""Sensors count exposure in rows of 10 to 50 µs."""
TOLERANCE = 0.03
"""Sensors count gain in steps of up to a few percent."""


class Convergence:
    """Watches frames until they stop changing: exposure and colour within 1 % over three frames.

    The first `skip` frames do not count: they were on their way before the controls were set.
    """

    def __init__(self, skip: int) -> None:
        self._skip = skip
        self._before: Exposure | None = None
        self._stable = 0
        self.look: Exposure | None = None

    def sees(self, frame: FrameFacts) -> bool:
        """Take note of a frame; True when it looks like the ones before. `look` is what it was taken with."""
        self.look = look_of(frame)
        self._skip -= 1
        if self._skip >= 0 or self.look is None:
            return False
        same = self._before is not None and _similar(self.look, self._before)
        self._stable = self._stable + 1 if same else 0
        self._before = self.look
        return self._stable >= STABLE_FRAMES


def look_of(frame: FrameFacts) -> Exposure | None:
    """What a frame was really taken with; None when the camera does not report it all. No colour gains: 1."""
    if frame.exposure_us is None or frame.gain is None:
        return None
    red, blue = frame.colour_gains or (1.0, 1.0)
    return Exposure(time_us=frame.exposure_us, gain=frame.gain, red_gain=red, blue_gain=blue)


def matches(look: Exposure, wanted: Exposure) -> bool:
    """Whether a frame was taken as wanted, within what a sensor can resolve."""
    return (
        abs(look.time_us - wanted.time_us) <= TIME_TOLERANCE_US + TOLERANCE * wanted.time_us
        and abs(look.gain - wanted.gain) <= TOLERANCE * wanted.gain
        and abs(look.red_gain - wanted.red_gain) <= TOLERANCE * wanted.red_gain
        and abs(look.blue_gain - wanted.blue_gain) <= TOLERANCE * wanted.blue_gain
    )


def without_flicker(look: Exposure, mains_hz: int, highest_gain: float) -> Exposure:
    """The same brightness with an exposure of whole half-waves of the mains (10 ms at 50 Hz), rounded down.

    Lamps flicker with twice the frequency of the mains. An exposure shorter than one half-wave stays what it is.
    """
    if not mains_hz:
        return look
    half_wave_us = 1e6 / (2 * mains_hz)
    count = int(look.time_us / half_wave_us + 1e-3)
    if count == 0:
        return look
    time_us = round(count * half_wave_us)
    gain = min(look.gain * look.time_us / time_us, highest_gain)
    return look.model_copy(update={"time_us": time_us, "gain": gain})


def _similar(look: Exposure, before: Exposure) -> bool:
    pairs = (
        (look.time_us * look.gain, before.time_us * before.gain),
        (look.red_gain, before.red_gain),
        (look.blue_gain, before.blue_gain),
    )
    return all(abs(now - then) <= CHANGE * max(abs(then), 1e-9) for now, then in pairs)
