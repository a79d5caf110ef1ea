"""A simulated GRBL controller on a pseudo-terminal: the real driver, through the real serial library, moves it."""

import errno
import os
import select
import threading
import tty
from pathlib import Path
from types import TracebackType
from typing import Self

from scanner.clock import Clock
from scanner.hardware.motion_settings import AxisSettings, MotionSettings, TiltSettings
from scanner.hardware.simulated.controller_faults import Faults
from scanner.hardware.simulated.controller_firmware import Firmware, Switch
from scanner.units import Degrees

TICK_S = 0.002
IDLE_S = 0.05
CLOSED_S = 0.01
TURNTABLE = AxisSettings(letter="X", steps_per_degree=100.0, max_speed=120.0, acceleration=1000.0)
TILT = TiltSettings(letter="Y", steps_per_degree=100.0, max_speed=60.0, acceleration=500.0)


class SimulatedController:
    """A controller that runs from construction until `close`, and starts anew whenever its port is opened.

    `link`: a path where a symbolic link to the pseudo-terminal is kept, a name that stays when the terminal changes.
    `switch_at`: physical angle of the tilt axis at its limit switch; None for a rig without switch.
    """

    def __init__(
        self, clock: Clock, faults: Faults | None = None, link: Path | None = None, switch_at: Degrees | None = None
    ) -> None:
        self._firmware = Firmware(clock, faults or Faults(), switches=_switches(switch_at))
        self._firmware.settings[22] = float(switch_at is not None)
        self._can_home = switch_at is not None
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
        return MotionSettings(
            port=self.path, turntable=TURNTABLE, tilt=TILT.model_copy(update={"homing": self._can_home})
        )

    def angles(self) -> tuple[Degrees, Degrees]:
        """Where turntable and tilt really are now, in degrees since power came on: not modulo 360, not from zero."""
        with self._lock:
            x, y, _ = self._firmware.physical()
        return x / TURNTABLE.steps_per_degree, y / TILT.steps_per_degree

    @property
    def light(self) -> float:
        """Brightness of the lamp, 0..1."""
        with self._lock:
            return self._firmware.light()

    def set_faults(self, faults: Faults) -> None:
        """From now on these go wrong."""
        with self._lock:
            self._firmware.spoil(faults)

    def tune(self, number: int, value: float) -> None:
        """Change one of the `$` settings, as somebody with a terminal would have."""
        with self._lock:
            self._firmware.settings[number] = value

    def brown_out(self) -> None:
        """The supply drops for a moment: the controller starts anew, wherever it was."""
        with self._lock:
            self._firmware.power_on()
        self._wake()

    def hit_limit(self) -> None:
        """A limit switch closes."""
        with self._lock:
            self._firmware.hard_limit()
        self._wake()

    def unplug(self) -> None:
        """Pull the cable: the terminal goes within milliseconds, the motors stop."""
        with self._lock:
            if self._master >= 0:
                os.close(self._master)
                self._master = -1
                self._is_open = False
                self._firmware.power_on()
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
        self._thread.join()
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
                    self._firmware.power_on()
                self._is_open = not hung_up
                if self._is_open:
                    self._exchange()
                tick = TICK_S if self._firmware.waiting() else IDLE_S
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
            self._firmware.receive(os.read(self._master, 4096))
        except OSError as error:
            _only(error, errno.EAGAIN, errno.EIO)
        if data := self._firmware.send():
            try:
                os.write(self._master, data)
            except OSError as error:
                _only(error, errno.EAGAIN, errno.EIO)


def _only(error: OSError, *expected: int) -> None:
    """Nothing to read, a reader that is full, a port just closed: the wire forgets. Anything else is raised."""
    if error.errno not in expected:
        raise error


def _events(descriptor: int) -> int:
    """What poll says about a descriptor without waiting."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return next((events for _, events in poll.poll(0)), 0)


def _switches(tilt: Degrees | None) -> tuple[Switch, ...]:
    return () if tilt is None else (Switch(axis=1, steps=round(tilt * TILT.steps_per_degree)),)
