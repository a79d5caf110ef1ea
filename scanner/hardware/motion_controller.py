"""A motion controller: deadlines from distance and speed, no belief in a position that it did not confirm.

Every line says an absolute state (a target, a lamp, a query), so that saying it twice changes nothing: a lost reply is
answered by asking again. Homing is the exception and is never repeated, nor are the moves of a dialect that knows only
relative ones. What differs between controllers is asked of the dialect.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from scanner.clock import Clock
from scanner.errors import HardwareError, HardwareMissing, MotionError, MotionTimeout
from scanner.hardware.motion_line import OpenLink
from scanner.hardware.motion_talk import PAUSE_S, POLL_S, REPLY_S, TRIES, Stopped, Talk
from scanner.hardware.wire.dialect import Dialect, Move, Ok, Orders, Own, Refused, Report
from scanner.units import Seconds

MARGIN_S = 2.0


class MotionController(Talk):
    """One controller. Only one thread may call it, but for `stop`."""

    def __init__(self, open_link: OpenLink, dialect: Dialect, clock: Clock, scales: Mapping[str, float]) -> None:
        """`scales`: steps for one of our units, by letter, for a controller that can be told.

        Raises HardwareMissing where the link cannot be opened.
        """
        super().__init__(open_link, dialect, clock, scales)
        self._level: float | None = None
        self._asleep = False
        self.together_in: int | None = None
        self._stop_lock = threading.Lock()
        self._stop_order: bytes | None = None

    def start(self) -> None:
        """Greet the controller: opening a port resets most boards, so wait for the banner before a byte is sent.

        A board that does not greet is reset where that can be said. Raises HardwareMissing when nobody answers,
        MotionError.
        """
        with self._expecting_banner():
            if not self._greeted() and not self._called() and self._manner.must_greet:
                raise self._missing()
            try:
                for line in self._manner.identify:
                    self.command(line, within=max(REPLY_S, self._manner.boot_s))
            except MotionTimeout as silence:
                raise self._missing() from silence
            self._prepare()
        self._alarmed = self._asleep = False
        self._assumed = None if self._manner.query else dict.fromkeys("XYZ", 0.0)
        self._shine()

    def move(self, move: Move) -> None:
        """Move and return once there and still.

        That means, where it reports: a report shows the target, and either the fence behind the movement was answered
        before, or two reports in a row say so: a single one can lie. Elsewhere: it says that the move is done, at the
        target where it tells. Raises MotionTimeout, with the motors stopped; Stopped; ControllerAlarm; PositionLost.
        """
        orders = self.dialect.move(move)
        with self._stoppable(self._manner.halt, move.patience_s):
            for line in orders.lines:
                self.command(line)
            if self._manner.query:
                self._arrive(move, orders)
            else:
                self._be_told(move, orders)

    def home(self, letter: str, within: Seconds) -> None:
        """Run to the switches; never repeated. Raises ControllerAlarm, MotionTimeout, Stopped.

        One line may home all axes at once, as GRBL's own does: then none knows where it is but those with switches,
        which stand at them; `together_in` is the epoch in which that holds.
        """
        together = self.dialect.home(letter) == self.dialect.home("Y" if letter == "X" else "X")
        with self._stoppable(self._manner.halt_homing, within):
            if together:
                self.lose("homing moved all axes at once")
                self._assumed = None if self._manner.query else dict.fromkeys("XYZ", 0.0)
            done = self.command(self.dialect.home(letter), within=within, tries=1)
            self._ended_at_zero(letter, done)
            self.status()
        self.together_in = self.epoch if together else None
        self._shine()

    def wake(self) -> None:
        """Make ready for homing, whatever happened: out of hold, sleep and silence. Raises MotionError."""
        self.drain()
        report = self._ask()
        if report is None:
            self.lose("the controller did not answer")
        self._asleep = self._asleep or (report is not None and report.asleep)
        if self._alarmed or report is None or not report.still:
            self.reset()
        if self._unprepared:
            self._prepare()

    def unlock(self) -> None:
        """Leave the alarm state without homing, and switch the lamp back on that the alarm put out."""
        if self.status().locked:
            self.command(self._manner.unlock)
            self.status()
        self._shine()

    def light(self, level: float) -> float:
        """Set the lamp, and set it again after every reset; the level that it has. Raises MotionError."""
        lamp = self.dialect.light(level, self.own)
        if lamp is None:
            raise MotionError(f"The controller at {self.name} has no lamp.", "Set rig.motion.light in the config.")
        self._level = level
        if self._asleep:
            self.wake()
            self.unlock()
        else:
            self.command(lamp.line)
        return lamp.level

    def hold(self) -> None:
        """Power the motors, and let nothing but `release` end that. Raises MotionError where that cannot be."""
        if self._alarmed or self._unprepared:
            self.wake()
        for line in self.dialect.hold(self.own, self.name):
            try:
                self.command(line)
            except MotionTimeout:
                self.reset()
                self.command(line)

    def release(self) -> None:
        """Cut the current of the motors, which loses the position. Does nothing where the controller cannot."""
        if self._asleep or not self._manner.release:
            return
        for line in self._manner.release:
            self._send_to_sleep(line)
        self._asleep = self._manner.release_sleeps
        self._unprepared = True
        self.lose("the motors were released")

    def reset(self) -> None:
        """Start it anew, which ends everything. A position at rest survives where the dialect knows a reset.

        Out of sleep, twice: GRBL 1.1 wakes with its motors still without current, and only the second powers them.
        Raises MotionTimeout, HardwareMissing, MotionError.
        """
        if not self._manner.reset:
            self._restart("the controller was started anew")
            return
        with self._expecting_banner():
            for _ in range(2 if self._asleep else 1):
                self._line.write(self._manner.reset)
                if not self._greeted():
                    self.lose("it did not come back from a reset")
                    raise self._silent("reset")
        self._alarmed = self._asleep = False
        self._shine()

    def mend(self) -> None:
        """Open a broken line again, once, and greet the controller; no axis then knows where it is.

        Does nothing to a line that is whole. Raises HardwareMissing, MotionError while the controller is not there.
        """
        self.listen()
        if not self.alive:
            self._restart("the connection was broken")

    def stop(self) -> None:
        """Stop a movement; from any thread. The thread that waits for it gets Stopped.

        Returns once the order is written, and does nothing when nothing moves. Where the dialect knows a hold, motors
        ramp down and the position is kept; homing knows none.
        """
        with self._stop_lock:
            if self._stop_order is not None:
                self._stop_asked.set()
                if self._stop_order:
                    self._line.write(self._stop_order)

    def axis(self, letter: str) -> Own:
        """What it says of one axis."""
        return self.dialect.axis(self.own, letter)

    def close(self) -> None:
        """Release the port; calling it twice is harmless."""
        self._line.close()

    def _arrive(self, move: Move, orders: Orders) -> None:
        """Until a report shows the target behind the fence. A fence that noise made unreadable is put up again."""
        deadline = self._clock.monotonic() + move.patience_s
        at_work = self._manner.query_at_work
        refusals, arrived, behind = -1, 0, 0
        while True:
            if self._refusals != refusals:
                refusals, behind = self._refusals, self._put_up(orders.fence)
            now = self._clock.monotonic()
            self._await_oks(behind, refusals, now + POLL_S if at_work else deadline)
            report = self.status(REPLY_S if at_work else max(2 * REPLY_S, deadline - self._clock.monotonic()))
            arrived = arrived + 1 if _is_there(report, move) else 0
            if arrived >= (2 if self._oks < behind else 1):
                return
            if not arrived and self._clock.monotonic() >= deadline:
                raise self._late(move)
            self._clock.sleep(PAUSE_S)

    def _put_up(self, fence: tuple[str, ...]) -> int:
        """Send the fence; how many oks will have come when all is still."""
        for line in fence:
            self._line.write(self.dialect.encode(line))
        return self._oks + len(fence)

    def _be_told(self, move: Move, orders: Orders) -> None:
        """For a controller that answers when it is there, and makes no reports."""
        (line,) = orders.fence
        try:
            done = self._tell(line, move.patience_s)
        except MotionError:
            self.lose("the controller did not confirm a movement")
            raise
        known = dict.fromkeys("XYZ", 0.0) if self._assumed is None else self._assumed
        there = done.at is None or abs(done.at - move.target) <= move.tolerance + done.within
        if not there:
            self.lose("the controller reports another position than it was sent to")
        self._assumed = known | {move.letter: move.target if there or done.at is None else done.at}
        self._from_memory()
        if not there:
            raise self._late(move)

    def _ended_at_zero(self, letter: str, done: Ok) -> None:
        """A controller that makes no reports counts from its switch; another number is noise, or another sketch."""
        if done.at is not None and abs(done.at) > done.within:
            self.lose("homing ended at another place than zero")
            raise MotionError(
                f"The controller at {self.name} says that {letter} homed to {done.at:g} instead of 0.",
                "Home again; a sketch has to count from its switch.",
            )
        if self._assumed is not None:
            self._assumed[letter] = 0.0

    def _tell(self, line: str, within: Seconds) -> Ok:
        """Say a line again only where that changes nothing; then wait until each was answered, or will not be.

        An answer that comes late would else be taken for that to the next line.
        """
        tries, sent, before = TRIES if self._manner.repeats else 1, 0, self._oks + self._refusals
        reply: Ok | Refused | None = None
        while not isinstance(reply, Ok) and sent < tries:
            sent += 1
            reply = self._try(line, within)
        while self._oks + self._refusals - before < sent and self._await_reply(within) is not None:
            pass
        if reply is None:
            raise self._silent(line)
        if isinstance(reply, Refused):
            raise self._refused(line, reply)
        return reply

    def _try(self, line: str, within: Seconds) -> Ok | Refused | None:
        try:
            return self._say(line, within, tries=1)
        except MotionTimeout:
            return None

    def _called(self) -> bool:
        """Reset one that did not greet, where that can be said."""
        if not self._manner.reset:
            return False
        self._line.write(self._manner.reset)
        return self._greeted()

    def _prepare(self) -> None:
        """Bring the controller's passing settings to what the axes need, and read all that it tells of itself.

        Whatever fails, and a start in the middle, leaves it unprepared: then the next `wake` does it again.
        """
        self._unprepared, starts = True, self._starts
        try:
            self._agree()
            self._unprepared = self._starts != starts
        finally:
            if self._unprepared:
                self.own = {}

    def _agree(self) -> None:
        doubt = ""
        for _ in range(TRIES):
            for line in self.dialect.prepare(self._scales):
                self._say(line, REPLY_S, TRIES)
            self._read_settings()
            doubt = self.dialect.doubts(self.own, self._scales)
            if not doubt:
                return
        raise MotionError(
            f"The controller at {self.name} does not take a setting: {doubt}.",
            "Check its firmware; with a noisy connection, a shorter, shielded USB cable.",
        )

    def _read_settings(self) -> None:
        """Twice the same, since a scale garbled on the wire would make every angle wrong."""
        answers: list[dict[str, float]] = []
        while self._manner.listing and len(answers) < 2 * TRIES:
            self.own = {}
            self.command(self._manner.listing)
            if self.own in answers:
                return
            answers.append(self.own)
        if answers:
            raise MotionError(
                f"The controller at {self.name} answers {self._manner.listing!r} differently each time: "
                "the connection is noisy.",
                "Use a shorter, shielded USB cable, away from the motor cables.",
            )

    def _shine(self) -> None:
        """Set the lamp to what was asked for last, unless the controller is locked: then unlocking does."""
        lamp = None if self._level is None else self.dialect.light(self._level, self.own)
        if lamp is not None and self.status().still:
            self.command(lamp.line)

    def _send_to_sleep(self, line: str) -> None:
        """A reply that got lost is not asked for again: a sleeping controller takes no lines."""
        try:
            self.command(line, tries=1)
        except MotionTimeout:
            report = self._ask()
            if report is None or report.still:
                raise

    def _restart(self, why: str) -> None:
        """Open the line again and greet. A controller that does not answer leaves the line closed."""
        self.lose(why)
        self._line.reopen()
        try:
            self.start()
        except HardwareError:
            self._line.give_up()
            raise

    @contextmanager
    def _stoppable(self, order: bytes, patience: Seconds) -> Iterator[None]:
        """While inside, `stop` sends `order`; whatever ends the movement early leaves the motors at rest."""
        with self._stop_lock:
            self._stop_asked.clear()
            self._stop_order = order
        try:
            yield
        except (MotionTimeout, Stopped) as early:
            self._disarm()
            self._halt(order, patience if isinstance(early, Stopped) else REPLY_S)
            raise
        finally:
            self._disarm()

    def _disarm(self) -> None:
        with self._stop_lock:
            self._stop_order = None
            self._stop_asked.clear()

    def _halt(self, order: bytes, patience: Seconds) -> None:
        """Bring the motors to rest: where a hold is known, hold, then reset once still, which keeps the position."""
        report: Report | None = None
        with self._staying_calm():
            if self._manner.halt_keeps:
                report = self._come_to_rest()
            else:
                self.lose("it was stopped in the middle of a movement")
                if order:
                    self._line.write(order)
                self._await_reply(patience)
                return
        if report is None or report.moves:
            self.lose("it was reset in the middle of a movement")
        self.reset()

    def _come_to_rest(self) -> Report | None:
        self._line.write(self._manner.halt)
        deadline = self._clock.monotonic() + MARGIN_S
        report = self._ask()
        while report is not None and report.moves and self._clock.monotonic() < deadline:
            self._clock.sleep(PAUSE_S)
            report = self._ask()
        return report

    def _late(self, move: Move) -> MotionTimeout:
        return MotionTimeout(
            f"{move.letter} did not report {move.target:.3f} within {move.patience_s:.1f} s.",
            "Check motor power, belts, and speed and acceleration set in the controller; then home or zero the axes.",
        )

    def _missing(self) -> HardwareMissing:
        return HardwareMissing(
            f"No {self._manner.name} controller answers at {self.name}.",
            "Check rig.motion.port, rig.motion.baud and rig.motion.dialect; the board must run that firmware.",
        )


def _is_there(report: Report, move: Move) -> bool:
    at = None if report.at is None else report.at.get(move.letter)
    return report.still and at is not None and abs(at - move.target) <= move.tolerance + report.within
