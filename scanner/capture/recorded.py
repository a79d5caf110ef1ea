"""The status of a scan as its folder tells it: for every scan that does not run at the moment."""

from scanner.capture.events import FinishReason, Problem, RunState, ScanStatus, SweepFacts
from scanner.capture.geometry import geometry_of, uncalibrated
from scanner.capture.positions import flagged, proposed
from scanner.errors import PlanError, WrongState
from scanner.hardware.protocols import Exposure, FocusFacts, RigFacts
from scanner.slices import SweepProposal
from scanner.store.manifest import Manifest
from scanner.store.scan_folder import ScanFolder

INTERRUPTED = Problem(
    code="interrupted", message="The scanner was stopped while this scan ran.", hint="Resume the scan to finish it."
)
_AS_IT_WAS = "Set the rig as it was, then resume; or start a new scan."


def recorded_status(folder: ScanFolder) -> ScanStatus:
    """What is on disk is what exists: a scan without an end in its journal was interrupted and can be resumed."""
    manifest, history = folder.manifest, folder.history()
    total = len(manifest.plan.positions())
    sweep = SweepFacts.model_validate(manifest.sweep) if manifest.sweep else None
    last = history.state
    finished = last is not None and last.state == "finished"
    problem = Problem.model_validate(last.problem) if last and last.problem else None
    return ScanStatus(
        id=folder.id,
        name=manifest.name,
        created_at=manifest.created_at,
        state=RunState.FINISHED if finished else RunState.PAUSED,
        reason=FinishReason(last.reason) if finished and last and last.reason else None,
        positions_total=total,
        positions_done=len(history.done),
        slices_total=sweep.count * total if sweep else None,
        slices_done=sum(len(done.slices) for done in history.done.values()),
        stacked=len(history.done),
        stacked_positions=tuple(sorted(history.done)),
        flagged=flagged(history.done.values()),
        sweep=sweep,
        exposure=Exposure.model_validate(manifest.exposure) if manifest.exposure else None,
        geometry=geometry_of(manifest) if history.done else None,
        uncalibrated=uncalibrated(manifest),
        proposal=proposal_of(folder),
        elapsed_s=max(last.elapsed_s if last else 0.0, sum(done.took_s for done in history.done.values())),
        problem=problem if finished or problem else INTERRUPTED,
    )


def proposal_of(folder: ScanFolder) -> SweepProposal | None:
    """The sweep that would cover the object of a scan better, within what its focus drive reaches; None: none is
    needed, or scans of its version do not tell."""
    return proposed(folder.history().done.values(), reach_of(folder.manifest))


def reach_of(manifest: Manifest) -> FocusFacts | None:
    """What the focus drive of a scan reaches; None where scans of its version do not tell."""
    focus = manifest.rig.get("focus")
    return FocusFacts.model_validate(focus) if focus else None


def focus_unit(folder: ScanFolder) -> str:
    """The unit of the focus positions of a scan; scans older than rails have dioptres."""
    focus = folder.manifest.rig.get("focus")
    return str(focus.get("unit", "D")) if isinstance(focus, dict) else "D"


def require_resumable(status: ScanStatus) -> None:
    """Raise WrongState for a scan that is over for good; with a plan at fault it would only fail again."""
    if status.reason in (FinishReason.COMPLETED, FinishReason.CANCELLED):
        raise WrongState("A scan that was completed or cancelled cannot be resumed.", "Start a new one.")
    if status.reason == FinishReason.FAILED and status.problem and status.problem.code == PlanError.code:
        raise WrongState(f"The plan of this scan is at fault: {status.problem.message}", "Start a new one.")


def require_same_camera(folder: ScanFolder, facts: RigFacts, calibrated_for: str) -> None:
    """Raise WrongState when the rig no longer has camera or focus drive of the scan: images would not fit together.

    `calibrated_for`: what a calibration made now would hold for; the one that the scan began with must hold for it.
    """
    focus = folder.manifest.rig.get("focus")
    drive = focus.get("drive") if isinstance(focus, dict) else "lens"
    if drive != facts.focus.drive:
        raise WrongState(
            f"This scan was focused with another drive: it was {drive}, is {facts.focus.drive}.", _AS_IT_WAS
        )
    then, now = folder.manifest.rig.get("camera"), facts.camera.model_dump(mode="json")
    known = then if isinstance(then, dict) else {}
    changed = [
        f"{key} was {known[key]}, is {value}" for key, value in now.items() if key in known and known[key] != value
    ]
    if changed:
        raise WrongState(
            f"This scan was taken with another camera: {'; '.join(changed)}.",
            _AS_IT_WAS,
        )
    known_for = (folder.manifest.breathing or {}).get("camera", calibrated_for)
    if known_for != calibrated_for:
        raise WrongState(
            f"This scan is aligned with a calibration of {known_for}; the camera is {calibrated_for} now.", _AS_IT_WAS
        )
