"""README.txt: what it promises is there, what it warns of is so."""

from pathlib import Path

import pytest

from scanner.delivery.archive import Profile
from scanner.delivery.manifest import delivery_manifest
from scanner.delivery.readme import TOLD, readme
from scanner.delivery.steps import WIDTH
from scanner.hardware.settings import RigGeometry
from scanner.slices import StackQuality
from scanner.store.scan_folder import ScanFolder
from tests.delivery.scans import PROFILES, finished_scan, new_scan, rig_facts, take, zip_of


def text(folder: ScanFolder, profile: Profile = "metashape") -> str:
    return readme(delivery_manifest(folder, profile))


def one_line(words: str) -> str:
    return " ".join(words.split())


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> ScanFolder:
    return finished_scan(tmp_path_factory.mktemp("data"))


@pytest.mark.parametrize("profile", PROFILES)
def test_what_it_lists_is_in_the_zip_and_nothing_is_left_unsaid(scan: ScanFolder, profile: Profile) -> None:
    told = text(scan, profile)
    listed = told.split("In this zip\n-----------\n")[1].split("\n\n")[0].splitlines()
    forms = [line.split()[0].replace("<name>", f"{scan.id}_0000") for line in listed]
    for name in zip_of(scan, profile).namelist():
        suffix = Path(name).suffix
        assert name == "README.txt" or any(
            name == form
            or (form.endswith("/") and name.startswith(form))
            or (form == "images/*.xmp" and suffix == ".xmp")
            or (form.endswith(".png") and name.endswith(form.split("_0000")[1]))
            for form in forms
        ), name


@pytest.mark.parametrize("profile", PROFILES)
def test_it_is_plain_text_of_readable_width(scan: ScanFolder, profile: Profile) -> None:
    told = text(scan, profile)
    assert told.isascii()
    assert told.endswith("\n")
    assert max(len(line) for line in told.splitlines() if not line.startswith("  colmap")) <= WIDTH
    assert told.startswith("My vase: images for ")


def test_a_name_of_another_script_and_of_two_lines_does_no_harm(tmp_path: Path) -> None:
    folder = finished_scan(tmp_path, [0], name="Väse\n\nNo 2")
    assert text(folder).startswith("Vase No 2: images for Agisoft Metashape\n=======")


def test_a_complete_scan_without_findings_has_no_warnings(scan: ScanFolder) -> None:
    assert "All 4 positions are here." in text(scan)
    assert "What to look at first" not in text(scan)


def test_missing_positions_and_masks_are_told(tmp_path: Path) -> None:
    folder = new_scan(tmp_path)
    take(folder, 0)
    take(folder, 1, maps=False)
    told = text(folder)
    assert "2 of 4 positions are here." in told
    assert "* The scan is not complete. Positions missing: 2." in told
    assert "* Images without a mask: 1." in told


def test_without_any_mask_no_step_speaks_of_masks(tmp_path: Path) -> None:
    folder = new_scan(tmp_path)
    take(folder, 0, maps=False)
    for profile in PROFILES:
        told = text(folder, profile)
        assert "* There are no masks" in told
        steps = told.split("Steps in")[1]
        assert "mask" not in steps.lower(), profile


def test_ten_positions_with_findings_are_named(tmp_path: Path) -> None:
    folder = finished_scan(tmp_path)
    manifest = delivery_manifest(folder, "metashape")
    take(folder, 0, quality=StackQuality(gaps=(1,)))
    flagged = delivery_manifest(folder, "metashape").positions[0]
    many = manifest.model_copy(update={"positions": (flagged,) * 12})
    told = readme(many)
    assert "* Images to look at: 12." in told
    assert one_line(told).count("Too far apart: slices 1 and 2") == TOLD == 10
    assert "  - and 2 more" in told
    assert "look at" not in readme(manifest)


def test_a_measured_distance_gives_the_scale(scan: ScanFolder) -> None:
    told = one_line(text(scan))
    assert "was measured, 100 mm." in told
    assert "The sigma of reference.csv, 0.002 m," in told
    assert "about 10 %" not in told


def test_a_guessed_distance_is_called_a_guess(tmp_path: Path) -> None:
    folder = new_scan(tmp_path, rig_facts(RigGeometry()))
    take(folder, 0)
    told = one_line(text(folder))
    assert "goes by 100.0 mm, which is where the images are in focus. Sizes may be about 10 % off." in told
    assert "The sigma of reference.csv, 0.01 m," in told


def test_without_a_camera_nothing_is_said_of_poses(tmp_path: Path) -> None:
    folder = new_scan(tmp_path, {"description": "a rig"})
    told = text(folder)
    assert "reference.csv" not in told
    assert "sigma" not in told
