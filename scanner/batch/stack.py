"""One stack from files to file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from scanner.batch.inputs import StackInput
from scanner.batch.report import BatchReport, finding_results, slice_results, with_names
from scanner.batch.targets import DEPTH_PER_SLICE, JPEG, BatchOptions, check_targets, encoded, write_all
from scanner.clock import Clock, SystemClock
from scanner.errors import AlignmentFailed, SlicesDiffer, TooFewSlices
from scanner.plan.stacking import StackingPlan
from scanner.slices import Planes, Slice, Stacked
from scanner.store.files import SYSTEM_DISK, Disk, explained
from scanner.store.images import exif_of, read_coloured


class Builder(Protocol):
    """A stack in work: see `scanner.stacking.stacker`."""

    def add(self, slice_: Slice, /) -> None: ...

    def finish(self) -> Stacked: ...


class Stacker(Protocol):
    """What makes one stacked image of slices that come one at a time, the reference slice first."""

    def begin(self, reference: Slice, /) -> Builder: ...


def stack_files(
    stack: StackInput,
    out: Path,
    options: BatchOptions,
    stacker: Stacker | None = None,
    clock: Clock | None = None,
    *,
    disk: Disk = SYSTEM_DISK,
) -> BatchReport:
    """Fuse one stack and write it to `out`, whose suffix names the kind of file; a missing folder is made.

    Slices are read one at a time: the reference slice, then outward from it, so that each is close to one before.
    Unless all files are complete, none of them is there, and older ones of their names are as they were. The depth file
    holds 1000 x (index of the sharpest slice + 1) in 16 bit, less than 1000 where more than 64 slices would not fit,
    and 0 where nothing is sharp; the index file holds the index of the sharpest slice, everywhere. Raises TooFewSlices,
    PlanError for a reference that is not in the stack, SlicesDiffer, AlignmentFailed, ImageUnreadable, NoSpace,
    StoreError.
    """
    clock = clock or SystemClock()
    began = clock.monotonic()
    if len(stack.slices) < 2:
        raise TooFewSlices(f"{stack.slices[0]} is alone in {stack.name}.", "A stack needs at least two slices.")
    reference = options.plan.reference_index(len(stack.slices))
    check_targets(stack, out, options)
    stacked = _fuse(stack, reference, stacker or _default_stacker(options.plan))
    per_slice = min(DEPTH_PER_SLICE, 65535 // len(stack.slices))
    as_jpeg = out.suffix.lower() in JPEG
    exif = _exif(stack.slices[reference]) if as_jpeg else None
    write_all(encoded(stacked, out, options, exif, per_slice), disk)
    depth, index, mask = (str(path) if path else None for path in (options.depth, options.index, options.mask))
    return BatchReport(
        input=stack.name,
        output=str(out),
        width=stacked.pixels.width,
        height=stacked.pixels.height,
        bits=8 if as_jpeg else stacked.pixels.bits,
        reference=reference,
        plan=options.plan.model_dump(mode="json"),
        slices=slice_results(stack.slices, stacked),
        quality=stacked.quality.model_dump(mode="json"),
        findings=finding_results(stack.slices, stacked),
        depth=depth,
        depth_per_slice=per_slice,
        index=index,
        mask=mask,
        exif=exif is not None,
        seconds=clock.monotonic() - began,
    )


def outward(count: int, reference: int) -> tuple[int, ...]:
    """The indices 0..count - 1 from the reference outward: itself, one below, one above, two below, ..."""
    return tuple(sorted(range(count), key=lambda index: (abs(index - reference), index)))


@dataclass(frozen=True, slots=True)
class _Kind:
    """What the reference slice is like, without its pixels: all other slices must be so."""

    path: Path
    shapes: tuple[tuple[int, ...], tuple[int, ...]]
    bits: int
    coloured: bool


def _fuse(stack: StackInput, reference: int, stacker: Stacker) -> Stacked:
    first, *others = outward(len(stack.slices), reference)
    builder, kind = _begun(stack.slices[first], first, stacker)
    try:
        for index in others:
            builder.add(Slice(index, _read(stack.slices[index], kind)))
        return builder.finish()
    except AlignmentFailed as error:
        raise AlignmentFailed(with_names(error.message, [*map(str, stack.slices)]), error.hint) from error


def _begun(path: Path, index: int, stacker: Stacker) -> tuple[Builder, _Kind]:
    pixels, coloured = read_coloured(path)
    return stacker.begin(Slice(index, pixels)), _Kind(path, pixels.shapes, pixels.bits, coloured)


def _read(path: Path, kind: _Kind) -> Planes:
    pixels, coloured = read_coloured(path)
    found = _Kind(kind.path, pixels.shapes, pixels.bits, coloured)
    if found != kind:
        raise _differ(path, found, kind)
    return pixels


def _default_stacker(plan: StackingPlan) -> Stacker:
    from scanner.stacking import stacker

    return stacker.Stacker(plan)


def _differ(path: Path, found: _Kind, kind: _Kind) -> SlicesDiffer:
    (height, width), (rows, columns) = kind.shapes[0], found.shapes[0]
    if (columns, rows) != (width, height):
        return SlicesDiffer(
            f"{path} has {columns} x {rows} pixels, but {kind.path} has {width} x {height}.",
            "Give only the slices of one stack, as they came from the camera.",
        )
    same = "Save all slices with the same program and settings."
    if found.coloured != kind.coloured:
        grey, coloured = (kind.path, path) if found.coloured else (path, kind.path)
        return SlicesDiffer(f"{grey} is grey, but {coloured} has colour.", same)
    if found.bits != kind.bits:
        return SlicesDiffer(f"{path} has {found.bits} bits a channel, but {kind.path} has {kind.bits}.", same)
    return SlicesDiffer(
        f"{path} and {kind.path} are of one size, but their colour is stored at different resolutions.", same
    )


def _exif(path: Path) -> bytes | None:
    with explained(path, doing="read"):
        data = path.read_bytes()
    return exif_of(data) if data.startswith(b"\xff\xd8") else None
