"""What stands before the pixels of a JPEG."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.jpeg import APP0, APP1, EXIF, BrokenHeader, Segment, exif_entries, exif_segment, header, segment

SCAN = b"\xff\xda\0\x02 pixels \xff\xd9"
START = b"\xff\xd8"


def block(order: str = ">", tags: tuple[int, ...] = (0x829A, 0xA405), pointer: int = 4) -> bytes:
    """A TIFF structure whose EXIF directory, at 26, holds these tags as SHORT 7."""
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8)
    first = struct.pack(order + "HHHIII", 1, 0x8769, pointer, 1, 26, 0)
    entries = b"".join(struct.pack(order + "HHIHH", tag, 3, 1, 7, 0) for tag in tags)
    return head + first + struct.pack(order + "H", len(tags)) + entries + bytes(4)


@given(st.lists(st.tuples(st.sampled_from((0xC0, 0xC4, 0xDB, APP0, APP1, 0xEE)), st.binary(max_size=40))))
def test_what_is_written_is_read(bodies: list[tuple[int, bytes]]) -> None:
    jpeg = START + b"".join(segment(kind, body) for kind, body in bodies) + SCAN
    segments, scan = header(jpeg)
    assert [(found.kind, found.body) for found in segments] == bodies
    assert jpeg[scan:] == SCAN
    for found in segments:
        assert jpeg[found.at : found.at + 4 + len(found.body)] == segment(found.kind, found.body)


def test_fill_bytes_may_stand_before_a_marker() -> None:
    jpeg = START + b"\xff\xff" + segment(APP0, b"JFIF\0") + b"\xff" + SCAN
    segments, scan = header(jpeg)
    assert segments == [Segment(APP0, 4, b"JFIF\0")]
    assert jpeg[scan:] == SCAN


@pytest.mark.parametrize("data", [b"", b"\xff", b"GIF89a", b"II*\0", SCAN])
def test_what_is_no_jpeg_is_told(data: bytes) -> None:
    for read in (header, exif_segment):
        with pytest.raises(BrokenHeader, match="is not a JPEG"):
            read(data)


def test_a_header_cut_anywhere_is_told() -> None:
    whole = START + segment(APP0, b"JFIF\0") + segment(0xDB, bytes(64))
    for cut in range(2, len(whole) + 4):
        with pytest.raises(BrokenHeader, match="breaks off"):
            header((whole + SCAN)[:cut])
    assert header((whole + SCAN)[: len(whole) + 4])[1] == len(whole)


@pytest.mark.parametrize("length", [0, 1])
def test_a_length_that_leaves_itself_out_breaks_off(length: int) -> None:
    with pytest.raises(BrokenHeader, match="breaks off"):
        header(START + struct.pack(">BBH", 0xFF, APP0, length) + SCAN)


def test_exif_is_found_where_it_stands_and_nothing_behind_it_matters() -> None:
    before = START + segment(APP0, b"JFIF\0") + segment(APP1, b"http://ns.adobe.com/xap/1.0/\0")
    jpeg = before + segment(APP1, EXIF + block())
    found = exif_segment(jpeg)
    assert found is not None
    assert found.exif == block()
    assert jpeg[found.exif_at :] == block()
    assert exif_segment(jpeg + b"no marker") == found
    assert exif_segment(before + SCAN) is None
    for cut in range(2, len(jpeg)):
        with pytest.raises(BrokenHeader):
            exif_segment(jpeg[:cut])


def test_other_segments_hold_no_exif() -> None:
    assert Segment(APP0, 2, EXIF + block()).exif is None
    assert Segment(APP1, 2, b"Exif\0").exif is None
    assert Segment(APP1, 2, EXIF).exif == b""


@pytest.mark.parametrize("order", ["<", ">"])
def test_entries_are_found_by_their_tags(order: str) -> None:
    data = block(order)
    assert exif_entries(data) == (order, {0x829A: 28, 0xA405: 40})
    assert struct.unpack_from(order + "HHIH", data, 40) == (0xA405, 3, 1, 7)


def test_the_directory_may_be_told_by_a_pointer_of_its_own_kind() -> None:
    assert exif_entries(block(pointer=13)) == exif_entries(block())
    assert exif_entries(block(pointer=7)) == (">", {})


def test_a_block_without_a_directory_has_no_entries() -> None:
    assert exif_entries(b"") == ("<", {})
    assert exif_entries(b"no TIFF") == ("<", {})
    assert exif_entries(b"MM\0*\0\0\0\x08\0\0\0\0\0\0") == (">", {})


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_block_that_breaks_off_is_told(order: str) -> None:
    data = block(order)[:-4]
    for cut in range(2, len(data)):
        with pytest.raises(struct.error):
            exif_entries(data[:cut])


@given(st.binary(max_size=120))
def test_noise_is_read_or_refused(noise: bytes) -> None:
    for order in (b"II*\0", b"MM\0*"):
        try:
            _, entries = exif_entries(order + noise)
        except struct.error:
            continue
        assert all(0 <= at <= len(noise) + 4 - 12 for at in entries.values())
