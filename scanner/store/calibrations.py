"""What was measured once of a camera and holds for every scan with it: one sealed document a key."""

from pathlib import Path
from typing import Literal

from pydantic import JsonValue, ValidationError

from scanner.errors import CorruptState, NotFound, StoreError
from scanner.store import layout as names
from scanner.store.files import SYSTEM_DISK, TEMPORARY, Disk, explained, make_folder, sync_folder, write_durable
from scanner.store.seal import seal, unseal
from scanner.units import Frozen

_AGAIN = "Calibrate again."


class _Document(Frozen):
    """`content` is plain JSON here: the store knows no stacking."""

    format: Literal[1] = 1
    key: str
    content: dict[str, JsonValue]


class CalibrationStore:
    """The calibrations under one data folder. Safe to call from any thread; one process at a time may write."""

    def __init__(self, root: Path, disk: Disk = SYSTEM_DISK) -> None:
        """`root`: the data folder. Touches nothing."""
        self._root = root
        self._disk = disk

    def recover(self) -> tuple[StoreError, ...]:
        """Remove unfinished files and put damaged ones aside; call it once, at start-up, before anything else writes.

        Returns what could not be tidied (a read-only disk).
        """
        troubles: list[StoreError] = []
        for path in self._files():
            try:
                self._tidy(path)
            except StoreError as error:
                troubles.append(error)
        return tuple(troubles)

    def load(self, key: str) -> dict[str, JsonValue] | None:
        """What was stored for `key`; None where nothing was.

        Raises CorruptState for a damaged file, StoreError for one that cannot be read.
        """
        path = names.calibration(self._root, key)
        if not path.exists():
            return None
        document = _read(path)
        return document.content if document.key == key else None

    def save(self, key: str, content: dict[str, JsonValue]) -> None:
        """Store `content` for `key`, durably, in place of what was there, also of what was put aside.

        Raises NoSpace, StoreError; then everything is as before.
        """
        path = names.calibration(self._root, key)
        make_folder(path.parent, self._disk)
        sealed = seal(_Document(key=key, content=content).model_dump_json(indent=2)) + "\n"
        write_durable(path, sealed.encode(), self._disk)
        aside = _aside(path)
        if aside.exists():
            self._remove(aside)

    def delete(self, key: str) -> None:
        """Forget what was stored for `key`. Raises NotFound, StoreError."""
        path = names.calibration(self._root, key)
        if not path.exists():
            raise NotFound(f"There is no calibration of {key}.", "There is nothing to delete.")
        self._remove(path)

    def problems(self) -> tuple[CorruptState, ...]:
        """The calibrations that were damaged and are put aside."""
        return tuple(
            CorruptState(f"A calibration was damaged and is put aside as {path.name}.", f"{_AGAIN} Or delete {path}.")
            for path in self._files()
            if path.name.endswith(names.PUT_ASIDE)
        )

    def _files(self) -> tuple[Path, ...]:
        folder = names.calibrations(self._root)
        if not folder.is_dir():
            return ()
        with explained(folder, doing="read"):
            return tuple(sorted(folder.iterdir()))

    def _tidy(self, path: Path) -> None:
        if path.name.endswith(TEMPORARY):
            self._remove(path)
        elif path.suffix == ".json":
            try:
                _read(path)
            except CorruptState:
                with explained(path):
                    self._disk.rename(path, _aside(path))

    def _remove(self, path: Path) -> None:
        with explained(path):
            self._disk.remove(path)
            sync_folder(path.parent, self._disk)


def _read(path: Path) -> _Document:
    with explained(path, doing="read"):
        data = path.read_bytes()
    try:
        return _Document.model_validate_json(unseal(data))
    except CorruptState as error:
        raise CorruptState(f"{path} is damaged: {error.message}", error.hint or _AGAIN) from error
    except ValidationError as error:
        raise CorruptState(f"{path} is damaged, or of another version.", _AGAIN) from error


def _aside(path: Path) -> Path:
    return path.with_name(path.name + names.PUT_ASIDE)
