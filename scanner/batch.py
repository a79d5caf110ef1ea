"""Fusing image files without a rig and without a daemon: which files make a stack, and one stack from files to file."""

import math
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pydantic import ValidationError

from scanner.clock import Clock, SystemClock
from scanner.errors import (
    AlignmentFailed,
    ImageUnreadable,
    NoSpace,
    NotFound,
    PlanError,
    SlicesDiffer,
    StackingError,
    StoreError,
    TooFewSlices,
)
from scanner.plan.stacking import StackingPlan
from scanner.slices import Planes, Slice, Stacked
from scanner.store.files import SYSTEM_DISK, Disk, explained, make_folder, write_durable
from scanner.store.images import SUFFIXES, encode_depth, encode_image, encode_mask, exif_of, read_image, with_exif

_DEPTH_PER_SLICE = 1000


class Builder(Protocol):
    """A stack in work: see `scanner.stacking.stacker`."""

    def add(self, slice_: Slice, /) -> None: ...

    def finish(self) -> Stacked: ...


class Stacker(Protocol):
    """What makes one stacked image of slices that come one at a time, the reference slice first."""

    def begin(self, reference: Slice, /) -> Builder: ...


@dataclass(frozen=True, slots=True)
class StackInput:
    """The slices of one stack, in the order of the sweep. `name` is unique among the stacks found together.

    There may be too few of them: that is found out when they are stacked, so that it concerns this stack alone.
    """

    name: str
    slices: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """`reference`: "middle" or the index, from 0, of the slice that gives the geometry. `quality` 1..100 of a JPEG.

    `depth`, `mask`: where to write these as PNG of the full size, None for nowhere.
    """

    reference: str | int = "middle"
    depth: Path | None = None
    mask: Path | None = None
    quality: int = 96


@dataclass(frozen=True, slots=True)
class SliceResult:
    """How one slice fared: as in `scanner.slices.SliceReport`; None for a residual that could not be estimated."""

    file: str
    index: int
    transform: tuple[tuple[float, float, float], tuple[float, float, float]]
    residual_px: float | None
    share: float


@dataclass(frozen=True, slots=True)
class BatchReport:
    """One stack made: plain values only, so that `dataclasses.asdict` of it is JSON.

    `depth_per_slice`: how much one slice counts in the depth file. `exif`: whether the output carries the EXIF of the
    reference slice, which goes from JPEG to JPEG only.
    """

    input: str
    output: str
    width: int
    height: int
    reference: int
    slices: tuple[SliceResult, ...]
    depth: str | None
    depth_per_slice: int
    mask: str | None
    exif: bool
    seconds: float


def find_stacks(inputs: Sequence[Path]) -> tuple[StackInput, ...]:
    """The stacks that a command line names: the files of one, or folders that are each one stack or hold one a folder.

    Slices are in natural order of their names (2 before 10), which must be the order of the sweep. Hidden files are
    passed over. Raises NotFound for a path that does not exist and a folder without images, ImageUnreadable for a file
    that is no image by its name, StackingError for files and folders together.
    """
    for path in inputs:
        if not path.exists():
            raise NotFound(f"There is no {path}.", "Check the spelling; give image files or folders of them.")
    folders = [path for path in inputs if path.is_dir()]
    if folders and len(folders) < len(inputs):
        raise StackingError(
            f"Both files and folders were given: {folders[0]} is a folder.",
            "Give the files of one stack, or folders with one stack each.",
        )
    found = [(folder, files) for path in folders for folder, files in _stacks_in(path)] if folders else _loose(inputs)
    names = _unique_names([folder for folder, _ in found])
    return tuple(StackInput(name, files) for name, (_, files) in zip(names, found, strict=True))


def passed_over(inputs: Sequence[Path]) -> tuple[Path, ...]:
    """The folders inside those folders of `inputs` that hold one stack a folder, which `find_stacks` found no image in.

    Raises StoreError for a folder that cannot be read.
    """
    outer = [path for path in inputs if path.is_dir() and not _images_in(path)]
    return tuple(inner for path in outer for inner in _folders_in(path) if not _images_in(inner))


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
    Whatever goes wrong, no half file is left, and no depth or mask without its image or the other way round. The depth
    file holds 1000 x (index of the sharpest slice + 1) in 16 bit, less than 1000 where more than 64 slices would not
    fit, and 0 where nothing is sharp. Raises TooFewSlices, PlanError for a reference that is not in the stack,
    SlicesDiffer, AlignmentFailed, ImageUnreadable, NoSpace, StoreError.
    """
    clock = clock or SystemClock()
    began = clock.monotonic()
    if len(stack.slices) < 2:
        raise TooFewSlices(f"{stack.slices[0]} is alone in {stack.name}.", "A stack needs at least two slices.")
    reference = _reference(options.reference, len(stack.slices))
    _check_targets(stack, out, options)
    stacked = _fuse(stack, reference, stacker or _default_stacker())
    per_slice = min(_DEPTH_PER_SLICE, 65535 // len(stack.slices))
    exif = _exif(stack.slices[reference]) if out.suffix.lower() in (".jpg", ".jpeg") else None
    _write_all(_files(stacked, out, options, exif, per_slice), disk)
    return BatchReport(
        input=stack.name,
        output=str(out),
        width=stacked.pixels.width,
        height=stacked.pixels.height,
        reference=reference,
        slices=_results(stack, stacked),
        depth=str(options.depth) if options.depth else None,
        depth_per_slice=per_slice,
        mask=str(options.mask) if options.mask else None,
        exif=exif is not None,
        seconds=clock.monotonic() - began,
    )


def _reference(reference: str | int, count: int) -> int:
    try:
        return StackingPlan(reference=reference).reference_index(count)
    except ValidationError as error:
        raise PlanError(
            f"{reference!r} is no reference slice.", f'Give a number from 0 to {count - 1}, or "middle".'
        ) from error


def outward(count: int, reference: int) -> tuple[int, ...]:
    """The indices 0..count - 1 from the reference outward: itself, one below, one above, two below, ..."""
    return tuple(sorted(range(count), key=lambda index: (abs(index - reference), index)))


def _fuse(stack: StackInput, reference: int, stacker: Stacker) -> Stacked:
    first, *others = outward(len(stack.slices), reference)
    pixels = read_image(stack.slices[first])
    shapes = pixels.shapes
    builder = stacker.begin(Slice(first, pixels))
    for index in others:
        pixels = read_image(stack.slices[index])
        if pixels.shapes != shapes:
            raise _differ(stack.slices[index], pixels, stack.slices[reference], shapes)
        try:
            builder.add(Slice(index, pixels))
        except AlignmentFailed as error:  # the stacker knows indices only
            raise AlignmentFailed(
                f"{stack.slices[index]} does not fit the reference slice {stack.slices[reference]}.", error.hint
            ) from error
    return builder.finish()


def _default_stacker() -> Stacker:
    from scanner.stacking import stacker

    return stacker.Stacker()


def _differ(
    path: Path, pixels: Planes, reference: Path, shapes: tuple[tuple[int, ...], tuple[int, ...]]
) -> SlicesDiffer:
    (height, width), _ = shapes
    if pixels.size == (width, height):
        return SlicesDiffer(
            f"{path} and {reference} are of one size, but their colour is stored at different resolutions.",
            "Save all slices with the same program and settings.",
        )
    return SlicesDiffer(
        f"{path} has {pixels.width} x {pixels.height} pixels, but {reference} has {width} x {height}.",
        "Give only the slices of one stack, as they came from the camera.",
    )


def _results(stack: StackInput, stacked: Stacked) -> tuple[SliceResult, ...]:
    return tuple(
        SliceResult(
            file=str(stack.slices[report.index]),
            index=report.index,
            transform=report.transform,
            residual_px=report.residual_px if math.isfinite(report.residual_px) else None,
            share=report.share,
        )
        for report in sorted(stacked.slices, key=lambda report: report.index)
    )


def _check_targets(stack: StackInput, out: Path, options: BatchOptions) -> None:
    """Find out before the work is done what could not be written after it."""
    if out.suffix.lower() not in SUFFIXES:
        raise StoreError(f"{out} does not end in the name of an image.", f"Use one of {' '.join(SUFFIXES)}.")
    for path in (options.depth, options.mask):
        if path and path.suffix.lower() != ".png":
            raise StoreError(f"{path} would be a PNG, but does not end in .png.", "Name it so.")
    targets = [path.resolve() for path in (out, options.depth, options.mask) if path]
    if len(set(targets)) < len(targets):
        raise StoreError("Two of the files to write are the same.", "Give each its own name.")
    if overwritten := set(targets) & {path.resolve() for path in stack.slices}:
        raise StoreError(f"{overwritten.pop()} is one of the slices.", "Write the result to another place.")


def _exif(path: Path) -> bytes | None:
    with explained(path, doing="read"):
        data = path.read_bytes()
    return exif_of(data) if data.startswith(b"\xff\xd8") else None


def _files(
    stacked: Stacked, out: Path, options: BatchOptions, exif: bytes | None, per_slice: int
) -> Iterator[tuple[Path, bytes]]:
    """What to write and where, the image first; encoded one at a time, for one at a time is held in memory."""
    image = encode_image(stacked.pixels, out.suffix, options.quality)
    yield out, with_exif(image, exif) if exif else image
    if options.depth:
        yield options.depth, encode_depth(stacked.depth, stacked.pixels.size, per_slice)
    if options.mask:
        yield options.mask, encode_mask(stacked.mask, stacked.pixels.size)


def _write_all(files: Iterable[tuple[Path, bytes]], disk: Disk) -> None:
    """All of the files, or none. Raises NoSpace, StoreError."""
    written: list[Path] = []
    try:
        for path, data in files:
            make_folder(path.resolve().parent, disk)
            write_durable(path, data, disk)
            written.append(path)
    except StoreError as error:
        for path in written:
            with suppress(OSError):  # the error that made it superfluous is the one to tell
                disk.remove(path)
        if isinstance(error, NoSpace):  # the store's hint is to delete scans
            raise NoSpace(error.message, "Make room on that disk, or write to another one.") from error
        raise


def _stacks_in(folder: Path) -> Iterator[tuple[Path, tuple[Path, ...]]]:
    """The folder itself where it has images, else its folders that have some. Raises NotFound when there is none."""
    if files := _images_in(folder):
        yield folder, files
        return
    found = [(path, files) for path in _folders_in(folder) if (files := _images_in(path))]
    if not found:
        raise NotFound(f"There are no images in {folder}.", f"Images are files that end in {' '.join(SUFFIXES)}.")
    yield from found


def _loose(files: Sequence[Path]) -> list[tuple[Path, tuple[Path, ...]]]:
    """One stack of files, called as the folder of the first."""
    if not files:
        raise NotFound("No images were given.", "Give the files of one stack, or folders with one stack each.")
    for path in files:
        if path.suffix.lower() not in SUFFIXES:
            raise ImageUnreadable(f"{path} is no image by its name.", f"Images end in {' '.join(SUFFIXES)}.")
    ordered = tuple(sorted(dict.fromkeys(files), key=_natural))
    return [(ordered[0].parent, ordered)]


def _folders_in(folder: Path) -> list[Path]:
    return sorted((path for path in _visible(folder) if path.is_dir()), key=_natural)


def _images_in(folder: Path) -> tuple[Path, ...]:
    files = (path for path in _visible(folder) if path.suffix.lower() in SUFFIXES and path.is_file())
    return tuple(sorted(files, key=_natural))


def _visible(folder: Path) -> list[Path]:
    with explained(folder, doing="read"):
        return [path for path in folder.iterdir() if not path.name.startswith(".")]


def _natural(path: Path) -> tuple[list[str | int], str]:
    """Numbers in a name count as numbers: text and numbers alternate, so like is compared with like."""
    parts = re.split("([0-9]+)", path.name.casefold())
    return [int(part) if place % 2 else part for place, part in enumerate(parts)], str(path)


def _unique_names(folders: Sequence[Path]) -> list[str]:
    """The names of the folders, with those of folders above them where that is needed to tell them apart."""
    whole = [folder.resolve() for folder in folders]
    names = [folder.name or "stack" for folder in whole]
    if len(set(names)) == len(names):
        return names
    above = os.path.commonpath(whole)
    return ["_".join(folder.relative_to(above).parts) or folder.name for folder in whole]
