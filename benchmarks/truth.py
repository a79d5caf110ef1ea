"""Stacks with known truth as folders: written from a rendered scene, or made by anything that keeps to the layout.

The layout is described in docs/reference/benchmarks.md.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.scenes import StackScene, coded
from scanner.stacking.geometry import Matrix
from scanner.store.images import encode_jpeg

Picture = NDArray[np.uint8]
Region = NDArray[np.bool_]

CAMERA_QUALITY = 95
"""Of the JPEG slices, as cameras write them."""

EDGE = 0.006
"""How near a step in depth counts as near it, in shares of the picture's width."""

INDEX = 1000
"""Of index.png: this much a slice, and so much for slice 0; 0 is not on the object."""


@dataclass(frozen=True)
class Regions:
    """(h, w) each: the object that the sweep can focus; places near a step in depth; background near the object."""

    object_: Region
    edge: Region
    background: Region


@dataclass(frozen=True)
class KnownStack:
    """Slices, nearest first, and what an ideal stack of them is.

    `lenses`: dioptres of each slice, empty where unknown. `transforms`: reference pixel -> slice pixel, of each slice.
    """

    folder: Path
    slices: tuple[Path, ...]
    reference: int
    lenses: tuple[float, ...]
    transforms: tuple[Matrix, ...]

    def truth(self, geometry: int) -> Picture:
        """(h, w, 3) BGR: all in focus, as slice `geometry` would show it."""
        return self._moved(self._picture("gt.png", cv2.IMREAD_COLOR), geometry, cv2.INTER_LANCZOS4)

    def regions(self, geometry: int) -> Regions:
        """Where what is judged, as slice `geometry` shows it."""
        flags = ("index.png", cv2.IMREAD_UNCHANGED), ("mask.png", 0), ("object.png", 0)
        index, mask, whole = (
            self._moved(self._picture(name, flag), geometry, cv2.INTER_NEAREST) for name, flag in flags
        )
        outside = whole == 0
        depth = np.where(outside, np.float32(-3 * INDEX), index.astype(np.float32))
        jump = cv2.dilate(depth, np.ones((3, 3))) - cv2.erode(depth, np.ones((3, 3))) > INDEX
        reach = 2 * max(3, round(EDGE * depth.shape[1])) + 1
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
        near = cv2.dilate(jump.astype(np.uint8), disc) > 0
        object_ = mask > 0
        return Regions(object_, near & (object_ | outside), near & outside)

    def _picture(self, name: str, flags: int) -> Picture:
        picture = cv2.imread(str(self.folder / name), flags)
        if picture is None:
            raise SystemExit(f"{self.folder / name} is missing, or no picture.")
        return np.asarray(picture)

    def _moved(self, picture: Picture, geometry: int, how: int) -> Picture:
        if geometry == self.reference:
            return picture
        matrix, size = self.transforms[geometry], picture.shape[1::-1]
        return np.asarray(cv2.warpAffine(picture, matrix, size, flags=how, borderMode=cv2.BORDER_REPLICATE))


def read(folder: Path) -> KnownStack:
    """The stack in `folder`; ends the program where truth.json is missing."""
    try:
        told = json.loads((folder / "truth.json").read_text())
    except FileNotFoundError:
        raise SystemExit(f"{folder} has no truth.json: see docs/reference/benchmarks.md for the layout.") from None
    slices = told["slices"]
    return KnownStack(
        folder,
        tuple(folder / s["file"] for s in slices),
        told["ref"],
        tuple(s["dioptre"] for s in slices if "dioptre" in s),
        tuple(np.array(s["ref_to_slice"], np.float64) for s in slices),
    )


def write(scene: StackScene, folder: Path) -> KnownStack:
    """Render the slices and the truth of `scene` into `folder`."""
    slices = []
    for index, lens in enumerate(scene.lenses):
        name = f"slice_{index:02d}.jpg"
        (folder / name).write_bytes(encode_jpeg(scene.slice(index).pixels, CAMERA_QUALITY))
        slices.append({"file": name, "dioptre": lens, "ref_to_slice": scene.motion(index).matrix.tolist()})
    (folder / "truth.json").write_text(json.dumps({"ref": scene.reference, "slices": slices}, indent=1))
    depth, object_ = scene.maps()
    index_map = INDEX * (1 + scene.place(depth))
    pictures: dict[str, NDArray[np.uint8 | np.uint16]] = {
        "gt.png": np.rint(255 * coded(scene.truth())[..., ::-1]).astype(np.uint8),
        "index.png": np.where(object_, np.clip(np.rint(index_map), 1, 65535), 0).astype(np.uint16),
        "object.png": object_.astype(np.uint8) * 255,
        "mask.png": (object_ & (abs(scene.place(depth) - (scene.count - 1) / 2) < scene.count / 2)) * np.uint8(255),
    }
    for name, picture in pictures.items():
        cv2.imwrite(str(folder / name), picture)
    return read(folder)
