"""The one place that knows the names and folders on disk: of scans, and of calibrations."""

import re
import zlib
from datetime import UTC, datetime
from pathlib import Path

from scanner.ascii_text import ascii_text

ID_PATTERN = r"^[0-9]{8}-[0-9]{6}-[a-z0-9-]+$"
UNFINISHED = ".new"
DELETED = ".deleting"
PUT_ASIDE = ".corrupt"

_ID = re.compile(ID_PATTERN.strip("^$"))


def is_scan_id(text: str) -> bool:
    """Whether `text` can be the id of a scan; such a text is safe as the name of a folder."""
    return len(text) <= 100 and _ID.fullmatch(text) is not None


def scan_id(created_at: datetime, name: str) -> str:
    """The id of a scan: its time of creation in UTC and its name, reduced to ASCII letters, digits and dashes."""
    slug = _slug(name)[:40].strip("-") or "scan"
    return f"{created_at.astimezone(UTC):%Y%m%d-%H%M%S}-{slug}"


def calibrations(root: Path) -> Path:
    """The folder of the calibrations under the data folder `root`."""
    return root / "calibrations"


def calibration(root: Path, key: str) -> Path:
    """The file of the calibration of `key`: readable, and with a checksum, so that no two keys share one."""
    return calibrations(root) / f"{_slug(key)[:60].strip('-')}-{zlib.crc32(key.encode()):08x}.json"


def _slug(text: str) -> str:
    """`text` in lower-case ASCII letters and digits, with dashes between."""
    return re.sub("[^a-z0-9]+", "-", ascii_text(text, otherwise="").lower()).strip("-")


class ScanLayout:
    """Where the files of one scan are. Positions and slices count from 0.

    `slices`: how many slices a stack has; more than 100 take a third digit, so that names sort as the sweep runs.
    """

    def __init__(self, folder: Path, slices: int = 0) -> None:
        self.folder = folder
        self._digits = max(2, len(str(slices - 1)))

    @property
    def manifest(self) -> Path:
        return self.folder / "manifest.json"

    @property
    def manifest_copy(self) -> Path:
        return self.folder / "manifest.copy.json"

    @property
    def journal(self) -> Path:
        return self.folder / "journal.jsonl"

    @property
    def image_folders(self) -> tuple[Path, ...]:
        return tuple(self.folder / name for name in ("stacks", "slices", "thumbnails", "masks", "depth"))

    def stem(self, position: int) -> str:
        return f"{self.folder.name}_{position:04d}"

    def stack(self, position: int) -> Path:
        return self.folder / "stacks" / f"{self.stem(position)}.jpg"

    def mask(self, position: int) -> Path:
        return self.folder / "masks" / f"{self.stem(position)}.png"

    def depth(self, position: int) -> Path:
        return self.folder / "depth" / f"{self.stem(position)}.png"

    def slice(self, position: int, index: int) -> Path:
        return self.folder / "slices" / self.stem(position) / f"slice_{index:0{self._digits}d}.jpg"

    def thumbnail(self, position: int) -> Path:
        return self.folder / "thumbnails" / f"{self.stem(position)}.jpg"
