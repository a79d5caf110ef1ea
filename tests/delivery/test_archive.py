"""The zip: its layout for each program, for scans of every age and state."""

import csv
import json
from hashlib import sha256
from io import StringIO
from pathlib import Path
from zipfile import ZIP_STORED

import pytest

from scanner.delivery.archive import Profile, photogrammetry_archive
from scanner.delivery.manifest import delivery_manifest
from scanner.store.exif import silence_35mm
from scanner.store.scan_folder import ScanFolder
from tests.delivery.scans import PLAN, PROFILES, finished_scan, new_scan, take, take_bare, zip_of

BESIDE = ["reference.csv", "camera.json", "calibration.xml", "manifest.json", "README.txt"]


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> ScanFolder:
    return finished_scan(tmp_path_factory.mktemp("data"))


def names(folder: ScanFolder, form: str) -> list[str]:
    return [form.format(f"{folder.id}_{index:04d}") for index in range(4)]


@pytest.mark.parametrize(
    ("profile", "mask"),
    [("metashape", "masks/{}_mask.png"), ("colmap", "masks/{}.jpg.png"), ("meshroom", "masks/{}.png")],
)
def test_images_hold_images_alone_and_masks_lie_beside(scan: ScanFolder, profile: Profile, mask: str) -> None:
    expected = [*names(scan, "images/{}.jpg"), *names(scan, mask), *names(scan, "depth/{}.png"), *BESIDE]
    assert zip_of(scan, profile).namelist() == expected


def test_realityscan_finds_masks_and_poses_beside_the_images(scan: ScanFolder) -> None:
    told = set(zip_of(scan, "realityscan").namelist())
    forms = ("images/{}.jpg", "images/{}.jpg.mask.png", "images/{}.xmp", "depth/{}.png")
    assert told == {name for form in forms for name in names(scan, form)} | set(BESIDE)


@pytest.mark.parametrize("profile", PROFILES)
def test_the_manifest_holds_the_digests_of_the_very_bytes(scan: ScanFolder, profile: Profile) -> None:
    opened = zip_of(scan, profile)
    told = json.loads(opened.read("manifest.json"))
    listed = [position[kind] for position in told["positions"] for kind in ("image", "mask", "depth")]
    assert len(listed) == 12
    for file in listed:
        data = opened.read(file["name"])
        assert sha256(data).hexdigest() == file["sha256"]
        assert (len(data), opened.getinfo(file["name"]).CRC) == (file["bytes"], file["crc32"])
    assert opened.read("manifest.json").decode() == delivery_manifest(scan, profile).json_text()


def test_images_are_the_files_of_the_scan_and_those_of_colmap_are_silenced(scan: ScanFolder) -> None:
    name = f"images/{scan.id}_0002.jpg"
    kept = scan.stack_path(2).read_bytes()
    assert zip_of(scan).read(name) == kept
    assert zip_of(scan, "colmap").read(name) == silence_35mm(kept) != kept


def test_reference_csv_has_a_line_for_each_image_by_its_name(scan: ScanFolder) -> None:
    opened = zip_of(scan)
    rows = list(csv.DictReader(StringIO(opened.read("reference.csv").decode())))
    assert [f"images/{row['label']}" for row in rows] == names(scan, "images/{}.jpg")
    posed = json.loads(opened.read("camera.json"))["images"]
    assert [image["label"] for image in posed] == [row["label"] for row in rows]
    assert [float(row["turntable_deg"]) for row in rows] == [at.turntable for at in PLAN.positions()]


@pytest.mark.parametrize("profile", PROFILES)
def test_two_downloads_are_alike_and_another_position_makes_another(tmp_path: Path, profile: Profile) -> None:
    folder = finished_scan(tmp_path, range(3))
    first, second = photogrammetry_archive(folder, profile), photogrammetry_archive(folder, profile)
    assert (first.etag, first.size) == (second.etag, second.size)
    assert b"".join(first.read()) == b"".join(second.read())
    take(folder, 3)
    assert photogrammetry_archive(folder, profile).etag != first.etag


def test_profiles_differ(scan: ScanFolder) -> None:
    assert len({photogrammetry_archive(scan, profile).etag for profile in PROFILES}) == 4


@pytest.mark.parametrize("profile", PROFILES)
def test_before_a_position_is_done_there_are_a_manifest_and_a_readme(tmp_path: Path, profile: Profile) -> None:
    opened = zip_of(new_scan(tmp_path, sweep=None, exposure=None), profile)
    assert opened.namelist() == ["manifest.json", "README.txt"]
    assert json.loads(opened.read("manifest.json"))["positions"] == []
    assert "Nothing is stacked yet" in opened.read("README.txt").decode()


def test_between_the_sweep_and_the_first_position_the_tables_are_empty(tmp_path: Path) -> None:
    opened = zip_of(new_scan(tmp_path), "realityscan")
    assert opened.namelist() == BESIDE
    assert opened.read("reference.csv").decode().count("\n") == 1


@pytest.mark.parametrize("profile", PROFILES)
def test_a_scan_without_maps_times_and_facts_gives_its_images(tmp_path: Path, profile: Profile) -> None:
    folder = new_scan(tmp_path, {"description": "a rig"}, software="")
    take_bare(folder, PLAN.positions()[0])
    folder.record_state("finished", "cancelled")
    opened = zip_of(folder, profile)
    assert opened.namelist() == [f"images/{folder.id}_0000.jpg", "manifest.json", "README.txt"]
    assert json.loads(opened.read("manifest.json"))["reason"] == "cancelled"


def test_files_are_stored_and_names_plain(scan: ScanFolder) -> None:
    opened = zip_of(scan)
    assert {info.compress_type for info in opened.infolist()} == {ZIP_STORED}
    assert all(name.isascii() for name in opened.namelist())
    assert len(set(opened.namelist())) == len(opened.namelist())
