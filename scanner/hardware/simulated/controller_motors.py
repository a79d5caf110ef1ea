"""The motors behind a simulated controller: where they really stand, whatever the controller believes.

A motor without power does not hold its place, and a motor that is stopped dead overshoots; the controller counts on as
if nothing had happened. Only a limit switch brings count and truth together again.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from scanner.clock import Clock
from scanner.hardware.simulated.controller_planner import Planner, Steps
from scanner.units import Seconds

LETTERS = "XYZ"
ALL = (0, 1, 2)
FULL_STEP = 16
"""Microsteps of a motor's full step: where its rotor snaps to without current."""
OVERSHOOT = 7
"""Steps that a motor runs on when its pulses end at full speed."""
SAG = 500
"""Steps that the tilt sags in SAG_S seconds without current."""
SAG_S = 1.0
STOP = -3000
"""The mechanical stop of the tilt, in steps."""


@dataclass(frozen=True, slots=True)
class Switch:
    """A limit switch: `steps` is where it ends homing, counted from where the axis stood when power came on.

    `every`: steps after which it comes again, for an index mark on an axis that turns without end.
    """

    axis: int
    steps: int
    every: int | None = None


@dataclass(frozen=True, slots=True)
class Drive:
    """What a firmware knows of its axes, in its own units: steps a unit, units a second, units a second squared."""

    scale: tuple[float, float, float]
    speed: tuple[float, float, float]
    acceleration: tuple[float, float, float]


class Motors:
    """Three motors and their switches. Steps are microsteps; `tilt` is the axis that sags."""

    def __init__(self, clock: Clock, switches: tuple[Switch, ...] = (), tilt: int | None = 1) -> None:
        self.planner = Planner()
        self.switches = switches
        self._clock = clock
        self._tilt = tilt
        self._offset = [0.0, 0.0, 0.0]
        self._off_since: list[Seconds | None] = [None, None, None]
        self._cut_at: Seconds | None = None

    @property
    def held(self) -> bool:
        """Whether all motors are powered."""
        self._keep_up()
        return self._off_since == [None, None, None]

    def physical(self) -> Steps:
        """Where they stand, in steps since the start of the simulation."""
        self._keep_up()
        x, y, z = (self._place(axis) for axis in ALL)
        return x, y, z

    def power(self, axes: Iterable[int] = ALL) -> None:
        """Current on: they stand where they have got to."""
        self._keep_up()
        for axis in axes:
            self._offset[axis] = self._place(axis) - self._count(axis)
            self._off_since[axis] = None

    def cut(self, axes: Iterable[int] = ALL, at: Seconds | None = None) -> None:
        """Current off, since `at` or from now on."""
        since = self._clock.monotonic() if at is None else at
        for axis in axes:
            if self._off_since[axis] is None:
                self._off_since[axis] = since
                self._offset[axis] += 0 if axis == self._tilt else FULL_STEP

    def cut_later(self, when: Seconds | None) -> None:
        """Current off at `when`, if nothing else is said before; None: it stays on."""
        self._keep_up()
        self._cut_at = when

    def run(self, end: Steps, drive: Drive, feed: float = math.inf) -> Seconds | None:
        """Queue a straight movement to the count `end` at `feed` units a second at most; no axis beyond its own limits.

        Returns the time when half of it will be over, or None when there is no way to go.
        """
        now = self._clock.monotonic()
        ways = [(e - b) / s for b, e, s in zip(self.planner.planned_end, end, drive.scale, strict=True)]
        length = math.hypot(*ways)
        if not length:
            return None
        speed = min(feed, *_along(drive.speed, ways, length))
        begin = self.planner.done_at(now)
        self.planner.add(end, now, length, speed, min(_along(drive.acceleration, ways, length)))
        return (begin + self.planner.done_at(now)) / 2

    def seek(self, switches: Iterable[Switch]) -> Steps:
        """The counts at which the axes will have reached their switches."""
        end = list(self.planner.planned_end)
        for switch in switches:
            to = switch.steps
            if switch.every:
                to += switch.every * math.ceil((self._place(switch.axis) - to) / switch.every)
            end[switch.axis] = to - self._offset[switch.axis]
        x, y, z = end
        return x, y, z

    def count_from(self, axis: int, count: float) -> None:
        """From now on the place where the axis stands is `count`."""
        counts = list(self.planner.planned_end)
        self._offset[axis] += counts[axis] - count
        counts[axis] = count
        x, y, z = counts
        self.planner.put((x, y, z))

    def stop(self) -> bool:
        """Stop dead; True when that cut a movement short, which then has gone further than was counted."""
        now = self._clock.monotonic()
        ahead = [e - a for a, e in zip(self.planner.at(now), self.planner.planned_end, strict=True)]
        cut_short = self.planner.abort(now)
        for axis, way in enumerate(ahead):
            if cut_short and way:
                self._offset[axis] += math.copysign(OVERSHOOT, way)
        return cut_short

    def restart(self) -> None:
        """The controller starts to count from zero wherever the motors stand."""
        self.stop()
        for axis in ALL:
            self.count_from(axis, 0.0)

    def _count(self, axis: int) -> float:
        return self.planner.at(self._clock.monotonic())[axis]

    def _place(self, axis: int) -> float:
        """Count, what was never counted, and how far the tilt has sagged."""
        place = self._count(axis) + self._offset[axis]
        since = self._off_since[axis]
        if since is None or axis != self._tilt or place <= STOP:
            return place
        fallen = SAG * min(1.0, max(0.0, self._clock.monotonic() - since) / SAG_S)
        return max(float(STOP), place - round(fallen))

    def _keep_up(self) -> None:
        if self._cut_at is not None and self._clock.monotonic() >= self._cut_at:
            when, self._cut_at = self._cut_at, None
            self.cut(at=when)


def _along(limits: Iterable[float], ways: list[float], length: float) -> Iterator[float]:
    """Limits of the axes as limits of the path."""
    return (limit * length / abs(way) for limit, way in zip(limits, ways, strict=True) if way)
