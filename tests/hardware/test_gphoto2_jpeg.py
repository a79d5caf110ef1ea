"""What a DSLR's JPEG holds: planes as stored, small pictures, EXIF."""

import io

import numpy as np
import pytest
import simplejpeg
from PIL import Image

from scanner.errors import CameraError
from scanner.hardware.gphoto2_jpeg import ShotFacts, mirrored, planes_of, shot_facts, small_planes_of
from scanner.slices import Planes
from tests.hardware.dslrs import exif, jpeg, with_exif

ORIENTED_LEFT = 6


def coloured(width: int, height: int, chroma: str) -> bytes:
    """Strong colours in smooth waves, so that JPEG keeps them well."""
    x, y = np.meshgrid(np.arange(width) / 40, np.arange(height) / 40)
    pixels = np.stack([127.5 + 127.5 * np.sin(x), 127.5 + 127.5 * np.cos(y), 127.5 + 127.5 * np.sin(x + y)], axis=2)
    return bytes(simplejpeg.encode_jpeg(pixels.astype(np.uint8), quality=98, colorsubsampling=chroma))


@pytest.mark.parametrize(
    ("chroma", "shape"), [("420", (51, 66)), ("422", (101, 66)), ("444", (101, 131))], ids=["4:2:0", "4:2:2", "4:4:4"]
)
def test_planes_are_those_that_the_file_holds(chroma: str, shape: tuple[int, int]) -> None:
    data = coloured(131, 101, chroma)
    planes = planes_of(data)
    assert planes.size == (131, 101)
    assert planes.cb.shape == planes.cr.shape == shape
    with Image.open(io.BytesIO(data)) as image:
        image.draft("YCbCr", image.size)
        stored = np.asarray(image)
    assert np.abs(planes.y.astype(int) - stored[..., 0]).max() <= 1
    whole = planes.cb.repeat(-(-101 // shape[0]), axis=0).repeat(-(-131 // shape[1]), axis=1)[:101, :131]
    assert np.abs(whole.astype(int) - stored[..., 1]).mean() < 2  # the other decoder interpolates


def test_written_planes_come_back_as_they_were() -> None:
    """Colours that RGB cannot hold are no exception."""
    y = np.full((64, 96), 235, np.uint8)
    cb, cr = np.full((32, 48), 20, np.uint8), np.full((32, 48), 240, np.uint8)
    planes = planes_of(bytes(simplejpeg.encode_jpeg_yuv_planes(y, cb, cr, quality=98)))
    assert np.abs(planes.y.astype(int) - 235).max() <= 1
    assert np.abs(planes.cb.astype(int) - 20).max() <= 1
    assert np.abs(planes.cr.astype(int) - 240).max() <= 1


def test_a_grey_picture_has_neutral_chroma() -> None:
    planes = planes_of(bytes(simplejpeg.encode_jpeg(np.full((21, 33, 1), 55, np.uint8), colorspace="GRAY")))
    assert planes.kind == "33 x 21 with chroma 17 x 11, 8 bit"
    assert (int(planes.y[3, 3]), int(planes.cb[3, 3]), int(planes.cr[3, 3])) == (55, 128, 128)


def test_the_orientation_tag_turns_nothing() -> None:
    plain = coloured(96, 64, "420")
    turned = with_exif(plain, exif(orientation=ORIENTED_LEFT))
    assert planes_of(turned).size == (96, 64)
    assert np.array_equal(planes_of(turned).y, planes_of(plain).y)


@pytest.mark.parametrize(
    ("size", "width", "result"),
    [
        ((1200, 800), 800, (600, 400)),
        ((1200, 800), 1200, (1200, 800)),
        ((1200, 800), 1199, (600, 400)),
        ((1201, 801), 400, (301, 201)),
        ((640, 424), 800, (640, 424)),
        ((6400, 80), 320, (200, 2)),  # smaller than the decoder's least
    ],
)
def test_a_small_picture_is_no_wider_than_asked(size: tuple[int, int], width: int, result: tuple[int, int]) -> None:
    small = small_planes_of(jpeg(140, size), width)
    assert small.size == result
    assert small.cb.shape == small.y.shape
    assert np.abs(small.y.astype(int) - 140).max() <= 1


def test_a_small_picture_shows_the_same() -> None:
    data = coloured(480, 320, "420")
    small, whole = small_planes_of(data, 120), planes_of(data)
    means = whole.y.reshape(80, 4, 120, 4).mean(axis=(1, 3))
    assert np.abs(small.y - means).max() < 3


@pytest.mark.parametrize(("hflip", "vflip"), [(False, False), (True, False), (False, True), (True, True)])
def test_mirrored(hflip: bool, vflip: bool) -> None:
    y = np.arange(24, dtype=np.uint8).reshape(4, 6)
    planes = Planes(y, y[::2, ::2].copy(), y[1::2, ::2].copy())
    turned = mirrored(planes, hflip=hflip, vflip=vflip)
    for before, after in ((planes.y, turned.y), (planes.cb, turned.cb), (planes.cr, turned.cr)):
        wanted = before[:, ::-1] if hflip else before
        assert np.array_equal(after, wanted[::-1] if vflip else wanted)
        assert after.flags.c_contiguous


@pytest.mark.parametrize("order", ["<", ">"])
def test_exif_tells_of_the_shot(order: str) -> None:
    block = exif(
        order,
        exposure=(1, 60),
        iso=800,
        f_number=(56, 10),
        focal_length=(60, 1),
        plane_x=(6_000_000, 945),
        plane_unit=2,
    )
    told = shot_facts(jpeg(exif=block))
    assert told.exposure_us == 16_667
    assert told.gain == 8
    assert told.f_number == 5.6
    assert told.focal_length_mm == 60
    assert told.pixel_pitch_um == pytest.approx(4.0, abs=0.001)  # 24 mm over 6000 pixels


def test_the_resolution_of_the_sensor_comes_in_several_units() -> None:
    pitches = [
        shot_facts(jpeg(exif=exif(plane_x=(resolution, 1), plane_unit=unit))).pixel_pitch_um
        for unit, resolution in ((2, 6350), (3, 2500), (4, 250), (9, 250))
    ]
    assert pitches == [4.0, 4.0, 4.0, None]
    assert shot_facts(jpeg(exif=exif(plane_x=(6350, 1)))).pixel_pitch_um == 4.0  # unset: inches


def test_what_exif_does_not_say_is_none() -> None:
    assert shot_facts(jpeg()) == ShotFacts()
    assert shot_facts(jpeg(exif=exif(iso=0, exposure=(0, 1), f_number=(1, 0)))) == ShotFacts()
    assert shot_facts(jpeg(exif=b"no TIFF")) == ShotFacts()


def test_damaged_exif_tells_nothing_and_breaks_nothing() -> None:
    block = exif(exposure=(1, 60), iso=800, f_number=(56, 10))
    for length in range(len(block)):
        told = shot_facts(jpeg(size=(16, 16), exif=block[: length + 1]))
        assert told == ShotFacts() or told.exposure_us in (None, 16_667)
    random = np.random.default_rng(1)
    for _ in range(200):
        changed = bytearray(block)
        changed[random.integers(len(block))] = random.integers(256)
        shot_facts(jpeg(size=(16, 16), exif=bytes(changed)))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not a JPEG"),
        (b"II*\0 a raw file", "not a JPEG"),
        (jpeg()[:12], "breaks off"),
        (b"\xff\xd8" + b"\xff" * 50, "breaks off"),
    ],
)
def test_what_is_no_jpeg_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(CameraError, match=why) as raised:
        shot_facts(data)
    assert "JPEG" in raised.value.hint
    for decode in (planes_of, lambda found: small_planes_of(found, 100)):
        with pytest.raises(CameraError, match="cannot be read"):
            decode(data)


def test_half_a_picture_is_refused() -> None:
    data = coloured(320, 240, "420")
    with pytest.raises(CameraError, match="cannot be read"):
        planes_of(data[: len(data) // 2])


def test_cmyk_is_refused() -> None:
    pixels = np.zeros((16, 16, 4), np.uint8)
    data = bytes(simplejpeg.encode_jpeg(pixels, colorspace="CMYK", colorsubsampling="444"))
    with pytest.raises(CameraError, match="colours"):
        planes_of(data)
