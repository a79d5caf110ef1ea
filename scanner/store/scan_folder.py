"""One scan on disk: what is written of it, and what is read."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import JsonValue

from scanner.clock import Clock
from scanner.errors import NotFound
from scanner.slices import Position, StackQuality
from scanner.store.archive import Archive, Entry
from scanner.store.exif import silence_35mm, without_35mm
from scanner.store.files import (
    SYSTEM_DISK,
    Disk,
    FileRecord,
    make_folder,
    record_of,
    write_durable,
)
from scanner.store.journal import History, Journal, PositionDone, Reason, SliceRecord, State, StateChanged
from scanner.store.layout import ScanLayout
from scanner.store.manifest import Manifest, save_manifest
from scanner.units import Seconds


@dataclass(frozen=True, slots=True)
class PositionImages:
    """The files of one position as they are to be written: JPEG, and PNG for mask and depth map, None for none."""

    stack: bytes
    thumbnail: bytes
    mask: bytes | None = None
    depth: bytes | None = None


class ScanFolder:
    """One scan. Any thread may read; one thread at a time may write.

    What `history` calls done is durable, with its stacked image, its thumbnail and its slices.
    """

    def __init__(self, path: Path, manifest: Manifest, clock: Clock, disk: Disk = SYSTEM_DISK) -> None:
        self._path = path
        self._manifest = manifest
        self._clock = clock
        self._disk = disk
        self._lock = threading.Lock()
        self._journal: Journal | None = None

    @property
    def id(self) -> str:
        return self._manifest.id

    @property
    def path(self) -> Path:
        return self._path

    @property
    def manifest(self) -> Manifest:
        return self._manifest

    def save_manifest(self, manifest: Manifest) -> None:
        """Replace the manifest, durably. Raises NoSpace, StoreError."""
        if manifest.id != self.id:
            raise ValueError(f"the manifest of {manifest.id} is not one for {self.id}")
        save_manifest(manifest, self._layout, self._disk)
        self._manifest = manifest

    def write_slice(self, position: int, index: int, jpeg: bytes) -> FileRecord:
        """Write one slice, durably; one of the same place is replaced. The manifest must know the sweep by now.

        Raises NoSpace, StoreError.
        """
        return self._write(self._layout.slice(position, index), jpeg)

    def finish_position(
        self,
        position: Position,
        slices: Sequence[SliceRecord],
        images: PositionImages,
        *,
        took_s: Seconds,
        quality: StackQuality,
        taken_at: datetime | None = None,
        settle_s: Seconds | None = None,
        still: bool = True,
    ) -> PositionDone:
        """Write the images of a position, then the journal line that calls it done.

        The slices were written before. Raises NoSpace, StoreError; the position is not done then.
        """
        layout, index = self._layout, position.index
        stack = self._write(layout.stack(index), images.stack)
        self._write(layout.thumbnail(index), images.thumbnail)
        mask = None if images.mask is None else self._write(layout.mask(index), images.mask)
        depth = None if images.depth is None else self._write(layout.depth(index), images.depth)
        silent = without_35mm(images.stack)
        done = PositionDone(
            at=self._clock.now(),
            index=index,
            turntable=position.turntable,
            tilt=position.tilt,
            taken_at=taken_at,
            stack=stack,
            stack_without_35mm=None if silent is None else record_of(stack.name, silent),
            mask=mask,
            depth=depth,
            slices=tuple(slices),
            took_s=took_s,
            quality=quality,
            settle_s=settle_s,
            still=still,
        )
        self._open_journal().append(done)
        return done

    def record_state(
        self,
        state: State,
        reason: Reason | None = None,
        problem: dict[str, JsonValue] | None = None,
        elapsed_s: Seconds = 0.0,
    ) -> StateChanged:
        """Write to the journal that the scan started, paused or ended. Raises NoSpace, StoreError."""
        record = StateChanged(at=self._clock.now(), state=state, reason=reason, problem=problem, elapsed_s=elapsed_s)
        self._open_journal().append(record)
        return record

    def history(self) -> History:
        """What the journal says. Raises StoreError when it cannot be read at all."""
        return self._open_journal().history

    def stack_path(self, position: int) -> Path:
        """The stacked image of a position. Raises NotFound."""
        return _existing(self._layout.stack(position), f"Scan {self.id} has no stacked image of position {position}.")

    def slice_path(self, position: int, index: int) -> Path:
        """One slice of a position. Raises NotFound."""
        return _existing(
            self._layout.slice(position, index), f"Scan {self.id} has no slice {index} of position {position}."
        )

    def thumbnail_path(self, position: int) -> Path:
        """The thumbnail of a position. Raises NotFound."""
        return _existing(self._layout.thumbnail(position), f"Scan {self.id} has no thumbnail of position {position}.")

    def mask_path(self, position: int) -> Path:
        """The mask of a position. Raises NotFound."""
        return _existing(self._layout.mask(position), f"Scan {self.id} has no mask of position {position}.")

    def depth_path(self, position: int) -> Path:
        """The depth map of a position. Raises NotFound."""
        return _existing(self._layout.depth(position), f"Scan {self.id} has no depth map of position {position}.")

    def stack_entry(self, done: PositionDone, name: str, *, silent: bool = False) -> Entry:
        """The stacked image of a position as `name` in an archive; `silent`: without the focal length in 35 mm film."""
        path = self._layout.stack(done.index)
        if silent and done.stack_without_35mm is not None:
            return Entry(name, path, done.stack_without_35mm, patch=silence_35mm)
        return Entry(name, path, done.stack)

    def map_entries(self, done: PositionDone, mask: str, depth: str) -> tuple[Entry, ...]:
        """Mask and depth map of a position, where there are any, under these names in an archive."""
        kept = ((mask, self._layout.mask, done.mask), (depth, self._layout.depth, done.depth))
        return tuple(Entry(name, path(done.index), record) for name, path, record in kept if record is not None)

    def slices_archive(self) -> Archive:
        """The slices of all positions that are done, one folder a position."""
        entries = [
            self._entry(f"{self._layout.stem(d.index)}/", self._layout.slice(d.index, s.index), s.file)
            for d in self.history().in_order
            for s in sorted(d.slices, key=lambda s: s.index)
        ]
        return Archive(entries, self._manifest.created_at)

    @property
    def _layout(self) -> ScanLayout:
        return ScanLayout(self._path, self._manifest.slice_count)

    def _open_journal(self) -> Journal:
        with self._lock:
            if self._journal is None:
                self._journal = Journal(self._layout.journal, self._disk)
            return self._journal

    def _write(self, path: Path, data: bytes) -> FileRecord:
        make_folder(path.parent, self._disk)
        write_durable(path, data, self._disk)
        return record_of(path.name, data)

    @staticmethod
    def _entry(folder: str, path: Path, record: FileRecord) -> Entry:
        return Entry(folder + path.name, path, record)


def _existing(path: Path, otherwise: str) -> Path:
    if not path.is_file():
        raise NotFound(otherwise, "It may not be taken yet: see the status of the scan.")
    return path
