"""The rig that is open now: changed settings open another one in its place."""

from collections.abc import Callable
from typing import TypeVar

from scanner.capture.events import FocusScale, RigStatus
from scanner.capture.preview import PreviewFeed
from scanner.capture.rig_thread import RigThread
from scanner.capture.runs import Run
from scanner.clock import Clock
from scanner.config import Settings
from scanner.errors import FocusrigError, HardwareMissing, RigLost
from scanner.hardware.protocols import RigFacts
from scanner.hardware.rig import Rig

T = TypeVar("T")


class HeldRig:
    """One rig at a time, in a thread of its own. All methods may be called from any thread."""

    def __init__(
        self,
        settings: Settings,
        opener: Callable[[Settings, Clock], Rig],
        clock: Clock,
        changed: Callable[[], None],
        lost: Callable[[RigLost], None],
    ) -> None:
        """`changed` is called whenever `status` may be new, `lost` when only a new start of the process can help; both
        from any thread.

        `calibrated`, `focus_scale`, set by who knows: as in the status.
        """
        self._opener = opener
        self._clock = clock
        self._changed = changed
        self._lost = lost
        self.feed = PreviewFeed()
        self.calibrated = False
        self.focus_scale: FocusScale | None = None
        self._thread = self._closed(settings)

    @property
    def status(self) -> RigStatus:
        return self._thread.status.model_copy(update={"calibrated": self.calibrated, "focus_scale": self.focus_scale})

    @property
    def run(self) -> Run | None:
        """The run that holds the rig, if any."""
        return self._thread.run

    @property
    def facts(self) -> RigFacts:
        """What the rig is. Raises HardwareMissing while none is open."""
        facts = self._thread.status.facts
        if facts is None:
            raise HardwareMissing("The rig is not open yet.", "It is opened by itself: try again in a moment.")
        return facts

    def start(self) -> None:
        """Open the rig; hardware that is missing is a problem in the status, and waited for. Raises ConfigError."""
        self._thread.start(patient=True)

    def close(self) -> None:
        """End a run so that it can be resumed, and release the rig."""
        self._thread.close()

    def reopen(self, settings: Settings, otherwise: Settings) -> None:
        """Open the rig of `settings`; where that fails, the one of `otherwise`, and raise what was in the way.

        Where no rig was open, hardware that is missing is no failure, but waited for.
        """
        patient = self.status.facts is None
        self.close()
        self._thread = self._closed(settings)
        try:
            self._thread.start(patient=patient)
        except FocusrigError:
            self._thread = self._closed(otherwise)
            self._thread.start(patient=True)
            raise

    def stop(self) -> None:
        """Stop every axis at once, whoever moves it; who does gets MotionError."""
        self._thread.stop()

    def require_idle(self) -> None:
        """Raise RigBusy while a run holds the rig, HardwareMissing when the rig is not open."""
        self._thread.require_idle()

    def require_free(self) -> None:
        """Raise RigBusy while a run holds the rig; one that is not open is free as well."""
        self._thread.require_free()

    def begin(self, run: Run) -> None:
        """Give the rig to a run. Raises RigBusy, HardwareMissing, and what its start raises."""
        self._thread.begin(run)

    def jog(self, job: Callable[[Rig, RigThread], T]) -> RigStatus:
        """Run one short job and return where the rig stands then. Raises RigBusy, HardwareMissing, HardwareError."""
        thread = self._thread
        thread.call(lambda rig: job(rig, thread))
        return self.status

    def _closed(self, settings: Settings) -> RigThread:
        return RigThread(lambda: self._opener(settings, self._clock), self.feed, self._clock, self._changed, self._lost)
