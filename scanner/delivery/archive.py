"""The zip for photogrammetry."""

from typing import Literal, TypeAlias

from scanner.store.archive import Archive
from scanner.store.scans import ScanFolder

Profile: TypeAlias = Literal["metashape", "realityscan", "colmap", "meshroom"]


def photogrammetry_archive(folder: ScanFolder, profile: Profile = "metashape") -> Archive:
    """The zip of what is stacked so far, laid out as `profile` wants it."""
    raise NotImplementedError
