"""The scans on disk: create, open, list, delete."""

import os
import threading
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from weakref import WeakValueDictionary

from pydantic import JsonValue

from scanner import __version__
from scanner.clock import Clock
from scanner.errors import CorruptState, NotFound, StoreError
from scanner.plan.scan import ScanPlan
from scanner.store import layout as names
from scanner.store.files import (
    SYSTEM_DISK,
    TEMPORARY,
    Disk,
    explained,
    make_folder,
    remove_tree,
    sync_folder,
)
from scanner.store.layout import ScanLayout
from scanner.store.manifest import Manifest, load_manifest, read_manifest, save_manifest
from scanner.store.scan_folder import ScanFolder


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
