"""manifest.json: what a scan hands over, file for file and slice for slice, with a schema."""

from inspect import getdoc
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field

from scanner.capture.events import FocusScale, Problem, SweepFacts
from scanner.capture.positions import found_in
from scanner.capture.recorded import focus_unit, proposal_of
from scanner.capture.scan_camera import ScanCamera, scan_camera
from scanner.delivery.poses import FRAME, CameraPose, pose_of
from scanner.delivery.profiles import PositionFiles, Profile, position_files
from scanner.errors import CorruptState
from scanner.slices import SliceReport, StackQuality, SweepProposal
from scanner.store.archive import Entry
from scanner.store.images import FOCUS_STEPS
from scanner.store.journal import History, Reason, SliceFacts, SliceRecord, State
from scanner.store.manifest import Manifest
from scanner.store.scan_folder import ScanFolder
from scanner.units import Degrees, Dioptres, FocusPosition, Frozen, Seconds

SCHEMA_ID = "urn:focusrig:photogrammetry-manifest:1"


class DeliveredFile(Frozen):
    """A file of the zip. `name`: with its folder; `bytes`: its size; `crc32`: as in a zip; `sha256`: of its content."""

    name: str
    bytes: int
    crc32: int
    sha256: str


class DepthScale(Frozen):
    """What the values of a depth map mean: focus position = offset + (value - 1) x step, in `unit`; 0: nothing sharp.

    `unit`: D, dioptres as the lens counts them, or mm of a rail. `offset_dioptres`, `step_dioptres`: the same in true
    dioptres, 1 / distance in metres; None where the scale of the lens is not calibrated.
    """

    unit: str
    offset: FocusPosition
    step: FocusPosition
    nothing: Literal[0] = 0
    offset_dioptres: Dioptres | None = None
    step_dioptres: Dioptres | None = None


class DeliveredPosition(Frozen):
    """One position that is stacked.

    `pose`: None where the camera is not known. `taken_at`: wall time of its reference slice, None in scans of older
    versions. `findings`: what there is to look at, the gravest first. `slices`: what was asked for, reported and done;
    `file` as in the zip of slices, there in a folder with the stem of the image.
    """

    index: int
    image: DeliveredFile
    mask: DeliveredFile | None = None
    depth: DeliveredFile | None = None
    turntable: Degrees
    tilt: Degrees
    pose: CameraPose | None = None
    taken_at: AwareDatetime | None = None
    took_s: Seconds
    settle_s: Seconds | None = None
    still: bool = True
    quality: StackQuality
    findings: tuple[Problem, ...] = ()
    slices: tuple[SliceRecord, ...]


class DeliveryManifest(Frozen):
    """What a scan hands over to photogrammetry. The unit "focus" in the schema is that of `depth_scale`.

    `profile`: the program that files are named for. `software`: what made the scan. `state`, `reason`: of the scan
    when this was written; None before it ran, and before it ended. `planned`: how many positions the plan has;
    `positions`: those that are stacked, in capture order. `camera`: None where the scan does not tell. `depth_scale`:
    None before the sweep is known, and where it has no depth. `proposal`: the sweep that would cover what this one
    leaves out, None where nothing is.
    """

    format: Literal[1] = 1
    profile: Profile
    software: str
    state: State | None
    reason: Reason | None
    planned: int
    scan: Manifest
    frame: Annotated[str, Field(description="The frames that poses refer to.")] = FRAME
    camera: ScanCamera | None
    depth_scale: DepthScale | None
    proposal: SweepProposal | None
    positions: tuple[DeliveredPosition, ...]

    def json_text(self) -> str:
        """The text of manifest.json."""
        return self.model_dump_json(indent=1) + "\n"


def delivery_manifest(folder: ScanFolder, profile: Profile) -> DeliveryManifest:
    """What the zip for `profile` holds by now. Raises StoreError where the journal cannot be read."""
    history = folder.history()
    return manifest_of(folder, history, [position_files(folder, done, profile) for done in history.in_order], profile)


def manifest_of(folder: ScanFolder, history: History, files: list[PositionFiles], profile: Profile) -> DeliveryManifest:
    """The manifest of a zip that holds `files`, as `history` tells the scan."""
    manifest, camera, unit = folder.manifest, known_camera(folder.manifest), focus_unit(folder)
    return DeliveryManifest(
        profile=profile,
        software=manifest.software,
        state=history.state.state if history.state else None,
        reason=history.state.reason if history.state else None,
        planned=len(manifest.plan.positions()),
        scan=manifest,
        camera=camera,
        depth_scale=depth_scale(manifest, unit),
        proposal=proposal_of(folder),
        positions=tuple(_position(each, camera, unit) for each in files),
    )


def manifest_schema() -> dict[str, Any]:
    """The JSON schema of manifest.json, draft 2020-12; `unit` beside a number is its unit."""
    schema = DeliveryManifest.model_json_schema(mode="serialization")
    told = (getdoc(kind) or "" for kind in (SliceRecord, SliceFacts, SliceReport))
    schema["$defs"][SliceRecord.__name__]["description"] = "\n\n".join(told)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA_ID, **schema}


def known_camera(manifest: Manifest) -> ScanCamera | None:
    """The camera of a scan; None before its first position, and for a manifest that does not tell it: the images are
    worth having all the same."""
    if manifest.sweep is None or manifest.exposure is None:
        return None
    try:
        return scan_camera(manifest)
    except CorruptState:
        return None


def depth_scale(manifest: Manifest, unit: str) -> DepthScale | None:
    """What depth maps of a scan mean; None where it has none."""
    if manifest.sweep is None:
        return None
    sweep = SweepFacts.model_validate(manifest.sweep)
    if sweep.near == sweep.far:
        return None
    step = (sweep.near - sweep.far) / FOCUS_STEPS
    if manifest.focus_scale is None or unit != "D":
        return DepthScale(unit=unit, offset=sweep.far, step=step)
    scale = FocusScale.model_validate(manifest.focus_scale)
    return DepthScale(
        unit=unit,
        offset=sweep.far,
        step=step,
        offset_dioptres=(sweep.far - scale.offset) / scale.slope,
        step_dioptres=step / scale.slope,
    )


def _position(files: PositionFiles, camera: ScanCamera | None, unit: str) -> DeliveredPosition:
    done = files.done
    return DeliveredPosition(
        index=done.index,
        image=_delivered(files.image),
        mask=None if files.mask is None else _delivered(files.mask),
        depth=None if files.depth is None else _delivered(files.depth),
        turntable=done.turntable,
        tilt=done.tilt,
        pose=None if camera is None else pose_of(camera, done.turntable, done.tilt),
        taken_at=done.taken_at,
        took_s=done.took_s,
        settle_s=done.settle_s,
        still=done.still,
        quality=done.quality,
        findings=found_in(done, unit),
        slices=done.slices,
    )


def _delivered(entry: Entry) -> DeliveredFile:
    record = entry.record
    return DeliveredFile(name=entry.name, bytes=record.bytes, crc32=record.crc32, sha256=record.sha256)
