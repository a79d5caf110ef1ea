"""The scans on disk: create, open, list, delete; and one scan's folder."""

import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from weakref import WeakValueDictionary

from pydantic import JsonValue

from scanner import __version__
from scanner.clock import Clock
from scanner.errors import CorruptState, NotFound, StoreError
from scanner.plan.scan import ScanPlan
from scanner.slices import Position, StackQuality
from scanner.store import layout as names
from scanner.store.archive import Archive, Entry
from scanner.store.exif import silence_35mm, without_35mm
from scanner.store.files import (
    SYSTEM_DISK,
    TEMPORARY,
    Disk,
    FileRecord,
    explained,
    make_folder,
    record_of,
    remove_tree,
    sync_folder,
    write_durable,
)
from scanner.store.journal import History, Journal, PositionDone, Reason, SliceRecord, State, StateChanged
from scanner.store.layout import ScanLayout
from scanner.store.manifest import Manifest, load_manifest, read_manifest, save_manifest
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


class ScanStore:
    """All scans under one data folder. Safe to call from any thread; one process at a time may write."""

    def __init__(self, root: Path, clock: Clock, disk: Disk = SYSTEM_DISK) -> None:
        """`root`: the data folder; it and what it holds are made when the first scan is. Touches nothing."""
        self._scans = root / "scans"
        self._clock = clock
        self._disk = disk
        self._lock = threading.Lock()
        self._open: WeakValueDictionary[str, ScanFolder] = WeakValueDictionary()

    def recover(self) -> tuple[StoreError, ...]:
        """Tidy up what a power cut left; call it once, at start-up, before anything else writes.

        Removes unfinished files and half-deleted scans, and puts damaged manifests aside; never an image. Returns what
        could not be tidied (a read-only disk): the scans can be read all the same.
        """
        troubles: list[StoreError] = []
        for folder in self._folders():
            try:
                with explained(folder):
                    self._tidy(folder)
            except StoreError as error:
                troubles.append(error)
        return tuple(troubles)

    def create(
        self,
        plan: ScanPlan,
        rig: dict[str, JsonValue],
        breathing: dict[str, JsonValue] | None = None,
        focus_scale: dict[str, JsonValue] | None = None,
    ) -> ScanFolder:
        """Make the folder of a new scan, named by its time and name; the rest goes into its manifest.

        Raises NoSpace, StoreError.
        """
        now = self._clock.now()
        with self._lock:
            make_folder(self._scans, self._disk)
            scan_id = self._unused(names.scan_id(now, plan.name))
            manifest = Manifest(
                id=scan_id,
                name=plan.name,
                created_at=now,
                plan=plan,
                rig=rig,
                breathing=breathing,
                focus_scale=focus_scale,
                software=f"Focusrig {__version__}",
            )
            path = self._scans / scan_id
            self._build(path, manifest)
            folder = ScanFolder(path, manifest, self._clock, self._disk)
            self._open[scan_id] = folder
            return folder

    def open(self, scan_id: str) -> ScanFolder:
        """The scan of that id. Raises NotFound for an id that is none, CorruptState for a damaged manifest."""
        path = self._path(scan_id)
        with self._lock:
            folder = self._open.get(scan_id)
            if folder is None:
                folder = ScanFolder(path, load_manifest(ScanLayout(path)), self._clock, self._disk)
                self._open[scan_id] = folder
            return folder

    def list(self) -> tuple[ScanFolder, ...]:
        """All scans that can be read, newest first; `problems` names the others."""
        folders = [found for found in self._survey() if isinstance(found, ScanFolder)]
        return tuple(sorted(folders, key=lambda folder: (folder.manifest.created_at, folder.id), reverse=True))

    def problems(self) -> tuple[StoreError, ...]:
        """What is wrong with scans on disk: a manifest that is damaged, or that had to be read from its copy."""
        return tuple(found for found in self._survey() if isinstance(found, StoreError))

    def delete(self, scan_id: str) -> None:
        """Delete a scan with all its images. Raises NotFound, StoreError.

        It leaves the list with one rename; killed after that, the next `recover` removes the rest.
        """
        path = self._path(scan_id)
        doomed = path.with_name(path.name + names.DELETED)
        with self._lock, explained(path):
            self._disk.rename(path, doomed)
            self._open.pop(scan_id, None)
            sync_folder(self._scans, self._disk)
        with explained(doomed):
            remove_tree(doomed, self._disk)

    def free_bytes(self) -> int:
        """Bytes that may still be written where the scans are."""
        place = self._scans
        while not place.exists():
            place = place.parent
        room = os.statvfs(place)
        return room.f_bavail * room.f_frsize

    def _path(self, scan_id: str) -> Path:
        path = self._scans / scan_id if names.is_scan_id(scan_id) else None
        if path is None or not path.is_dir():
            raise NotFound(f"There is no scan {scan_id!r}.", "List the scans to see their ids.")
        return path

    def _unused(self, scan_id: str) -> str:
        with explained(self._scans, doing="read"):
            taken = {path.name.split(".")[0] for path in self._scans.iterdir()}
        candidates = (scan_id if n == 1 else f"{scan_id}-{n}" for n in count(1))
        return next(candidate for candidate in candidates if candidate not in taken)

    def _build(self, path: Path, manifest: Manifest) -> None:
        """Fill the folder under another name, then rename it: a scan without a manifest is never seen."""
        unfinished = path.with_name(path.name + names.UNFINISHED)
        make_folder(unfinished, self._disk)
        for folder in ScanLayout(unfinished).image_folders:
            make_folder(folder, self._disk)
        save_manifest(manifest, ScanLayout(unfinished), self._disk)
        with explained(path):
            self._disk.rename(unfinished, path)
            sync_folder(self._scans, self._disk)

    def _folders(self) -> tuple[Path, ...]:
        """The folders of scans, also of those half made or half deleted; whatever else lies there is left alone."""
        if not self._scans.is_dir():
            return ()
        with explained(self._scans, doing="read"):
            paths = sorted(self._scans.iterdir())
        return tuple(
            path
            for path in paths
            if names.is_scan_id(path.name.removesuffix(names.UNFINISHED).removesuffix(names.DELETED))
            and path.is_dir()
            and not path.is_symlink()
        )

    def _survey(self) -> Iterator[ScanFolder | StoreError]:
        for path in self._folders():
            if not names.is_scan_id(path.name):
                continue
            try:
                yield self.open(path.name)
            except StoreError as error:
                if path.exists():  # else it was deleted just now
                    yield error
            aside = _aside(path)
            if aside.exists():
                yield CorruptState(
                    f"The manifest of scan {path.name} was damaged and is put aside as {aside.name}.",
                    f"Look over the scan; then delete {aside}.",
                )

    def _tidy(self, folder: Path) -> None:
        if not names.is_scan_id(folder.name):
            remove_tree(folder, self._disk)
            return
        for unfinished in sorted(folder.rglob("*" + TEMPORARY)):
            self._disk.remove(unfinished)
        try:
            read_manifest(ScanLayout(folder).manifest)
        except CorruptState:
            self._disk.rename(ScanLayout(folder).manifest, _aside(folder))
        except NotFound:
            pass  # put aside before; the copy serves


def _aside(folder: Path) -> Path:
    manifest = ScanLayout(folder).manifest
    return manifest.with_name(manifest.name + names.PUT_ASIDE)


def _existing(path: Path, otherwise: str) -> Path:
    if not path.is_file():
        raise NotFound(otherwise, "It may not be taken yet: see the status of the scan.")
    return path
