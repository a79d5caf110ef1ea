"""Links for tests without a port: a script of replies, and the simulated firmware on a clock that jumps."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from scanner.clock import FakeClock
from scanner.errors import MotionError
from scanner.hardware.simulated.controller_firmware import Firmware

STEP_S = 0.005


@dataclass
class FirmwareLink:
    """The simulated firmware without a terminal; waiting moves the clock on. `whenever` is called at each wait."""

    firmware: Firmware
    clock: FakeClock
    name: str = "simulated"
    whenever: Callable[[], None] = lambda: None
    sent: bytearray = field(default_factory=bytearray)
    dead: bool = False

    def read(self, timeout: float) -> bytes:
        if self.dead:
            raise MotionError("The cable is out.")
        steps = math.ceil(timeout / STEP_S)
        while not (data := self.firmware.send()) and steps > 0:
            steps -= 1
            self.clock.sleep(STEP_S)
            self.whenever()
        return data

    def write(self, data: bytes) -> None:
        if self.dead:
            raise MotionError("The cable is out.")
        self.sent += data
        self.firmware.receive(data)

    def close(self) -> None:
        self.dead = True


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
