"""manifest.json: what it tells of a scan, for scans of every age and state, and its published schema."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import JsonValue

from scanner.delivery.manifest import (
    SCHEMA_ID,
    DeliveryManifest,
    delivery_manifest,
    depth_scale,
    known_camera,
    manifest_schema,
)
from scanner.delivery.poses import pose_of
from scanner.slices import Position, StackQuality
from scanner.store.images import read_image
from scanner.store.scan_folder import ScanFolder
from tests.delivery.scans import PLAN, PROFILES, PROPOSAL, finished_scan, new_scan, take, take_bare
from tests.delivery.schema import PUBLISHED, schema_text

Schema = dict[str, Any]
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "null": (type(None),),
    "integer": (int,),
    "number": (int, float),
}
"""What json reads the types of a schema as."""


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> ScanFolder:
    return finished_scan(tmp_path_factory.mktemp("data"), focus_scale={"offset": 0.5, "slope": 1.25})


def strangers(value: object, schema: Schema, whole: Schema, at: str = "") -> list[str]:
    """Where a value does not fit a schema, as far as keys, types and choices go: no validator is at hand."""
    schema = whole["$defs"][schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema
    branches = schema.get("anyOf") or schema.get("oneOf")
    if branches:
        found = [strangers(value, branch, whole, at) for branch in branches]
        return min(found, key=len)
    if "const" in schema or "enum" in schema:
        return [] if value in schema.get("enum", [schema.get("const")]) else [f"{at}: {value!r}"]
    kinds = TYPES.get(schema.get("type", ""), (object,))
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds and object not in kinds):
        return [f"{at}: {value!r} is no {schema['type']}"]
    if isinstance(value, dict) and "properties" in schema:
        known = schema["properties"]
        missing = [f"{at}/{key} is missing" for key in schema.get("required", ()) if key not in value]
        unknown = [f"{at}/{key} is not known" for key in value if key not in known]
        inside = [s for key in value if key in known for s in strangers(value[key], known[key], whole, f"{at}/{key}")]
        return missing + unknown + inside
    if isinstance(value, list):
        items = schema.get("prefixItems") or [schema.get("items", {})] * len(value)
        return [s for i, item in enumerate(value) for s in strangers(item, items[i], whole, f"{at}/{i}")]
    return []


def test_it_tells_the_scan_and_its_positions_in_order(scan: ScanFolder) -> None:
    told = delivery_manifest(scan, "metashape")
    assert (told.format, told.profile, told.state, told.reason) == (1, "metashape", "finished", "completed")
    assert told.scan == scan.manifest
    assert told.software == scan.manifest.software
    assert [each.index for each in told.positions] == [0, 1, 2, 3]
    assert told.planned == 4
    assert [each.turntable for each in told.positions] == [at.turntable for at in PLAN.positions()]
    assert {each.tilt for each in told.positions} == {20}
    first = told.positions[0]
    assert (first.took_s, first.settle_s, first.still) == (1.5, 0.25, True)
    assert first.taken_at is not None


def test_files_are_named_as_in_the_zip_with_what_they_hold(scan: ScanFolder) -> None:
    done = scan.history().done[2]
    position = delivery_manifest(scan, "colmap").positions[2]
    assert position.image.name == f"images/{scan.id}_0002.jpg"
    assert position.mask is not None
    assert position.mask.name == f"masks/{scan.id}_0002.jpg.png"
    assert position.depth is not None
    assert position.depth.name == f"depth/{scan.id}_0002.png"
    assert done.mask is not None
    assert position.mask.sha256 == done.mask.sha256
    assert (position.depth.bytes, position.depth.crc32) == (done.depth.bytes, done.depth.crc32) if done.depth else False


def test_the_images_of_colmap_are_those_without_a_focal_length_in_35_mm(scan: ScanFolder) -> None:
    done = scan.history().done[1]
    assert done.stack_without_35mm is not None
    digests = {profile: delivery_manifest(scan, profile).positions[1].image.sha256 for profile in PROFILES}
    assert digests.pop("colmap") == done.stack_without_35mm.sha256
    assert set(digests.values()) == {done.stack.sha256}
    assert done.stack.sha256 != done.stack_without_35mm.sha256


def test_slices_come_with_what_was_asked_and_reported_and_their_files(scan: ScanFolder) -> None:
    slices = delivery_manifest(scan, "metashape").positions[3].slices
    assert [(s.focus_asked, s.focus) for s in slices] == [(12, 12.01), (10, 10.01), (8, 8.01)]
    assert {(s.exposure_us, s.gain) for s in slices} == {(8000, 2.0)}
    assert [s.file for s in slices] == [s.file for s in scan.history().done[3].slices]


def test_the_pose_is_that_of_the_camera_at_its_angles(scan: ScanFolder) -> None:
    told = delivery_manifest(scan, "metashape")
    assert told.camera is not None
    for each in told.positions:
        assert each.pose == pose_of(told.camera, each.turntable, each.tilt)


def test_findings_and_unsteadiness_are_told(tmp_path: Path) -> None:
    folder = new_scan(tmp_path)
    take(folder, 0, quality=StackQuality(beyond_near=0.3, near_needed=13.5, proposal=PROPOSAL), still=False)
    (position,) = delivery_manifest(folder, "metashape").positions
    assert [finding.code for finding in position.findings] == ["unsteady", "near-not-covered"]
    assert f"near {PROPOSAL.near:g}" in position.findings[1].hint
    assert position.quality.proposal == PROPOSAL


def test_the_scan_proposes_one_sweep_for_all_its_positions(tmp_path: Path, scan: ScanFolder) -> None:
    folder = new_scan(tmp_path)
    take(folder, 0)
    take(folder, 1, quality=StackQuality(beyond_near=0.3, near_needed=12.4, proposal=PROPOSAL))
    told = delivery_manifest(folder, "metashape").proposal
    assert told is not None
    assert (told.near, told.far) == (PROPOSAL.near, PROPOSAL.far)
    assert delivery_manifest(scan, "metashape").proposal is None


def test_a_running_scan_hands_over_what_is_stacked_so_far(tmp_path: Path) -> None:
    folder = new_scan(tmp_path)
    folder.record_state("running")
    take(folder, 0)
    take(folder, 1, maps=False)
    told = delivery_manifest(folder, "meshroom")
    assert (told.state, told.reason, told.planned) == ("running", None, 4)
    assert [each.mask is None for each in told.positions] == [False, True]
    assert [each.depth is None for each in told.positions] == [False, True]


def test_before_anything_is_measured_there_is_no_camera_and_no_scale(tmp_path: Path) -> None:
    told = delivery_manifest(new_scan(tmp_path, sweep=None, exposure=None), "metashape")
    assert (told.camera, told.depth_scale, told.positions, told.state) == (None, None, (), None)


def test_a_scan_of_an_older_version_tells_what_there_is(tmp_path: Path) -> None:
    rig: dict[str, JsonValue] = {
        "camera": {"model": "imx519", "width": 64, "height": 48, "focal_length_mm": 4.28, "f_number": 1.75,
                   "pixel_pitch_um": 1.22, "lens": None}
    }  # fmt: skip
    folder = new_scan(tmp_path, rig, software="")
    take_bare(folder, PLAN.positions()[0])
    told = delivery_manifest(folder, "colmap")
    (position,) = told.positions
    assert told.camera is not None
    assert (told.camera.names.model, told.camera.names.lens) == ("imx519", "4.28 mm f/1.75")
    assert told.camera.sigma_mm == pytest.approx(10, rel=0.01)  # nobody measured: a tenth of 100 mm
    assert position.pose is not None
    assert (position.taken_at, position.settle_s, position.mask, position.depth) == (None, None, None, None)
    assert position.image.sha256 == folder.history().done[0].stack.sha256  # nothing to silence


def test_a_manifest_that_does_not_tell_its_camera_gives_no_poses(tmp_path: Path) -> None:
    folder = new_scan(tmp_path, {"description": "a rig"})
    take_bare(folder, Position(index=0, turntable=0))
    assert known_camera(folder.manifest) is None
    assert delivery_manifest(folder, "metashape").positions[0].pose is None


def test_the_depth_scale_says_what_the_pixels_of_a_depth_map_are(scan: ScanFolder) -> None:
    scale = depth_scale(scan.manifest, "D")
    assert scale is not None
    values = read_image(scan.depth_path(0)).y[3].astype(float)  # any row but the first: nothing is sharp there
    expected = np.linspace(8.0, 12.0, 32).repeat(2)
    assert np.abs(scale.offset + (values - 1) * scale.step - expected).max() < 1e-4
    assert read_image(scan.depth_path(0)).y[0].max() == scale.nothing
    assert scale.offset_dioptres == pytest.approx((8 - 0.5) / 1.25)
    assert scale.step_dioptres == pytest.approx(scale.step / 1.25)


def test_the_depth_scale_of_a_rail_is_in_millimetres_and_of_fixed_focus_there_is_none(tmp_path: Path) -> None:
    rail = depth_scale(new_scan(tmp_path, focus_scale={"offset": 0.5, "slope": 1.25}).manifest, "mm")
    assert rail is not None
    assert (rail.unit, rail.offset, rail.offset_dioptres) == ("mm", 8, None)
    fixed = new_scan(tmp_path, sweep={"near": 0.0, "far": 0.0, "count": 1, "reference": 0})
    assert depth_scale(fixed.manifest, "") is None


def test_its_text_is_json_that_reads_back_as_the_same(scan: ScanFolder) -> None:
    told = delivery_manifest(scan, "metashape")
    assert DeliveryManifest.model_validate_json(told.json_text()) == told
    assert told.json_text() == delivery_manifest(scan, "metashape").json_text()
    assert told.json_text().startswith('{\n "format": 1,\n "profile": "metashape"')


def test_manifests_fit_the_schema(scan: ScanFolder, tmp_path: Path) -> None:
    schema = manifest_schema()
    empty = new_scan(tmp_path, {"description": "a rig"}, sweep=None, exposure=None)
    for folder in (scan, empty):
        assert strangers(json.loads(delivery_manifest(folder, "realityscan").json_text()), schema, schema) == []


def test_what_does_not_fit_the_schema_is_found(scan: ScanFolder) -> None:
    schema = manifest_schema()
    told = json.loads(delivery_manifest(scan, "metashape").json_text())
    told["positions"][1]["slices"][2]["share"] = "half"
    told["positions"][0]["colour"] = 1
    del told["camera"]["cx"]
    told["profile"] = "excel"
    found = "\n".join(strangers(told, schema, schema))
    assert "/positions/0/colour is not known" in found
    assert "/profile: 'excel'" in found
    assert "camera" in found
    assert "/positions/1/slices/2/share: 'half' is no number" in found


def test_the_published_schema_is_that_of_the_code() -> None:
    assert PUBLISHED.read_text() == schema_text(), f"renew {PUBLISHED.name}: see tests/delivery/schema.py"


def test_the_schema_describes_every_part_and_gives_units() -> None:
    schema = manifest_schema()
    assert schema["$id"] == SCHEMA_ID
    assert schema["$schema"].endswith("2020-12/schema")
    silent = [name for name, part in schema["$defs"].items() if not part.get("description")]
    assert silent == ["JsonValue"]
    assert schema["$defs"]["DeliveredPosition"]["properties"]["turntable"]["unit"] == "°"
    assert schema["$defs"]["CameraPose"]["properties"]["centre"]["unit"] == "m"
    assert "residual_px" in schema["$defs"]["SliceRecord"]["description"]
