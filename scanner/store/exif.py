"""EXIF of slices and stacked images: written once by Pillow, and one tag of it silenced where a reader wants that."""

from dataclasses import dataclass
from datetime import datetime

from scanner.units import Micrometres, Microseconds, Millimetres


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
    """The EXIF block of a JPEG (a TIFF structure, without the marker), for `store.images.with_exif`."""
    raise NotImplementedError


def without_35mm(jpeg: bytes) -> bytes | None:
    """The JPEG, of the same length, with 0, which means unknown, as its focal length in 35 mm film; None where it has
    no such tag."""
    raise NotImplementedError


def silence_35mm(head: bytes) -> bytes:
    """The same for the first bytes of a JPEG that hold all of its EXIF."""
    raise NotImplementedError
