"""Links for tests without a port: a script of replies, and a simulated board on a clock that jumps."""

from collections.abc import Callable
from dataclasses import dataclass, field

from scanner.clock import FakeClock
from scanner.errors import HardwareMissing, MotionError
from scanner.hardware.simulated.controller_board import Board

STEP_S = 0.005


@dataclass
class BoardLink:
    """A simulated board without a terminal; waiting moves the clock on. `whenever` is called every few milliseconds."""

    board: Board
    clock: FakeClock
    name: str = "simulated"
    whenever: Callable[[], None] | None = None
    sent: bytearray = field(default_factory=bytearray)
    dead: bool = False

    def open(self) -> "BoardLink":
        """Opening starts the board anew, as an Arduino does. Raises HardwareMissing while `dead`."""
        if self.dead:
            raise HardwareMissing("No serial port.", "Plug it in.")
        self.board.power_on()
        return self

    def read(self, timeout: float) -> bytes:
        self._refuse_dead()
        until = self.clock.monotonic() + timeout
        while not (data := self.board.send()) and self.clock.monotonic() < until:
            self._wait(until)
        return data

    def write(self, data: bytes) -> None:
        self._refuse_dead()
        self.sent += data
        self.board.receive(data)

    def close(self) -> None:
        """The port is free; the board goes on."""

    def _wait(self, until: float) -> None:
        now, due = self.clock.monotonic(), self.board.due()
        if self.whenever is None:
            next_at = until if due is None else min(until, max(due, now + 1e-4))
            self.clock.sleep(next_at - now)
        else:
            self.clock.sleep(STEP_S)
            self.whenever()

    def _refuse_dead(self) -> None:
        if self.dead:
            raise MotionError("The cable is out.", "Plug it in.")


@dataclass
class ScriptedLink:
    """Answers what is written from `replies`: for each line, its answers in order, the last one for ever."""

    clock: FakeClock
    replies: dict[bytes, list[bytes]]
    unasked: bytes = b""
    name: str = "scripted"
    sent: list[bytes] = field(default_factory=list)
    closed: bool = False

    def read(self, timeout: float) -> bytes:
        data, self.unasked = self.unasked, b""
        if not data:
            self.clock.sleep(max(timeout, 0.001) if timeout else 0)
        return data

    def write(self, data: bytes) -> None:
        self.sent.append(data)
        answers = self.replies.get(data, [b""])
        self.unasked += answers.pop(0) if len(answers) > 1 else answers[0]

    def close(self) -> None:
        self.closed = True
