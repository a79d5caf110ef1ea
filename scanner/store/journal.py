"""What really happened in a scan: one JSON object a line, only ever appended, each line durable before the next."""

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import AliasChoices, AwareDatetime, Field, JsonValue, TypeAdapter, ValidationError

from scanner.errors import CorruptState
from scanner.slices import LeftOut, SliceReport, StackQuality, Transform
from scanner.store.files import SYSTEM_DISK, Disk, FileRecord, explained, sync_folder, write_at
from scanner.store.seal import seal, unseal
from scanner.units import Degrees, FocusPosition, Frozen, Microseconds, Seconds

State: TypeAlias = Literal["running", "paused", "finished"]
Reason: TypeAlias = Literal["completed", "cancelled", "failed"]


class SliceFacts(Frozen):
    """One slice: what was asked for, what its own frame reported, and how it fared in the stack.

    `transform` to `left_out` as in `scanner.slices.SliceReport`; focus positions None for fixed focus. What has a
    default was not written by the first version.
    """

    index: int
    focus_asked: Annotated[FocusPosition | None, Field(validation_alias=AliasChoices("focus_asked", "lens_asked"))]
    focus: Annotated[FocusPosition | None, Field(validation_alias=AliasChoices("focus", "lens"))]
    exposure_us: Microseconds | None
    gain: float | None
    transform: Transform
    residual_px: float
    share: float
    likeness: float = 1.0
    brightness: float = 1.0
    shake_px: float = 0.0
    left_out: LeftOut | None = None

    @property
    def report(self) -> SliceReport:
        """How it fared, as the stacker told it."""
        return SliceReport(
            index=self.index,
            transform=self.transform,
            residual_px=self.residual_px,
            share=self.share,
            likeness=self.likeness,
            brightness=self.brightness,
            shake_px=self.shake_px,
            left_out=self.left_out,
        )


class SliceRecord(SliceFacts):
    """One slice with its file."""

    file: FileRecord


class PositionDone(Frozen):
    """A position whose files are all on disk. `at`: wall time, a label only.

    `taken_at`: wall time of its reference slice, a label too; None in scans of older versions. `stack_without_35mm`:
    `stack`, were its EXIF silent on the focal length in 35 mm film; None where there is no such tag. `mask`, `depth`:
    None where the plan wants none. `settle_s`: how long the rig took to stand still after the move (None: not known);
    `still`: whether it did.
    """

    event: Literal["position-done"] = "position-done"
    at: AwareDatetime
    index: int
    turntable: Degrees
    tilt: Degrees
    taken_at: AwareDatetime | None = None
    stack: FileRecord
    stack_without_35mm: FileRecord | None = None
    mask: FileRecord | None = None
    depth: FileRecord | None = None
    slices: tuple[SliceRecord, ...]
    took_s: Seconds
    quality: StackQuality = StackQuality()
    settle_s: Seconds | None = None
    still: bool = True


class StateChanged(Frozen):
    """The scan started, paused, or ended: then with the reason, and the problem where there was one.

    `elapsed_s`: how long it had run by then, over all its runs, pauses left out.
    """

    event: Literal["state-changed"] = "state-changed"
    at: AwareDatetime
    state: State
    reason: Reason | None = None
    problem: dict[str, JsonValue] | None = None
    elapsed_s: Seconds = 0.0


Record: TypeAlias = Annotated[PositionDone | StateChanged, Field(discriminator="event")]

_RECORD: TypeAdapter[PositionDone | StateChanged] = TypeAdapter(Record)


@dataclass(frozen=True, slots=True)
class History:
    """The journal, summed up. `done`: by position; a position done twice counts as it was the last time.

    `damaged`: numbers, from 1, of lines in the middle that cannot be read; what they told is lost, no image is.
    """

    done: dict[int, PositionDone] = field(default_factory=dict)
    state: StateChanged | None = None
    damaged: tuple[int, ...] = ()

    @property
    def in_order(self) -> tuple[PositionDone, ...]:
        """The positions that are done, in capture order."""
        return tuple(self.done[index] for index in sorted(self.done))

    def after(self, record: PositionDone | StateChanged) -> "History":
        """The history with one more record."""
        if isinstance(record, PositionDone):
            return History({**self.done, record.index: record}, self.state, self.damaged)
        return History(self.done, record, self.damaged)


class Journal:
    """The journal of one scan. Any thread may read; one `Journal` alone, in one process, may append to a file."""

    def __init__(self, path: Path, disk: Disk = SYSTEM_DISK) -> None:
        """Read what there is; a missing file is an empty journal. Raises StoreError when it cannot be read."""
        self._path = path
        self._disk = disk
        self._lock = threading.Lock()
        with explained(path, doing="read"):
            data = path.read_bytes() if path.exists() else b""
        self._history, self._end = read_journal(data)

    @property
    def history(self) -> History:
        return self._history

    def append(self, record: PositionDone | StateChanged) -> None:
        """Add a line; it is durable when this returns. Raises NoSpace, StoreError, and then nothing was added."""
        line = (seal(record.model_dump_json()) + "\n").encode()
        with self._lock:
            with explained(self._path, len(line)):
                new = not self._path.exists()
                write_at(self._path, self._end, (line,), self._disk)
                if new:
                    sync_folder(self._path.parent, self._disk)
            self._end += len(line)
            self._history = self._history.after(record)


def read_journal(data: bytes) -> tuple[History, int]:
    """The history in the bytes of a journal, and the offset where its last readable line ends.

    What follows that offset was being written when the power went; the next line is written over it.
    """
    done: dict[int, PositionDone] = {}
    state: StateChanged | None = None
    unreadable: list[int] = []
    readable, end, offset = 0, 0, 0
    for number, line in enumerate(data.splitlines(keepends=True), start=1):
        offset += len(line)
        try:
            record = _parse(line)
        except CorruptState:
            unreadable.append(number)
            continue
        readable, end = number, offset
        if isinstance(record, PositionDone):
            done[record.index] = record
        else:
            state = record
    return History(done, state, tuple(number for number in unreadable if number < readable)), end


def _parse(line: bytes) -> PositionDone | StateChanged:
    if not line.endswith(b"\n"):
        raise CorruptState("This line was not written to its end.")
    try:
        return _RECORD.validate_json(unseal(line))
    except ValidationError as error:
        raise CorruptState("This line is not a record.") from error
