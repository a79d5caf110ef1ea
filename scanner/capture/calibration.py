"""Calibrating, in the acquisition thread: one measurement from its start to what it found, or why it failed."""

import logging
import threading
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from scanner.capture.events import Problem
from scanner.capture.preparation import ready
from scanner.capture.progress import problem_of
from scanner.capture.runs import Cancelled, Seen
from scanner.errors import FocusrigError, RigBusy, RigLost
from scanner.hardware.protocols import Exposure
from scanner.hardware.rig import Rig

log = logging.getLogger(__name__)

T = TypeVar("T")
Found_co = TypeVar("Found_co", covariant=True)


class Steps(Protocol):
    """What a measurement tells on its way, and asks."""

    def tell(self, activity: str) -> None:
        """What it does now, in a few words."""

    def seen(self, exposure: Exposure | None = None) -> None:
        """Something on the rig has moved, or the exposure is another."""

    def between(self) -> None:
        """Before each shot: raise Cancelled when it is over."""


class Measurement(Protocol[Found_co]):
    """What is measured. `name` completes the sentence "calibrating ..."; `moves`: whether it turns the axes."""

    @property
    def name(self) -> str: ...

    @property
    def moves(self) -> bool: ...

    def measure(self, rig: Rig, steps: Steps) -> Found_co:
        """Measure on a lit rig. Raises FocusrigError, and Cancelled from `steps`."""


class CalibrationRun(Generic[T]):
    """Makes a measurement, and hands what it found to `found`, in the acquisition thread.

    `cancel` and `close` may come from any thread; nothing is handed over then.
    """

    def __init__(self, measurement: Measurement[T], found: Callable[[T], None]) -> None:
        """`found` may raise StoreError or CalibrationFailed: that is the outcome then."""
        self._measurement = measurement
        self._found = found
        self._cancelled = threading.Event()
        self._activity = "starting"
        self._problem: Problem | None = None
        self._seen: Seen = lambda _exposure: None
        self._over = False

    @property
    def over(self) -> bool:
        return self._over

    @property
    def activity(self) -> str:
        return f"calibrating {self._measurement.name}: {self._activity}"

    @property
    def problem(self) -> Problem | None:
        return self._problem

    def busy(self) -> RigBusy:
        return RigBusy(f"The rig is busy {self.activity}.", "Wait for it, or cancel the calibration first.")

    def started(self) -> None:
        """Nothing is written down before the end."""

    def cancel(self) -> None:
        """End the run before the next shot; what was known before stays."""
        self._cancelled.set()

    def close(self) -> None:
        self.cancel()

    def failed(self, problem: Problem) -> None:
        self._problem = problem
        self._over = True

    def run(self, rig: Rig, seen: Seen) -> None:
        """Run to the end; the outcome is what `found` was told, or `problem`."""
        self._seen = seen
        try:
            self.tell("finding the zero of the axes")
            with ready(rig, fresh=True, moves=self._measurement.moves):
                found = self._measurement.measure(rig, self)
            self.between()
            self._found(found)
        except Cancelled:
            log.info("the calibration was cancelled")
        except RigLost as error:
            self.failed(problem_of(error))
            raise
        except FocusrigError as error:
            log.warning("the calibration failed: %s", error)
            self._problem = problem_of(error)
        self._over = True

    def tell(self, activity: str) -> None:
        self._activity = activity
        self.seen()

    def seen(self, exposure: Exposure | None = None) -> None:
        self._seen(exposure)

    def between(self) -> None:
        if self._cancelled.is_set():
            raise Cancelled
