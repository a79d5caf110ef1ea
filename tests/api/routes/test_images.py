"""Archives and single images over HTTP."""

import io
import json
import zipfile
from typing import get_args

import numpy as np
import pytest
import simplejpeg
from PIL import Image

from scanner.capture.events import ScanStatus
from scanner.daemon import Daemon
from scanner.delivery.profiles import Profile
from tests.api.client import Client
from tests.api.scans import running


@pytest.fixture
def path(scanned: ScanStatus) -> str:
    return f"/api/v1/scans/{scanned.id}"


def test_the_stacks_for_photogrammetry(client: Client, path: str, scanned: ScanStatus) -> None:
    answer = client.get(f"{path}/stacks.zip")
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == f'attachment; filename="{scanned.id}_photogrammetry.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        images = [name for name in archive.namelist() if name.endswith(".jpg")]
        assert len(images) == scanned.stacked
        for name in images:
            assert simplejpeg.decode_jpeg(archive.read(name)).shape == (270, 480, 3)


def test_the_slices(client: Client, path: str, scanned: ScanStatus) -> None:
    answer = client.get(f"{path}/slices.zip")
    assert answer.headers["content-disposition"] == f'attachment; filename="{scanned.id}_slices.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert len([name for name in archive.namelist() if name.endswith(".jpg")]) == 4


@pytest.mark.parametrize("profile", get_args(Profile))
def test_the_zip_is_for_one_program(client: Client, path: str, scanned: ScanStatus, profile: str) -> None:
    answer = client.get(f"{path}/stacks.zip?profile={profile}")
    name = {"metashape": "photogrammetry"}.get(profile, f"photogrammetry_{profile}")
    assert answer.headers["content-disposition"] == f'attachment; filename="{scanned.id}_{name}.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert json.loads(archive.read("manifest.json"))["profile"] == profile
        names = archive.namelist()
    stem = f"{scanned.id}_0000"
    masks = {
        "metashape": f"masks/{stem}_mask.png",
        "colmap": f"masks/{stem}.jpg.png",
        "meshroom": f"masks/{stem}.png",
        "realityscan": f"images/{stem}.jpg.mask.png",
    }
    assert masks[profile] in names
    assert client.get(f"{path}/stacks.zip?profile={profile}").content == answer.content


def test_without_a_profile_it_is_for_metashape(client: Client, path: str) -> None:
    assert client.get(f"{path}/stacks.zip").content == client.get(f"{path}/stacks.zip?profile=metashape").content


@pytest.mark.parametrize("place", ["stacks.zip", "manifest.json"])
def test_an_unknown_program_is_named(client: Client, path: str, place: str) -> None:
    answer = client.get(f"{path}/{place}?profile=hugin")
    assert answer.status_code == 422
    assert "metashape" in answer.text
    assert client.request("HEAD", f"{path}/{place}?profile=hugin").status_code == 422


def test_a_mask(client: Client, path: str) -> None:
    answer = client.get(f"{path}/positions/1/mask.png")
    assert answer.headers["content-type"] == "image/png"
    with Image.open(io.BytesIO(answer.content)) as mask:
        assert (mask.mode, mask.size) == ("L", (480, 270))
        assert {value for _, value in mask.getcolors() or ()} == {0, 255}
    assert client.request("HEAD", f"{path}/positions/1/mask.png").headers["content-length"] == str(len(answer.content))


def test_a_depth_map(client: Client, path: str) -> None:
    answer = client.get(f"{path}/positions/1/depth.png")
    assert answer.headers["content-type"] == "image/png"
    with Image.open(io.BytesIO(answer.content)) as depth:
        assert (depth.mode, depth.size) == ("I;16", (480, 270))


@pytest.mark.parametrize("name", ["stacks.zip", "slices.zip"])
def test_a_part_of_an_archive(client: Client, path: str, name: str) -> None:
    whole = client.get(f"{path}/{name}")
    etag = whole.headers["etag"]
    part = client.get(f"{path}/{name}", headers={"Range": "bytes=1000-1999", "If-Range": etag})
    assert part.status_code == 206
    assert part.content == whole.content[1000:2000]
    assert client.get(f"{path}/{name}", headers={"If-None-Match": etag}).status_code == 304
    head = client.request("HEAD", f"{path}/{name}")
    assert head.headers["content-length"] == str(len(whole.content))
    assert head.content == b""


def test_a_running_scan_gives_what_is_there(client: Client, rig_daemon: Daemon) -> None:
    with running(rig_daemon) as scan_id:
        answer = client.get(f"/api/v1/scans/{scan_id}/stacks.zip")
        assert answer.status_code == 200
        assert zipfile.ZipFile(io.BytesIO(answer.content)).testzip() is None


@pytest.mark.parametrize(
    ("rest", "size"),
    [
        ("positions/0/stack.jpg", (270, 480)),
        ("positions/1/stack.jpg", (270, 480)),
        ("positions/0/slices/0.jpg", (270, 480)),
        ("positions/1/slices/1.jpg", (270, 480)),
        ("positions/1/thumbnail.jpg", None),
    ],
)
def test_an_image(client: Client, path: str, rest: str, size: tuple[int, int] | None) -> None:
    answer = client.get(f"{path}/{rest}")
    assert answer.headers["content-type"] == "image/jpeg"
    pixels = simplejpeg.decode_jpeg(answer.content)
    assert size is None or pixels.shape[:2] == size
    assert np.ptp(pixels) > 0
    again = client.get(f"{path}/{rest}", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.request("HEAD", f"{path}/{rest}").headers["content-length"] == str(len(answer.content))


@pytest.mark.parametrize(
    ("rest", "code"),
    [
        ("positions/2/stack.jpg", 404),
        ("positions/2/thumbnail.jpg", 404),
        ("positions/2/mask.png", 404),
        ("positions/2/depth.png", 404),
        ("positions/5000/mask.png", 404),
        ("positions/one/depth.png", 422),
        ("positions/0/slices/2.jpg", 404),
        ("positions/2/slices/0.jpg", 404),
        ("positions/-1/stack.jpg", 422),
        ("positions/4999/stack.jpg", 404),
        ("positions/5000/stack.jpg", 404),
        ("positions/5000/thumbnail.jpg", 404),
        ("positions/5000/slices/0.jpg", 404),
        ("positions/0/slices/199.jpg", 404),
        ("positions/0/slices/200.jpg", 404),
        ("positions/" + "9" * 300 + "/stack.jpg", 404),
        ("positions/one/stack.jpg", 422),
        ("positions/" + "9" * 5000 + "/stack.jpg", 422),
        ("positions/0/stack.png", 404),
        ("positions/0/slices/", 404),
        ("positions/", 404),
    ],
)
def test_what_is_not_there(client: Client, path: str, rest: str, code: int) -> None:
    answer = client.get(f"{path}/{rest}")
    assert answer.status_code == code
    assert answer.json()["hint"]
    assert client.request("HEAD", f"{path}/{rest}").status_code == code
