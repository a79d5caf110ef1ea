"""EXIF: judged by three other programs, and silenced in place."""

import io
import math
import os
import shutil
import struct
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.ExifTags import IFD, Base

from scanner.jpeg import APP0, EXIF, exif_entries, segment
from scanner.slices import Planes
from scanner.store.archive import HEAD
from scanner.store.exif import PhotoFacts, exif_block, silence_35mm, without_35mm
from scanner.store.images import encode_jpeg, exif_of, with_exif
from tests.store.examples import PHOTO

FOCAL_PX = 4.3219876543 / 1.22e-3
FILM = 0xA405
SCENE = 0xA406

GREY = np.full((24, 32), 128, np.uint8)
PLAIN = encode_jpeg(Planes(np.full((48, 64), 90, np.uint8), GREY, GREY), 96)
JPEG = with_exif(PLAIN, exif_block(PHOTO))


def directories(block: bytes) -> tuple[dict[int, object], dict[int, object]]:
    """The tags of the file and those of the shot, as Pillow reads them again."""
    exif = Image.Exif()
    exif.load(EXIF + block)
    return dict(exif), exif.get_ifd(IFD.Exif)


def kinds(block: bytes) -> dict[int, int]:
    order, entries = exif_entries(block)
    return {tag: struct.unpack_from(order + "H", block, at + 2)[0] for tag, at in entries.items()}


def rational(photo: PhotoFacts, tag: int) -> Fraction:
    order, entries = exif_entries(block := exif_block(photo))
    kind, count, at = struct.unpack_from(order + "HII", block, entries[tag] + 2)
    assert (kind, count) == (5, 1)
    above, below = struct.unpack_from(order + "II", block, at)
    assert max(above, below) < 2**31
    return Fraction(above, below)


def told(program: str, *arguments: str) -> str:
    """What another program says, and complains."""
    if shutil.which(program) is None and os.environ.get("CI") != "true":
        pytest.skip(f"{program} is not installed")
    run = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "warning" not in run.stderr.lower()
    assert run.stderr == ""
    return run.stdout


@pytest.fixture(params=["as it is", "silent"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    jpeg = JPEG if request.param == "as it is" else without_35mm(JPEG)
    assert jpeg is not None
    path = tmp_path / "a.jpg"
    path.write_bytes(jpeg)
    return path


def test_exiftool_finds_no_fault(path: Path) -> None:
    said = told("exiftool", "-validate", "-warning", "-error", "-a", str(path))
    assert said.split() == ["Validate", ":", "OK"]


def test_exiv2_finds_no_fault(path: Path) -> None:
    said = told("exiv2", "-pa", "pr", str(path))
    assert "Exif.Photo.LensModel" in said
    lines = {line.split()[0]: line.split()[1:] for line in said.splitlines()}
    assert lines["Exif.Photo.ComponentsConfiguration"] == ["Undefined", "4", "YCbCr"]
    assert lines["Exif.Photo.FocalPlaneXResolution"][0] == "Rational"
    assert lines["Exif.Photo.DateTimeOriginal"][2:] == ["2026:11:22", "05:11:30"]
    assert "Raspberry Pi" in told("exiv2", "-K", "Exif.Image.Make", str(path))


def test_exiftool_reads_what_was_written(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(JPEG)
    said = told("exiftool", "-s", "-n", "-a", str(tmp_path / "a.jpg"))
    read = {name.strip(): value.strip() for name, value in (line.split(":", 1) for line in said.splitlines())}
    expected = {
        "Make": "Raspberry Pi",
        "Model": "imx519",
        "Orientation": "1",
        "Software": "Focusrig 0.1.0",
        "ExposureTime": "0.008",
        "FNumber": "1.75",
        "ISO": "250",
        "ExifVersion": "0232",
        "SubSecDateTimeOriginal": "2026:11:22 05:11:30.041007-03:30",
        "FocalLength": "4.321987654",
        "FocalPlaneXResolution": "8196.721311",
        "FocalPlaneYResolution": "8196.721311",
        "FocalPlaneResolutionUnit": "3",
        "LensInfo": "4.321987654 4.321987654 1.75 1.75",
        "LensModel": "4.28 mm f/1.75",
        "SerialNumber": "a1b2c3",
        "ImageUniqueID": "0123456789abcdef0123456789abcdef",
        "ExifImageWidth": "64",
        "ExifImageHeight": "48",
        "ColorSpace": "1",
        "ExposureMode": "1",
        "WhiteBalance": "1",
    }
    assert {name: read.get(name) for name in expected} == expected
    assert not [name for name in read if name.startswith("GPS")]


def test_the_focal_length_in_pixels_is_exact_for_colmap_once_the_35_mm_tag_is_gone(tmp_path: Path) -> None:
    pycolmap = pytest.importorskip("pycolmap", reason="pycolmap is not installed")
    silent = without_35mm(JPEG)
    assert silent is not None
    (tmp_path / "loud.jpg").write_bytes(JPEG)
    (tmp_path / "silent.jpg").write_bytes(silent)
    loud, quiet = (pycolmap.Bitmap.read(tmp_path / name, as_rgb=True) for name in ("loud.jpg", "silent.jpg"))
    assert quiet.exif_focal_length() == pytest.approx(FOCAL_PX, rel=1e-6)
    assert loud.exif_focal_length() == pytest.approx(FOCAL_PX, rel=0.03)
    assert loud.exif_focal_length() != pytest.approx(FOCAL_PX, rel=1e-5)
    assert quiet.exif_camera_model() == "Raspberry Pi-imx519-4.321988-64x48"
    camera = pycolmap.infer_camera_from_image(tmp_path / "silent.jpg")
    assert camera.has_prior_focal_length
    assert camera.params[0] == pytest.approx(FOCAL_PX, rel=1e-6)


def test_the_block_is_the_same_each_time() -> None:
    assert exif_block(PHOTO) == exif_block(replace(PHOTO))
    assert exif_of(JPEG) == exif_block(PHOTO)
    assert len(exif_block(PHOTO)) < 1000


def test_numbers_are_of_the_kinds_that_the_standard_names() -> None:
    """Rationals above all: what is a DOUBLE, kind 12, readers ignore."""
    found = kinds(exif_block(PHOTO))
    names = {5: ("ExposureTime", "FNumber", "FocalLength", "FocalPlaneXResolution", "FocalPlaneYResolution"),
             3: ("ISOSpeedRatings", "SensitivityType", "ColorSpace", "ExposureMode", "FocalLengthIn35mmFilm"),
             4: ("RecommendedExposureIndex",), 7: ("ExifVersion", "ComponentsConfiguration", "FlashPixVersion"),
             2: ("DateTimeOriginal", "OffsetTimeOriginal", "SubsecTimeOriginal", "ImageUniqueID")}  # fmt: skip
    for kind, tags in names.items():
        assert {name: found[Base[name]] for name in tags} == dict.fromkeys(tags, kind)
    assert set(found.values()) == {2, 3, 4, 5, 7}
    assert list(found) == sorted(found)


@settings(max_examples=40, deadline=None)
@given(
    st.floats(0.5, 2000), st.floats(0.3, 64), st.floats(0.4, 50), st.integers(1, 2**31 - 1),
    st.tuples(st.integers(16, 20_000), st.integers(16, 20_000)),
)  # fmt: skip
def test_rationals_are_as_good_as_exact(
    focal_length: float, f_number: float, pitch: float, exposure: int, size: tuple[int, int]
) -> None:
    photo = replace(PHOTO, focal_length_mm=focal_length, f_number=f_number, pixel_pitch_um=pitch, exposure_us=exposure,
                    size=size)  # fmt: skip
    assert rational(photo, Base.FocalLength) == pytest.approx(focal_length, rel=1e-12)
    assert rational(photo, Base.FNumber) == pytest.approx(f_number, rel=1e-12)
    assert 10_000 / rational(photo, Base.FocalPlaneXResolution) == pytest.approx(pitch, rel=1e-12)
    assert rational(photo, Base.ExposureTime) == Fraction(exposure, 1_000_000)
    assert rational(photo, Base.FocalPlaneYResolution) == rational(photo, Base.FocalPlaneXResolution)


def test_what_a_person_wrote_is_written_exactly() -> None:
    assert rational(PHOTO, Base.FocalPlaneXResolution) == Fraction(500_000, 61)  # 10 mm over 1.22 µm
    assert rational(replace(PHOTO, focal_length_mm=4.28), Base.FocalLength) == Fraction(107, 25)
    assert rational(replace(PHOTO, f_number=2), Base.FNumber) == 2
    assert rational(PHOTO, Base.ExposureTime) == Fraction(1, 125)


@pytest.mark.parametrize(
    ("focal_length", "pitch", "size", "film"),
    [
        (50.0, 6.0, (6000, 4000), 50),  # full frame
        (4.28, 1.22, (4656, 3496), 26),
        (1000.0, 1.0, (64, 48), 65_535),  # more than the tag holds
        (0.1, 50.0, (6000, 4000), 1),  # 0 would mean unknown
    ],
)
def test_the_focal_length_in_35_mm_film_is_by_the_diagonal(
    focal_length: float, pitch: float, size: tuple[int, int], film: int
) -> None:
    photo = replace(PHOTO, focal_length_mm=focal_length, pixel_pitch_um=pitch, size=size)
    assert directories(exif_block(photo))[1][FILM] == film
    if film not in (1, 65_535):
        assert film == round(focal_length * 43.27 / (math.hypot(*size) * pitch / 1000))


@pytest.mark.parametrize(
    ("offset", "text"),
    [
        (timedelta(0), "+00:00"),
        (timedelta(hours=2), "+02:00"),
        (timedelta(hours=-9, minutes=-30), "-09:30"),
        (timedelta(hours=5, minutes=45), "+05:45"),
    ],
)
def test_times_are_local_and_tell_their_offset(offset: timedelta, text: str) -> None:
    at = datetime(2026, 11, 22, 23, 59, 59, 5, UTC).astimezone(timezone(offset))
    first, shot = directories(exif_block(replace(PHOTO, taken_at=at)))
    assert first[Base.DateTime] == shot[Base.DateTimeOriginal] == shot[Base.DateTimeDigitized]
    assert shot[Base.DateTimeOriginal] == at.strftime("%Y:%m:%d %H:%M:%S")
    for tag in (Base.OffsetTime, Base.OffsetTimeOriginal, Base.OffsetTimeDigitized):
        assert shot[tag] == text
    for tag in (Base.SubsecTime, Base.SubsecTimeOriginal, Base.SubsecTimeDigitized):
        assert shot[tag] == "000005"


def test_a_time_without_an_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="offset from UTC"):
        exif_block(replace(PHOTO, taken_at=datetime(2026, 11, 22)))


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Väse Größe №7", "Vase Grosse No7"),
        ("Łódź – 4.28 mm × 2", "Lodz - 4.28 mm x 2"),
        ("1,5 µm", "1,5 um"),
        ("貝 4", "? 4"),
        (" two\0lines\n", "two lines"),
    ],
)
def test_texts_become_ascii_that_can_be_read(text: str, plain: str) -> None:
    first, shot = directories(exif_block(replace(PHOTO, model=text, lens=text)))
    assert (first[Base.Model], shot[Base.LensModel]) == (plain, plain)


def test_what_is_not_known_is_left_out() -> None:
    first, shot = directories(exif_block(replace(PHOTO, make="", model=" ", serial="", lens="")))
    assert not {Base.Make, Base.Model} & first.keys()
    assert not {Base.BodySerialNumber, Base.LensModel} & shot.keys()
    assert {Base.Software, Base.Orientation} <= first.keys()
    assert IFD.GPSInfo not in first


def test_a_sensitivity_too_large_for_its_tag_is_told_by_another() -> None:
    _, shot = directories(exif_block(replace(PHOTO, iso=102_400)))
    assert (shot[Base.ISOSpeedRatings], shot[Base.RecommendedExposureIndex]) == (65_535, 102_400)


def foreign(order: str, tags: tuple[int, ...]) -> bytes:
    """A JPEG of another program, whose EXIF holds these tags as SHORT 29."""
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8)
    first = struct.pack(order + "HHHIII", 1, IFD.Exif, 4, 1, 26, 0)
    entries = b"".join(struct.pack(order + "HHIHH", tag, 3, 1, 29, 0) for tag in tags)
    return with_exif(PLAIN, head + first + struct.pack(order + "H", len(tags)) + entries + bytes(4))


def test_silencing_takes_one_tag_out_and_changes_nothing_else() -> None:
    silent = without_35mm(JPEG)
    assert silent is not None
    assert len(silent) == len(JPEG)
    assert sum(a != b for a, b in zip(silent, JPEG, strict=True)) <= 4
    (first, shot), (quiet_first, quiet) = (directories(exif_of(jpeg) or b"") for jpeg in (JPEG, silent))
    assert quiet_first == first
    assert quiet == {tag: value for tag, value in shot.items() if tag != FILM} | {SCENE: 0}
    assert list(kinds(exif_of(silent) or b"")) == sorted(quiet)
    with Image.open(io.BytesIO(silent)) as image:
        image.load()
        assert image.size == (64, 48)


@pytest.mark.parametrize("order", ["<", ">"])
def test_silencing_knows_both_byte_orders(order: str) -> None:
    silent = without_35mm(foreign(order, (0x829A, FILM, 0xA420)))
    assert silent == foreign(order, (0x829A, FILM, 0xA420)).replace(
        struct.pack(order + "HHIH", FILM, 3, 1, 29), struct.pack(order + "HHIH", SCENE, 3, 1, 0)
    )


@pytest.mark.parametrize("order", ["<", ">"])
def test_where_the_next_tag_is_taken_the_value_becomes_unknown(order: str) -> None:
    silent = without_35mm(foreign(order, (FILM, SCENE)))
    assert silent is not None
    shot = directories(exif_of(silent) or b"")[1]
    assert (shot[FILM], shot[SCENE]) == (0, 29)
    assert without_35mm(silent) is None


def test_where_there_is_no_such_tag_nothing_is_done() -> None:
    once = without_35mm(JPEG)
    assert once is not None
    assert without_35mm(once) is None
    for jpeg in (PLAIN, foreign("<", (SCENE,)), b"", b"no JPEG", with_exif(PLAIN, b"no TIFF")):
        assert without_35mm(jpeg) is None
        assert silence_35mm(jpeg) == jpeg


def test_the_head_and_the_whole_agree_wherever_the_exif_is() -> None:
    block = segment(0xE1, EXIF + (exif_of(JPEG) or b"").ljust(65_527, b"\0"))
    for before in (b"", segment(APP0, bytes(65_533)), segment(APP0, bytes(65_533)) * 2):
        jpeg = PLAIN[:2] + before + block + PLAIN[2:]
        silent = without_35mm(jpeg)
        assert (silent is None) == (len(before) > 65_537)
        assert silence_35mm(jpeg[:HEAD]) + jpeg[HEAD:] == (silent or jpeg)


def test_broken_exif_stays_as_it_is() -> None:
    for jpeg in (JPEG, foreign("<", (FILM,))):
        at = jpeg.index(EXIF)
        for cut in range(at, at + len(exif_of(jpeg) or b"") + 6):
            assert silence_35mm(jpeg[:cut]) == jpeg[:cut]
            torn = with_exif(PLAIN, (exif_of(jpeg) or b"")[: cut - at])
            assert len(silence_35mm(torn)) == len(torn)


@settings(deadline=None)
@given(st.integers(0, len(JPEG) - 1), st.integers(0, 255))
def test_a_changed_byte_never_moves_another(at: int, value: int) -> None:
    changed = JPEG[:at] + bytes((value,)) + JPEG[at + 1 :]
    silent = silence_35mm(changed)
    assert len(silent) == len(changed)
    assert sum(a != b for a, b in zip(silent, changed, strict=True)) <= 12
