"""Folders with known truth."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks import truth
from benchmarks.scenes import StackScene
from benchmarks.truth import KnownStack


def test_what_is_written_is_read_again(scene: StackScene, known: KnownStack) -> None:
    again = truth.read(known.folder)
    assert again.slices == tuple(known.folder / f"slice_{k:02d}.jpg" for k in range(5))
    assert again.reference == scene.reference
    assert again.lenses == scene.lenses
    assert all(np.allclose(m, scene.motion(k).matrix) for k, m in enumerate(again.transforms))


def test_the_truth_in_another_geometry_lies_as_that_slice_does(known: KnownStack) -> None:
    """Sharp where the slice is blurred, but nearer to it than the truth where it was."""
    slice_ = np.asarray(cv2.imread(str(known.slices[0])), np.float32)
    there, here = (
        float(np.abs(known.truth(g).astype(np.float32) - slice_)[30:-30, 30:-30].mean()) for g in (0, known.reference)
    )
    assert there < 0.8 * here


def test_regions_lie_where_they_should(known: KnownStack) -> None:
    regions = known.regions(known.reference)
    assert 0.2 < regions.object_.mean() < 0.9
    assert not (regions.background & regions.object_).any()
    assert regions.background[regions.edge].any()
    assert regions.object_[regions.edge].any()
    assert regions.edge.mean() < 0.5


def test_lens_positions_may_be_unknown(known: KnownStack, tmp_path: Path) -> None:
    told = json.loads((known.folder / "truth.json").read_text())
    for slice_ in told["slices"]:
        del slice_["dioptre"]
    (tmp_path / "truth.json").write_text(json.dumps(told))
    assert truth.read(tmp_path).lenses == ()


def test_a_folder_without_truth_is_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"has no truth\.json"):
        truth.read(tmp_path)


def test_a_missing_picture_is_named(known: KnownStack, tmp_path: Path) -> None:
    (tmp_path / "truth.json").write_text((known.folder / "truth.json").read_text())
    with pytest.raises(SystemExit, match=r"gt\.png is missing"):
        truth.read(tmp_path).truth(known.reference)
