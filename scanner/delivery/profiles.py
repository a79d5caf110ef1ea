"""What differs from program to program: how masks are named, and which of the other files lie beside the images."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from scanner.store.archive import Entry
from scanner.store.journal import PositionDone
from scanner.store.layout import ScanLayout
from scanner.store.scan_folder import ScanFolder

Profile: TypeAlias = Literal["metashape", "realityscan", "colmap", "meshroom"]
"""The program that the zip is for."""

MASKS: dict[Profile, Callable[[str], str]] = {
    "metashape": lambda stem: f"masks/{stem}_mask.png",
    "realityscan": lambda stem: f"images/{stem}.jpg.mask.png",
    "colmap": lambda stem: f"masks/{stem}.jpg.png",
    "meshroom": lambda stem: f"masks/{stem}.png",
}
"""The name of a mask in the zip, from the stem of its image.

Metashape: any, by the template "{filename}_mask.png" (user manual, Using masks). RealityScan: the layer "mask" of an
image (help, Image layers). COLMAP: name of the image and .png (FAQ, Mask image regions). Meshroom: the stem of the
image (AliceVision, FeatureExtraction, masksFolder).
"""


@dataclass(frozen=True, slots=True)
class PositionFiles:
    """The files of one position as the zip has them; None for what there is not."""

    done: PositionDone
    image: Entry
    mask: Entry | None
    depth: Entry | None


def position_files(folder: ScanFolder, done: PositionDone, profile: Profile) -> PositionFiles:
    """The files of a position that is done, named for a program.

    COLMAP prefers the focal length in 35 mm film, a whole number, to the exact one: its images are silent on it.
    """
    stem = ScanLayout(folder.path).stem(done.index)
    mask, depth = MASKS[profile](stem), f"depth/{stem}.png"
    maps = {entry.name: entry for entry in folder.map_entries(done, mask, depth)}
    return PositionFiles(
        done=done,
        image=folder.stack_entry(done, f"images/{stem}.jpg", silent=profile == "colmap"),
        mask=maps.get(mask),
        depth=maps.get(depth),
    )
