"""Keeps the status of one scan, from two threads, and tells whoever listens."""

import threading
from collections.abc import Callable

from scanner.capture.events import FinishReason, Problem, RunState, ScanStatus
from scanner.clock import Clock
from scanner.errors import FocusrigError
from scanner.units import Seconds


class Progress:
    """The one place where the status of a running scan changes. Every change is a new frozen snapshot."""

    def __init__(self, status: ScanStatus, clock: Clock, changed: Callable[[ScanStatus], None]) -> None:
        self._lock = threading.Lock()
        self._status = status
        self._clock = clock
        self._changed = changed
        self._before = status.elapsed_s
        self._done_before = status.stacked
        self._began = clock.monotonic()
        self._captured_from: float | None = None

    @property
    def status(self) -> ScanStatus:
        with self._lock:
            return self._status

    def update(self, **changes: object) -> None:
        """Replace fields of the status by name."""
        with self._lock:
            elapsed = self._before + self._clock.monotonic() - self._began
            self._status = self._status.model_copy(update={**changes, "elapsed_s": elapsed})
            status = self._status
        self._changed(status)

    def capturing(self) -> None:
        """The first position begins: the estimate counts from here, not from the preparation."""
        self._captured_from = self._clock.monotonic()

    def slice_captured(self) -> None:
        self.update(slices_done=self.status.slices_done + 1)

    def position_captured(self) -> None:
        self.update(positions_done=self.status.positions_done + 1)

    def position_stacked(self, position: int) -> None:
        """A stacked image is on disk."""
        positions = tuple(sorted({*self.status.stacked_positions, position}))
        self.update(stacked_positions=positions, stacked=len(positions), eta_s=self._eta(len(positions)))

    def finished(self, reason: FinishReason, problem: Problem | None = None) -> None:
        self.update(state=RunState.FINISHED, reason=reason, problem=problem, eta_s=None, activity="")

    def _eta(self, stacked: int) -> Seconds | None:
        """What is left at the pace so far, pauses included: measured, never assumed."""
        done = stacked - self._done_before
        if self._captured_from is None or done < 1:
            return None
        pace = (self._clock.monotonic() - self._captured_from) / done
        return pace * (self.status.positions_total - stacked)


def problem_of(error: FocusrigError) -> Problem:
    """An error as data for a client."""
    return Problem(code=error.code, message=error.message, hint=error.hint)
