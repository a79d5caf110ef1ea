"""Which files make a stack."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from scanner.errors import ImageUnreadable, NotFound, StackingError
from scanner.store.files import explained
from scanner.store.images import SUFFIXES


@dataclass(frozen=True, slots=True)
class StackInput:
    """The slices of one stack, in the order of the sweep. `name` is unique among the stacks found together.

    There may be too few of them: that is found out when they are stacked, so that it concerns this stack alone.
    """

    name: str
    slices: tuple[Path, ...]


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
