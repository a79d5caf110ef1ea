"""EXIF of slices and stacked images: written once by Pillow, and one tag of it taken out where a reader wants that.

Tags, types and values are those of EXIF 2.32 (CIPA DC-008).
"""

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from PIL.ExifTags import IFD, Base
from PIL.TiffImagePlugin import IFDRational, ImageFileDirectory_v2
from PIL.TiffTags import LONG, SHORT, UNDEFINED

from scanner.ascii_text import ascii_text
from scanner.jpeg import ENTRY, BrokenHeader, exif_entries, exif_segment
from scanner.store.archive import HEAD
from scanner.units import Micrometres, Microseconds, Millimetres

_FILM_DIAGONAL_MM = 43.27
"""Of 36 x 24 mm: the focal length in 35 mm film is by the diagonal (CIPA DCG-001)."""

_LARGEST = 2**31 - 1
"""In a rational: some readers take its numbers as signed."""

_LARGEST_SHORT = 0xFFFF
_HEADER = b"MM\0*\0\0\0\x08"
"""Of a TIFF structure: its numbers have the high byte first, and the first directory follows."""

_TYPES: dict[int, int] = {Base.ComponentsConfiguration: UNDEFINED, Base.RecommendedExposureIndex: LONG, IFD.Exif: LONG}
"""Where Pillow would take another."""

_CENTRED, _INCHES, _CENTIMETRES, _SRGB, _MANUAL, _STANDARD, _RECOMMENDED_INDEX = 1, 2, 3, 1, 1, 0, 2
_Y_CB_CR = bytes((1, 2, 3, 0))


@dataclass(frozen=True, slots=True)
class PhotoFacts:
    """What EXIF says of one picture. All but `taken_at` and `unique` are the same in a whole scan.

    `focal_length_mm`: of the pinhole that the picture follows; `pixel_pitch_um`: of the delivered pixels; `size`:
    (width, height) in pixels; `iso`: sensitivity; `taken_at`: wall time, aware; `unique`: 32 hexadecimal digits.
    """

    make: str
    model: str
    serial: str
    lens: str
    focal_length_mm: Millimetres
    f_number: float
    pixel_pitch_um: Micrometres
    size: tuple[int, int]
    exposure_us: Microseconds
    iso: int
    software: str
    taken_at: datetime
    unique: str


def exif_block(photo: PhotoFacts) -> bytes:
    """The EXIF block of a JPEG (a TIFF structure, without the marker), for `store.images.with_exif`.

    Texts are reduced to ASCII; a tag whose text is empty is left out. Times are local, as `taken_at` has them. Raises
    ValueError for a `taken_at` that does not tell its offset from UTC.
    """
    begin = len(_HEADER)
    after = begin + len(_directory({**_of_the_file(photo), IFD.Exif: 0}, begin))
    first = _directory({**_of_the_file(photo), IFD.Exif: after}, begin)
    return _HEADER + first + _directory({**_of_the_shot(photo), **_of_the_lens(photo)}, after, IFD.Exif)


def without_35mm(jpeg: bytes) -> bytes | None:
    """The JPEG, of the same length, without its focal length in 35 mm film; None where it has none in its first HEAD
    bytes, or not to be found."""
    head = jpeg[:HEAD]
    silent = silence_35mm(head)
    return None if silent == head else silent + jpeg[HEAD:]


def silence_35mm(head: bytes) -> bytes:
    """The first bytes of a JPEG, which hold all of its EXIF, without the focal length in 35 mm film.

    COLMAP prefers that tag, whole millimetres, to FocalLength and the resolution of the focal plane, which are exact.
    Its entry becomes SceneCaptureType, standard, the next tag there is. Where that tag is taken, its value becomes 0,
    which means unknown: COLMAP (4.2.1) finds the focal length then as well, to 1e-7, but names the camera as one of
    0 mm, and so takes scans of several focal lengths for one camera. Broken EXIF stays as it is.
    """
    try:
        found = exif_segment(head)
        order, entries = exif_entries(found.exif or b"") if found else ("<", {})
    except (BrokenHeader, struct.error):
        return head
    if found is None or Base.FocalLengthIn35mmFilm not in entries:
        return head
    taken = Base.SceneCaptureType in entries
    tag = Base.FocalLengthIn35mmFilm if taken else Base.SceneCaptureType
    at = found.exif_at + entries[Base.FocalLengthIn35mmFilm]
    return head[:at] + struct.pack(order + "HHIHH", tag, SHORT, 1, _STANDARD, 0) + head[at + ENTRY :]


def _of_the_file(photo: PhotoFacts) -> dict[int, Any]:
    return {
        Base.Make: photo.make,
        Base.Model: photo.model,
        Base.Orientation: 1,
        Base.XResolution: IFDRational(72),
        Base.YResolution: IFDRational(72),
        Base.ResolutionUnit: _INCHES,
        Base.Software: photo.software,
        Base.DateTime: f"{photo.taken_at:%Y:%m:%d %H:%M:%S}",
        Base.YCbCrPositioning: _CENTRED,
    }


def _of_the_shot(photo: PhotoFacts) -> dict[int, Any]:
    width, height = photo.size
    return {
        Base.ExifVersion: b"0232",
        Base.FlashPixVersion: b"0100",
        Base.ComponentsConfiguration: _Y_CB_CR,
        Base.ColorSpace: _SRGB,
        Base.ExifImageWidth: width,
        Base.ExifImageHeight: height,
        Base.ExposureTime: _rational(Fraction(photo.exposure_us, 1_000_000)),
        Base.ExposureMode: _MANUAL,
        Base.WhiteBalance: _MANUAL,
        Base.ISOSpeedRatings: min(photo.iso, _LARGEST_SHORT),
        Base.SensitivityType: _RECOMMENDED_INDEX,
        Base.RecommendedExposureIndex: photo.iso,
        Base.ImageUniqueID: photo.unique,
        **_times(photo.taken_at),
    }


def _of_the_lens(photo: PhotoFacts) -> dict[int, Any]:
    focal_length, f_number = _rational(_decimal(photo.focal_length_mm)), _rational(_decimal(photo.f_number))
    resolution = _rational(10_000 / _decimal(photo.pixel_pitch_um))
    diagonal_mm = math.hypot(*photo.size) * photo.pixel_pitch_um / 1000
    film = round(photo.focal_length_mm * _FILM_DIAGONAL_MM / diagonal_mm)
    return {
        Base.FNumber: f_number,
        Base.FocalLength: focal_length,
        Base.FocalPlaneXResolution: resolution,
        Base.FocalPlaneYResolution: resolution,
        Base.FocalPlaneResolutionUnit: _CENTIMETRES,
        Base.FocalLengthIn35mmFilm: min(max(film, 1), _LARGEST_SHORT),
        Base.LensSpecification: (focal_length, focal_length, f_number, f_number),
        Base.LensModel: photo.lens,
        Base.BodySerialNumber: photo.serial,
    }


def _times(at: datetime) -> dict[int, Any]:
    """When, to the microsecond, and by which offset from UTC. Raises ValueError for a time that tells none."""
    if at.utcoffset() is None:
        raise ValueError(f"{at} does not tell its offset from UTC")
    second, fraction, offset = f"{at:%Y:%m:%d %H:%M:%S}", f"{at:%f}", at.isoformat(timespec="seconds")[19:25]
    return {
        Base.DateTimeOriginal: second,
        Base.DateTimeDigitized: second,
        **dict.fromkeys((Base.OffsetTime, Base.OffsetTimeOriginal, Base.OffsetTimeDigitized), offset),
        **dict.fromkeys((Base.SubsecTime, Base.SubsecTimeOriginal, Base.SubsecTimeDigitized), fraction),
    }


def _directory(tags: Mapping[int, Any], at: int, group: int | None = None) -> bytes:
    """The tags as a directory that begins at `at`, texts in ASCII, without those that have none."""
    directory = ImageFileDirectory_v2(_HEADER, group=group)
    directory.tagtype.update({tag: _TYPES[tag] for tag in tags if tag in _TYPES})
    for tag, value in tags.items():
        plain = _ascii(value) if isinstance(value, str) else value
        if plain != "":
            directory[tag] = plain
    return directory.tobytes(at)


def _ascii(text: str) -> str:
    """Letters without their accents, ? for those of other scripts, and spaces for what does not print."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(ascii_text(printable).split())


def _decimal(number: float) -> Fraction:
    """What a person wrote: 1.22 is 61/50, which the float nearest to it is not."""
    return Fraction(repr(float(number)))


def _rational(number: Fraction) -> IFDRational:
    """The nearest that a RATIONAL holds; a float would become a DOUBLE, which readers ignore."""
    nearest = number.limit_denominator(_LARGEST) if number <= 1 else 1 / (1 / number).limit_denominator(_LARGEST)
    return IFDRational(nearest.numerator, nearest.denominator)
