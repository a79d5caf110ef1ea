"""What a DSLR's JPEG holds: its planes, a small version of them, and what EXIF tells of the shot.

The Orientation tag is ignored on purpose: every picture of a scan keeps the geometry of the sensor.
"""

import math
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn, TypeVar

import numpy as np
import simplejpeg

from scanner.errors import CameraError
from scanner.jpeg import APP0, APP1, APP14, BrokenHeader, exif_entries, exif_segment, header, segment
from scanner.slices import Plane, Planes
from scanner.units import Micrometres, Millimetres, Pixels

NO_TRANSFORM = segment(APP14, b"Adobe\0\x64\0\0\0\0\0")

SUBSAMPLING = {"420": (2, 2), "422": (1, 2), "411": (1, 2)}
"""Rows and columns to a chroma sample as `Planes` holds them; rarer kinds become 4:4:4."""

INTEGERS, RATIONAL = {3: "H", 4: "I"}, 5
"""Kinds of numbers in EXIF, as `struct` names them."""

MOST_REDUCED = 8
"""The smallest picture that the decoder makes on its way is one eighth as wide."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ShotFacts:
    """What EXIF tells of a picture; None for what it does not tell. `gain`: 1.0 is ISO 100."""

    exposure_us: int | None = None
    gain: float | None = None
    f_number: float | None = None
    focal_length_mm: Millimetres | None = None
    pixel_pitch_um: Micrometres | None = None


def planes_of(jpeg: bytes) -> Planes:
    """The picture as it is stored, chroma at its own resolution (grey: neutral, 4:2:0). Raises CameraError."""
    pixels, (rows, columns) = _components(jpeg, 1)
    return _planes(pixels, rows, columns)


def small_planes_of(jpeg: bytes, width: Pixels) -> Planes:
    """The picture at most `width` pixels wide, 4:4:4: smaller by the least power of two. Raises CameraError."""
    whole = _understood(lambda: int(simplejpeg.decode_jpeg_header(jpeg)[1]))
    reduction = 2 ** max(0, math.ceil(math.log2(whole / width)))
    pixels, _ = _components(jpeg, min(reduction, MOST_REDUCED))
    while pixels.shape[1] > width:
        pixels = _halved(pixels)
    return _planes(pixels, 1, 1)


def mirrored(planes: Planes, *, hflip: bool, vflip: bool) -> Planes:
    """The picture mirrored left to right (`hflip`), top to bottom (`vflip`)."""
    if not (hflip or vflip):
        return planes
    rows, columns = slice(None, None, -1 if vflip else 1), slice(None, None, -1 if hflip else 1)
    return Planes(*(np.ascontiguousarray(plane[rows, columns]) for plane in (planes.y, planes.cb, planes.cr)))


def shot_facts(jpeg: bytes) -> ShotFacts:
    """What the EXIF block says, nothing where there is none or it is damaged. Tags are those of EXIF 2.32.

    Raises CameraError for what is not a JPEG.
    """
    found = _understood(lambda: exif_segment(jpeg))
    try:
        tags = _tags((found and found.exif) or b"")
    except struct.error:
        return ShotFacts()
    seconds, iso = tags.get(0x829A), tags.get(0x8827)
    return ShotFacts(
        exposure_us=round(seconds * 1e6) if seconds else None,
        gain=iso / 100 if iso else None,
        f_number=tags.get(0x829D) or None,
        focal_length_mm=tags.get(0x920A) or None,
        pixel_pitch_um=_pitch(tags),
    )


# ------------------------------------------------------------------- pixels


def _components(jpeg: bytes, reduction: int) -> tuple[Plane, tuple[int, int]]:
    """Y, Cb, Cr as (height, width, 3), and chroma's rows and columns to a sample.

    The decoder is told that the components are not transformed, so that it hands them out as they are stored: from RGB
    and back, strong colours would be clipped.
    """
    height, width, colours, subsampling = _understood(lambda: simplejpeg.decode_jpeg_header(jpeg))
    least = {"min_height": -(-height // reduction), "min_width": -(-width // reduction)} if reduction > 1 else {}
    if colours == "Gray":
        y = _understood(lambda: simplejpeg.decode_jpeg(jpeg, "GRAY", **least))
        return np.concatenate((y, np.full((*y.shape[:2], 2), 128, np.uint8)), axis=2), (2, 2)
    if colours != "YCbCr":
        _refuse(f"it has {colours} colours")
    segments, scan = _understood(lambda: header(jpeg))
    tables = [segment(other.kind, other.body) for other in segments if other.kind not in (APP0, APP1, APP14)]
    plain = b"".join((jpeg[:2], NO_TRANSFORM, *tables, memoryview(jpeg)[scan:]))
    pixels = _understood(lambda: simplejpeg.decode_jpeg(plain, "RGB", fastupsample=True, **least))
    return pixels, SUBSAMPLING.get(subsampling, (1, 1))


def _planes(pixels: Plane, rows: int, columns: int) -> Planes:
    y, cb, cr = pixels[..., 0], pixels[::rows, ::columns, 1], pixels[::rows, ::columns, 2]
    return Planes(*(np.ascontiguousarray(plane) for plane in (y, cb, cr)))


def _halved(pixels: Plane) -> Plane:
    height, width = pixels.shape[0] // 2 * 2, pixels.shape[1] // 2 * 2
    whole = pixels[:height, :width].astype(np.uint16)
    four = whole[::2, ::2] + whole[1::2, ::2] + whole[::2, 1::2] + whole[1::2, 1::2]
    return np.asarray((four + 2) // 4, np.uint8)


def _understood(decode: Callable[[], T]) -> T:
    try:
        return decode()
    except BrokenHeader as error:
        _refuse(f"it {error}")
    except ValueError as error:
        _refuse(str(error))


def _refuse(why: str) -> NoReturn:
    raise CameraError(
        f"The camera's picture cannot be read: {why}.", "Set the camera to ordinary JPEG in sRGB, its largest size."
    )


# --------------------------------------------------------------------- EXIF


def _tags(block: bytes) -> dict[int, float]:
    """The first number of every entry of the EXIF directory that holds numbers. Raises struct.error where it breaks
    off."""
    order, entries = exif_entries(block)
    numbers = {tag: _number(block, order, at) for tag, at in entries.items()}
    return {tag: number for tag, number in numbers.items() if number is not None}


def _number(block: bytes, order: str, at: int) -> float | None:
    """The first number of an entry: SHORT, LONG or RATIONAL (TIFF 6.0, section 2)."""
    (kind,) = struct.unpack_from(order + "H", block, at + 2)
    if kind in INTEGERS:
        return float(struct.unpack_from(order + INTEGERS[kind], block, at + 8)[0])
    if kind != RATIONAL:
        return None
    above, below = struct.unpack_from(order + "II", block, struct.unpack_from(order + "I", block, at + 8)[0])
    return above / below if below else None


def _pitch(tags: Mapping[int, float]) -> Micrometres | None:
    """From the resolution in the focal plane, pixels to an inch, centimetre, millimetre or micrometre."""
    unit_um = {2: 25_400.0, 3: 10_000.0, 4: 1000.0, 5: 1.0}.get(int(tags.get(0xA210, 2)))
    resolution = tags.get(0xA20E)
    return unit_um / resolution if unit_um and resolution else None
