"""Small scans on disk as a rig leaves them, and their zips: for the tests of what is handed over."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import numpy as np
from pydantic import JsonValue

from scanner.capture.photo import Photo
from scanner.clock import FakeClock
from scanner.delivery.archive import Profile, photogrammetry_archive
from scanner.hardware.protocols import CameraFacts, CameraNames, Exposure, FocusFacts
from scanner.hardware.settings import RigGeometry
from scanner.plan.scan import ScanPlan
from scanner.slices import Planes, Position, StackQuality, SweepProposal
from scanner.store.images import encode_focus_map, encode_jpeg, encode_mask
from scanner.store.journal import PositionDone, SliceRecord
from scanner.store.manifest import Manifest
from scanner.store.scan_folder import PositionImages, ScanFolder
from scanner.store.scans import ScanStore
from tests.store.disks import CountingDisk

WIDTH, HEIGHT = 64, 48
TAKEN = datetime(2026, 11, 22, 12, 0, 0, 125000, UTC)
SHIFTED = ((1.002, 0.0, -0.25), (0.0, 1.002, 0.125))
PROPOSAL = SweepProposal(near=12.5, far=8.0, count=7)
GEOMETRY = RigGeometry(distance_mm=100, height_mm=26.5, pivot_mm=26.5, accuracy_mm=2)
PLAN = ScanPlan.model_validate({"name": "My vase", "path": {"kind": "rings", "rings": [{"tilt_deg": 20, "count": 4}]}})
PROFILES: tuple[Profile, ...] = ("metashape", "realityscan", "colmap", "meshroom")

CAMERA = CameraFacts(
    model="imx519", serial="b7", width=WIDTH, height=HEIGHT, focal_length_mm=4.28, f_number=1.75,
    pixel_pitch_um=1.22, lens=None,
)  # fmt: skip
LENS = FocusFacts(drive="lens", unit="D", far=0, near=15, step=0.01, coarse=0.5, depth_of_field=0.1)
NAMES = CameraNames(make="Raspberry Pi", model="imx519", serial="b7", lens="4.28 mm f/1.75")
LOOK = Exposure(time_us=8000, gain=2.0, red_gain=1.5, blue_gain=1.75)
SWEEP: dict[str, JsonValue] = {"near": 12.0, "far": 8.0, "count": 3, "reference": 1}


def rig_facts(geometry: RigGeometry = GEOMETRY) -> dict[str, JsonValue]:
    """What a manifest says of the rig, as far as it is read."""
    return {
        "camera": CAMERA.model_dump(mode="json"),
        "focus": LENS.model_dump(mode="json"),
        "names": NAMES.model_dump(mode="json"),
        "geometry": geometry.model_dump(mode="json"),
    }


def new_scan(root: Path, rig: dict[str, JsonValue] | None = None, **fields: JsonValue) -> ScanFolder:
    """A scan with nothing stacked yet, its sweep and exposure known; `fields` replace those of its manifest."""
    folder = ScanStore(root, FakeClock(), CountingDisk()).create(PLAN, rig_facts() if rig is None else rig)
    known = {"sweep": SWEEP, "exposure": LOOK.model_dump(mode="json"), **fields}
    folder.save_manifest(Manifest.model_validate({**folder.manifest.model_dump(), **known}))
    return folder


def take(
    folder: ScanFolder, index: int, *, maps: bool = True, quality: StackQuality | None = None, still: bool = True
) -> PositionDone:
    """Do what the rig does for one position of PLAN."""
    count = folder.manifest.slice_count
    slices = [_slice(folder, index, place) for place in range(count)]
    stack = Photo(folder.manifest).stamped(picture(index), TAKEN + timedelta(seconds=index), f"stack {index}")
    images = PositionImages(stack, b"thumbnail", _mask() if maps else None, _depth() if maps else None)
    return folder.finish_position(
        PLAN.positions()[index], slices, images, took_s=1.5, quality=quality or StackQuality(),
        taken_at=TAKEN + timedelta(seconds=index), settle_s=0.25, still=still,
    )  # fmt: skip


def take_bare(folder: ScanFolder, position: Position) -> PositionDone:
    """As the first versions did: no EXIF, no maps, no times."""
    images = PositionImages(picture(position.index), b"thumbnail")
    slices = [_slice(folder, position.index, place) for place in range(2)]
    return folder.finish_position(position, slices, images, took_s=1.5, quality=StackQuality())


def finished_scan(root: Path, positions: Iterable[int] = range(4), **fields: JsonValue) -> ScanFolder:
    """A scan whose positions are done, with masks and depth maps."""
    folder = new_scan(root, None, **fields)
    for index in positions:
        take(folder, index)
    folder.record_state("finished", "completed", elapsed_s=6)
    return folder


def zip_of(folder: ScanFolder, profile: Profile = "metashape") -> ZipFile:
    """The zip for photogrammetry, read whole; its checksums hold."""
    archive = photogrammetry_archive(folder, profile)
    data = b"".join(archive.read())
    assert len(data) == archive.size
    opened = ZipFile(BytesIO(data))
    assert opened.testzip() is None
    return opened


def picture(index: int) -> bytes:
    """A JPEG, 4:2:0, other for each position."""
    y = (np.add.outer(np.arange(HEIGHT), np.arange(WIDTH)) * 2 + 7 * index).astype(np.uint8)
    grey = np.full((HEIGHT // 2, WIDTH // 2), 128, np.uint8)
    return encode_jpeg(Planes(y, grey, grey), 96)


def _slice(folder: ScanFolder, position: int, index: int) -> SliceRecord:
    file = folder.write_slice(position, index, f"slice {index} of {position}".encode())
    return SliceRecord(
        index=index, file=file, focus_asked=12.0 - 2 * index, focus=12.01 - 2 * index, exposure_us=8000, gain=2.0,
        transform=SHIFTED, residual_px=0.1, share=0.5,
    )  # fmt: skip


def _mask() -> bytes:
    half = np.zeros((HEIGHT // 2, WIDTH // 2), np.uint8)
    half[6:18, 8:24] = 255
    return encode_mask(half, (WIDTH, HEIGHT))


def _depth() -> bytes:
    focus = np.linspace(8.0, 12.0, WIDTH // 2, dtype=np.float32)[None].repeat(HEIGHT // 2, axis=0)
    focus[0] = np.nan
    return encode_focus_map(focus, (WIDTH, HEIGHT), far=8.0, near=12.0)
