"""Parts of real stacks at 1:1, each stacker's beside the others': `python -m benchmarks.crops FOLDER... -o OUT`.

Writes one picture a folder, OUT/<folder>.jpg: a row for each place given with --at (x, y of its middle; default: the
middle of the picture), a column for each stacker found on this machine.
"""

import argparse
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.contestants import Contestant, Job, contestants
from benchmarks.stack import run

Picture = NDArray[np.uint8]
Place = tuple[int, int]

LABEL = 22
"""Pixels of height, above each part."""

GAP = 4
QUALITY = 92
PICTURES = {".jpg", ".jpeg", ".png", ".tif", ".tiff"}


def results(folder: Path, work: Path, only: Sequence[str]) -> Iterator[tuple[str, Picture]]:
    """A slice of the middle as it is, then name and picture of each stacker in `only`, all as the first slice lies.

    That slice is the reference, because align_image_stack goes from neighbour to neighbour beginning with it.
    """
    slices = tuple(sorted(p for p in folder.iterdir() if p.suffix.lower() in PICTURES))
    found = {contestant.name: contestant for contestant in contestants(Job(slices, 0, work))}
    yield f"slice {len(slices) // 2}", _read(slices[len(slices) // 2])
    for name in only:
        if name in found and (picture := _made(found[name])) is not None:
            yield name, picture


def _made(contestant: Contestant) -> Picture | None:
    try:
        run(contestant.commands)
    except subprocess.CalledProcessError as error:
        print(f"{contestant.name} failed: {(error.stderr.strip().splitlines() or ['without a word'])[-1]}")
        return None
    return _read(contestant.result)


def _read(path: Path) -> Picture:
    return np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR), np.uint8)


def part(picture: Picture, place: Place, size: Place) -> Picture:
    """`size` (width, height) pixels around `place`, moved inside the picture where they would reach over its border."""
    x, y = (
        min(max(0, middle - length // 2), whole - length)
        for middle, length, whole in zip(place, size, picture.shape[1::-1], strict=True)
    )
    return picture[y : y + size[1], x : x + size[0]]


def labelled(name: str, picture: Picture) -> Picture:
    strip = np.full((LABEL, picture.shape[1], 3), 255, np.uint8)
    cv2.putText(strip, name, (4, LABEL - 7), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (30, 30, 30), 1, cv2.LINE_AA)
    return np.vstack([strip, picture])


def sheet(pictures: Sequence[tuple[str, Picture]], places: Sequence[Place], size: Place) -> Picture:
    """A row for each place, a column for each picture, which are of one size."""
    columns = []
    for name, picture in pictures:
        parts = [labelled(name, part(picture, place, size)) for place in places]
        columns += [np.vstack(parts), np.full((len(places) * (LABEL + size[1]), GAP, 3), 255, np.uint8)]
    return np.hstack(columns[:-1])


def _place(text: str) -> Place:
    x, y = text.split(",")
    return int(x), int(y)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "folders", type=Path, nargs="+", metavar="FOLDER", help="the slices of one stack, nearest first"
    )
    parser.add_argument("-o", "--output", type=Path, default=Path(), metavar="OUT", help="folder for the pictures")
    parser.add_argument("--at", type=_place, nargs="+", metavar="X,Y", help="middles of the parts, pixels")
    parser.add_argument("--part", type=_place, default=(280, 220), metavar="W,H", help="size of a part, pixels")
    parser.add_argument("--only", nargs="+", default=["focusrig", "align + enfuse"], metavar="NAME", help="stackers")
    options = parser.parse_args()
    for folder in options.folders:
        with tempfile.TemporaryDirectory() as work:
            pictures = list(results(folder, Path(work), options.only))
        height, width = pictures[0][1].shape[:2]
        whole = sheet(pictures, options.at or [(width // 2, height // 2)], options.part)
        name = options.output / f"{folder.name}.jpg"
        cv2.imwrite(str(name), whole, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        print(name)


if __name__ == "__main__":
    main()
