"""Files that are wholly there or not there at all, whatever happens to the power.

The rule: write to a temporary name, fsync the file, rename, fsync the folder. A plain write, or a rename without the
fsyncs, leaves empty and half files under final names after a power cut.
"""

import errno
import os
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from scanner.errors import FocusrigError, NoSpace, StoreError
from scanner.units import Frozen

TEMPORARY = ".part"
"""What the name of an unfinished file ends in; nothing else in the store ends so."""


class FileRecord(Frozen):
    """What a file must hold: `name` without folder, size in bytes, CRC-32 (as in a zip) and SHA-256 of its content."""

    name: str
    bytes: int
    crc32: int
    sha256: str


def record_of(name: str, data: bytes) -> FileRecord:
    """What a file of that name with this content must hold."""
    return FileRecord(name=name, bytes=len(data), crc32=zlib.crc32(data), sha256=sha256(data).hexdigest())


class Disk(Protocol):
    """The calls that change a disk, one by one, so that a test can fail or stop after each. All raise OSError."""

    def open(self, path: Path, flags: int) -> int: ...

    def write(self, descriptor: int, data: memoryview) -> int: ...

    def truncate(self, descriptor: int, size: int) -> None: ...

    def sync(self, descriptor: int) -> None: ...

    def close(self, descriptor: int) -> None: ...

    def rename(self, source: Path, target: Path) -> None: ...

    def remove(self, path: Path) -> None: ...

    def make_folder(self, path: Path) -> None: ...

    def remove_folder(self, path: Path) -> None: ...


class SystemDisk:
    """The machine's own disk."""

    def open(self, path: Path, flags: int) -> int:
        return os.open(path, flags | os.O_CLOEXEC, 0o644)

    def write(self, descriptor: int, data: memoryview) -> int:
        return os.write(descriptor, data)

    def truncate(self, descriptor: int, size: int) -> None:
        os.ftruncate(descriptor, size)

    def sync(self, descriptor: int) -> None:
        os.fsync(descriptor)

    def close(self, descriptor: int) -> None:
        os.close(descriptor)

    def rename(self, source: Path, target: Path) -> None:
        source.replace(target)

    def remove(self, path: Path) -> None:
        path.unlink()

    def make_folder(self, path: Path) -> None:
        path.mkdir()

    def remove_folder(self, path: Path) -> None:
        path.rmdir()


SYSTEM_DISK: Disk = SystemDisk()


def write_durable(path: Path, data: bytes, disk: Disk = SYSTEM_DISK) -> None:
    """Write a file that is durable when this returns; before that, `path` is what it was.

    The folder must exist. Raises NoSpace when the disk or a quota is full, StoreError for anything else; the unfinished
    file is removed then.
    """
    with explained(path, len(data)):
        _write_renamed(path, (data,), disk)


def write_chunks(path: Path, chunks: Iterable[bytes], disk: Disk = SYSTEM_DISK) -> None:
    """As `write_durable`, for content too large for memory. What `chunks` raises is raised; `path` is as it was."""
    with explained(path):
        _write_renamed(path, chunks, disk)


def _write_renamed(path: Path, chunks: Iterable[bytes], disk: Disk) -> None:
    temporary = path.with_name(path.name + TEMPORARY)
    try:
        write_at(temporary, 0, chunks, disk)
        disk.rename(temporary, path)
    except (OSError, FocusrigError):
        with suppress(OSError):  # what cannot be removed now is removed when the store next starts
            disk.remove(temporary)
        raise
    sync_folder(path.parent, disk)


def write_at(path: Path, offset: int, chunks: Iterable[bytes], disk: Disk) -> None:
    """Make a file its first `offset` bytes followed by `chunks`, fsynced; create it where needed. Raises OSError."""
    descriptor = disk.open(path, os.O_WRONLY | os.O_CREAT)
    try:
        disk.truncate(descriptor, offset)
        os.lseek(descriptor, offset, os.SEEK_SET)
        for chunk in chunks:
            rest = memoryview(chunk)
            while rest:
                rest = rest[disk.write(descriptor, rest) :]
        disk.sync(descriptor)
    finally:
        disk.close(descriptor)


def make_folder(path: Path, disk: Disk = SYSTEM_DISK) -> None:
    """Make a folder and its missing parents, durably; one that exists is fine. Raises NoSpace, StoreError."""
    if path.is_dir():
        return
    if not path.parent.is_dir():
        make_folder(path.parent, disk)
    with explained(path):
        disk.make_folder(path)
        sync_folder(path.parent, disk)


def prepare_folder(path: Path) -> None:
    """Make the data folder where it is missing. Raises StoreError that says what is in its way."""
    if path.exists() and not path.is_dir():
        raise StoreError(f"{path} is a file, not a folder.", "Choose another data folder with --data.")
    make_folder(path)


def sync_folder(path: Path, disk: Disk = SYSTEM_DISK) -> None:
    """Make the names in a folder durable. Raises OSError."""
    descriptor = disk.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        disk.sync(descriptor)
    finally:
        disk.close(descriptor)


def remove_tree(path: Path, disk: Disk = SYSTEM_DISK) -> None:
    """Remove a folder with all that is in it; a link is removed, never followed. Raises OSError."""
    for child in path.iterdir():
        if child.is_dir() and not child.is_symlink():
            remove_tree(child, disk)
        else:
            disk.remove(child)
    disk.remove_folder(path)


@contextmanager
def explained(path: Path, size: int | None = None, doing: str = "write") -> Iterator[None]:
    """Turn an OSError into NoSpace or StoreError that names `path`, and the `size` in bytes of what was written."""
    try:
        yield
    except OSError as error:
        what = str(path) if size is None else f"{path} ({size:,} bytes)"
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoSpace(
                f"The disk is full: no room for {what}.", "Delete scans that you have downloaded, then go on."
            ) from error
        raise StoreError(
            f"Could not {doing} {what}: {error.strerror or error}.",
            f"Check that the disk is mounted, healthy, and allows to {doing}.",
        ) from error
