"""The stacking thread: fuses each position right after its last slice, behind a bounded hand-over."""

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from scanner.capture.breathing import breathing_of
from scanner.capture.engine import focus_of
from scanner.capture.geometry import recorded_breathing
from scanner.capture.maps import maps_of
from scanner.capture.photo import Photo
from scanner.capture.positions import attainable
from scanner.capture.recorded import reach_of
from scanner.capture.settle import Settled
from scanner.clock import Clock
from scanner.errors import TooFewSlices
from scanner.slices import Position, Shot, Slice, SliceReport, Stacked
from scanner.stacking.cores import leave_one
from scanner.stacking.stacker import StackBuilder, Stacker
from scanner.store.files import FileRecord
from scanner.store.images import encode_jpeg, thumbnail
from scanner.store.journal import PositionDone, SliceRecord
from scanner.store.manifest import Manifest
from scanner.store.scan_folder import PositionImages, ScanFolder
from scanner.units import FocusPosition, Seconds

log = logging.getLogger(__name__)

HAND_OVER_SLICES = 2
"""How many slices may wait: capture then waits too, so that memory cannot grow."""


@dataclass(frozen=True, slots=True)
class _Written:
    """A slice that is on disk and in the stack: its facts without its pixels."""

    shot: Shot
    file: FileRecord
    focus: FocusPosition | None
    exposure_us: int | None
    gain: float | None


@dataclass(frozen=True, slots=True)
class _Stack:
    """The stack in work: what has arrived so far."""

    position: Position
    builder: StackBuilder
    began: Seconds
    taken_at: datetime
    written: list[_Written] = field(default_factory=list)


class StackingWorker:
    """Owns the StackBuilder and the writes. Use as a context manager; leaving it drops what is not finished.

    Any error of the thread is raised to the acquisition thread at its next call.
    """

    def __init__(self, folder: ScanFolder, clock: Clock, stacked: Callable[[PositionDone], None]) -> None:
        """How to stack stands in the manifest: plan and breathing, so that all positions are stacked the same way."""
        self._folder = folder
        self._stacker = _stacker(folder.manifest)
        self._photo = Photo(folder.manifest)
        self._maps = maps_of(folder.manifest)
        self._reach = reach_of(folder.manifest)
        self._quality = folder.manifest.plan.stacking.quality
        self._clock = clock
        self._stacked = stacked
        self._queue: queue.Queue[Callable[[], None] | None] = queue.Queue(HAND_OVER_SLICES)
        self._stack: _Stack | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="stacking")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._queue.put(None)
        self._thread.join()

    def add(self, shot: Shot, slice_: Slice) -> None:
        """Hand over one slice; waits while the hand-over is full. The first one of a position is its reference."""
        self._hand_over(lambda: self._add(shot, slice_))

    def finish(self, position: Position, settled: Settled) -> None:
        """All slices of `position` are handed over; `settled`: how the rig came to rest before them."""
        self._hand_over(lambda: self._finish(position, settled))

    def drain(self) -> None:
        """Block until everything handed over is on disk. Raises what the thread failed with."""
        self._queue.join()
        self._raise()

    def _hand_over(self, job: Callable[[], None]) -> None:
        self._raise()
        self._queue.put(job)

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error

    def _work(self) -> None:
        leave_one()
        while (job := self._queue.get()) is not None:
            try:
                if self._error is None:
                    job()
            except BaseException as error:  # noqa: BLE001  raised again in the acquisition thread
                self._error = error
            finally:
                self._queue.task_done()

    def _add(self, shot: Shot, slice_: Slice) -> None:
        taken_at = self._wall_time(slice_)
        jpeg = encode_jpeg(slice_.pixels, self._quality)
        named = self._photo.stamped(jpeg, taken_at, f"{shot.position.index}/{shot.index}")
        file = self._folder.write_slice(shot.position.index, shot.index, named)
        known = replace(slice_, focus=focus_of(slice_, shot))
        if self._stack is None or self._stack.position != shot.position:
            self._stack = _Stack(shot.position, self._stacker.begin(known), self._clock.monotonic(), taken_at)
        else:
            self._stack.builder.add(known)
        self._stack.written.append(_Written(shot, file, slice_.focus, slice_.exposure_us, slice_.gain))

    def _finish(self, position: Position, settled: Settled) -> None:
        if self._stack is None or self._stack.position != position:
            raise TooFewSlices(f"Position {position.index} is finished, but no slice of it was handed over.")
        stack, self._stack = self._stack, None
        stacked = stack.builder.finish()
        images = self._images(stacked, stack)
        done = self._folder.finish_position(
            position,
            _records(stack, stacked),
            images,
            took_s=self._clock.monotonic() - stack.began,
            quality=attainable(stacked.quality, self._maps.sweep, self._reach),
            taken_at=stack.taken_at,
            settle_s=settled.seconds,
            still=settled.still,
        )
        self._stacked(done)

    def _images(self, stacked: Stacked, stack: _Stack) -> PositionImages:
        jpeg = encode_jpeg(stacked.pixels, self._quality)
        named = self._photo.stamped(jpeg, stack.taken_at, f"{stack.position.index}/stack")
        return PositionImages(named, thumbnail(stacked.pixels), self._maps.mask(stacked), self._maps.depth(stacked))

    def _wall_time(self, slice_: Slice) -> datetime:
        """When the exposure began, in local time."""
        ago = 0.0 if slice_.taken_at is None else self._clock.monotonic() - slice_.taken_at
        return (self._clock.now() - timedelta(seconds=ago)).astimezone()


def _stacker(manifest: Manifest) -> Stacker:
    """Raises CorruptState for a calibration in the manifest that this version cannot read."""
    known = recorded_breathing(manifest)
    return Stacker(manifest.plan.stacking, None if known is None else breathing_of(known))


def _records(stack: _Stack, stacked: Stacked) -> tuple[SliceRecord, ...]:
    """What the journal keeps of each slice: what was asked, what was taken, how it fared."""
    reports = {report.index: report for report in stacked.slices}
    return tuple(
        _record(written, reports[written.shot.index])
        for written in sorted(stack.written, key=lambda written: written.shot.index)
    )


def _record(written: _Written, report: SliceReport) -> SliceRecord:
    return SliceRecord(
        file=written.file,
        focus_asked=written.shot.focus,
        focus=written.focus,
        exposure_us=written.exposure_us,
        gain=written.gain,
        **asdict(report),
    )
