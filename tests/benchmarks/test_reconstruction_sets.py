"""The sets of images for the reconstruction differ in pixels alone."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.reconstruction.scenes import E2EScene
from benchmarks.reconstruction.sets import QUALITY, ImageSet, image_sets
from scanner.capture.events import SweepFacts
from scanner.hardware.simulated.scene import View
from scanner.slices import Position
from scanner.store.images import decode_jpeg, encode_jpeg, exif_of, with_exif

SCENE = E2EScene("rich", "plain", size=(320, 180))
SWEEP = SweepFacts(near=12.0, far=9.0, count=4, reference=2)
LENS = 10.0
POSITIONS = tuple(Position(index=i, turntable=20.0 * i, tilt=5) for i in range(2))


@pytest.fixture(scope="module")
def views() -> list[View]:
    scene = SCENE.known()
    return [scene.view(position.turntable, position.tilt) for position in POSITIONS]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, views: list[View]) -> Path:
    """A scan as it lies unpacked, each slice sharp in one place."""
    folder = tmp_path_factory.mktemp("scan")
    images = folder / "stacks" / "images"
    images.mkdir(parents=True)
    for index, view in enumerate(views):
        stem = f"scan_{index:04d}"
        exif = b"II*\0\x08\0\0\0\0\0" + bytes([index])
        (images / f"{stem}.jpg").write_bytes(with_exif(encode_jpeg(view.truth(LENS), 60), exif))
        slices = folder / "slices" / stem
        slices.mkdir(parents=True)
        for place in (1, SWEEP.reference):
            shot = view.slice(12.0 - place, frame=place)
            (slices / f"slice_{place:02d}.jpg").write_bytes(encode_jpeg(shot, 90))
    return folder


@pytest.fixture(scope="module")
def sets(folder: Path) -> tuple[ImageSet, ...]:
    return image_sets(SCENE, POSITIONS, SWEEP, folder)


def without_exif(jpeg: bytes) -> bytes:
    return with_exif(jpeg, b"")


def test_names_exif_and_masks_are_those_of_the_zip(folder: Path, sets: tuple[ImageSet, ...]) -> None:
    assert [each.name for each in sets] == ["truth", "stacked", "single"]
    assert {each.masks for each in sets} == {folder / "stacks" / "masks"}
    zipped = sorted((folder / "stacks" / "images").iterdir())
    for each in sets:
        files = sorted(each.images.iterdir())
        assert [path.name for path in files] == ["scan_0000.jpg", "scan_0001.jpg"]
        assert [exif_of(path.read_bytes()) for path in files] == [exif_of(path.read_bytes()) for path in zipped]


def test_truth_and_single_shots_are_those_of_the_reference_slice(
    folder: Path, views: list[View], sets: tuple[ImageSet, ...]
) -> None:
    truths, _, singles = (sorted(each.images.iterdir()) for each in sets)
    for index, view in enumerate(views):
        assert without_exif(truths[index].read_bytes()) == without_exif(encode_jpeg(view.truth(LENS), QUALITY))
        single = decode_jpeg(singles[index].read_bytes(), "single").y
        reference = folder / "slices" / f"scan_{index:04d}" / "slice_02.jpg"
        assert np.array_equal(single, decode_jpeg(reference.read_bytes(), "reference").y)


def test_before_a_printed_wall_the_zip_is_also_tried_without_masks(tmp_path: Path) -> None:
    sets = image_sets(replace(SCENE, background="textured"), (), SWEEP, tmp_path)
    assert sets[-1] == ImageSet("unmasked", tmp_path / "stacks" / "images", None)


def test_a_zip_that_lacks_an_image_is_not_judged(folder: Path) -> None:
    more = (*POSITIONS, Position(index=2, turntable=40, tilt=5))
    with pytest.raises(ValueError, match="3 positions gave 2 images"):
        image_sets(SCENE, more, SWEEP, folder)
