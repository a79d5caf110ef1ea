"""When a frame may be kept after the lens was driven.

The metadata leads the image: libcamera writes the position it has just commanded into the metadata of a frame that was
read out before. So the first frame whose metadata matches was exposed before the lens moved, the next one may straddle
the move, and then the voice coil still swings.
"""

from scanner.hardware.picamera_api import FrameFacts
from scanner.hardware.picamera_configuration import BUFFERS
from scanner.units import Dioptres, Seconds

FRAMES_AFTER_MATCH = 2


class LensWait:
    """One drive of the lens, from the command to frames that show it.

    A frame may be kept when its metadata matches `target` within `tolerance`, its exposure began `settle_s` or more
    after the first match was seen, and it is the second new frame or a later one since then. A frame that does not
    match starts the wait anew.

    In the dark libcamera may hold a lens position back for frames. Where it says which list of controls it applied, a
    match does not count before the lists that were queued ahead of the command were.

    `asked_ns`: the command; frames exposed before it prove nothing. Times are nanoseconds of the sensor's clock.
    """

    def __init__(self, target: Dioptres, tolerance: Dioptres, settle_s: Seconds, asked_ns: int) -> None:
        self.target = target
        self._tolerance = tolerance
        self._settle_ns = round(settle_s * 1e9)
        self._latest_ns = asked_ns
        self._matched_ns: int | None = None
        self._since = 0
        self._first_controls: int | None = None

    @property
    def settled_ns(self) -> int | None:
        """When the lens counts as still; None until a frame matched."""
        return None if self._matched_ns is None else self._matched_ns + self._settle_ns

    def sees(self, frame: FrameFacts, now_ns: int) -> bool:
        """Take note of a frame that came in at `now_ns`; True when it may be kept."""
        if frame.ended_ns <= self._latest_ns:
            return False
        self._latest_ns = frame.ended_ns
        if not self._applied(frame) or frame.lens is None or abs(frame.lens - self.target) > self._tolerance:
            self._matched_ns = None
            return False
        if self._matched_ns is None:
            self._matched_ns, self._since = now_ns, 0
            return False
        self._since += 1
        return self._since >= FRAMES_AFTER_MATCH and frame.began_ns >= self._matched_ns + self._settle_ns

    def restart(self, now_ns: int) -> None:
        """The camera was started anew at `now_ns`: the lens may have dropped to its rest."""
        self._latest_ns = now_ns
        self._matched_ns = self._first_controls = None

    def _applied(self, frame: FrameFacts) -> bool:
        """Whether the camera may have taken the command, which travels behind the requests that are on their way; True
        where it does not say."""
        if frame.controls is None:
            return True
        if self._first_controls is None:
            self._first_controls = frame.controls
        return frame.controls >= self._first_controls + BUFFERS
