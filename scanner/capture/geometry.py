"""One geometry for a whole scan: the calibration that all its positions are aligned with."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from pydantic import ValidationError

from scanner.capture.breathing import BreathingSweeps, calibrated_at
from scanner.capture.calibration import Steps
from scanner.capture.calibration_data import BreathingCalibration
from scanner.capture.events import Geometry, Problem
from scanner.capture.progress import problem_of
from scanner.capture.runs import Seen
from scanner.errors import CalibrationFailed, CorruptState
from scanner.hardware.protocols import Exposure
from scanner.hardware.rig import Rig
from scanner.plan.sweep import Sweep
from scanner.store.manifest import Manifest
from scanner.store.scan_folder import ScanFolder

Known: TypeAlias = BreathingCalibration | None

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ScanGeometry:
    """Finds the calibration of a scan. `keep` is told of one that was measured, for later scans."""

    sweeps: BreathingSweeps
    keep: Callable[[BreathingCalibration], None]

    def find(self, folder: ScanFolder, rig: Rig, sweep: Sweep, steps: Steps) -> tuple[Known, Problem | None]:
        """What the scan in `folder` is aligned with: what it began with; else, before its first position, measured now.

        None: each position on its own, because the plan says so, or, with the problem, because the slices do not tell
        how the lens breathes. Raises CorruptState, HardwareError.
        """
        plan = folder.manifest.plan
        if plan.stacking.breathing == "off":
            return None, None
        known = recorded_breathing(folder.manifest)
        positions = calibrated_at(plan)
        if folder.history().done:
            return known, uncalibrated(folder.manifest)
        if not positions or rig.focus.facts.drive == "fixed" or (known is not None and known.holds_for(sweep)):
            return known, None
        try:
            found = self.sweeps.measure(rig, plan, positions, sweep, steps)
        except CalibrationFailed as error:
            log.warning("scan %s begins without a calibration of its own: %s", folder.id, error)
            return known, problem_of(error)
        self.keep(found)
        return found, None


def recorded_breathing(manifest: Manifest) -> BreathingCalibration | None:
    """The calibration that a scan began with. Raises CorruptState for one that this version cannot read."""
    if manifest.breathing is None:
        return None
    try:
        return BreathingCalibration.model_validate(manifest.breathing)
    except ValidationError as error:
        raise CorruptState(
            f"The calibration in the manifest of {manifest.id} is of another version.", "Start a new scan."
        ) from error


def uncalibrated(manifest: Manifest) -> Problem | None:
    """Why a scan that was to begin with a calibration has none of its own."""
    return None if manifest.uncalibrated is None else Problem.model_validate(manifest.uncalibrated)


def geometry_of(manifest: Manifest) -> Geometry | None:
    """How the positions of a scan are aligned; None before its first one is captured."""
    if manifest.sweep is None:
        return None
    return "each" if manifest.breathing is None else "calibrated"


@dataclass(frozen=True, slots=True)
class ScanSteps:
    """The way of a calibration inside a scan: told as the activity of the scan."""

    activity: Callable[[str], None]
    moved: Seen
    pause: Callable[[], None]

    def tell(self, activity: str) -> None:
        self.activity(f"calibrating breathing: {activity}")

    def seen(self, exposure: Exposure | None = None) -> None:
        self.moved(exposure)

    def between(self) -> None:
        self.pause()
