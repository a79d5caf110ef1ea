"""The steps for each program: the settings that matter, and the commands as a shell reads them."""

import shlex

import pytest

from scanner.capture.scan_camera import ScanCamera, scan_camera
from scanner.delivery.profiles import MASKS
from scanner.delivery.steps import WIDTH, prose, steps
from tests.delivery.scans import PROFILES, new_scan


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> ScanCamera:
    return scan_camera(new_scan(tmp_path_factory.mktemp("data")).manifest)


def commands(text: str) -> list[list[str]]:
    """The commands in a text, those over several lines joined."""
    joined = text.replace("\\\n", " ")
    return [shlex.split(line) for line in joined.splitlines() if line.startswith("  colmap")]


def options(command: list[str]) -> dict[str, str]:
    return dict(zip(command[2::2], command[3::2], strict=True))


def test_prose_is_wrapped_but_words_stay_whole() -> None:
    told = prose("word " * 60 + "x" * 130, "1. ", "   ")
    assert told.startswith("1. word")
    assert told.splitlines()[1].startswith("   word")
    assert all(len(line) <= WIDTH for line in told.splitlines()[:-1])
    assert told.endswith("x" * 130)


def test_colmap_shares_one_camera_and_finds_its_masks(camera: ScanCamera) -> None:
    extract, match, mapper, align = commands(steps("colmap", camera, masks=True))
    assert [command[1] for command in (extract, match, mapper, align)] == [
        "feature_extractor", "exhaustive_matcher", "mapper", "model_aligner",
    ]  # fmt: skip
    assert options(extract)["--ImageReader.single_camera"] == "1"
    assert f"{options(extract)['--ImageReader.mask_path']}/a.jpg.png" == MASKS["colmap"]("a")
    assert options(extract)["--image_path"] == options(mapper)["--image_path"] == "images"
    assert float(options(align)["--alignment_max_error"]) == pytest.approx(0.006)
    assert options(align)["--ref_is_gps"] == "0"


def test_colmap_counts_pixels_from_the_corner(camera: ScanCamera) -> None:
    assert f"camera_params {camera.focal_px:.3f},32,24,0" in steps("colmap", camera, masks=False)


def test_colmap_without_masks_or_camera(camera: ScanCamera) -> None:
    assert "mask" not in steps("colmap", camera, masks=False)
    assert "model_aligner" not in steps("colmap", None, masks=True)


def test_metashape_imports_masks_by_the_template_that_names_them(camera: ScanCamera) -> None:
    told = steps("metashape", camera, masks=True)
    template = MASKS["metashape"]("{filename}").removeprefix("masks/")
    assert f"template: {template}." in " ".join(told.split())
    assert "Label 1, X 2, Y 3, Z 4" in told
    assert "Local Coordinates (m)" in " ".join(told.split())
    assert "Exclude stationary tie points: on" in " ".join(told.split())


def test_realityscan_is_told_that_its_help_is_ambiguous(camera: ScanCamera) -> None:
    told = " ".join(steps("realityscan", camera, masks=True).split())
    assert "ambiguous" in told
    assert "accuracy of positions to 0.002 m" in told


def test_meshroom_gets_masks_at_both_nodes(camera: ScanCamera) -> None:
    told = " ".join(steps("meshroom", camera, masks=True).split())
    assert "FeatureExtraction: Masks Folder: masks/" in told
    assert "PrepareDenseScene: Masks Folders" in told
    assert f"focal length {camera.focal_length_mm:.4f} mm, sensor width 0.0781 mm" in told


@pytest.mark.parametrize("profile", [p for p in PROFILES if p != "colmap"])
def test_steps_are_numbered_without_a_gap(camera: ScanCamera, profile: str) -> None:
    for masks, known in ((True, camera), (False, None)):
        told = steps(profile, known, masks)  # type: ignore[arg-type]
        numbers = [int(line.split(".")[0]) for line in told.splitlines() if line[0].isdigit()]
        assert numbers == list(range(1, len(numbers) + 1))
        assert len(numbers) >= 2
