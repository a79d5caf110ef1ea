"""The manifest and its copy."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from scanner.errors import CorruptState, NotFound, StoreError
from scanner.store.layout import ScanLayout
from scanner.store.manifest import Manifest, load_manifest, read_manifest, save_manifest
from tests.store.disks import CountingDisk
from tests.store.examples import PLAN

ID = "20261122-051130-my-vase"
MANIFEST = Manifest(
    id=ID,
    name="My vase",
    created_at=datetime(2026, 11, 22, 5, 11, 30, tzinfo=UTC),
    plan=PLAN,
    rig={"camera": {"model": "imx519", "f_number": 1.75}, "axes": []},
    sweep={"near": 10.5, "far": 7.25, "count": 8, "reference": 4},
)


@pytest.fixture
def layout(tmp_path: Path) -> ScanLayout:
    folder = tmp_path / ID
    folder.mkdir()
    layout = ScanLayout(folder)
    save_manifest(MANIFEST, layout, CountingDisk())
    return layout


def test_what_is_saved_is_loaded(layout: ScanLayout) -> None:
    assert load_manifest(layout) == MANIFEST
    assert layout.manifest.read_bytes() == layout.manifest_copy.read_bytes()


def test_a_person_can_read_it(layout: ScanLayout) -> None:
    text = layout.manifest.read_text()
    assert json.loads(text)["plan"]["name"] == "My vase"
    assert text.count("\n") > 10


def test_it_keeps_the_calibration_that_the_scan_began_with(layout: ScanLayout) -> None:
    scale = {"offset": 0.1, "slope": 1.02}
    known = MANIFEST.model_copy(
        update={
            "breathing": {"power": 232.9, "centre": [0.004, -0.011]},
            "focus_scale": scale,
            "software": "Focusrig 1",
        }
    )
    save_manifest(known, layout, CountingDisk())
    assert load_manifest(layout) == known


def test_one_written_before_there_were_calibrations_still_reads(layout: ScanLayout) -> None:
    document = json.loads(layout.manifest.read_text())
    for key in ("breathing", "focus_scale", "software", "check"):
        del document[key]
    del document["plan"]["output"]
    for key in ("method", "measure", "window", "steepness", "unaligned", "slab"):
        del document["plan"]["stacking"][key]
    layout.manifest.write_text(json.dumps(document))
    assert read_manifest(layout.manifest) == MANIFEST


def test_the_number_of_slices_is_known_with_the_sweep() -> None:
    assert MANIFEST.slice_count == 8
    assert MANIFEST.model_copy(update={"sweep": None}).slice_count == 0


def test_truncated_at_any_byte_the_copy_serves(layout: ScanLayout) -> None:
    data = layout.manifest.read_bytes()
    for cut in range(0, len(data) - 1, 3):
        layout.manifest.write_bytes(data[:cut])
        with pytest.raises(CorruptState, match=r"manifest\.json is damaged"):
            read_manifest(layout.manifest)
        assert load_manifest(layout) == MANIFEST


def test_any_flipped_bit_is_found_or_harmless(layout: ScanLayout) -> None:
    data = layout.manifest.read_bytes()
    for offset in range(0, len(data), 3):
        broken = bytearray(data)
        broken[offset] ^= 1 << offset % 8
        layout.manifest.write_bytes(broken)
        assert load_manifest(layout) == MANIFEST


def test_zeros_are_damage(layout: ScanLayout) -> None:
    layout.manifest.write_bytes(bytes(500))
    assert load_manifest(layout) == MANIFEST


def test_both_damaged_is_an_error_that_names_the_file(layout: ScanLayout) -> None:
    layout.manifest.unlink()
    layout.manifest_copy.write_bytes(b"{")
    with pytest.raises(CorruptState, match=r"manifest\.copy\.json is damaged") as raised:
        load_manifest(layout)
    assert raised.value.hint


def test_none_at_all(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"manifest\.copy\.json"):
        load_manifest(ScanLayout(tmp_path / ID))


def test_a_later_format_is_refused_in_words(layout: ScanLayout) -> None:
    facts = json.loads(layout.manifest.read_text())
    del facts["check"]
    facts["format"] = 2
    layout.manifest.write_text(json.dumps(facts))
    with pytest.raises(CorruptState, match="of another version: format"):
        read_manifest(layout.manifest)


def test_an_edited_manifest_counts_once_its_checksum_is_taken_out(layout: ScanLayout) -> None:
    facts = json.loads(layout.manifest.read_text())
    del facts["check"]
    facts["name"] = "Grandmother's vase"
    layout.manifest.write_text(json.dumps(facts))
    assert load_manifest(layout).name == "Grandmother's vase"


def test_a_renamed_folder_is_named(layout: ScanLayout) -> None:
    renamed = layout.folder.rename(layout.folder.with_name("20261122-051130-vase"))
    with pytest.raises(CorruptState, match=f"belongs to the scan {ID}") as raised:
        load_manifest(ScanLayout(renamed))
    assert ID in raised.value.hint


def test_a_manifest_that_cannot_be_read(layout: ScanLayout) -> None:
    layout.manifest.unlink()
    layout.manifest.mkdir()
    with pytest.raises(StoreError, match="Could not read"):
        read_manifest(layout.manifest)


def test_an_id_is_checked() -> None:
    with pytest.raises(ValidationError):
        Manifest(id="../vase", name="x", created_at=MANIFEST.created_at, plan=PLAN, rig={})
