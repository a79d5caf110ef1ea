"""Keeps the status of one scan, from two threads, and tells whoever listens."""

import threading
from collections.abc import Callable

from scanner.capture.events import FinishReason, Problem, RunState, ScanStatus
from scanner.clock import Clock
from scanner.errors import FocusrigError
from scanner.slices import SweepProposal
from scanner.units import Seconds


class Progress:
    """The one place where the status of a running scan changes. Every change is a new frozen snapshot.

    Time counts only while the scan runs: a pause is neither elapsed nor part of the pace.
    """

    def __init__(self, status: ScanStatus, clock: Clock, changed: Callable[[ScanStatus], None]) -> None:
        self._lock = threading.Lock()
        self._status = status
        self._clock = clock
        self._changed = changed
        self._ran = status.elapsed_s
        self._since: float | None = clock.monotonic()
        self._done_before = status.stacked
        self._capturing_from: Seconds | None = None

    @property
    def status(self) -> ScanStatus:
        with self._lock:
            return self._status

    @property
    def elapsed_s(self) -> Seconds:
        """How long the scan has run so far, over all its runs."""
        with self._lock:
            return self._elapsed()

    def update(self, **changes: object) -> None:
        """Replace fields of the status by name."""
        with self._lock:
            status = self._status.model_copy(update=changes)
            self._keep_time(running=status.state == RunState.RUNNING)
            self._status = status.model_copy(update={"elapsed_s": self._elapsed(), "eta_s": self._eta(status)})
            status = self._status
        self._changed(status)

    def capturing(self) -> None:
        """The first position begins: the estimate counts from here, not from the preparation."""
        self._capturing_from = self.elapsed_s

    def slice_captured(self) -> None:
        self.update(slices_done=self.status.slices_done + 1)

    def position_captured(self) -> None:
        self.update(positions_done=self.status.positions_done + 1)

    def position_stacked(self, position: int, *, flagged: bool = False, proposal: SweepProposal | None = None) -> None:
        """A stacked image is on disk; `flagged`: there is something to say of it. `proposal`: as in the status."""
        positions = tuple(sorted({*self.status.stacked_positions, position}))
        others = {*self.status.flagged} - {position}
        flags = tuple(sorted({*others, position} if flagged else others))
        self.update(stacked_positions=positions, stacked=len(positions), flagged=flags, proposal=proposal)

    def finished(self, reason: FinishReason, problem: Problem | None = None) -> None:
        self.update(state=RunState.FINISHED, reason=reason, problem=problem, activity="")

    def _elapsed(self) -> Seconds:
        return self._ran + (0.0 if self._since is None else self._clock.monotonic() - self._since)

    def _keep_time(self, *, running: bool) -> None:
        if running and self._since is None:
            self._since = self._clock.monotonic()
        elif not running:
            self._ran, self._since = self._elapsed(), None

    def _eta(self, status: ScanStatus) -> Seconds | None:
        """What is left at the pace so far: measured, never assumed; None while there is nothing to go by."""
        done = status.stacked - self._done_before
        if status.state != RunState.RUNNING or self._capturing_from is None or done < 1:
            return None
        pace = (self._elapsed() - self._capturing_from) / done
        return pace * (status.positions_total - status.stacked)


def problem_of(error: FocusrigError) -> Problem:
    """An error as data for a client."""
    return Problem(code=error.code, message=error.message, hint=error.hint)
