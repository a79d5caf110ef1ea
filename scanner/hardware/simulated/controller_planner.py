"""How a simulated controller moves: straight blocks with trapezoid speed, known exactly at any time."""

import math
from collections import deque
from dataclasses import dataclass
from typing import TypeAlias

Steps: TypeAlias = tuple[float, float, float]

BLOCKS = 15


@dataclass(frozen=True, slots=True)
class Block:
    """From rest at `begin` to rest at `end`, both in steps; `length`, `speed` and `acceleration` in the unit of $100.

    `start`: when it begins, in seconds of the caller's clock.
    """

    begin: Steps
    end: Steps
    start: float
    length: float
    speed: float
    acceleration: float

    @property
    def ramp_s(self) -> float:
        """Time from rest to the highest speed reached."""
        return min(self.speed / self.acceleration, math.sqrt(self.length / self.acceleration))

    @property
    def duration_s(self) -> float:
        peak = self.ramp_s * self.acceleration
        return self.length / peak + self.ramp_s if peak else 0.0

    @property
    def stop(self) -> float:
        """Time of arrival."""
        return self.start + self.duration_s

    def way(self, now: float) -> float:
        """Units covered by `now`."""
        since, until = now - self.start, self.stop - now
        if until <= 0:
            return self.length
        if since <= 0:
            return 0.0
        if since < self.ramp_s:
            return self.acceleration * since**2 / 2
        if until < self.ramp_s:
            return self.length - self.acceleration * until**2 / 2
        return self.acceleration * self.ramp_s * (since - self.ramp_s / 2)

    def velocity(self, now: float) -> float:
        """Units a second at `now`."""
        return self.acceleration * max(0.0, min(now - self.start, self.ramp_s, self.stop - now))

    def at(self, now: float) -> Steps:
        """Steps at `now`."""
        return self.point(self.way(now))

    def point(self, way: float) -> Steps:
        """Steps after `way` units."""
        part = min(1.0, way / self.length) if self.length else 1.0
        x, y, z = (b + (e - b) * part for b, e in zip(self.begin, self.end, strict=True))
        return x, y, z


class Planner:
    """A queue of blocks. Each starts when the one before it has ended; all times come from the caller."""

    def __init__(self) -> None:
        self._blocks: deque[Block] = deque()
        self._rest: Steps = (0.0, 0.0, 0.0)
        self._suspended: list[Block] = []
        self._hold_until: float | None = None

    @property
    def held(self) -> bool:
        return self._hold_until is not None

    @property
    def planned_end(self) -> Steps:
        """Where the last block ends: the next one begins there."""
        if self._suspended:
            return self._suspended[-1].end
        return self._blocks[-1].end if self._blocks else self._rest

    def full(self, now: float) -> bool:
        self._retire(now)
        return len(self._blocks) + len(self._suspended) >= BLOCKS

    def busy(self, now: float) -> bool:
        """Whether something moves or waits for the end of a hold."""
        self._retire(now)
        return bool(self._blocks or self._suspended)

    def moving(self, now: float) -> bool:
        self._retire(now)
        return bool(self._blocks)

    def done_at(self, now: float) -> float:
        """When all that is queued and not held will have ended."""
        return self._blocks[-1].stop if self._blocks else now

    def next_free(self, now: float) -> float:
        """When the block in motion will have ended."""
        return self._blocks[0].stop if self._blocks else now

    def at(self, now: float) -> Steps:
        """Steps at `now`, fractional while moving."""
        self._retire(now)
        return self._blocks[0].at(now) if self._blocks else self._rest

    def add(self, end: Steps, now: float, length: float, speed: float, acceleration: float) -> None:
        self._retire(now)
        block = Block(self.planned_end, end, self.done_at(now), length, speed, acceleration)
        if self.held:
            self._suspended.append(block)
        else:
            self._blocks.append(block)

    def hold(self, now: float) -> None:
        """Ramp down on the way; what is left is kept for `resume`."""
        self._retire(now)
        if self.held:
            return
        self._hold_until = now
        if not self._blocks:
            return
        first, *others = self._blocks
        velocity = first.velocity(now)
        ramp = velocity / first.acceleration
        brake = first.way(now) + velocity * ramp / 2
        point = first.point(brake)
        # The same acceleration read backwards: a block whose second half is the ramp from the present speed to rest.
        ghost = first.point(first.way(now) - velocity * ramp / 2)
        self._blocks = deque([Block(ghost, point, now - ramp, velocity * ramp, velocity, first.acceleration)])
        left = first.length - brake
        rest = Block(point, first.end, 0.0, left, first.speed, first.acceleration)
        self._suspended = ([rest] if left > 1e-9 else []) + others
        self._hold_until = now + ramp

    def resume(self, now: float) -> None:
        """Go on with what a hold left."""
        if self._hold_until is None or now < self._hold_until:
            return
        self._retire(now)
        waiting, self._suspended, self._hold_until = self._suspended, [], None
        for block in waiting:
            self.add(block.end, now, block.length, block.speed, block.acceleration)

    def abort(self, now: float) -> bool:
        """Forget everything and stand where it is; True when that cut a movement short."""
        cut = self.moving(now)
        x, y, z = self.at(now)
        self.put((round(x), round(y), round(z)))
        return cut

    def put(self, steps: Steps) -> None:
        """Stand at `steps` with nothing queued."""
        self._blocks.clear()
        self._suspended = []
        self._hold_until = None
        self._rest = steps

    def _retire(self, now: float) -> None:
        while self._blocks and self._blocks[0].stop <= now:
            self._rest = self._blocks.popleft().end
