"""A simulated motion controller on a pseudo-terminal: the real driver, through the real serial library, moves it."""

import errno
import os
import select
import threading
import tty
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from scanner.clock import Clock
from scanner.hardware.motion_settings import MotionSettings
from scanner.hardware.simulated.controller_faults import Faults
from scanner.hardware.simulated.controller_sketch import Answers
from scanner.hardware.simulated.controller_wiring import Flavour, Wiring
from scanner.units import Degrees, Millimetres

TICK_S = 0.002
IDLE_S = 0.05
CLOSED_S = 0.01
ENDS_WITHIN_S = 5.0


class SimulatedController:
    """A controller that runs from construction until `close`, and starts anew whenever its port is opened.

    `motion`: the rig it drives; its `dialect` says which firmware runs, `flavour` which relative of GRBL. Its motors
    take 100 steps a degree whatever `motion` says, so that a wrong steps_per_degree turns them by wrong angles.
    `link`: a path where a symbolic link to the pseudo-terminal is kept, a name that stays when the terminal changes.
    `switches`: an index mark on the turntable, limit switches at the other axes. `answers`: see `SketchFirmware`.
    """

    def __init__(
        self,
        clock: Clock,
        motion: MotionSettings | None = None,
        *,
        faults: Faults | None = None,
        link: Path | None = None,
        switches: bool = False,
        flavour: Flavour = "grbl",
        answers: Answers | None = None,
    ) -> None:
        self._wiring = Wiring(motion or MotionSettings(), switches)
        self._board = self._wiring.board(clock, faults, flavour, answers)
        self._flavour: Flavour = flavour
        self._link = link
        self._lock = threading.RLock()
        self._ending = threading.Event()
        self._wake_read, self._wake_write = os.pipe()
        self._master = -1
        self._path = ""
        self._is_open = False
        self.plug()
        self._thread = threading.Thread(target=self._run, name="simulated-controller", daemon=True)
        self._thread.start()

    @property
    def path(self) -> str:
        """The port to open."""
        return str(self._link or self._path)

    def settings(self) -> MotionSettings:
        """What a config would say about this controller."""
        return self._wiring.settings(self.path, self._flavour)

    def angles(self) -> tuple[Degrees, Degrees]:
        """Where turntable and tilt really are now, in degrees since power came on: not modulo 360, not from zero."""
        with self._lock:
            return self._wiring.angles(self._board)

    def rail(self) -> Millimetres:
        """Where the rail really is now, in millimetres since power came on."""
        with self._lock:
            return self._wiring.rail(self._board)

    @property
    def light(self) -> float:
        """Brightness of the lamp, 0..1."""
        with self._lock:
            return self._board.light()

    @property
    def held(self) -> bool:
        """Whether all motors are powered; the tilt sags when its own is not."""
        with self._lock:
            return self._board.held

    def set_faults(self, faults: Faults) -> None:
        """From now on these go wrong."""
        with self._lock:
            self._board.spoil(faults)

    def tune(self, setting: int | str, value: float) -> None:
        """Change a setting, as somebody with a terminal would have: 1 for `$1` of GRBL, "M92 X" of Marlin."""
        with self._lock:
            self._board.tune(setting, value)

    def brown_out(self) -> None:
        """The supply drops for a moment: the controller starts anew, wherever it was."""
        with self._lock:
            self._board.power_on()
        self._wake()

    def hit_limit(self) -> None:
        """A limit switch closes."""
        with self._lock:
            self._board.hard_limit()
        self._wake()

    def unplug(self) -> None:
        """Pull the cable: the terminal goes within milliseconds, the motors stop and lose their current."""
        with self._lock:
            if self._master >= 0:
                os.close(self._master)
                self._master = -1
                self._is_open = False
                self._board.power_off()
                self._board.faults = replace(self._board.faults, unplug_at=None)
                if self._link:
                    self._link.unlink(missing_ok=True)
        self._wake()

    def plug(self) -> None:
        """Plug it in again: a new terminal, behind the same `link`."""
        if self._master >= 0:
            return
        master, slave = os.openpty()
        tty.setraw(slave)
        os.set_blocking(master, False)
        with self._lock:
            self._master = master
            self._path = os.ttyname(slave)
            if self._link:
                self._link.unlink(missing_ok=True)
                self._link.symlink_to(self._path)
        os.close(slave)
        self._wake()

    def close(self) -> None:
        """End it; calling it twice is harmless."""
        if self._ending.is_set():
            return
        self._ending.set()
        self._wake()
        self._thread.join(ENDS_WITHIN_S)
        self.unplug()
        os.close(self._wake_read)
        os.close(self._wake_write)
        self._wake_write = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _wake(self) -> None:
        if self._wake_write >= 0:
            os.write(self._wake_write, b"w")

    def _run(self) -> None:
        """The controller's life. A port that nobody has open reports a hang-up; its end is the opening."""
        while not self._ending.is_set():
            with self._lock:
                hung_up = self._master < 0 or bool(_events(self._master) & select.POLLHUP)
                if not hung_up and not self._is_open:
                    self._board.power_on()
                self._is_open = not hung_up
                if self._is_open:
                    self._exchange()
                tick = TICK_S if self._board.due() is not None else IDLE_S
                watched = [self._wake_read, *([self._master] if self._is_open else [])]
            self._sleep(watched, tick if self._is_open else CLOSED_S)

    def _sleep(self, watched: list[int], seconds: float) -> None:
        try:
            ready, _, _ = select.select(watched, [], [], seconds)
        except OSError as error:
            _only(error, errno.EBADF)  # unplugged by another thread a moment ago
            return
        if self._wake_read in ready:
            os.read(self._wake_read, 64)

    def _exchange(self) -> None:
        try:
            self._board.receive(os.read(self._master, 4096))
        except OSError as error:
            _only(error, errno.EAGAIN, errno.EIO)
        if data := self._board.send():
            try:
                os.write(self._master, data)
            except OSError as error:
                _only(error, errno.EAGAIN, errno.EIO)
        if self._board.unplugged:
            self.unplug()


def _only(error: OSError, *expected: int) -> None:
    """Nothing to read, a reader that is full, a port just closed: the wire forgets. Anything else is raised."""
    if error.errno not in expected:
        raise error


def _events(descriptor: int) -> int:
    """What poll says about a descriptor without waiting."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return next((events for _, events in poll.poll(0)), 0)
