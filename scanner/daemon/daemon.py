"""The composition root: joins rig, capture and store. The only object that the API and the command line know."""

import threading
from collections.abc import Callable

from scanner import __version__
from scanner.capture.events import (
    FinishReason,
    Problem,
    RunState,
    ScanStatus,
    Status,
)
from scanner.capture.forecast import PlanEstimate, forecast, require_room
from scanner.capture.progress import Progress, problem_of
from scanner.capture.recorded import recorded_status, require_resumable, require_same_camera
from scanner.capture.runner import ScanRun
from scanner.clock import Clock, SystemClock
from scanner.config import Settings, SettingsKeeper
from scanner.daemon.calibrations import Calibrations
from scanner.daemon.files import Files
from scanner.daemon.hand import Hand
from scanner.daemon.held_rig import HeldRig
from scanner.daemon.setup import Setup
from scanner.errors import FocusrigError, RigLost, StoreError, WrongState
from scanner.hardware.rig import Rig, open_rig
from scanner.plan.path import Ring, RingsPath
from scanner.plan.scan import ScanPlan
from scanner.plan.sweep import SweepPlan
from scanner.store.calibrations import CalibrationStore
from scanner.store.files import prepare_folder
from scanner.store.scan_folder import ScanFolder
from scanner.store.scans import ScanStore

DEMO_PLAN = ScanPlan(
    name="demo",
    path=RingsPath(rings=(Ring(tilt_deg=20, count=8),)),
    sweep=SweepPlan(near=12.6, far=8.2, count=8),
)


class Daemon:
    """A running scanner. All methods block and may be called from any thread.

    `files`: what scans have left on disk. `hand`: the rig by hand. `setup`: the settings. `calibrations`:
    what is known of the camera, and measuring it. `lost`: why only a new start of the process can bring the rig back,
    else None; `when_lost` is called then, from another thread.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock | None = None,
        opener: Callable[[Settings, Clock], Rig] = lambda settings, clock: open_rig(settings.rig, clock),
    ) -> None:
        self.clock = clock or SystemClock()
        self._keeper = SettingsKeeper(settings)
        data = self.settings.storage.data
        self._store = ScanStore(data, self.clock)
        self._lock = threading.Lock()
        self._listeners: list[Callable[[Status], None]] = []
        self._last: ScanStatus | None = None
        self._over: dict[str, ScanStatus] = {}
        self._revision = 0
        self._troubles: tuple[StoreError, ...] = ()
        self._notices: tuple[Problem, ...] = ()
        self._rig = HeldRig(self.settings, opener, self.clock, self._rig_changed, self._rig_lost)
        self.lost: RigLost | None = None
        self.when_lost: Callable[[], None] = lambda: None
        self.files = Files(self._store, data)
        self.hand = Hand(self._rig)
        self.calibrations = Calibrations(CalibrationStore(data), self._keeper, self._rig, self.clock, self._tell)
        self.setup = Setup(self._keeper, self._rig, self._settled)

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._keeper.current

    def _room(self) -> int:
        """Bytes that scans may still write: what is free beyond the reserve."""
        return max(0, self._store.free_bytes() - self.settings.storage.reserve_mb * 1_000_000)

    # ------------------------------------------------------------------ life

    def start(self) -> None:
        """Tidy up what a power cut left and open the rig; missing hardware is waited for. Raises ConfigError."""
        prepare_folder(self.settings.storage.data)
        self._troubles = self._store.recover()
        self._survey()
        self.calibrations.recover()
        self._rig.start()

    def close(self) -> None:
        """Stop a running scan so that it can be resumed, and release the rig."""
        self._rig.close()

    # ---------------------------------------------------------------- status

    def status(self) -> Status:
        """The present snapshot."""
        return Status(
            version=__version__,
            rig=self._rig.status,
            scan=self._last,
            scans_revision=self._revision,
            disk_free_bytes=self._store.free_bytes(),
            notices=(*self._notices, *self.calibrations.notices),
        )

    def subscribe(self, listener: Callable[[Status], None]) -> Callable[[], None]:
        """Call `listener` from any thread with each new snapshot, until the returned function is called."""
        with self._lock:
            self._listeners.append(listener)

        def unsubscribe() -> None:
            with self._lock:
                self._listeners.remove(listener)

        return unsubscribe

    def _survey(self) -> None:
        """Look for scans that cannot be read: their notices stay until the list changes."""
        self._notices = tuple(problem_of(error) for error in (*self._troubles, *self._store.problems()))

    def _rig_changed(self) -> None:
        """The rig moved, or another one is open: then other calibrations hold."""
        if self.calibrations.camera_changed():
            self.calibrations.look()
        self._tell()

    def _settled(self) -> None:
        """Other settings are in force, perhaps with another mode of the camera."""
        self.calibrations.look()
        self._tell()

    def _rig_lost(self, error: RigLost) -> None:
        self.lost = error
        self.when_lost()

    def _tell(self) -> None:
        with self._lock:
            listeners = tuple(self._listeners)
        if listeners:
            status = self.status()
            for listener in listeners:
                listener(status)

    def _scan_changed(self, scan: ScanStatus) -> None:
        if self._last is None or (scan.id, scan.state) != (self._last.id, self._last.state):
            self._revision += 1
        self._last = scan
        self._tell()

    # ----------------------------------------------------------------- scans

    def start_scan(self, plan: ScanPlan) -> ScanStatus:
        """Start a scan. Raises PlanError, RigBusy, NoSpace, HardwareError; nothing is left behind then."""
        self._rig.require_idle()
        wanted = self.estimate(plan)
        require_room(wanted.bytes_at_least, wanted.bytes_free)
        folder = self._store.create(plan, self._rig.facts.model_dump(mode="json"), **self.calibrations.for_plan(plan))
        try:
            return self._begin(folder)
        except FocusrigError:
            self._store.delete(folder.id)
            raise

    def scans(self) -> tuple[ScanStatus, ...]:
        """All scans, newest first."""
        return tuple(self._status_of(folder) for folder in self._store.list())

    def scan(self, scan_id: str) -> ScanStatus:
        """One scan. Raises NotFound."""
        return self._status_of(self._store.open(scan_id))

    def pause(self, scan_id: str) -> ScanStatus:
        """Pause the running scan before its next slice. Raises NotFound, WrongState."""
        run = self._run_of(scan_id)
        if run is None or run.progress.status.state != RunState.RUNNING:
            self._store.open(scan_id)
            raise WrongState("Only a running scan can be paused.", "Resume it first, or start a new one.")
        run.pause()
        return run.progress.status

    def resume(self, scan_id: str) -> ScanStatus:
        """Go on with a scan that was paused, interrupted, or failed through no fault of its plan.

        Raises NotFound, WrongState, RigBusy.
        """
        run = self._run_of(scan_id)
        if run is not None:
            if run.progress.status.state != RunState.PAUSED:
                raise WrongState("This scan is running already.", "Wait for it, or pause it.")
            run.resume()
            return run.progress.status
        folder = self._store.open(scan_id)
        require_resumable(recorded_status(folder))
        require_same_camera(folder, self._rig.facts, self.calibrations.breathing.camera)
        return self._begin(folder)

    def cancel(self, scan_id: str) -> ScanStatus:
        """End a scan for good; what is stacked stays. Raises NotFound, WrongState."""
        run = self._run_of(scan_id)
        if run is not None:
            run.cancel()
            return run.progress.status
        folder = self._store.open(scan_id)
        if recorded_status(folder).state == RunState.FINISHED:
            raise WrongState("This scan is finished already.", "Download or delete it.")
        folder.record_state("finished", "cancelled")
        status = recorded_status(folder)
        self._scan_changed(status)
        return status

    def delete(self, scan_id: str) -> None:
        """Delete a scan with all its images. Raises NotFound, WrongState while it holds the rig."""
        if self._run_of(scan_id) is not None:
            raise WrongState("This scan holds the rig.", "Cancel it first.")
        self._store.delete(scan_id)
        self._over.pop(scan_id, None)
        self._survey()
        self._revision += 1
        if self._last is not None and self._last.id == scan_id:
            self._last = None
        self._tell()

    def estimate(self, plan: ScanPlan) -> PlanEstimate:
        """What a plan will do on this rig. Raises PlanError when the rig cannot run it."""
        return forecast(plan, self._rig.facts, self._room())

    def _begin(self, folder: ScanFolder) -> ScanStatus:
        status = recorded_status(folder).model_copy(
            update={"state": RunState.RUNNING, "reason": None, "problem": None, "activity": "starting"}
        )
        progress = Progress(status, self.clock, self._scan_changed)
        geometry = self.calibrations.breathing.for_scans()
        self._rig.begin(ScanRun(folder, progress, self._rig.feed, self.clock, room=self._room, geometry=geometry))
        return status

    def _status_of(self, folder: ScanFolder) -> ScanStatus:
        """From the run that holds the rig, or the folder; a journal that is over is read once only."""
        run = self._run_of(folder.id)
        if run is not None:
            return run.progress.status
        status = self._over.get(folder.id) or recorded_status(folder)
        if status.reason in (FinishReason.COMPLETED, FinishReason.CANCELLED):
            self._over[folder.id] = status
        return status

    def _run_of(self, scan_id: str) -> ScanRun | None:
        run = self._rig.run
        return run if isinstance(run, ScanRun) and run.progress.status.id == scan_id else None
