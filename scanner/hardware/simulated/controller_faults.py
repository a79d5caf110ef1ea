"""What goes wrong with a simulated controller and its wire."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Faults:
    """Faults by chance, reproducible by `seed`. Chances are 0..1: of each line of reply, line received, or move.

    `delay_s`: how late a delayed reply is at most; all behind it wait as well. `boot_s`: from power, or the opening of
    the port, to the banner. `boot_noise`: bytes of a bootloader before it. `unplug_at`: the cable comes out when so
    many bytes have passed, in both directions together.
    """

    seed: int = 0
    lose_reply: float = 0.0
    double_reply: float = 0.0
    garble_reply: float = 0.0
    delay_reply: float = 0.0
    noise: float = 0.0
    lose_line: float = 0.0
    garble_line: float = 0.0
    reset_in_move: float = 0.0
    mute_alarm_in_move: float = 0.0
    delay_s: float = 0.5
    boot_s: float = 0.05
    boot_noise: int = 0
    unplug_at: int | None = None

    def on_the_wire(self, line: bytes, chance: random.Random) -> bytes:
        """What arrives of one line of reply."""
        before = chance.randbytes(chance.randint(1, 8)) if chance.random() < self.noise else b""
        if chance.random() < self.lose_reply:
            return before
        if chance.random() < self.garble_reply:
            line = _flipped(line, chance)
        return before + line * (2 if chance.random() < self.double_reply else 1)

    def late(self, chance: random.Random) -> float:
        """How many seconds a line of reply is late."""
        return chance.uniform(0.0, self.delay_s) if self.delay_reply and chance.random() < self.delay_reply else 0.0

    def into_the_controller(self, line: bytes, chance: random.Random) -> str:
        """What the controller reads of one line; it drops bytes from 0x80 up."""
        if line and chance.random() < self.garble_line:
            line = _flipped(line, chance)
        return line.decode("ascii", "ignore")


def _flipped(line: bytes, chance: random.Random) -> bytes:
    """One bit of it the other way round."""
    place = chance.randrange(len(line))
    return line[:place] + bytes([line[place] ^ (1 << chance.randrange(8))]) + line[place + 1 :]
