"""A simulated controller board without its wire: bytes in, bytes out, a clock from the caller.

What all firmwares have in common: they start when power comes or the port is opened, take lines into a buffer that is
not large, do what is due when time has passed, and suffer the faults of their wire.
"""

import random
from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TypeAlias

from scanner.clock import Clock
from scanner.hardware.simulated.controller_faults import Faults
from scanner.hardware.simulated.controller_motors import Drive, Motors
from scanner.hardware.simulated.controller_planner import Steps
from scanner.units import Seconds

Wait: TypeAlias = Callable[[], Seconds]
"""What a command waits for: when it will be over, as things are."""


class Board(ABC):
    """One controller. Call it from one thread.

    `depth`: lines that are out of the serial buffer; `room`: bytes that wait there behind them. More are lost.
    `suffered` counts the faults that struck: reply, late, line, reset, alarm, unplug.
    """

    depth = 1
    room = 127
    line_end = b"\n"

    def __init__(self, clock: Clock, faults: Faults | None = None, motors: Motors | None = None) -> None:
        self.clock = clock
        self.faults = faults or Faults()
        self.motors = motors or Motors(clock)
        self._chance = random.Random(self.faults.seed)  # noqa: S311
        self._lines: deque[str] = deque()
        self._partial = bytearray()
        self._out: deque[tuple[Seconds, bytes]] = deque()
        self._boots_at: Seconds | None = None
        self._off = False
        self._trouble: tuple[Seconds, str] | None = None
        self._carried = 0
        self.suffered: Counter[str] = Counter()

    def spoil(self, faults: Faults) -> None:
        """From now on these go wrong."""
        self.faults = faults
        self._chance.seed(faults.seed)
        self._carried = 0

    def physical(self) -> Steps:
        """Steps of the motors since the start of the simulation: the truth, whatever the controller believes."""
        return self.motors.physical()

    @property
    def held(self) -> bool:
        """Whether the motors are powered."""
        return self.motors.held

    @property
    def unplugged(self) -> bool:
        """Whether `unplug_at` bytes have passed."""
        return self.faults.unplug_at is not None and self._carried >= self.faults.unplug_at

    @abstractmethod
    def light(self) -> float:
        """Brightness of the lamp, 0..1."""

    @abstractmethod
    def hard_limit(self) -> None:
        """A limit switch closes while nobody homes."""

    @abstractmethod
    def tune(self, setting: int | str, value: float) -> None:
        """Change a setting that outlives a reset. Raises KeyError for one that it does not have."""

    def power_on(self) -> None:
        """Start anew, as on power or when the port is opened: the count is zero, the motors stand where they are."""
        self._fall_silent()
        self._off = False
        self._boots_at = self.clock.monotonic() + self.faults.boot_s
        if self.faults.boot_noise:
            self._out.append((self.clock.monotonic(), self._chance.randbytes(self.faults.boot_noise)))

    def power_off(self) -> None:
        """No power: nothing is heard, nothing is said, no motor is held."""
        self.suffered["unplug"] += 1
        self._fall_silent()
        self._off = True
        self.motors.cut()

    def receive(self, data: bytes) -> None:
        """Take bytes as they come."""
        self._advance()
        for byte in self._carry(data):
            if self._boots_at is None and not self._off:
                self._byte(byte)
        self._advance()

    def send(self) -> bytes:
        """Bytes that left the controller by now."""
        self._advance()
        now = self.clock.monotonic()
        data = bytearray()
        while self._out and self._out[0][0] <= now:
            data += self._out.popleft()[1]
        return self._carry(bytes(data))

    def due(self) -> Seconds | None:
        """When time alone will next make it do or say something; None: not before it is spoken to."""
        return min(self._times(), default=None)

    def _times(self) -> Iterator[Seconds]:
        if self._out:
            yield self._out[0][0]
        if self._boots_at is not None:
            yield self._boots_at
        if self._trouble is not None:
            yield self._trouble[0]
        if self._boots_at is None and not self._off:
            yield from self._waits_until()

    def _fall_silent(self) -> None:
        self.motors.restart()
        self.motors.cut_later(None)
        self._lines.clear()
        self._partial.clear()
        self._out.clear()
        self._boots_at = None
        self._trouble = None
        self._forget()

    def _carry(self, data: bytes) -> bytes:
        """What of `data` passes before the cable comes out."""
        if self.faults.unplug_at is not None:
            data = data[: max(0, self.faults.unplug_at - self._carried)]
        self._carried += len(data)
        return data

    def _advance(self) -> None:
        """Do all that was due by now."""
        now = self.clock.monotonic()
        if self._off or (self._boots_at is not None and now < self._boots_at):
            return
        if self._boots_at is not None:
            self._boots_at = None
            self._started()
        if self._trouble is not None and now >= self._trouble[0]:
            kind, self._trouble = self._trouble[1], None
            self.suffered[kind] += 1
            if kind == "reset":
                self.power_on()
                return
            self._seize()
        self._work(now)

    def _collect(self, byte: int) -> None:
        """One byte of a line; a full buffer loses it."""
        if self._waiting_bytes() >= self.room:
            return
        if byte in b"\r\n":
            raw = bytes(self._partial)
            line = self.faults.into_the_controller(raw, self._chance)
            lost = self._chance.random() < self.faults.lose_line
            self._partial.clear()
            self.suffered["line"] += lost or line.encode() != raw
            if not lost:
                self._lines.append(line)
            self._work(self.clock.monotonic())
        else:
            self._partial.append(byte)

    def _waiting_bytes(self) -> int:
        """What is in the serial buffer: nothing of it is, as long as no line has to wait."""
        behind = sum(len(line) + 1 for line in islice(self._lines, self.depth, None))
        return behind + len(self._partial) if len(self._lines) >= self.depth else 0

    def _run(self, end: Steps, drive: Drive, feed: float) -> None:
        """Queue a movement, and what may befall it on the way."""
        halfway = self.motors.run(end, drive, feed)
        if halfway is None:
            return
        if self._chance.random() < self.faults.reset_in_move:
            self._trouble = (halfway, "reset")
        elif self._chance.random() < self.faults.mute_alarm_in_move:
            self._trouble = (halfway, "alarm")

    def _say(self, text: str) -> None:
        late = self.faults.late(self._chance)
        when = max(self.clock.monotonic() + late, self._out[-1][0] if self._out else 0.0)
        line = text.encode("ascii") + self.line_end
        arrives = self.faults.on_the_wire(line, self._chance)
        self.suffered["late"] += late > 0
        self.suffered["reply"] += arrives != line
        self._out.append((when, arrives))

    @abstractmethod
    def _forget(self) -> None:
        """Back to the state after power came on."""

    @abstractmethod
    def _started(self) -> None:
        """The boot is over: say so."""

    @abstractmethod
    def _byte(self, byte: int) -> None:
        """One byte came."""

    @abstractmethod
    def _work(self, now: Seconds) -> None:
        """Do what is due, and the lines that wait and can be done."""

    @abstractmethod
    def _waits_until(self) -> Iterator[Seconds]:
        """Times when something that was begun will be over."""

    @abstractmethod
    def _seize(self) -> None:
        """Stop in the middle of a movement and answer nothing more."""


class Sequencer(Board):
    """A board that obeys one line after the other and says within each what it waits for.

    `deaf`: it hears and does nothing more until it starts anew.
    """

    _task: Iterator[Wait] | None = None
    _wait: Wait | None = None
    _began: Seconds = 0.0
    deaf = False

    def _forget(self) -> None:
        self._lines.clear()
        self._task = self._wait = None
        self.deaf = False

    def _work(self, now: Seconds) -> None:
        """The line in work stays in front of those that wait."""
        while not self.deaf:
            if self._task is None:
                if not self._lines:
                    return
                self._task, self._wait, self._began = self._obey(self._lines[0].strip()), None, now
            if self._wait is not None and self._wait() > self.clock.monotonic():  # asked before the time is
                return
            self._wait = next(self._task, None)
            if self._wait is None and self._lines:
                self._task = None
                self._lines.popleft()

    def _waits_until(self) -> Iterator[Seconds]:
        if self._wait is not None:
            yield self._wait()

    def _break_off(self) -> None:
        """The line in work is over, whatever it waited for."""
        if self._task is not None:
            self._task = self._wait = None
            self._lines.popleft()

    @abstractmethod
    def _obey(self, line: str) -> Iterator[Wait]:
        """Do what one line says."""
