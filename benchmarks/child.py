"""What a measured child process does: `stack` the slices (the reference slice first), or only the `floor` of work."""

import sys
from pathlib import Path

from scanner.slices import Slice
from scanner.store.images import encode_jpeg, read_image


def floor(slices: list[Path]) -> bytes:
    """Decode all, encode one."""
    for path in slices:
        planes = read_image(path)
    return encode_jpeg(planes, 95)


def stack(slices: list[Path]) -> bytes:
    from scanner.stacking.stacker import Stacker

    first, *others = ((int(path.stem.rpartition("_")[2]), path) for path in slices)
    builder = Stacker().begin(Slice(first[0], read_image(first[1])))
    for index, path in others:
        builder.add(Slice(index, read_image(path)))
    return encode_jpeg(builder.finish().pixels, 95)


if __name__ == "__main__":
    work = {"floor": floor, "stack": stack}[sys.argv[1]]
    Path(sys.argv[2]).write_bytes(work([Path(name) for name in sys.argv[3:]]))
