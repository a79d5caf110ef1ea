"""What scans have left on disk: images, archives, manifests, and what became of each position."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from scanner.capture.positions import PositionReport, reports
from scanner.capture.recorded import focus_unit
from scanner.delivery.archive import Profile, photogrammetry_archive
from scanner.delivery.manifest import DeliveryManifest, delivery_manifest
from scanner.store.archive import Archive
from scanner.store.files import write_chunks
from scanner.store.journal import History
from scanner.store.manifest import Manifest
from scanner.store.scans import ScanStore


@dataclass(frozen=True, slots=True, eq=False)
class _Key:
    """What an archive is made of; a manifest and a history are replaced, never changed."""

    profile: Profile
    manifest: Manifest
    history: History

    def same(self, other: Self) -> bool:
        return self.profile == other.profile and self.manifest is other.manifest and self.history is other.history


class Files:
    """Every call raises NotFound for a scan, position or slice that is not there."""

    def __init__(self, store: ScanStore, data: Path) -> None:
        self._store = store
        self._data = data
        self._latest: tuple[_Key, Archive] | None = None

    def manifest(self, scan_id: str, profile: Profile = "metashape") -> DeliveryManifest:
        """The manifest as the zip of that profile has it."""
        return delivery_manifest(self._store.open(scan_id), profile)

    def positions(self, scan_id: str) -> tuple[PositionReport, ...]:
        """The positions that are stacked so far, in capture order: slices, quality, findings."""
        folder = self._store.open(scan_id)
        return reports(folder.history(), focus_unit(folder))

    def stacks_archive(self, scan_id: str, profile: Profile = "metashape") -> Archive:
        """The zip of what is stacked so far, for photogrammetry with the program that `profile` names.

        The last one is kept, for the next part of a download: of a large scan it takes half a second to make.
        """
        folder = self._store.open(scan_id)
        key = _Key(profile, folder.manifest, folder.history())
        latest = self._latest
        if latest is None or not latest[0].same(key):
            latest = self._latest = (key, photogrammetry_archive(folder, profile))
        return latest[1]

    def slices_archive(self, scan_id: str) -> Archive:
        """The zip of the slices, one folder per position."""
        return self._store.open(scan_id).slices_archive()

    def stack_path(self, scan_id: str, position: int) -> Path:
        return self._store.open(scan_id).stack_path(position)

    def slice_path(self, scan_id: str, position: int, index: int) -> Path:
        return self._store.open(scan_id).slice_path(position, index)

    def mask_path(self, scan_id: str, position: int) -> Path:
        return self._store.open(scan_id).mask_path(position)

    def depth_path(self, scan_id: str, position: int) -> Path:
        return self._store.open(scan_id).depth_path(position)

    def thumbnail_path(self, scan_id: str, position: int) -> Path:
        return self._store.open(scan_id).thumbnail_path(position)

    def export(self, scan_id: str) -> Path:
        """Write the zip of the stacked images into the data folder and return its path. Raises NoSpace as well."""
        path = self._data / f"{scan_id}_photogrammetry.zip"
        write_chunks(path, self.stacks_archive(scan_id).read())
        return path
