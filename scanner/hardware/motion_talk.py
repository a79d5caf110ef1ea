"""Talking with a motion controller: a line out, its reply in, what came unasked noted; each with a deadline."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from scanner.clock import Clock
from scanner.errors import ControllerAlarm, MotionError, MotionTimeout, PositionLost
from scanner.hardware.motion_line import Line, OpenLink
from scanner.hardware.wire.dialect import (
    Alarm,
    Banner,
    Busy,
    Dialect,
    Event,
    Ok,
    Place,
    Refused,
    Report,
    Setting,
    Version,
)
from scanner.units import Seconds

QUIET_S = 0.3
REPLY_S = 1.0
POLL_S = 0.2
PAUSE_S = 0.05
BUSY_GAP_S = 3.0
BUSY_S = 10.0
DRAIN_S = 0.5
DRAIN_READS = 10_000
TRIES = 3


class Stopped(MotionError):
    """The movement was stopped on request."""


class Talk:
    """A conversation with one controller. Only one thread may hold it.

    `epoch` counts the events that lose the position (resets, alarms): an axis that was homed in an earlier epoch does
    not know where it is. `lost_because` is the last of them in words. `own` are its settings as it tells them. `at` is
    the position last reported, in its units, told as exactly as `within`.
    """

    def __init__(self, open_link: OpenLink, dialect: Dialect, clock: Clock, scales: Mapping[str, float]) -> None:
        """`scales`: steps for one of our units, by letter, for a controller that can be told."""
        self.epoch = 0
        self.lost_because = "it was not homed or zeroed since the controller started"
        self.version = ""
        self.own: dict[str, float] = {}
        self.at: Place | None = None
        self.within = 0.0
        self.dialect = dialect
        self._manner = dialect.manner
        self._scales = scales
        self._clock = clock
        self._assumed: dict[str, float] | None = None
        self._oks = 0
        self._refusals = 0
        self._resetting = False
        self._calm = False
        self._alarmed = False
        self._locked = False
        self._unprepared = True
        self._starts = 0
        self._stop_asked = threading.Event()
        self._line = Line(open_link, dialect)

    @property
    def name(self) -> str:
        """The port, for messages."""
        return self._line.name

    @property
    def alive(self) -> bool:
        """False once reading or writing found the line broken."""
        return self._line.alive

    def command(self, line: str, within: Seconds = REPLY_S, tries: int = TRIES) -> Ok:
        """Send a line and wait for its ok; ask again after silence, or after a refusal that noise may have caused.

        Raises MotionError for a line refused, MotionTimeout for silence, ControllerAlarm, PositionLost.
        """
        reply = self._say(line, within, tries)
        if isinstance(reply, Refused):
            raise self._refused(line, reply)
        return reply

    def status(self, within: Seconds = REPLY_S) -> Report:
        """A report, with positions where any of those that come within `within` seconds has them.

        Raises MotionTimeout when none comes.
        """
        if not self._manner.query:
            return self._from_memory()
        deadline = self._clock.monotonic() + within
        report: Report | None = None
        while (report is None or report.at is None) and self._clock.monotonic() < deadline:
            self._line.write(self._manner.query)
            pause = POLL_S if self._manner.query_at_work else REPLY_S / 2
            report = self._await_report(min(deadline, self._clock.monotonic() + pause)) or report
            if report is not None and report.at is None:
                self._clock.sleep(PAUSE_S)
        if report is None:
            raise self._silent(self._manner.query.decode("ascii").strip())
        return report

    def drain(self) -> None:
        """Take note of what came unasked; hardly waits. Raises MotionError when the line is dead or never rests."""
        deadline = self._clock.monotonic() + DRAIN_S
        for _ in range(DRAIN_READS):
            came = self._line.poll(0.0)
            while (event := self._line.take()) is not None:
                self._note(event, raise_for_trouble=False)
            if not came:
                return
            if self._clock.monotonic() > deadline:
                break
        raise MotionError(
            f"The controller at {self.name} never stops talking.",
            "Check rig.motion.baud and that the board runs the firmware that rig.motion.dialect names.",
        )

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
        self.at = self._assumed = None

    def _say(self, line: str, within: Seconds, tries: int) -> Ok | Refused:
        refusal: Refused | None = None
        for _ in range(tries):
            self.drain()
            self._line.write(self.dialect.encode(line))
            reply = self._await_reply(within)
            if isinstance(reply, Ok):
                return reply
            refusal = reply or refusal
        if refusal is None:
            raise self._silent(line)
        return refusal

    def _ask(self) -> Report | None:
        """A fresh report, or None from a silent controller."""
        try:
            return self.status()
        except MotionTimeout:
            return None

    def _from_memory(self) -> Report:
        """In place of a report from a controller that makes none: the targets it confirmed."""
        self.at = None if self._assumed is None else dict(self._assumed)
        return Report(state="", at=self.at, still=self.at is not None)

    def _await_reply(self, within: Seconds) -> Ok | Refused | None:
        """The answer to a line. A controller that says it is busy is given longer, but not for ever."""
        deadline = self._clock.monotonic() + within
        at_most = deadline + BUSY_S
        while (event := self._next(deadline)) is not None:
            if isinstance(event, Ok | Refused):
                return event
            if isinstance(event, Busy):
                deadline = max(deadline, min(at_most, self._clock.monotonic() + BUSY_GAP_S))
        return None

    def _await_report(self, deadline: Seconds) -> Report | None:
        report: Report | None = None
        while (event := self._next(deadline)) is not None:
            if isinstance(event, Report):
                report = event
            if report is not None and (isinstance(event, Ok) or not self._manner.query_has_ok):
                break
        return report

    def _await_oks(self, count: int, refusals: int, deadline: Seconds) -> None:
        """Wait until `count` oks have come in all, which may be among reports, or a refusal."""
        while self._oks < count and self._refusals == refusals and self._next(deadline) is not None:
            pass

    def _greeted(self) -> bool:
        """Wait for a banner, and then for the controller to finish talking."""
        deadline = self._clock.monotonic() + self._manner.boot_s
        while (event := self._next(deadline)) is not None:
            if isinstance(event, Banner):
                quiet = self._clock.monotonic() + QUIET_S
                while self._next(quiet) is not None:
                    pass
                return True
        return False

    @contextmanager
    def _expecting_banner(self) -> Iterator[None]:
        """While inside, a greeting is an answer and an alarm is no surprise."""
        before, self._resetting = self._resetting, True
        try:
            yield
        finally:
            self._resetting = before

    @contextmanager
    def _staying_calm(self) -> Iterator[None]:
        """While inside, alarms and greetings lose the position, but raise nothing."""
        self._calm = True
        try:
            yield
        finally:
            self._calm = False

    def _next(self, deadline: Seconds) -> Event | None:
        """The one reader: the next event, None at the deadline, however much a controller babbles.

        Raises Stopped, ControllerAlarm, PositionLost.
        """
        while True:
            left = deadline - self._clock.monotonic()
            event = self._line.take()
            if event is None and left > 0:
                self._line.poll(left)
                event = self._line.take()
            stopped = self._stop_asked.is_set()
            if event is not None:
                self._note(event, raise_for_trouble=not (self._resetting or self._calm or stopped))
            if stopped:
                raise Stopped("The movement was stopped.", "Move again when ready.")
            if event is not None or left <= 0:
                return event

    def _note(self, event: Event, raise_for_trouble: bool) -> None:
        """Keep what an event says about the whole controller, whoever was waiting."""
        if isinstance(event, Ok):
            self._oks += 1
            self.version = event.text or self.version
        elif isinstance(event, Refused):
            self._refusals += 1
        elif isinstance(event, Report):
            self._note_report(event)
        elif isinstance(event, Setting):
            self.own[event.name] = event.value
        elif isinstance(event, Version):
            self.version = event.text
        elif isinstance(event, Alarm):
            self._note_alarm(event, raise_for_trouble)
        elif isinstance(event, Banner):
            self._note_banner(event, raise_for_trouble)

    def _note_report(self, report: Report) -> None:
        """A lock that nobody saw coming: its alarm got lost."""
        if report.locked and not self._locked:
            self.lose("the controller is locked by an alarm")
        self._locked = report.locked
        self.at, self.within = report.at, report.within

    def _note_alarm(self, alarm: Alarm, raise_for_trouble: bool) -> None:
        self._alarmed = self._locked = True
        self.lose(f"{alarm.text} (alarm {alarm.code})" if alarm.code else alarm.text)
        if raise_for_trouble:
            raise ControllerAlarm(f"The controller at {self.name} stopped: {alarm.text}.", alarm.hint)

    def _note_banner(self, banner: Banner, raise_for_trouble: bool) -> None:
        self.version = banner.version or self.version
        self._unprepared = True
        self._starts += 1
        if self._resetting:
            return
        self.lose("the controller started anew by itself")
        if raise_for_trouble:
            raise PositionLost(
                f"The controller at {self.name} started anew in the middle of its work.",
                "Check its power supply and cable, then home or zero the axes.",
            )

    def _refused(self, line: str, refusal: Refused) -> MotionError:
        return MotionError(
            f"The controller at {self.name} refused {line!r}: {refusal.text}.",
            "Home or zero the axes; when that does not help, check the firmware and its settings.",
        )

    def _silent(self, line: str) -> MotionTimeout:
        return MotionTimeout(
            f"The controller at {self.name} does not answer {line!r}.",
            "Check its cable and power; homing or zeroing wakes it after an alarm.",
        )
