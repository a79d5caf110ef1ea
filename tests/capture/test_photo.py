"""EXIF on the images of a scan, read by another library."""

from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from scanner.capture.photo import Photo
from scanner.capture.scan_camera import scan_camera
from scanner.errors import WrongState
from scanner.slices import Planes
from scanner.store.images import decode_jpeg, encode_jpeg
from tests.capture.manifests import manifest

NOON = datetime(2026, 11, 22, 12, 0, 0, 250_000, tzinfo=timezone(timedelta(hours=1)))
EXIF_IFD = 0x8769


def picture() -> bytes:
    y = np.random.default_rng(1).integers(0, 255, (240, 320)).astype(np.uint8)
    return encode_jpeg(Planes(y, np.full((120, 160), 128, np.uint8), np.full((120, 160), 120, np.uint8)), 96)


def exif(jpeg: bytes) -> dict[int, Any]:
    with Image.open(BytesIO(jpeg)) as image:
        found = image.getexif()
        return {**found, **found.get_ifd(EXIF_IFD)}


def test_it_tells_the_camera_of_the_scan_and_leaves_the_pixels() -> None:
    known = manifest(software="Focusrig 1.2.3")
    jpeg = Photo(known).stamped(picture(), NOON, "0/stack")
    told, camera = exif(jpeg), scan_camera(known)
    assert (told[0x010F], told[0x0110], told[0xA431], told[0xA434]) == (
        "Raspberry Pi",
        "imx519",
        "b7",
        "4.28 mm f/1.75",
    )
    assert float(told[0x920A]) == pytest.approx(camera.focal_length_mm, abs=1e-6)
    assert float(told[0xA20E]) == pytest.approx(10_000 / camera.pixel_pitch_um)  # pixels a cm
    assert (told[0xA210], float(told[0x829D]), float(told[0x829A]), told[0x8827]) == (3, 1.8, 0.01, 100)
    assert (told[0x9003], told[0x9291], told[0x9011]) == ("2026:11:22 12:00:00", "250000", "+01:00")
    assert told[0x0131] == "Focusrig 1.2.3"
    assert (decode_jpeg(jpeg, "jpeg").y == decode_jpeg(picture(), "jpeg").y).all()


def test_images_differ_in_time_and_id_alone() -> None:
    photo = Photo(manifest())
    first, second = (exif(photo.stamped(picture(), NOON + timedelta(seconds=i), f"{i}/stack")) for i in range(2))
    differing = {tag for tag in first if first[tag] != second[tag]}
    assert differing == {0x0132, 0x9003, 0x9004, 0xA420}
    assert len(first[0xA420]) == 32


def test_the_same_image_gets_the_same_bytes() -> None:
    jpegs = {Photo(manifest()).stamped(picture(), NOON, "3/1") for _ in range(2)}
    assert len(jpegs) == 1


def test_scans_of_one_rig_do_not_share_ids() -> None:
    known = manifest()
    other = known.model_copy(update={"id": "20261122-120000-vase-2"})
    ids = {exif(Photo(each).stamped(picture(), NOON, "0/0"))[0xA420] for each in (known, other)}
    assert len(ids) == 2


def test_before_the_sweep_is_known_there_is_no_camera_to_tell() -> None:
    with pytest.raises(WrongState):
        Photo(manifest(sweep=None))


def test_times_are_told_in_their_own_zone() -> None:
    told = exif(Photo(manifest()).stamped(picture(), NOON.astimezone(UTC), "0/0"))
    assert (told[0x9003], told[0x9011]) == ("2026:11:22 11:00:00", "+00:00")
