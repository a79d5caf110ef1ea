"""What a scan is: the plan, the rig, and what was fixed when it started."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, JsonValue, ValidationError

from scanner.errors import CorruptState, NotFound, StoreError
from scanner.plan.scan import ScanPlan
from scanner.store.files import SYSTEM_DISK, Disk, explained, write_durable
from scanner.store.layout import ID_PATTERN, ScanLayout
from scanner.store.seal import seal, unseal
from scanner.units import Frozen

_IMAGES_STAY = "The images are still in their folders."


class Manifest(Frozen):
    """One scan. `sweep` (near, far, count, reference) and `exposure` are None until the scan has measured them.

    `rig`: the facts of the rig that took it. `breathing`: the calibration that all its positions are aligned with, None
    where each is on its own; `uncalibrated`: the problem for which it has none of its own, where it was to have one.
    `focus_scale`: what the dioptres of the lens mean, None where that is not calibrated.
    These are plain JSON here: the store knows neither hardware nor stacking. `software`: what made the scan.
    """

    format: Literal[1] = 1
    id: Annotated[str, Field(pattern=ID_PATTERN)]
    name: str
    created_at: AwareDatetime
    plan: ScanPlan
    rig: dict[str, JsonValue]
    sweep: dict[str, JsonValue] | None = None
    exposure: dict[str, JsonValue] | None = None
    breathing: dict[str, JsonValue] | None = None
    uncalibrated: dict[str, JsonValue] | None = None
    focus_scale: dict[str, JsonValue] | None = None
    software: str = ""

    @property
    def slice_count(self) -> int:
        """How many slices a stack has, 0 while that is not known."""
        count = (self.sweep or {}).get("count")
        return count if isinstance(count, int) else 0


def save_manifest(manifest: Manifest, layout: ScanLayout, disk: Disk = SYSTEM_DISK) -> None:
    """Write the manifest and then a copy of it, so that one of the two is whole at any time. Raises StoreError."""
    data = (seal(manifest.model_dump_json(indent=2)) + "\n").encode()
    write_durable(layout.manifest, data, disk)
    write_durable(layout.manifest_copy, data, disk)


def load_manifest(layout: ScanLayout) -> Manifest:
    """The manifest, or its copy where that cannot be used. Raises StoreError as `read_manifest` does for the copy."""
    try:
        return read_manifest(layout.manifest)
    except StoreError:
        return read_manifest(layout.manifest_copy)


def read_manifest(path: Path) -> Manifest:
    """One manifest file. Raises NotFound when it is missing, CorruptState when it cannot be used, StoreError."""
    if not path.exists():
        raise NotFound(f"There is no {path}.", _IMAGES_STAY)
    with explained(path, doing="read"):
        data = path.read_bytes()
    try:
        manifest = Manifest.model_validate_json(unseal(data))
    except CorruptState as error:
        raise CorruptState(f"{path} is damaged: {error.message}", error.hint or _IMAGES_STAY) from error
    except ValidationError as error:
        complaint = error.errors()[0]
        where = ".".join(str(step) for step in complaint["loc"]) or "the whole"
        raise CorruptState(
            f"{path} is damaged, or of another version: {where}: {complaint['msg']}.", _IMAGES_STAY
        ) from error
    if manifest.id != path.parent.name.split(".")[0]:
        raise CorruptState(
            f"{path} belongs to the scan {manifest.id}.", f"Give the folder its name back: {manifest.id}."
        )
    return manifest
