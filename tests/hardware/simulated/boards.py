"""A simulated board for tests: text in, lines out, on a clock that jumps."""

from scanner.clock import FakeClock
from scanner.hardware.simulated.controller_board import Board


class Bench:
    """A board after its boot; `greeting` is what it said."""

    def __init__(self, board: Board, clock: FakeClock) -> None:
        self.board = board
        self.clock = clock
        board.power_on()
        self.greeting = self.after(0.1)

    def say(self, text: str, wait: float = 0.0) -> list[str]:
        """The lines that came until `wait` seconds after `text`."""
        self.board.receive(text.encode("latin-1"))
        return self.after(wait)

    def after(self, seconds: float) -> list[str]:
        """The lines that come within `seconds`."""
        until = self.clock.monotonic() + seconds
        heard = self.board.send()
        while (due := self.board.due()) is not None and due <= until:
            self.clock.sleep(due - self.clock.monotonic())
            heard += self.board.send()
        self.clock.sleep(until - self.clock.monotonic())
        return (heard + self.board.send()).decode("latin-1").splitlines()
