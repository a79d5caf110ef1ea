"""Where the image and the maps of a stack go: all of them, or none."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from scanner.batch.inputs import StackInput
from scanner.errors import NoSpace, StoreError
from scanner.plan.stacking import StackingPlan
from scanner.slices import Stacked
from scanner.store.files import TEMPORARY, Disk, explained, make_folder, sync_folder, write_at
from scanner.store.images import SUFFIXES, encode_depth, encode_image, encode_index, encode_mask, with_exif

DEPTH_PER_SLICE = 1000
JPEG = (".jpg", ".jpeg")


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """`plan`: how to stack. `depth`, `index`, `mask`: where to write these, as PNG of the full size, if at all."""

    plan: StackingPlan = field(default_factory=StackingPlan)
    depth: Path | None = None
    index: Path | None = None
    mask: Path | None = None

    @property
    def maps(self) -> tuple[Path, ...]:
        """Where those that are wanted go."""
        return tuple(path for path in (self.depth, self.index, self.mask) if path)


def check_targets(stack: StackInput, out: Path, options: BatchOptions) -> None:
    """Find out before the work is done what could not be written after it. Raises StoreError."""
    if out.suffix.lower() not in SUFFIXES:
        raise StoreError(f"{out} does not end in the name of an image.", f"Use one of {' '.join(SUFFIXES)}.")
    for path in options.maps:
        if path.suffix.lower() != ".png":
            raise StoreError(f"{path} would be a PNG, but does not end in .png.", "Name it so.")
    for path in (out, *options.maps):
        if path.is_dir():
            raise StoreError(f"{path} is a folder.", "Give the name of a file.")
        if found := next((folder for folder in path.parents if folder.exists() and not folder.is_dir()), None):
            raise StoreError(f"{found} is a file, not a folder.", f"Put {path.name} into a folder.")
    targets = [path.resolve() for path in (out, *options.maps)]
    if len(set(targets)) < len(targets):
        raise StoreError("Two of the files to write are the same.", "Give each its own name.")
    if overwritten := set(targets) & {path.resolve() for path in stack.slices}:
        raise StoreError(f"{overwritten.pop()} is one of the slices.", "Write the result to another place.")


def encoded(
    stacked: Stacked, out: Path, options: BatchOptions, exif: bytes | None, per_slice: int
) -> Iterator[tuple[Path, bytes]]:
    """What to write and where, the image first; encoded one at a time, for one at a time is held in memory."""
    image = encode_image(stacked.pixels, out.suffix, options.plan.quality)
    yield out, with_exif(image, exif) if exif else image
    size = stacked.pixels.size
    if options.depth:
        yield options.depth, encode_depth(stacked.depth, size, per_slice)
    if options.index:
        yield options.index, encode_index(stacked.best, size)
    if options.mask:
        yield options.mask, encode_mask(stacked.mask, size)


def write_all(files: Iterable[tuple[Path, bytes]], disk: Disk) -> None:
    """All of the files, durably, or none: they get their names when all are complete, so that until then older files
    stay what they are. Raises NoSpace, StoreError."""
    with ExitStack() as undo:
        try:
            unfinished = [(_written(path, data, disk, undo), path) for path, data in files]
            for temporary, path in unfinished:
                with explained(path):
                    disk.rename(temporary, path)
            undo.pop_all()
            for folder in {path.resolve().parent for _, path in unfinished}:
                with explained(folder):
                    sync_folder(folder, disk)
        except NoSpace as error:  # the store's hint is to delete scans
            raise NoSpace(error.message, "Make room on that disk, or write to another one.") from error


def _written(path: Path, data: bytes, disk: Disk, undo: ExitStack) -> Path:
    """The file under a temporary name, which `undo` removes."""
    make_folder(path.resolve().parent, disk)
    temporary = path.with_name(path.name + TEMPORARY)
    undo.callback(_removed, temporary, disk)
    with explained(path, len(data)):
        write_at(temporary, 0, (data,), disk)
    return temporary


def _removed(path: Path, disk: Disk) -> None:
    with suppress(OSError):  # not there any more, or the error that made it superfluous is the one to tell
        disk.remove(path)
