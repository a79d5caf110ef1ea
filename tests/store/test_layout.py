"""Names and folders of a scan."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.store.layout import ScanLayout, calibration, calibrations, is_scan_id, scan_id

AT = datetime(2026, 11, 22, 5, 11, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("My vase", "my-vase"),
        ("  Väse №7 / blue.jpg", "vase-no7-blue-jpg"),
        ("貝殻", "scan"),
        ("../../etc/passwd", "etc-passwd"),
        ("-", "scan"),
        ("x" * 80, "x" * 40),
        ("a" * 39 + " b", "a" * 39),
    ],
)
def test_an_id_is_time_and_name(name: str, slug: str) -> None:
    assert scan_id(AT, name) == f"20261122-051130-{slug}"


def test_the_time_in_an_id_is_utc() -> None:
    local = AT.astimezone(timezone(timedelta(hours=-8)))
    assert scan_id(local, "vase") == "20261122-051130-vase"


@given(st.text(max_size=80), st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_every_name_makes_an_id(name: str, at: datetime) -> None:
    assert is_scan_id(scan_id(at, name))


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "..",
        "../20261122-051130-vase",
        "20261122-051130-vase/..",
        "20261122-051130-vase\n",
        "20261122-051130-vase\0",
        "20261122-051130-Vase",
        "20261122-051130-",
        "20261122-051130-vase.deleting",
        "٢٠٢٦١١٢٢-051130-vase",
        "20261122-051130-" + "a" * 200,
        "/20261122-051130-vase",
        "20261122-051130-väse",
    ],
)
def test_nothing_else_is_an_id(text: str) -> None:
    assert not is_scan_id(text)


def test_where_the_files_are() -> None:
    folder = Path("/data/scans/20261122-051130-vase")
    layout = ScanLayout(folder, slices=10)
    assert layout.stack(0) == folder / "stacks/20261122-051130-vase_0000.jpg"
    assert layout.slice(12, 3) == folder / "slices/20261122-051130-vase_0012/slice_03.jpg"
    assert layout.mask(7) == folder / "masks/20261122-051130-vase_0007.png"
    assert layout.depth(7) == folder / "depth/20261122-051130-vase_0007.png"
    assert layout.thumbnail(4999) == folder / "thumbnails/20261122-051130-vase_4999.jpg"
    assert layout.manifest == folder / "manifest.json"
    assert layout.journal == folder / "journal.jsonl"


def test_all_that_a_position_writes_has_its_folder_made_with_the_scan() -> None:
    layout = ScanLayout(Path("/data/scans/20261122-051130-vase"))
    files = (layout.stack(0), layout.thumbnail(0), layout.mask(0), layout.depth(0), layout.slice(0, 0).parent)
    assert {file.parent for file in files} == set(layout.image_folders)


def test_a_calibration_has_a_readable_name_of_its_own() -> None:
    root = Path("/data")
    one, other = (calibration(root, f"imx519, 4656 x 3496 px, {focal} mm") for focal in (4.28, 42.8))
    assert one.name.startswith("imx519-4656-x-3496-px-4-28-mm-")
    assert (one.parent, one.suffix) == (calibrations(root), ".json")
    assert one != other
    assert calibration(root, "../../etc").parent == calibration(root, "x" * 500).parent == calibrations(root)
    assert len(calibration(root, "x" * 500).name) < 100
    assert calibration(root, "a.b") != calibration(root, "a b")


@pytest.mark.parametrize("slices", [2, 10, 100, 101, 200])
def test_names_sort_as_the_sweep_runs(slices: int) -> None:
    layout = ScanLayout(Path("/data/20261122-051130-vase"), slices)
    names = [layout.slice(0, index).name for index in range(slices)]
    assert names == sorted(names)
    assert len({len(name) for name in names}) == 1
    assert names[0] == ("slice_00.jpg" if slices <= 100 else "slice_000.jpg")
