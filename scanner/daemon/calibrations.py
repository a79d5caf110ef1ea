"""What was measured of the camera in use: kept for it alone, looked up when it changes, measured anew on request."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar, Generic, TypeVar

from pydantic import BaseModel, JsonValue, ValidationError

from scanner.capture.breathing import BreathingMeasurement, BreathingSweeps, scan_plan
from scanner.capture.calibration import CalibrationRun
from scanner.capture.calibration_data import BreathingCalibration, CalibrationPlan, camera_key
from scanner.capture.events import Problem, RigStatus
from scanner.capture.focus_scale import (
    FocusCalibration,
    FocusMeasurement,
    FocusPoint,
    FocusTarget,
    focus_key,
    require_lens,
    with_point,
)
from scanner.capture.geometry import ScanGeometry
from scanner.capture.progress import problem_of
from scanner.clock import Clock
from scanner.config import SettingsKeeper
from scanner.daemon.held_rig import HeldRig
from scanner.errors import CorruptState, HardwareMissing, NotFound, StoreError, WrongState
from scanner.hardware.protocols import CameraFacts
from scanner.plan.scan import ScanPlan
from scanner.store.calibrations import CalibrationStore

log = logging.getLogger(__name__)

T = TypeVar("T", bound=BaseModel)


class CalibrationRoom(ABC, Generic[T]):
    """One kind of calibration. What holds for another camera or mode is never given out."""

    model: type[T]
    unknown: ClassVar[tuple[str, str]]
    """What a person is told where nothing is known, and what to do."""

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
        self._current: T | None = None
        self._unreadable: StoreError | None = None

    @property
    @abstractmethod
    def camera(self) -> str:
        """What a calibration made now would hold for. Raises HardwareMissing while no rig is open."""

    @property
    def current(self) -> T | None:
        """What is known of the camera in use."""
        return self._current

    @property
    def notices(self) -> tuple[Problem, ...]:
        """What a person should know of the file."""
        return () if self._unreadable is None else (problem_of(self._unreadable),)

    def look(self) -> None:
        """Find what is known of the camera that is open now; a file that cannot be used is a notice."""
        self._current = self._unreadable = None
        try:
            found = self._store.load(self.camera)
            self._current = None if found is None else self.model.model_validate(found)
        except HardwareMissing:
            return  # nothing is known of no camera
        except StoreError as error:
            self._unreadable = error
        except ValidationError:
            self._unreadable = CorruptState("The calibration is of another version.", "Calibrate again.")

    def calibration(self) -> T:
        """What is known. Raises NotFound that says how to find out."""
        if self._current is None:
            raise NotFound(*self.unknown)
        return self._current

    def forget(self) -> None:
        """Delete what is known; scans that began with it keep it. Raises NotFound."""
        if self._current is None and self._unreadable is None:
            raise NotFound(self.unknown[0], "Nothing to delete.")
        self._store.delete(self.camera)
        self.look()
        self._changed()

    def _keep(self, found: T) -> None:
        self._store.save(self.camera, found.model_dump(mode="json"))
        self.look()
        self._changed()


class BreathingRoom(CalibrationRoom[BreathingCalibration]):
    """Breathing of the lens: what new scans are aligned with; unknown: each position on its own."""

    model = BreathingCalibration
    unknown = (
        "Breathing is not calibrated for this camera and size of picture.",
        "Put an object with texture on the turntable, then calibrate: on the page, or with "
        "focusrig calibrate breathing.",
    )

    @property
    def camera(self) -> str:
        return camera_key(self._rig.facts.camera, self._keeper.current.rig)

    def calibrate(self, plan: CalibrationPlan) -> RigStatus:
        """Begin to measure; how it goes is in the status. Raises RigBusy, PlanError, HardwareMissing."""
        self._rig.require_idle()
        scan_plan(plan, self._rig.facts)
        self._rig.begin(CalibrationRun(BreathingMeasurement(plan, self._sweeps()), self._keep))
        return self._rig.status

    def for_scans(self) -> ScanGeometry:
        """Measures breathing at the start of a scan where it must. Raises HardwareMissing."""
        return ScanGeometry(self._sweeps(), self._keep_first)

    def _sweeps(self) -> BreathingSweeps:
        return BreathingSweeps(self.camera, self._rig.feed, self._clock)

    def _keep_first(self, found: BreathingCalibration) -> None:
        """Keep what a scan has measured for the next one; what a person has had measured stays."""
        if self.current is not None:
            return
        try:
            self._keep(found)
        except StoreError as error:
            log.warning("the calibration holds for this scan alone: %s", error)


class FocusRoom(CalibrationRoom[FocusCalibration]):
    """The scale of the lens: what its dioptres mean."""

    model = FocusCalibration
    unknown = (
        "The focus scale of this camera is not calibrated: its dioptres are what the module calls them.",
        "Measure flat targets at two known distances: on the page, or with focusrig calibrate focus.",
    )

    @property
    def camera(self) -> str:
        return focus_key(self._rig.facts.camera, self._keeper.current.rig)

    def calibrate(self, target: FocusTarget) -> RigStatus:
        """Begin to measure one target; how it goes is in the status. Raises RigBusy, PlanError, HardwareMissing."""
        self._rig.require_idle()
        require_lens(self._rig.facts)
        self._rig.begin(CalibrationRun(FocusMeasurement(target, self._rig.feed, self._clock), self._add))
        return self._rig.status

    def _add(self, point: FocusPoint) -> None:
        known = () if self._current is None else self._current.points
        self._keep(with_point(known, point, self.camera, self._clock))


class Calibrations:
    """All that is known of the camera in use. `breathing`: of its lens; `focus`: of the scale of its lens."""

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
        self._rig = rig
        self._changed = changed
        self._camera: CameraFacts | None = None
        self._troubles: tuple[StoreError, ...] = ()
        self.breathing = BreathingRoom(store, keeper, rig, clock, self._calibrated)
        self.focus = FocusRoom(store, keeper, rig, clock, self._calibrated)

    @property
    def notices(self) -> tuple[Problem, ...]:
        """What a person should know of the files."""
        found = map(problem_of, (*self._troubles, *self._store.problems()))
        return (*found, *self.breathing.notices, *self.focus.notices)

    def recover(self) -> None:
        """Tidy up what a power cut left; to be called once, at start-up."""
        self._troubles = self._store.recover()

    def camera_changed(self) -> bool:
        """Whether another camera is open than at the last call, or none any more."""
        facts = self._rig.status.facts
        before, self._camera = self._camera, None if facts is None else facts.camera
        return self._camera != before

    def look(self) -> None:
        """Find what is known of the camera that is open now."""
        self.breathing.look()
        self.focus.look()
        self._share()

    def for_plan(self, plan: ScanPlan) -> dict[str, dict[str, JsonValue] | None]:
        """What a scan by `plan` begins with, as its manifest keeps it."""
        breathing = self.breathing.current if plan.stacking.breathing == "auto" else None
        known = {"breathing": breathing, "focus_scale": self._rig.focus_scale}
        return {key: None if one is None else one.model_dump(mode="json") for key, one in known.items()}

    def cancel(self) -> RigStatus:
        """End the calibration that runs; what was known before stays. Raises WrongState where none runs."""
        run = self._rig.run
        if not isinstance(run, CalibrationRun):
            raise WrongState("No calibration is running.", "There is nothing to cancel.")
        run.cancel()
        return self._rig.status

    def _calibrated(self) -> None:
        self._share()
        self._changed()

    def _share(self) -> None:
        """What is calibrated is part of the status of the rig."""
        self._rig.calibrated = self.breathing.current is not None
        self._rig.focus_scale = self.focus.current.scale if self.focus.current else None
