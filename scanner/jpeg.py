"""What stands before the pixels of a JPEG: its segments (ITU T.81, annex B), and the directory of its EXIF (2.32)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

SOI, APP0, APP1, APP14, SOS = 0xD8, 0xE0, 0xE1, 0xEE, 0xDA
EXIF = b"Exif\0\0"

ENTRY = 12
"""Bytes of an entry of a directory: tag, kind, count, and the value or where it is (TIFF 6.0, section 2)."""

_EXIF_DIRECTORY = 0x8769
_POINTERS = (4, 13)  # LONG, and IFD of TIFF's first supplement


class BrokenHeader(ValueError):
    """Not a JPEG, or one that ends too early; the message goes on from the name of what was read."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment: `kind`, the byte of its marker; `at`, where the marker stands; `body`, what follows the length."""

    kind: int
    at: int
    body: bytes

    @property
    def exif(self) -> bytes | None:
        """The EXIF block, a TIFF structure, None for another segment."""
        return self.body[len(EXIF) :] if self.kind == APP1 and self.body.startswith(EXIF) else None

    @property
    def exif_at(self) -> int:
        """Where the EXIF block begins."""
        return self.at + 4 + len(EXIF)


def header(jpeg: bytes) -> tuple[list[Segment], int]:
    """The segments before the first scan, and where that begins. Raises BrokenHeader."""
    *segments, scan = _walk(jpeg)
    return segments, scan.at


def exif_segment(jpeg: bytes) -> Segment | None:
    """The first segment with EXIF, None for none; what follows it is not looked at. Raises BrokenHeader."""
    return next((segment for segment in _walk(jpeg) if segment.exif is not None), None)


def exif_entries(block: bytes) -> tuple[str, dict[int, int]]:
    """The byte order of an EXIF block, as `struct` names it, and by tag where the entries of its EXIF directory stand.

    Every entry has all of its 12 bytes. No entries where there is no such directory. Raises struct.error where one
    breaks off.
    """
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None:
        return "<", {}
    first = _directory(block, order, struct.unpack_from(order + "I", block, 4)[0])
    if _EXIF_DIRECTORY not in first:
        return order, {}
    _, kind, _, start = struct.unpack_from(order + "HHII", block, first[_EXIF_DIRECTORY])
    return order, _directory(block, order, start) if kind in _POINTERS else {}


def segment(kind: int, body: bytes) -> bytes:
    """A segment as it is written, with its marker; `body` at most 65,533 bytes."""
    return struct.pack(">BBH", 0xFF, kind, len(body) + 2) + body


def _walk(jpeg: bytes) -> Iterator[Segment]:
    """The segments up to the first scan, that one, last, without its body. Raises BrokenHeader when it gets there."""
    if jpeg[:2] != bytes((0xFF, SOI)):
        raise BrokenHeader("is not a JPEG")
    at = 2
    while True:
        while jpeg[at : at + 2] == b"\xff\xff":  # fill bytes may stand before any marker
            at += 1
        if len(jpeg) < at + 4 or jpeg[at] != 0xFF:
            raise BrokenHeader("is a JPEG that breaks off in its header")
        kind, length = struct.unpack_from(">BH", jpeg, at + 1)
        if kind == SOS:
            yield Segment(SOS, at, b"")
            return
        end = at + 2 + length
        if len(jpeg) < end or length < 2:
            raise BrokenHeader("is a JPEG that breaks off in its header")
        yield Segment(kind, at, jpeg[at + 4 : end])
        at = end


def _directory(block: bytes, order: str, start: int) -> dict[int, int]:
    places = range(start + 2, start + 2 + ENTRY * struct.unpack_from(order + "H", block, start)[0], ENTRY)
    return {struct.unpack_from(order + "HHII", block, place)[0]: place for place in places}
