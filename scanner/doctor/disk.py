"""The disk: can scans be written, how much fits, how fast is it?"""

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from scanner.doctor.findings import Finding, Level, ok, problem, warning

LOW_SPACE = 2_000_000_000
SLOW_MB_S = 10.0
SPEED_BYTES = 32_000_000
SPEED_CHUNK = 4_000_000
SPEED_S = 10.0
"""A disk that takes longer than this is slow, whatever is left to write."""


def check_folder(folder: Path) -> list[Finding]:
    """Whether scans can be written to `folder` (or to where it would be made), and how much fits."""
    place = existing(folder)
    if not (place.is_dir() and os.access(place, os.W_OK | os.X_OK)):
        hint = "Choose another with --data, or give this user the right to write there."
        return [problem("data folder", f"{place} is not writable", hint)]
    free = shutil.disk_usage(place).free
    hint = "" if free >= LOW_SPACE else "A scan of 12 MP slices takes several GB: delete scans or use a larger card."
    return [
        ok("data folder", str(folder.absolute())),
        Finding(Level.WARNING if hint else Level.OK, "free space", f"{free / 1e9:.1f} GB free", hint),
    ]


def existing(folder: Path) -> Path:
    """`folder`, or the nearest parent of it that is there."""
    return next(parent for parent in (folder.absolute(), *folder.absolute().parents) if parent.exists())


def check_disk_speed(folder: Path, measure: Callable[[Path], float] | None = None) -> Finding:
    """How fast pictures reach the disk. `measure`: bytes a second for a folder, else `write_speed`."""
    try:
        speed = (measure or write_speed)(existing(folder)) / 1e6
    except OSError as error:
        hint = "Free some space, or choose another folder with --data."
        return problem("disk speed", f"nothing can be written: {error.strerror or error}", hint)
    said = f"{speed:.0f} MB/s, written and synced" if speed >= SLOW_MB_S else f"{speed:.1f} MB/s, written and synced"
    if speed < SLOW_MB_S:
        return warning("disk speed", said, "Capture waits for the disk: use a faster card (A2, U3) or an SSD on USB 3.")
    return ok("disk speed", said)


def write_speed(folder: Path, clock: Callable[[], float] = time.monotonic) -> float:
    """Bytes a second of SPEED_BYTES written to a nameless file in `folder`, synced; fewer on a disk that is slow.

    Nothing stays behind. `clock`: seconds. Raises OSError.
    """
    chunk = os.urandom(SPEED_CHUNK)
    written, began = 0, clock()
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        while written < SPEED_BYTES and clock() - began < SPEED_S:
            written += file.write(chunk)
            os.fsync(file.fileno())
        return written / max(clock() - began, 1e-6)
