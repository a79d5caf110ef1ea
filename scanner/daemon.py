"""The composition root: joins rig, capture and store. The only object that the API and the command line know."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from scanner import __version__
from scanner.capture.events import (
    FinishReason,
    Problem,
    RigStatus,
    RunState,
    ScanStatus,
    Status,
)
from scanner.capture.forecast import PlanEstimate, forecast, require_room
from scanner.capture.preview import PreviewFeed, PreviewViewer
from scanner.capture.progress import Progress, problem_of
from scanner.capture.recorded import recorded_status, require_same_camera
from scanner.capture.rig_thread import RigThread
from scanner.capture.runner import ScanRun, lock_exposure
from scanner.clock import Clock, SystemClock
from scanner.config import Settings, SettingsKeeper
from scanner.errors import (
    CameraTimeout,
    FocusrigError,
    HardwareMissing,
    NotFound,
    StoreError,
    WrongState,
)
from scanner.hardware.protocols import Axis, RigFacts
from scanner.hardware.rig import Rig, open_rig
from scanner.plan.path import Ring, RingsPath
from scanner.plan.scan import ExposurePlan, ScanPlan
from scanner.plan.sweep import SweepPlan
from scanner.store.archive import Archive
from scanner.store.files import prepare_folder, write_chunks
from scanner.store.manifest import Manifest
from scanner.store.scans import ScanFolder, ScanStore
from scanner.units import Frozen

DEMO_PLAN = ScanPlan(
    name="demo",
    path=RingsPath(rings=(Ring(tilt_deg=20, count=8),)),
    sweep=SweepPlan(near=12.6, far=8.2, count=8),
)
PREVIEW_TIMEOUT_S = 10.0


class SettingsView(Frozen):
    """The settings in force, what they may be, and which of them were changed from the page."""

    settings: Settings
    schema_: Annotated[dict[str, Any], Field(serialization_alias="schema")]
    overridden: tuple[str, ...]


class Daemon:
    """A running scanner. All methods block and may be called from any thread."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock | None = None,
        opener: Callable[[Settings, Clock], Rig] = lambda settings, clock: open_rig(settings.rig, clock),
    ) -> None:
        self.clock = clock or SystemClock()
        self._keeper = SettingsKeeper(settings)
        self._store = ScanStore(settings.storage.data, self.clock)
        self._opener = opener
        self._feed = PreviewFeed()
        self._lock = threading.Lock()
        self._listeners: list[Callable[[Status], None]] = []
        self._last: ScanStatus | None = None
        self._over: dict[str, ScanStatus] = {}
        self._revision = 0
        self._troubles: tuple[StoreError, ...] = ()
        self._notices: tuple[Problem, ...] = ()
        self._rig = self._rig_thread(self.settings)

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._keeper.current

    def _rig_thread(self, settings: Settings) -> RigThread:
        return RigThread(lambda: self._opener(settings, self.clock), self._feed, self.clock, self._tell)

    def _room(self) -> int:
        """Bytes that scans may still write: what is free beyond the reserve."""
        return max(0, self._store.free_bytes() - self.settings.storage.reserve_mb * 1_000_000)

    # ------------------------------------------------------------------ life

    def start(self) -> None:
        """Tidy up what a power cut left and open the rig. Raises HardwareError; nothing stays open then."""
        prepare_folder(self.settings.storage.data)
        self._troubles = self._store.recover()
        self._survey()
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
            notices=self._notices,
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
        folder = self._store.create(plan, self._facts().model_dump(mode="json"))
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
        """Go on with a scan that was paused, interrupted, or failed. Raises NotFound, WrongState, RigBusy."""
        run = self._run_of(scan_id)
        if run is not None:
            if run.progress.status.state != RunState.PAUSED:
                raise WrongState("This scan is running already.", "Wait for it, or pause it.")
            run.resume()
            return run.progress.status
        folder = self._store.open(scan_id)
        if recorded_status(folder).reason in (FinishReason.COMPLETED, FinishReason.CANCELLED):
            raise WrongState("A scan that was completed or cancelled cannot be resumed.", "Start a new one.")
        require_same_camera(folder, self._facts())
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
        return forecast(plan, self._facts(), self._room())

    def _begin(self, folder: ScanFolder) -> ScanStatus:
        status = recorded_status(folder).model_copy(
            update={"state": RunState.RUNNING, "reason": None, "problem": None, "activity": "starting"}
        )
        progress = Progress(status, self.clock, self._scan_changed)
        self._rig.begin(ScanRun(folder, progress, self._feed, self.clock, self._room))
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
        run = self._rig.scan_run
        return run if run is not None and run.progress.status.id == scan_id else None

    # ----------------------------------------------------------------- files

    def manifest(self, scan_id: str) -> Manifest:
        return self._store.open(scan_id).manifest

    def stacks_archive(self, scan_id: str) -> Archive:
        """The zip of what is stacked so far. Raises NotFound."""
        return self._store.open(scan_id).stacks_archive()

    def slices_archive(self, scan_id: str) -> Archive:
        """The zip of the slices, one folder per position. Raises NotFound."""
        return self._store.open(scan_id).slices_archive()

    def stack_path(self, scan_id: str, position: int) -> Path:
        return self._store.open(scan_id).stack_path(position)

    def slice_path(self, scan_id: str, position: int, index: int) -> Path:
        return self._store.open(scan_id).slice_path(position, index)

    def thumbnail_path(self, scan_id: str, position: int) -> Path:
        return self._store.open(scan_id).thumbnail_path(position)

    def export(self, scan_id: str) -> Path:
        """Write the zip of the stacked images into the data folder and return its path. Raises NotFound, NoSpace."""
        path = self.settings.storage.data / f"{scan_id}_photogrammetry.zip"
        write_chunks(path, self.stacks_archive(scan_id).read())
        return path

    # ------------------------------------------------------------------- rig

    def move_lens(self, lens: float) -> RigStatus:
        """Drive the lens, in dioptres. Raises RigBusy, OutOfRange, FixedFocus, LensTimeout."""

        def job(rig: Rig) -> None:
            rig.camera.focus(lens)
            self._rig.looked(lens=lens)

        return self._jog(job)

    def move_axis(self, name: str, angle: float) -> RigStatus:
        """Move one axis, in degrees. Raises NotFound, RigBusy, OutOfRange, MotionError."""
        return self._jog(lambda rig: _axis(rig, name).move_to(angle))

    def home_axis(self, name: str) -> RigStatus:
        """Make the position of one axis known. Raises NotFound, RigBusy, MotionError."""
        return self._jog(lambda rig: _axis(rig, name).home())

    def set_light(self, level: float) -> RigStatus:
        """Brightness 0 to 1. Raises RigBusy, NotFound, OutOfRange."""

        def job(rig: Rig) -> None:
            if rig.light is None:
                raise NotFound("This rig has no light.", "Light the object by hand.")
            rig.light.set(level)

        return self._jog(job)

    def lock_exposure(self, plan: ExposurePlan) -> RigStatus:
        """Fix exposure and white balance, measuring what is "auto". Raises RigBusy, CameraTimeout."""
        return self._jog(lambda rig: self._rig.looked(exposure=lock_exposure(rig, plan)))

    def preview(self) -> bytes:
        """One JPEG of what the camera sees. Raises CameraTimeout."""
        with self._feed.viewer() as viewer:
            frame = viewer.next(PREVIEW_TIMEOUT_S)
        if frame is None:
            raise CameraTimeout(f"The camera gave no picture for {PREVIEW_TIMEOUT_S:g} s.", "Look at the log.")
        return frame

    def preview_frames(self) -> AbstractContextManager[PreviewViewer]:
        """Watch the preview for as long as the context lasts."""
        return self._feed.viewer()

    def _jog(self, job: Callable[[Rig], object]) -> RigStatus:
        self._rig.call(job)
        return self._rig.status

    # -------------------------------------------------------------- settings

    def settings_view(self) -> SettingsView:
        """The settings in force."""
        return SettingsView(
            settings=self.settings, schema_=Settings.model_json_schema(), overridden=self._keeper.overridden
        )

    def change_settings(self, settings: Settings) -> SettingsView:
        """Open the rig with `settings` and keep them. Raises RigBusy, ConfigError, HardwareError, StoreError.

        When the rig does not open with them, or they cannot be kept, the old ones stay in force. What only the config
        file may set stays as it is where `settings` leave it out. Host, port and data folder count from the
        next start of the daemon on.
        """
        self._rig.require_idle()
        settings = self._keeper.completed(settings)
        self._keeper.check(settings)
        reopened = settings.rig != self.settings.rig
        if reopened:
            self._reopen(settings)
        try:
            self._keeper.keep(settings)
        except StoreError:
            if reopened:
                self._reopen(self.settings)
            raise
        self._tell()
        return self.settings_view()

    def _reopen(self, settings: Settings) -> None:
        self._rig.close()
        self._rig = self._rig_thread(settings)
        try:
            self._rig.start()
        except FocusrigError:
            self._rig = self._rig_thread(self.settings)
            self._rig.start()
            raise

    def _facts(self) -> RigFacts:
        facts = self._rig.status.facts
        if facts is None:
            raise HardwareMissing("The rig is not open.", "Look at the log.")
        return facts


def _axis(rig: Rig, name: str) -> Axis:
    if name not in rig.axes:
        raise NotFound(f"This rig has no axis {name!r}.", f"It has: {', '.join(rig.axes) or 'none'}.")
    return rig.axes[name]
