"""What a DSLR's JPEG holds: its planes, a small version of them, and what EXIF tells of the shot.

The Orientation tag is ignored on purpose: every picture of a scan keeps the geometry of the sensor.
"""

import math
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NoReturn, TypeVar

import numpy as np
import simplejpeg

from scanner.errors import CameraError
from scanner.slices import Plane, Planes
from scanner.units import Micrometres, Millimetres, Pixels

APP0, APP1, APP14, SOS = 0xE0, 0xE1, 0xEE, 0xDA
EXIF = b"Exif\0\0"
NO_TRANSFORM = struct.pack(">BBH", 0xFF, APP14, 14) + b"Adobe\0\x64\0\0\0\0\0"

SUBSAMPLING = {"420": (2, 2), "422": (1, 2), "411": (1, 2)}
"""Rows and columns to a chroma sample as `Planes` holds them; rarer kinds become 4:4:4."""

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
    block = next((body[len(EXIF) :] for kind, body in _segments(jpeg)[0] if kind == APP1 and body[:6] == EXIF), b"")
    try:
        tags = _tags(block)
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
    segments, scan = _segments(jpeg)
    tables = [_segment(kind, body) for kind, body in segments if kind not in (APP0, APP1, APP14)]
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
    except ValueError as error:
        _refuse(str(error))


def _refuse(why: str) -> NoReturn:
    raise CameraError(
        f"The camera's picture cannot be read: {why}.", "Set the camera to ordinary JPEG in sRGB, its largest size."
    )


# --------------------------------------------------------------------- EXIF


def _segment(kind: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, kind, len(body) + 2) + body


def _segments(jpeg: bytes) -> tuple[list[tuple[int, bytes]], int]:
    """Kind and body of the segments before the scan, and where that begins (ITU T.81, annex B)."""
    if jpeg[:2] != b"\xff\xd8":
        _refuse("it is not a JPEG")
    found: list[tuple[int, bytes]] = []
    at = 2
    while True:
        while jpeg[at : at + 2] == b"\xff\xff":  # fill bytes may stand before any marker
            at += 1
        if len(jpeg) < at + 4 or jpeg[at] != 0xFF:
            _refuse("it breaks off in its header")
        kind, length = struct.unpack_from(">BH", jpeg, at + 1)
        if kind == SOS:
            return found, at
        found.append((kind, jpeg[at + 4 : at + 2 + length]))
        at += 2 + length


def _tags(block: bytes) -> dict[int, float]:
    """The numbers of the directory that 0x8769 points to. Raises struct.error where the block breaks off."""
    if block[:2] not in (b"II", b"MM"):
        return {}
    order = "<" if block[:2] == b"II" else ">"
    first = dict(_entries(block, order, struct.unpack_from(order + "I", block, 4)[0]))
    pointer = first.get(0x8769)
    return {} if pointer is None else dict(_entries(block, order, int(pointer)))


def _entries(block: bytes, order: str, start: int) -> Iterator[tuple[int, float]]:
    """Tag and first number of each entry that holds numbers: SHORT, LONG, RATIONAL (TIFF 6.0, section 2)."""
    for entry in range(struct.unpack_from(order + "H", block, start)[0]):
        at = start + 2 + 12 * entry
        tag, kind = struct.unpack_from(order + "HH", block, at)
        if kind == 3:
            yield tag, float(struct.unpack_from(order + "H", block, at + 8)[0])
        elif kind == 4:
            yield tag, float(struct.unpack_from(order + "I", block, at + 8)[0])
        elif kind == 5:
            above, below = struct.unpack_from(order + "II", block, struct.unpack_from(order + "I", block, at + 8)[0])
            if below:
                yield tag, above / below


def _pitch(tags: Mapping[int, float]) -> Micrometres | None:
    """From the resolution in the focal plane, pixels to an inch, centimetre, millimetre or micrometre."""
    unit_um = {2: 25_400.0, 3: 10_000.0, 4: 1000.0, 5: 1.0}.get(int(tags.get(0xA210, 2)))
    resolution = tags.get(0xA20E)
    return unit_um / resolution if unit_um and resolution else None
