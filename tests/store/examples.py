"""Small scans for the tests of the store."""

from datetime import datetime, timedelta, timezone
from pathlib import Path

from scanner.clock import FakeClock
from scanner.plan.scan import ScanPlan
from scanner.slices import Position, StackQuality
from scanner.store.exif import PhotoFacts, exif_block
from scanner.store.files import Disk, FileRecord
from scanner.store.images import with_exif
from scanner.store.journal import PositionDone, SliceRecord
from scanner.store.scan_folder import PositionImages, ScanFolder
from scanner.store.scans import ScanStore
from tests.store.disks import CountingDisk

IDENTITY = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
QUALITY = StackQuality(beyond_near=0.12, near_needed=13.1, motion_px=0.4)
PLAN = ScanPlan(name="My vase")
TAKEN_AT = datetime(2026, 11, 22, 5, 11, 30, 41_007, timezone(timedelta(hours=-3, minutes=-30)))
PHOTO = PhotoFacts(
    make="Raspberry Pi",
    model="imx519",
    serial="a1b2c3",
    lens="4.28 mm f/1.75",
    focal_length_mm=4.3219876543,
    f_number=1.75,
    pixel_pitch_um=1.22,
    size=(64, 48),
    exposure_us=8000,
    iso=250,
    software="Focusrig 0.1.0",
    taken_at=TAKEN_AT,
    unique="0123456789abcdef" * 2,
)


def store_at(root: Path, disk: Disk | None = None) -> ScanStore:
    return ScanStore(root, FakeClock(), disk or CountingDisk())


def slice_record(index: int, file: FileRecord) -> SliceRecord:
    return SliceRecord(
        index=index,
        file=file,
        focus_asked=10.0 - index,
        focus=10.01 - index,
        exposure_us=8000,
        gain=1.0,
        transform=IDENTITY,
        residual_px=0.1,
        share=0.5,
    )


def slice_jpeg(position: int, index: int) -> bytes:
    """Not a JPEG: the store looks at no pixels."""
    return f"slice {index} of {position} ".encode() * 20


def stack_jpeg(position: int) -> bytes:
    """No JPEG either."""
    return f"stack of {position} ".encode() * 30


def tagged_jpeg(position: int) -> bytes:
    """A JPEG as far as its header goes, with EXIF."""
    return with_exif(b"\xff\xd8\xff\xda\0\x02" + stack_jpeg(position), exif_block(PHOTO))


def images_of(position: int, *, maps: bool = False) -> PositionImages:
    """What `take` writes; `maps`: with a mask and a depth map."""
    mask, depth = (f"{kind} of {position}".encode() if maps else None for kind in ("mask", "depth map"))
    return PositionImages(tagged_jpeg(position) if maps else stack_jpeg(position), b"thumbnail", mask, depth)


def take(folder: ScanFolder, position: int, slices: int = 2, *, maps: bool = False) -> PositionDone:
    """Do what the rig does for one position."""
    records = [
        slice_record(index, folder.write_slice(position, index, slice_jpeg(position, index))) for index in range(slices)
    ]
    pose = Position(index=position, turntable=15.0 * position, tilt=30.0)
    images = images_of(position, maps=maps)
    return folder.finish_position(pose, records, images, took_s=1.5, quality=QUALITY, taken_at=TAKEN_AT)


def read(path: Path) -> bytes:
    return path.read_bytes()
