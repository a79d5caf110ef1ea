"""Breathing of the camera in use: what is known of it, and measuring it."""

from collections.abc import Callable

from pydantic import ValidationError

from scanner.capture.calibration import CalibrationRun, scan_plan
from scanner.capture.calibration_data import BreathingCalibration, CalibrationPlan, camera_key
from scanner.capture.events import Problem, RigStatus
from scanner.capture.progress import problem_of
from scanner.clock import Clock
from scanner.config import SettingsKeeper
from scanner.daemon.held_rig import HeldRig
from scanner.errors import CorruptState, NotFound, StoreError, WrongState
from scanner.store.calibrations import CalibrationStore

HOW = "Put an object with texture on the turntable, then calibrate: on the page, or with focusrig calibrate breathing."


class BreathingRoom:
    """The calibration of the camera and mode in use; one for another camera or mode is never given out."""

    def __init__(
        self,
        store: CalibrationStore,
        keeper: SettingsKeeper,
        rig: HeldRig,
        clock: Clock,
        changed: Callable[[], None],
    ) -> None:
        """`changed` is called once another calibration is in force. Nothing is known before `look`."""
        self._store = store
        self._keeper = keeper
        self._rig = rig
        self._clock = clock
        self._changed = changed
        self._current: BreathingCalibration | None = None
        self._troubles: tuple[StoreError, ...] = ()
        self._unreadable: tuple[StoreError, ...] = ()
        self._notices: tuple[Problem, ...] = ()

    @property
    def current(self) -> BreathingCalibration | None:
        """What new scans are aligned with; None: each position on its own."""
        return self._current

    @property
    def notices(self) -> tuple[Problem, ...]:
        """What a person should know of the files."""
        return self._notices

    @property
    def camera(self) -> str:
        """What a calibration made now would hold for. Raises HardwareMissing while no rig is open."""
        return camera_key(self._rig.facts.camera, self._keeper.current.rig)

    def recover(self) -> None:
        """Tidy up what a power cut left; to be called once, at start-up."""
        self._troubles = self._store.recover()

    def look(self) -> None:
        """Find what is known of the camera that is open now; a file that cannot be used is a notice."""
        self._current, self._unreadable = self._stored()
        self._notices = tuple(map(problem_of, (*self._troubles, *self._unreadable, *self._store.problems())))
        self._rig.calibrated = self._current is not None

    def calibration(self) -> BreathingCalibration:
        """What is known. Raises NotFound that says how to find out."""
        if self._current is None:
            raise NotFound("Breathing is not calibrated for this camera and size of picture.", HOW)
        return self._current

    def calibrate(self, plan: CalibrationPlan) -> RigStatus:
        """Begin to measure; how it goes is in the status. Raises RigBusy, PlanError, HardwareMissing."""
        self._rig.require_idle()
        scan_plan(plan, self._rig.facts)
        self._rig.begin(CalibrationRun(plan, self.camera, self._rig.feed, self._clock, self._keep))
        return self._rig.status

    def cancel(self) -> RigStatus:
        """End the calibration that runs; what was known before stays. Raises WrongState where none runs."""
        run = self._rig.run
        if not isinstance(run, CalibrationRun):
            raise WrongState("No calibration is running.", "There is nothing to cancel.")
        run.cancel()
        return self._rig.status

    def forget(self) -> None:
        """Delete what is known; scans that began with it keep it. Raises NotFound."""
        if self._current is None and not self._unreadable:
            raise NotFound("Breathing is not calibrated for this camera and size of picture.", "Nothing to delete.")
        self._store.delete(self.camera)
        self.look()
        self._changed()

    def _stored(self) -> tuple[BreathingCalibration | None, tuple[StoreError, ...]]:
        try:
            found = self._store.load(self.camera)
            return None if found is None else BreathingCalibration.model_validate(found), ()
        except StoreError as error:
            return None, (error,)
        except ValidationError:
            return None, (CorruptState("The calibration is of another version.", "Calibrate again."),)

    def _keep(self, found: BreathingCalibration) -> None:
        self._store.save(found.camera, found.model_dump(mode="json"))
        self.look()
        self._changed()
