"""The lens of a simulated sensor: when commands reach it, how it swings, and what its scale says."""

import math
from collections import deque
from dataclasses import dataclass

from scanner.units import Dioptres, Seconds

SLEW: Dioptres = 1.5
"""libcamera moves the lens of an imx708 by at most this much a frame."""
REMEMBERED = 32
"""Commands that a question about the past can reach back over."""


@dataclass(frozen=True, slots=True)
class LensScale:
    """What the scale of a lens shows: `offset` + `factor` x true dioptres. Real modules are off by a factor of two."""

    offset: Dioptres = 0.0
    factor: float = 1.0

    def shown(self, true: Dioptres) -> Dioptres:
        return self.offset + self.factor * true

    def true(self, shown: Dioptres) -> Dioptres:
        return (shown - self.offset) / self.factor


class LensDrive:
    """The voice coil: told a position, it swings in exponentially. Times in seconds."""

    def __init__(self, position: Dioptres, lag: Seconds) -> None:
        self._lag = lag
        self._commands: deque[tuple[Seconds, Dioptres, Dioptres]] = deque(
            [(-math.inf, position, position)], maxlen=REMEMBERED
        )

    @property
    def commanded(self) -> Dioptres:
        return self._commands[-1][2]

    def at(self, when: Seconds) -> Dioptres:
        """Where the lens is or was."""
        since, start, goal = next((entry for entry in reversed(self._commands) if entry[0] <= when), self._commands[0])
        return goal + (start - goal) * math.exp(-max(0.0, when - since) / self._lag)

    def command(self, position: Dioptres, now: Seconds) -> None:
        """From `now` on, never before the last command."""
        self._commands.append((now, self.at(now), position))

    def towards(self, target: Dioptres, now: Seconds) -> None:
        """One frame's step towards `target`."""
        step = max(-SLEW, min(SLEW, target - self.commanded))
        if step:
            self.command(self.commanded + step, now)


class LensLoop:
    """Orders travel with requests; each frame that completes moves the lens a step towards the last order reached."""

    def __init__(self, drive: LensDrive) -> None:
        self._drive = drive
        self._orders: deque[tuple[int, Dioptres]] = deque()
        self._target = drive.commanded

    def order(self, request: int, position: Dioptres) -> None:
        """`position` travels with the request number `request`."""
        self._orders.append((request, position))

    def start(self) -> None:
        """What was underway when the camera stopped is lost."""
        self._orders.clear()

    def rest(self, position: Dioptres, now: Seconds) -> None:
        """The current goes, and the lens drops."""
        self._target = position
        self._drive.command(position, now)

    def frame(self, reached: int, now: Seconds) -> Dioptres:
        """A frame's statistics are in: command the lens, and return what libcamera writes into this frame.

        `reached`: the last request whose order has come through by now.
        """
        while self._orders and self._orders[0][0] <= reached:
            self._target = self._orders.popleft()[1]
        self._drive.towards(self._target, now)
        return self._drive.commanded
