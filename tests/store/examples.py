"""Small scans for the tests of the store."""

from pathlib import Path

from scanner.clock import FakeClock
from scanner.plan.scan import ScanPlan
from scanner.slices import Position, StackQuality
from scanner.store.files import Disk, FileRecord
from scanner.store.journal import PositionDone, SliceRecord
from scanner.store.scans import ScanFolder, ScanStore
from tests.store.disks import CountingDisk

IDENTITY = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
QUALITY = StackQuality(beyond_near=0.12, near_needed=13.1, motion_px=0.4)
PLAN = ScanPlan(name="My vase")


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
    return f"stack of {position} ".encode() * 30


def take(folder: ScanFolder, position: int, slices: int = 2) -> PositionDone:
    """Do what the rig does for one position."""
    records = [
        slice_record(index, folder.write_slice(position, index, slice_jpeg(position, index))) for index in range(slices)
    ]
    pose = Position(index=position, turntable=15.0 * position, tilt=30.0)
    return folder.finish_position(pose, records, stack_jpeg(position), b"thumbnail", took_s=1.5, quality=QUALITY)


def read(path: Path) -> bytes:
    return path.read_bytes()
