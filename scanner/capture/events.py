"""What the rig and the scan are doing, as one frozen snapshot that is always sent whole."""

from datetime import datetime
from enum import StrEnum
from typing import Literal, TypeAlias

from pydantic import Field

from scanner.hardware.protocols import Exposure, RigFacts
from scanner.slices import SweepProposal
from scanner.units import Degrees, Dioptres, FocusPosition, Frozen, Seconds


class RunState(StrEnum):
    """Where a scan stands."""

    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"


class FinishReason(StrEnum):
    """Why a scan is finished."""

    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"


Geometry: TypeAlias = Literal["calibrated", "each"]
"""How the slices of a scan are laid onto each other: as the calibrated lens has it, alike at all positions; or each
position on its own."""


class Problem(Frozen):
    """Something a person should know: what was wrong and what to do."""

    code: str
    message: str
    hint: str = ""


class SweepFacts(Frozen):
    """The sweep that a scan really uses, once it is known."""

    near: FocusPosition
    far: FocusPosition
    count: int
    reference: int


class ScanStatus(Frozen):
    """Progress of one scan.

    `stacked`: number of stacked images on disk; `flagged`: positions whose stack shows something to look at, found by
    `/scans/{id}/positions`. `slices_total` is None until an automatic sweep is measured, `eta_s`
    until a first position has been timed. `activity` says in a few words what is going on. `geometry`: whether all
    positions are aligned as the calibrated lens has it, or each on its own; None before the first is captured.
    `uncalibrated`: why it was not calibrated for the scan, where it should have been.
    `proposal`: the sweep that would cover the object better, judged by all positions so far; None: this one does.
    """

    id: str
    name: str
    created_at: datetime
    state: RunState
    reason: FinishReason | None = None
    activity: str = ""
    positions_total: int
    positions_done: int = 0
    slices_total: int | None = None
    slices_done: int = 0
    stacked: int = 0
    stacked_positions: tuple[int, ...] = ()
    flagged: tuple[int, ...] = ()
    sweep: SweepFacts | None = None
    exposure: Exposure | None = None
    geometry: Geometry | None = None
    uncalibrated: Problem | None = None
    proposal: SweepProposal | None = None
    eta_s: Seconds | None = None
    elapsed_s: Seconds = 0.0
    problem: Problem | None = None


class FocusScale(Frozen):
    """What a lens scale means: it shows offset + slope / distance, in dioptres, for a distance in metres."""

    offset: Dioptres
    slope: float


class RigStatus(Frozen):
    """Where the rig stands now. An angle is None while the axis does not know its position.

    `calibrated`: whether breathing is known for this camera and mode, so that new scans use it. `focus_scale`: what the
    dioptres of the lens mean; None: uncalibrated. `activity`: what a
    calibration does, in a few words; "" while none runs. `problem`: also what the last calibration failed with.
    """

    facts: RigFacts | None
    focus: FocusPosition | None = None
    axes: dict[str, Degrees | None] = Field(default_factory=dict)
    light: float | None = None
    exposure: Exposure | None = None
    calibrated: bool = False
    focus_scale: FocusScale | None = None
    activity: str = ""
    problem: Problem | None = None


class Status(Frozen):
    """The whole snapshot. `scan` is the scan that holds the rig or the last one that did, else None.

    `scans_revision` grows whenever the list of scans changes, so that a client knows when to ask for it again.
    """

    version: str
    rig: RigStatus
    scan: ScanStatus | None = None
    scans_revision: int = 0
    disk_free_bytes: int
    notices: tuple[Problem, ...] = ()
