"""What programs read of the camera: each file against what its format says."""

import csv
import json
import xml.etree.ElementTree as ET
from io import StringIO

import pytest

from scanner.capture.scan_camera import ScanCamera, scan_camera
from scanner.delivery.cameras import COLUMNS, PosedImage, calibration_xml, camera_json, reference_csv, sidecar_xmp
from scanner.delivery.poses import pose_of
from tests.delivery.scans import HEIGHT, WIDTH, new_scan

XCR = "{http://www.capturingreality.com/ns/xcr/1.1#}"


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> ScanCamera:
    return scan_camera(new_scan(tmp_path_factory.mktemp("data")).manifest)


def posed(camera: ScanCamera) -> tuple[PosedImage, ...]:
    return tuple(
        PosedImage(label=f"vase_{i:04d}.jpg", turntable=90.0 * i, tilt=20.0, pose=pose_of(camera, 90.0 * i, 20.0))
        for i in range(3)
    )


def test_reference_csv_has_metres_and_a_line_an_image(camera: ScanCamera) -> None:
    text = reference_csv(camera, posed(camera))
    assert text.isascii()
    assert "\r" not in text
    assert text.endswith("\n")
    rows = list(csv.DictReader(StringIO(text)))
    assert tuple(rows[0]) == COLUMNS
    assert [row["label"] for row in rows] == ["vase_0000.jpg", "vase_0001.jpg", "vase_0002.jpg"]
    assert [float(row["turntable_deg"]) for row in rows] == [0, 90, 180]
    for row, image in zip(rows, posed(camera), strict=True):
        assert [float(row[axis]) for axis in "xyz"] == pytest.approx(image.pose.centre, abs=1e-7)
        assert all(len(row[axis].split(".")[1]) >= 6 for axis in "xyz")
        assert {float(row[f"sigma_{axis}"]) for axis in "xyz"} == {0.002}


def test_without_images_reference_csv_is_its_header(camera: ScanCamera) -> None:
    assert reference_csv(camera, ()) == ",".join(COLUMNS) + "\n"


def test_calibration_xml_is_agisofts_with_offsets_from_the_middle(camera: ScanCamera) -> None:
    moved = camera.model_copy(update={"cx": camera.cx + 1.5, "cy": camera.cy - 0.25})
    root = ET.fromstring(calibration_xml(moved))  # noqa: S314
    told = {child.tag: child.text for child in root}
    assert root.tag == "calibration"
    assert told.pop("projection") == "frame"
    assert {key: float(value or "") for key, value in told.items()} == pytest.approx(
        {"width": WIDTH, "height": HEIGHT, "f": camera.focal_px, "cx": 1.5, "cy": -0.25}, abs=1e-6
    )


def test_camera_json_tells_one_camera_and_all_poses(camera: ScanCamera) -> None:
    told = json.loads(camera_json(camera, posed(camera)))
    assert told["model"] == "pinhole"
    assert told["camera"]["focal_px"] == pytest.approx(camera.focal_px)
    assert told["camera"]["names"]["make"] == "Raspberry Pi"
    assert told["sigma"] == 0.002
    assert "x right" in told["frame"]
    assert [image["label"] for image in told["images"]] == [image.label for image in posed(camera)]
    assert told["images"][1]["pose"] == pose_of(camera, 90, 20).model_dump(mode="json")


def test_a_sidecar_gives_pose_and_calibration_as_a_first_guess(camera: ScanCamera) -> None:
    pose = pose_of(camera, 33, 20)
    (described,) = ET.fromstring(sidecar_xmp(camera, pose)).iter(  # noqa: S314
        "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}Description"
    )
    told = {key.removeprefix(XCR): value for key, value in described.attrib.items()}
    assert (told["PosePrior"], told["CalibrationPrior"], told["Coordinates"]) == ("initial", "initial", "absolute")
    assert (told["CalibrationGroup"], told["DistortionGroup"]) == ("0", "0")
    assert float(told["FocalLength35mm"]) == pytest.approx(camera.focal_px * 36 / WIDTH)
    assert (float(told["PrincipalPointU"]), float(told["PrincipalPointV"])) == (0, 0)
    numbers = {child.tag.removeprefix(XCR): [float(n) for n in (child.text or "").split()] for child in described}
    assert numbers["Rotation"] == pytest.approx([value for row in pose.rotation for value in row], abs=1e-11)
    assert numbers["Position"] == pytest.approx(pose.centre, abs=1e-11)


def test_the_principal_point_of_a_sidecar_counts_in_longer_sides(camera: ScanCamera) -> None:
    upright = camera.model_copy(update={"width": HEIGHT, "height": WIDTH, "cx": HEIGHT / 2 - 0.5 + 3.2, "cy": 31.5})
    text = sidecar_xmp(upright, pose_of(camera, 0, 0))
    assert 'xcr:PrincipalPointU="0.05"' in text
    assert f'xcr:FocalLength35mm="{camera.focal_px * 36 / WIDTH:.9g}"' in text
