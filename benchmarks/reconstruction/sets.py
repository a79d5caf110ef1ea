"""The sets of images that are reconstructed, all with the file names, EXIF and masks of the zip.

stacked: the zip as it is. truth: what a perfect stacker would have given. single: one shot a position, the reference
slice. unmasked: the zip, its masks left aside.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.reconstruction.scenes import E2EScene
from scanner.capture.events import SweepFacts
from scanner.plan.sweep import Sweep
from scanner.slices import Position
from scanner.store.images import encode_jpeg, exif_of, with_exif

QUALITY = 96


@dataclass(frozen=True, slots=True)
class ImageSet:
    """`masks`: None for none."""

    name: str
    images: Path
    masks: Path | None


def image_sets(scene: E2EScene, positions: Sequence[Position], sweep: SweepFacts, folder: Path) -> tuple[ImageSet, ...]:
    """Lay out the sets of a scan that lies unpacked in `folder`, as `served.scan` leaves it.

    Raises ValueError where the zip does not hold one image a position.
    """
    images, masks = folder / "stacks" / "images", folder / "stacks" / "masks"
    stacked = sorted(images.glob("*.jpg"))
    if len(stacked) != len(positions):
        raise ValueError(f"{len(positions)} positions gave {len(stacked)} images")
    single, truth = (folder / name for name in ("single", "truth"))
    for made in (single, truth):
        made.mkdir()
    known = scene.known()
    lens = Sweep(sweep.near, sweep.far, sweep.count).focus_positions()[sweep.reference]
    for image, position in zip(stacked, positions, strict=True):
        exif = exif_of(image.read_bytes()) or b""
        shot = folder / "slices" / image.stem / f"slice_{sweep.reference:02d}.jpg"
        (single / image.name).write_bytes(with_exif(shot.read_bytes(), exif))
        perfect = known.view(position.turntable, position.tilt).truth(lens)
        (truth / image.name).write_bytes(with_exif(encode_jpeg(perfect, QUALITY), exif))
    sets = [ImageSet("truth", truth, masks), ImageSet("stacked", images, masks), ImageSet("single", single, masks)]
    if scene.background == "textured":
        sets.append(ImageSet("unmasked", images, None))
    return tuple(sets)
