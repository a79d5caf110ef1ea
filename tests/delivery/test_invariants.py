"""What must hold of the images of every scan, proven on the zips of a real one, which the daemon takes on the simulated
rig."""

import csv
import json
import time
from collections.abc import Callable
from hashlib import sha256
from io import BytesIO, StringIO
from itertools import pairwise
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import cv2
import numpy as np
import pytest
import simplejpeg
from numpy.typing import NDArray
from PIL import Image
from PIL.ExifTags import IFD, Base

from scanner.capture.events import RunState
from scanner.config import Settings
from scanner.daemon import Daemon
from scanner.delivery.archive import photogrammetry_archive
from scanner.delivery.manifest import DeliveryManifest
from scanner.plan.scan import ScanPlan
from scanner.slices import Planes
from scanner.store.images import decode_jpeg, encode_jpeg
from scanner.store.scans import ScanStore
from tests.conftest import small_settings
from tests.store.examples import store_at

WIDTH, HEIGHT, SLICES, BORDER = 320, 180, 5, 40
PLAN = ScanPlan.model_validate(
    {
        "name": "Invariant",
        "path": {"kind": "rings", "rings": [{"tilt_deg": 5, "count": 3}, {"tilt_deg": 30, "count": 3}]},
        "sweep": {"near": 12.6, "far": 8.2, "count": SLICES},
        "settle": {"after_move_s": 0},
        "output": {"masks": True, "depth": True},
    }
)
OF_ONE_IMAGE = {
    Base.DateTime, Base.DateTimeOriginal, Base.DateTimeDigitized, Base.SubsecTime, Base.SubsecTimeOriginal,
    Base.SubsecTimeDigitized, Base.ImageUniqueID, IFD.Exif,
}  # fmt: skip
"""Tags that are not the same in a whole scan: when, which, and where in the file."""


class Delivered:
    """The zips of one scan, opened; the daemon is gone."""

    def __init__(self, scan_id: str, data: Path) -> None:
        self.store: ScanStore = store_at(data)
        self.folder = self.store.open(scan_id)
        self.whole = b"".join(photogrammetry_archive(self.folder).read())
        self.zip = ZipFile(BytesIO(self.whole))
        self.slices = ZipFile(BytesIO(b"".join(self.folder.slices_archive().read())))
        self.manifest = DeliveryManifest.model_validate_json(self.zip.read("manifest.json"))
        self.images = [name for name in self.zip.namelist() if name.startswith("images/")]

    def luma(self, name: str) -> NDArray[np.int16]:
        """Of an image of the zip."""
        return decode_jpeg(self.zip.read(name), name).y.astype(np.int16)

    def slice_luma(self, position: int, index: int) -> NDArray[np.int16]:
        name = f"{self.folder.id}_{position:04d}/slice_{index:02d}.jpg"
        return decode_jpeg(self.slices.read(name), name).y.astype(np.int16)


def exif(jpeg: bytes) -> dict[int, Any]:
    """All tags of the file and of the shot."""
    found = Image.open(BytesIO(jpeg)).getexif()
    return {**found, **found.get_ifd(IFD.Exif)}


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Delivered:
    data = tmp_path_factory.mktemp("data")
    told = small_settings(data).model_dump()
    told["rig"]["simulated"].update(width=WIDTH, height=HEIGHT)
    daemon = Daemon(Settings.model_validate(told))
    daemon.start()
    try:
        _until(lambda: daemon.status().rig.facts is not None)
        scan = daemon.start_scan(PLAN)
        _until(lambda: daemon.scan(scan.id).state == RunState.FINISHED)
        assert daemon.scan(scan.id).problem is None
    finally:
        daemon.close()
    return Delivered(scan.id, data)


def _until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 240
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_one_image_a_position_in_capture_order(delivered: Delivered) -> None:
    assert len(delivered.images) == len(PLAN.positions()) == 6
    assert delivered.images == sorted(delivered.images)
    assert all(name.isascii() for name in delivered.zip.namelist())
    times = [position.taken_at for position in delivered.manifest.positions]
    assert None not in times
    assert all(a < b for a, b in pairwise(times) if a and b)
    angles = [(position.turntable, position.tilt) for position in delivered.manifest.positions]
    assert angles == [(position.turntable, position.tilt) for position in PLAN.positions()]


def test_all_images_have_the_size_of_the_slices_and_are_not_rotated(delivered: Delivered) -> None:
    for name in delivered.images:
        assert Image.open(BytesIO(delivered.zip.read(name))).size == (WIDTH, HEIGHT)
        assert exif(delivered.zip.read(name))[Base.Orientation] == 1


def test_no_border_is_black(delivered: Delivered) -> None:
    """What no slice covers comes from the reference slice: near the border the image is as that is."""
    border = np.ones((HEIGHT, WIDTH), bool)
    border[BORDER:-BORDER, BORDER:-BORDER] = False
    for position, name in enumerate(delivered.images):
        stack, reference = delivered.luma(name), delivered.slice_luma(position, SLICES // 2)
        assert reference[border].mean() > 15  # dark, not black
        assert np.abs(stack - reference)[border].mean() < 1.5
        rims = (np.s_[:4], np.s_[-4:], np.s_[:, :4], np.s_[:, -4:])
        assert all(abs(stack[rim].mean() - reference[rim].mean()) < 3 for rim in rims)


def test_nothing_is_cropped_or_rescaled(delivered: Delivered) -> None:
    """Left and right, above and below, the image lies where the reference slice has it: a common area of the sweep,
    cropped and scaled up, would lie 0.4 px off between the halves."""
    halves = (np.s_[:, : WIDTH // 2], np.s_[:, WIDTH // 2 :], np.s_[: HEIGHT // 2], np.s_[HEIGHT // 2 :])
    for position, name in enumerate(delivered.images):
        stack, reference = delivered.luma(name), delivered.slice_luma(position, SLICES // 2)
        left, right, above, below = (_shift(reference[half], stack[half]) for half in halves)
        assert abs(left[0] - right[0]) < 0.25
        assert abs(above[1] - below[1]) < 0.25
        assert max(np.hypot(*shift) for shift in (left, right, above, below)) < 0.5


def _shift(one: NDArray[np.int16], other: NDArray[np.int16]) -> tuple[float, float]:
    """Of the other picture against the one, pixels right and down."""
    window = cv2.createHanningWindow(one.shape[::-1], cv2.CV_64F)
    (right, down), _ = cv2.phaseCorrelate(one.astype(np.float64), other.astype(np.float64), window)
    return right, down


def test_the_reference_slice_is_the_same_at_every_position_and_so_is_its_lens_position(delivered: Delivered) -> None:
    identity = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
    for position in delivered.manifest.positions:
        assert [s.index for s in position.slices if s.transform == identity] == [SLICES // 2]
    for index in range(SLICES):
        told = [position.slices[index] for position in delivered.manifest.positions]
        assert len({one.focus_asked for one in told}) == 1
        reported = [one.focus for one in told if one.focus is not None]
        assert len(reported) == 6
        assert np.ptp(reported) < 0.02


def test_each_lens_position_has_one_transform_for_the_whole_scan(delivered: Delivered) -> None:
    """The calibrated magnification; what differs is the shake that was taken out, and is told."""
    assert delivered.manifest.scan.breathing is not None
    for index in range(SLICES):
        told = [position.slices[index] for position in delivered.manifest.positions]
        growth = [one.transform[0][0] for one in told]
        assert np.ptp(growth) * WIDTH / 2 < 0.01
        shake = max(one.shake_px for one in told)
        middle = np.array([np.array(one.transform) @ (WIDTH / 2, HEIGHT / 2, 1) for one in told])
        assert np.ptp(middle, axis=0).max() <= 2 * shake + 0.01
    growths = [one.transform[0][0] for one in delivered.manifest.positions[0].slices]
    assert np.abs(np.diff(growths)).min() * WIDTH / 2 > 0.05  # there was breathing to take out


def test_exposure_is_locked_over_all_slices_and_positions(delivered: Delivered) -> None:
    slices = [one for position in delivered.manifest.positions for one in position.slices]
    assert len(slices) == 6 * SLICES
    assert len({(one.exposure_us, one.gain) for one in slices}) == 1
    tags = [exif(delivered.slices.read(name)) for name in delivered.slices.namelist()]
    assert len({(told[Base.ExposureTime], told[Base.ISOSpeedRatings]) for told in tags}) == 1


def test_exif_is_the_same_in_all_images_but_for_time_and_id(delivered: Delivered) -> None:
    tags = [exif(delivered.zip.read(name)) for name in delivered.images]
    common = [{tag: value for tag, value in told.items() if tag not in OF_ONE_IMAGE} for told in tags]
    assert all(told == common[0] for told in common)
    assert {Base.Make, Base.Model, Base.LensModel, Base.FocalLength, Base.FNumber, Base.ExposureTime,
            Base.ISOSpeedRatings, Base.FocalLengthIn35mmFilm} <= set(common[0])  # fmt: skip
    assert (common[0][Base.ColorSpace], common[0][Base.FocalPlaneResolutionUnit]) == (1, 3)


def test_exif_tells_the_focal_length_in_pixels(delivered: Delivered) -> None:
    camera = delivered.manifest.camera
    assert camera is not None
    told = exif(delivered.zip.read(delivered.images[0]))
    pixels_a_mm = float(told[Base.FocalPlaneXResolution]) / 10
    assert float(told[Base.FocalLength]) * pixels_a_mm == pytest.approx(camera.focal_px, rel=1e-6)


def test_each_image_has_its_own_time_and_id_and_no_place(delivered: Delivered) -> None:
    tags = [exif(delivered.zip.read(name)) for name in delivered.images]
    assert len({(told[Base.DateTimeOriginal], told[Base.SubsecTimeOriginal]) for told in tags}) == 6
    assert len({told[Base.ImageUniqueID] for told in tags}) == 6
    assert all(IFD.GPSInfo not in told for told in tags)


def test_images_are_jpeg_of_quality_95_or_more_with_the_chroma_of_the_camera(delivered: Delivered) -> None:
    grey = np.full((16, 16), 128, np.uint8)
    coarsest = Image.open(BytesIO(encode_jpeg(Planes(grey, grey, grey), 95))).quantization  # type: ignore[attr-defined]
    for name in delivered.images:
        jpeg = delivered.zip.read(name)
        tables = Image.open(BytesIO(jpeg)).quantization  # type: ignore[attr-defined]
        assert all(np.all(np.array(tables[kind]) <= coarsest[kind]) for kind in (0, 1))
        assert simplejpeg.decode_jpeg_header(jpeg)[2:] == ("YCbCr", "420")


def test_each_image_has_a_mask_and_a_depth_map_of_its_size(delivered: Delivered) -> None:
    for name in delivered.images:
        stem = Path(name).stem
        mask = Image.open(BytesIO(delivered.zip.read(f"masks/{stem}_mask.png")))
        assert (mask.size, mask.mode) == ((WIDTH, HEIGHT), "L")
        values = np.asarray(mask)
        assert set(np.unique(values)) == {0, 255}
        assert 0.05 < (values == 255).mean() < 0.5
        depth = Image.open(BytesIO(delivered.zip.read(f"depth/{stem}.png")))
        assert depth.size == (WIDTH, HEIGHT)
        assert np.asarray(depth).dtype == np.uint16


def test_masks_leave_out_the_background(delivered: Delivered) -> None:
    """The corners never show the object."""
    for name in delivered.images:
        mask = np.asarray(Image.open(BytesIO(delivered.zip.read(f"masks/{Path(name).stem}_mask.png"))))
        assert max(mask[y, x] for y in (0, -1) for x in (0, -1)) == 0


def test_reference_csv_has_a_line_for_each_image(delivered: Delivered) -> None:
    rows = list(csv.DictReader(StringIO(delivered.zip.read("reference.csv").decode())))
    assert [f"images/{row['label']}" for row in rows] == delivered.images
    assert len({(row["x"], row["y"], row["z"]) for row in rows}) == 6


def test_the_slices_have_a_folder_for_each_position_in_the_order_of_the_sweep(delivered: Delivered) -> None:
    told = delivered.manifest.positions
    expected = [f"{Path(each.image.name).stem}/{one.file.name}" for each in told for one in each.slices]
    assert delivered.slices.namelist() == expected == sorted(expected)
    assert [one.index for one in told[0].slices] == list(range(SLICES))
    for name, one in zip(delivered.slices.namelist(), (one for each in told for one in each.slices), strict=True):
        assert sha256(delivered.slices.read(name)).hexdigest() == one.file.sha256


def test_two_downloads_are_alike_also_after_a_restart(delivered: Delivered) -> None:
    again = store_at(delivered.folder.path.parents[1]).open(delivered.folder.id)
    assert b"".join(photogrammetry_archive(again).read()) == delivered.whole


def test_colmap_reads_no_rounded_focal_length(delivered: Delivered) -> None:
    silent = ZipFile(BytesIO(b"".join(photogrammetry_archive(delivered.folder, "colmap").read())))
    told = json.loads(silent.read("manifest.json"))
    assert [position["image"]["name"] for position in told["positions"]] == delivered.images
    for name in delivered.images:
        tags = exif(silent.read(name))
        assert not tags.get(Base.FocalLengthIn35mmFilm)
        assert tags[Base.FocalLength] == exif(delivered.zip.read(name))[Base.FocalLength]
        assert np.array_equal(decode_jpeg(silent.read(name), name).y, delivered.luma(name))
