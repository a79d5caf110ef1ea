"""The names that each program expects."""

from pathlib import Path

import pytest

from scanner.delivery.profiles import Profile, position_files
from tests.delivery.scans import PLAN, finished_scan, new_scan, take_bare


@pytest.mark.parametrize(
    ("profile", "mask"),
    [
        ("metashape", "masks/{stem}_mask.png"),
        ("realityscan", "images/{stem}.jpg.mask.png"),
        ("colmap", "masks/{stem}.jpg.png"),
        ("meshroom", "masks/{stem}.png"),
    ],
)
def test_masks_are_named_for_the_program_and_images_always_alike(tmp_path: Path, profile: Profile, mask: str) -> None:
    folder = finished_scan(tmp_path, [1])
    files = position_files(folder, folder.history().done[1], profile)
    stem = f"{folder.id}_0001"
    assert files.image.name == f"images/{stem}.jpg"
    assert files.mask is not None
    assert files.mask.name == mask.format(stem=stem)
    assert files.depth is not None
    assert files.depth.name == f"depth/{stem}.png"
    assert files.mask.record == files.done.mask
    assert files.depth.record == files.done.depth


def test_only_colmap_gets_images_that_are_silent(tmp_path: Path) -> None:
    folder = finished_scan(tmp_path, [0])
    done = folder.history().done[0]
    assert position_files(folder, done, "colmap").image.record == done.stack_without_35mm
    assert position_files(folder, done, "colmap").image.patch is not None
    assert position_files(folder, done, "metashape").image.record == done.stack
    assert position_files(folder, done, "metashape").image.patch is None


def test_what_a_position_does_not_have_is_none(tmp_path: Path) -> None:
    folder = new_scan(tmp_path)
    files = position_files(folder, take_bare(folder, PLAN.positions()[0]), "colmap")
    assert (files.mask, files.depth, files.image.patch) == (None, None, None)
