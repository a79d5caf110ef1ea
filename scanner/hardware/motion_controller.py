"""A GRBL controller behind a link: one reader, a deadline on every reply, no belief in a position it did not report.

Every line sent says an absolute state (a target, a lamp, a query), so that saying it twice changes nothing: a lost
reply is answered by asking again. Homing is the exception and is never repeated.
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from scanner.clock import Clock
from scanner.errors import ControllerAlarm, HardwareMissing, MotionError, MotionTimeout, PositionLost
from scanner.hardware.wire import grbl

BANNER_S = 3.0
QUIET_S = 0.3
REPLY_S = 1.0
POLL_S = 0.2
PAUSE_S = 0.05
MARGIN_S = 2.0
TRIES = 3


class Link(Protocol):
    """Bytes to and from a controller. Reading and writing raise MotionError when the line is dead."""

    name: str

    def read(self, timeout: float) -> bytes:
        """Bytes that are there, else those that come within about `timeout` seconds; b"" for none."""

    def write(self, data: bytes) -> None: ...

    def close(self) -> None: ...


class Stopped(MotionError):
    """The movement was stopped on request."""


@dataclass(frozen=True, slots=True)
class Move:
    """One straight movement of one axis to `target`, in the controller's units, at `feed` units a minute.

    `index`: place of the axis in reports. `seconds`: how long it should take. `tolerance`: how near is there, in units.
    """

    letter: str
    index: int
    target: float
    feed: float
    seconds: float
    tolerance: float

    @property
    def patience_s(self) -> float:
        """How long to wait before giving up."""
        return 1.5 * self.seconds + MARGIN_S


class MotionController:
    """One controller. Only one thread may call it, but for `stop`.

    `epoch` counts the events that lose the position (resets, alarms): an axis that was homed in an earlier epoch does
    not know where it is. `lost_because` is the last of them in words. `settings` is the answer to `$$`. `mpos` is the
    machine position last reported, in the controller's units.
    """

    def __init__(self, link: Link, clock: Clock) -> None:
        self.epoch = 0
        self.lost_because = "it was not homed or zeroed since the controller started"
        self.version = ""
        self.settings: dict[int, float] = {}
        self.mpos: grbl.Vector | None = None
        self._link = link
        self._clock = clock
        self._decoder = grbl.Decoder()
        self._events: deque[grbl.Event] = deque()
        self._wco: grbl.Vector | None = None
        self._oks = 0
        self._light = ""
        self._resetting = False
        self._write_lock = threading.Lock()
        self._stop_order = b""
        self._stop_asked = threading.Event()

    @property
    def name(self) -> str:
        """The port, for messages."""
        return self._link.name

    def start(self) -> None:
        """Greet the controller: opening a port resets most boards, so wait for the banner before a byte is sent.

        A board that does not greet is reset. Raises HardwareMissing when nobody answers, MotionError.
        """
        with self._expecting_banner():
            if not self._greeted():
                self._write(grbl.RESET)
                if not self._greeted():
                    raise HardwareMissing(
                        f"No GRBL controller answers at {self.name}.",
                        "Check rig.motion.port and rig.motion.baud; the board must run GRBL 1.1, grblHAL or FluidNC.",
                    )
        self.command(grbl.IDENTIFY)
        self._read_settings()

    def command(self, line: str, within: float = REPLY_S, tries: int = TRIES) -> None:
        """Send a line and wait for its ok; ask again after silence, or after a refusal that noise may have caused.

        Raises MotionError for a line refused, MotionTimeout for silence, ControllerAlarm, PositionLost.
        """
        refusal: grbl.Error | None = None
        for _ in range(tries):
            self.drain()
            self._write(grbl.encode(line))
            reply = self._await_reply(within)
            if isinstance(reply, grbl.Ok):
                return
            refusal = reply or refusal
        if refusal is not None:
            raise MotionError(
                f"The controller at {self.name} refused {line!r}: {refusal.text}.",
                "Home or zero the axes; when that does not help, check the firmware and its settings.",
            )
        raise self._silent(line)

    def status(self, within: float = REPLY_S) -> grbl.Status:
        """A status report. Raises MotionTimeout when `within` seconds of asking bring none."""
        deadline = self._clock.monotonic() + within
        while self._clock.monotonic() < deadline:
            self._write(grbl.STATUS)
            ask_again = min(deadline, self._clock.monotonic() + POLL_S)
            while (event := self._next(ask_again)) is not None:
                if isinstance(event, grbl.Status):
                    return event
        raise self._silent("?")

    def move(self, move: Move) -> None:
        """Move and return once there and still.

        That means: a report says Idle and a machine position at the target, and either the dwell behind the movement
        had ended before, or two reports in a row say so. A single Idle can lie. Raises MotionTimeout, with the motors
        stopped; Stopped; ControllerAlarm; PositionLost.
        """
        with self._stoppable(grbl.HOLD):
            self.command(grbl.move(move.letter, move.target, move.feed))
            answered = self._oks
            self._write(grbl.encode(grbl.dwell(0.01)))
            deadline = self._clock.monotonic() + move.patience_s
            arrived = 0
            while True:
                self._await_ok_beyond(answered, self._clock.monotonic() + POLL_S)
                arrived = arrived + 1 if self._is_there(self.status(), move) else 0
                if arrived >= (2 if self._oks == answered else 1):
                    return
                if not arrived and self._clock.monotonic() >= deadline:
                    raise MotionTimeout(
                        f"{move.letter} did not report {move.target:.3f} within {move.patience_s:.1f} s.",
                        "Check motor power, belts and $110 to $122 of the controller; then home or zero the axes.",
                    )
                self._clock.sleep(PAUSE_S)

    def home(self, line: str, within: float) -> None:
        """Run to the switches; never repeated. Raises ControllerAlarm, MotionTimeout, Stopped."""
        with self._stoppable(grbl.RESET):
            self.command(line, within=within, tries=1)
            self.status()
        self.light(self._light)

    def wake(self) -> None:
        """Make ready for homing, whatever happened: out of hold, out of silence. Raises MotionTimeout."""
        self.drain()
        report = self._ask()
        if report is None or report.state != "Idle":
            self.reset()

    def unlock(self) -> None:
        """Leave the alarm state without homing, and switch the lamp back on that the alarm put out."""
        if self.status().state == "Alarm":
            self.command(grbl.UNLOCK)
            self.status()
        self.light(self._light)

    def light(self, line: str) -> None:
        """Send the line of the lamp, and remember it for after a reset."""
        self._light = line
        if line:
            self.command(line)

    def reset(self) -> None:
        """Soft reset: ends everything. The position survives when nothing moved. Raises MotionTimeout."""
        with self._expecting_banner():
            self._write(grbl.RESET)
            if not self._greeted():
                self.lose("it did not come back from a reset")
                raise self._silent("reset")
        if self.status().state == "Idle":
            self.light(self._light)

    def stop(self) -> None:
        """Stop a movement; from any thread. The thread that waits for it gets Stopped.

        A hold ramps the motors down and keeps the position; homing knows no hold and is reset, which loses it. Returns
        once the order is written, and does nothing when nothing moves.
        """
        with self._write_lock:
            if self._stop_order:
                self._stop_asked.set()
                self._link.write(self._stop_order)

    def drain(self) -> None:
        """Take note of what came unasked; never waits. Raises MotionError when the line is dead."""
        while event := self._take(0.0):
            self._note(event, raise_for_trouble=False)

    def listen(self) -> None:
        """`drain` for those who only look: a dead line loses the position, and the next command says why."""
        try:
            self.drain()
        except MotionError as dead:
            self.lose(dead.message)

    def lose(self, why: str) -> None:
        """From now on no axis knows where it is."""
        self.epoch += 1
        self.lost_because = why
        self.mpos = None

    def close(self) -> None:
        self._link.close()

    @contextmanager
    def _stoppable(self, order: bytes) -> Iterator[None]:
        """While inside, `stop` sends `order`; whatever ends the movement early leaves the motors at rest."""
        with self._write_lock:
            self._stop_asked.clear()
            self._stop_order = order
        try:
            yield
        except (MotionTimeout, Stopped):
            self._disarm()
            self._halt()
            raise
        finally:
            self._disarm()

    def _disarm(self) -> None:
        with self._write_lock:
            self._stop_order = b""
            self._stop_asked.clear()

    def _halt(self) -> None:
        """Bring the motors to rest: hold, then reset once still, which keeps the position; else reset anyway."""
        with self._expecting_banner():
            self._write(grbl.HOLD)
            deadline = self._clock.monotonic() + MARGIN_S
            report = self._ask()
            while report is not None and _moves(report) and self._clock.monotonic() < deadline:
                self._clock.sleep(PAUSE_S)
                report = self._ask()
        if report is None or _moves(report):
            self.lose("it was reset in the middle of a movement")
        self.reset()

    def _read_settings(self) -> None:
        """Twice the same, since a scale garbled on the wire would make every angle wrong."""
        answers: list[dict[int, float]] = []
        while len(answers) < 2 * TRIES:
            self.settings = {}
            self.command(grbl.SETTINGS)
            if self.settings in answers:
                return
            answers.append(self.settings)
        raise MotionError(
            f"The controller at {self.name} answers '$$' differently each time: the connection is noisy.",
            "Use a shorter, shielded USB cable, away from the motor cables.",
        )

    @contextmanager
    def _expecting_banner(self) -> Iterator[None]:
        """While inside, a greeting is an answer and an alarm is no surprise."""
        self._resetting = True
        try:
            yield
        finally:
            self._resetting = False

    def _greeted(self) -> bool:
        """Wait for a banner, and then for the controller to finish talking."""
        deadline = self._clock.monotonic() + BANNER_S
        while (event := self._next(deadline)) is not None:
            if isinstance(event, grbl.Banner):
                self.version = event.version
                quiet = self._clock.monotonic() + QUIET_S
                while self._next(quiet) is not None:
                    pass
                return True
        return False

    def _ask(self) -> grbl.Status | None:
        """A fresh report, or None from a silent controller."""
        try:
            return self.status()
        except MotionTimeout:
            return None

    def _is_there(self, report: grbl.Status, move: Move) -> bool:
        at = report.machine(self._wco)
        if report.state != "Idle" or at is None or len(at) <= move.index:
            return False
        return abs(at[move.index] - move.target) <= move.tolerance

    def _await_ok_beyond(self, count: int, deadline: float) -> None:
        """Wait until the dwell behind the movement has ended; its ok may also come among reports."""
        while self._oks == count and self._next(deadline) is not None:
            pass

    def _await_reply(self, within: float) -> grbl.Ok | grbl.Error | None:
        deadline = self._clock.monotonic() + within
        while (event := self._next(deadline)) is not None:
            if isinstance(event, grbl.Ok | grbl.Error):
                return event
        return None

    def _next(self, deadline: float) -> grbl.Event | None:
        """The one reader: the next event, None at the deadline. Raises Stopped, ControllerAlarm, PositionLost."""
        while True:
            left = deadline - self._clock.monotonic()
            event = self._take(max(0.0, left))
            stopped = self._stop_asked.is_set()
            if event is not None:
                self._note(event, raise_for_trouble=not (self._resetting or stopped))
            if stopped:
                raise Stopped("The movement was stopped.", "Move again when ready.")
            if event is not None:
                return event
            if left <= 0:
                return None

    def _take(self, timeout: float) -> grbl.Event | None:
        if not self._events:
            self._events.extend(self._decoder.feed(self._link.read(timeout)))
        return self._events.popleft() if self._events else None

    def _note(self, event: grbl.Event, raise_for_trouble: bool) -> None:
        """Keep what an event says about the whole controller, whoever was waiting."""
        if isinstance(event, grbl.Ok):
            self._oks += 1
        elif isinstance(event, grbl.Status):
            self._wco = event.wco or self._wco
            self.mpos = event.machine(self._wco)
        elif isinstance(event, grbl.Setting):
            self.settings[event.number] = event.value
        elif isinstance(event, grbl.Alarm):
            self.lose(f"{event.text} (alarm {event.code})")
            if raise_for_trouble:
                raise ControllerAlarm(f"The controller at {self.name} stopped: {event.text}.", event.hint)
        elif isinstance(event, grbl.Banner) and not self._resetting:
            self.lose("the controller started anew by itself")
            if raise_for_trouble:
                raise PositionLost(
                    f"The controller at {self.name} started anew in the middle of its work.",
                    "Check its power supply and cable, then home or zero the axes.",
                )

    def _write(self, data: bytes) -> None:
        with self._write_lock:
            self._link.write(data)

    def _silent(self, line: str) -> MotionTimeout:
        return MotionTimeout(
            f"The controller at {self.name} does not answer {line!r}.",
            "Check its cable and power; homing or zeroing wakes it after an alarm.",
        )


def _moves(report: grbl.Status) -> bool:
    return report.state in ("Run", "Jog", "Home") or (report.state == "Hold" and report.substate != 0)
