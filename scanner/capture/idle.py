"""What the acquisition thread does while nobody asks for anything: pictures for viewers, and care for the motors."""

import logging
from collections.abc import Callable

from scanner.capture.events import Problem
from scanner.capture.preview import PreviewFeed
from scanner.capture.progress import problem_of
from scanner.clock import Clock
from scanner.errors import CameraError, HardwareError, RigLost
from scanner.hardware.rig import Rig
from scanner.units import Seconds

log = logging.getLogger(__name__)

FIRST_RETRY_S, LONGEST_RETRY_S = 0.5, 30.0
AFTER_FAILURE_S: Seconds = 1.0


class Idle:
    """One rig at rest. Only the acquisition thread may call it."""

    def __init__(
        self, rig: Rig, feed: PreviewFeed, clock: Clock, refresh: Callable[[Rig, Problem | None], None]
    ) -> None:
        """`refresh` is told after each turn, with the problem of the rig if there is one."""
        self._rig = rig
        self._feed = feed
        self._clock = clock
        self._refresh = refresh
        self._used_at = clock.monotonic()
        self._released = False
        self._mend_at = 0.0
        self._retry_s = FIRST_RETRY_S
        self._motors: Problem | None = None
        self._camera: Problem | None = None

    @property
    def problem(self) -> Problem | None:
        """What is wrong with the rig while nothing runs."""
        return self._motors or self._camera

    def used(self) -> None:
        """Somebody used the rig just now."""
        self._used_at = self._clock.monotonic()
        self._released = False

    def turn(self) -> None:
        """One turn: mend what broke, release motors that were not used for long, take pictures. Raises RigLost."""
        if self._clock.monotonic() >= self._mend_at:
            self._mend()
        self._release()
        self._look()
        self._refresh(self._rig, self.problem)

    def _mend(self) -> None:
        """A connection that broke is tried again, less and less often."""
        try:
            self._rig.motors.mend()
        except HardwareError as error:
            if self._motors is None:
                log.warning("the motion controller is away: %s", error)
            self._motors = problem_of(error)
            self._mend_at = self._clock.monotonic() + self._retry_s
            self._retry_s = min(2 * self._retry_s, LONGEST_RETRY_S)
        else:
            self._motors, self._retry_s = None, FIRST_RETRY_S

    def _release(self) -> None:
        after = self._rig.release_after_s
        if not after or self._released or self._motors or self._clock.monotonic() - self._used_at < after:
            return
        self._released = True
        try:
            self._rig.motors.release()
        except HardwareError as error:
            log.warning("the motors stay powered: %s", error)

    def _look(self) -> None:
        if not self._feed.watched:
            return
        try:
            self._feed.show(self._rig.camera.look, lambda: self._rig.camera.capture().pixels)
            self._camera = None
        except RigLost:
            raise
        except CameraError as error:
            log.warning("preview failed: %s", error)
            self._camera = problem_of(error)
            self._clock.sleep(AFTER_FAILURE_S)
