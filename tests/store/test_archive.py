"""The zip that is computed and never written."""

import io
import random
import shutil
import subprocess
import zipfile
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.errors import StoreError
from scanner.store.archive import CHUNK, HEAD, Archive, Entry, Limits
from scanner.store.files import FileRecord, record_of

STAMP = datetime(2026, 11, 22, 5, 11, 30, tzinfo=UTC)
SMALL = Limits(size=1000, entries=3)


def entry(folder: Path, name: str, data: bytes) -> Entry:
    path = folder / name.replace("/", "_")
    path.write_bytes(data)
    return Entry(name, path, record_of(path.name, data))


def entries(folder: Path) -> list[Entry]:
    chance = random.Random(1)  # noqa: S311
    files = [
        entry(folder, f"images/scan_{n:04d}.jpg", chance.randbytes(size))
        for n, size in enumerate((0, 1, 999, 1000, 300_000))
    ]
    return [*files, Entry.of_bytes("manifest.json", b'{"format": 1}\n')]


def whole(archive: Archive) -> bytes:
    return b"".join(archive.read())


def unzipped(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert file.testzip() is None
        return {info.filename: file.read(info) for info in file.infolist()}


def content(entry_: Entry) -> bytes:
    return entry_.source if isinstance(entry_.source, bytes) else entry_.source.read_bytes()


@pytest.mark.parametrize("limits", [None, SMALL])
def test_python_reads_what_went_in(tmp_path: Path, limits: Limits | None) -> None:
    made = entries(tmp_path)
    archive = Archive(made, STAMP, limits)
    data = whole(archive)
    assert len(data) == archive.size
    assert unzipped(data) == {e.name: content(e) for e in made}


@pytest.mark.parametrize("limits", [None, SMALL])
@pytest.mark.parametrize("command", [["unzip", "-t"], ["7z", "t"], ["jar", "tf"]], ids=lambda command: command[0])
def test_other_programs_find_no_fault(tmp_path: Path, limits: Limits | None, command: list[str]) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    path = tmp_path / "scan.zip"
    path.write_bytes(whole(Archive(entries(tmp_path), STAMP, limits)))
    run = subprocess.run([*command, str(path)], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "warning" not in run.stdout.lower() + run.stderr.lower()
    assert "images/scan_0004.jpg" in run.stdout or command[0] == "7z"


def test_an_archive_of_nothing_is_an_archive() -> None:
    archive = Archive([], STAMP)
    assert unzipped(whole(archive)) == {}
    assert archive.size == 22


def test_entries_carry_time_mode_and_no_compression(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(whole(Archive(entries(tmp_path), STAMP)))) as file:
        for info in file.infolist():
            assert info.date_time == (2026, 11, 22, 5, 11, 30)
            assert info.compress_type == zipfile.ZIP_STORED
            assert info.external_attr >> 16 == 0o100644
            assert info.flag_bits == 0


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), (1980, 1, 1, 0, 0, 0)),
        (datetime(2026, 11, 22, 1, 30, 59, tzinfo=timezone(timedelta(hours=2))), (2026, 11, 21, 23, 30, 58)),
    ],
)
def test_the_time_is_utc_and_never_before_1980(stamp: datetime, expected: tuple[int, ...]) -> None:
    with zipfile.ZipFile(io.BytesIO(whole(Archive([Entry.of_bytes("a", b"")], stamp)))) as file:
        assert file.infolist()[0].date_time == expected


def test_names_beyond_ascii_are_utf8(tmp_path: Path) -> None:
    data = whole(Archive([entry(tmp_path, "Väse/貝.jpg", b"x")], STAMP))
    assert unzipped(data) == {"Väse/貝.jpg": b"x"}


@pytest.mark.parametrize("limits", [None, SMALL])
def test_any_range_is_that_part_of_the_whole(tmp_path: Path, limits: Limits | None) -> None:
    archive = Archive(entries(tmp_path), STAMP, limits)
    data = whole(archive)
    chance = random.Random(2)  # noqa: S311
    edges = [0, 1, 29, 30, 31, archive.size - 1, archive.size]
    ranges = [(a, b) for a in edges for b in edges] + [
        (chance.randrange(archive.size), chance.randrange(archive.size + 10)) for _ in range(300)
    ]
    for start, stop in ranges:
        assert b"".join(archive.read(start, stop)) == data[start:stop]
    assert b"".join(archive.read(archive.size - 22)) == data[-22:]


def test_every_single_byte_of_a_small_archive_is_addressable(tmp_path: Path) -> None:
    archive = Archive([entry(tmp_path, f"{n}.jpg", bytes([n]) * n) for n in range(4)], STAMP, SMALL)
    data = whole(archive)
    assert b"".join(b"".join(archive.read(at, at + 1)) for at in range(archive.size)) == data


def test_chunks_are_bounded(tmp_path: Path) -> None:
    archive = Archive([entry(tmp_path, "a", bytes(5 * CHUNK + 1)), Entry.of_bytes("b", bytes(2 * CHUNK))], STAMP)
    assert max(map(len, archive.read())) == CHUNK


def test_two_archives_of_the_same_files_are_equal_and_so_are_their_tags(tmp_path: Path) -> None:
    first, second = Archive(entries(tmp_path), STAMP), Archive(entries(tmp_path), STAMP)
    assert whole(first) == whole(second)
    assert first.etag == second.etag
    assert first.etag.startswith('"')
    assert first.etag.endswith('"')


def test_the_tag_changes_with_content_names_order_and_time(tmp_path: Path) -> None:
    made = entries(tmp_path)
    others = [
        Archive(made[:-1], STAMP),
        Archive(made[::-1], STAMP),
        Archive(made, STAMP + timedelta(minutes=1)),
        Archive([*made[:-1], Entry.of_bytes("manifest.json", b'{"format": 2}\n')], STAMP),
        Archive([*made[:-1], Entry.of_bytes("Manifest.json", b'{"format": 1}\n')], STAMP),
    ]
    assert len({archive.etag for archive in [Archive(made, STAMP), *others]}) == 6


def test_the_tag_tells_apart_contents_of_one_size_and_crc(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x")
    tags = {
        Archive([Entry("a", path, FileRecord(name="a", bytes=1, crc32=1, sha256=digest))], STAMP).etag
        for digest in ("aa", "bb")
    }
    assert len(tags) == 2


def inverted(head: bytes) -> bytes:
    """A patch that changes all it is given."""
    return bytes(255 - value for value in head[:1000]) + head[1000:][::-1]


def patched_entry(folder: Path, name: str, data: bytes) -> tuple[Entry, bytes]:
    """A file that is another in the archive, and what it is there."""
    wanted = inverted(data[:HEAD]) + data[HEAD:]
    path = folder / name
    path.write_bytes(data)
    return Entry(name, path, record_of(name, wanted), patch=inverted), wanted


SIZES = (0, 1, 999, CHUNK, CHUNK + 1, HEAD - 1, HEAD, HEAD + 1, 2 * HEAD + 77)


@pytest.fixture(scope="module")
def patched(tmp_path_factory: pytest.TempPathFactory) -> tuple[Archive, bytes]:
    """An archive of patched files, with others between them, and its bytes as `zipfile` confirms them."""
    folder, chance = tmp_path_factory.mktemp("patched"), random.Random(3)  # noqa: S311
    pairs = [patched_entry(folder, f"{size}.jpg", chance.randbytes(size)) for size in SIZES]
    plain = entry(folder, "plain.jpg", chance.randbytes(HEAD))
    within = Entry("bytes", b"inside", record_of("bytes", inverted(b"inside")), patch=inverted)
    archive = Archive([plain, *(made for made, _ in pairs), within], STAMP)
    data = whole(archive)
    assert unzipped(data) == {"plain.jpg": content(plain), "bytes": inverted(b"inside")} | {
        made.name: wanted for made, wanted in pairs
    }
    return archive, data


def test_a_head_has_room_for_two_whole_segments_of_a_jpeg() -> None:
    assert HEAD == 2 + 2 * (2 + 0xFFFF)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_range_of_patched_files_is_that_part_of_the_whole(
    patched: tuple[Archive, bytes], data: st.DataObject
) -> None:
    archive, expected = patched
    places = st.integers(0, archive.size) | st.sampled_from([*edges(archive)])
    start, stop = sorted((data.draw(places), data.draw(places)))
    chunks = list(archive.read(start, stop))
    assert b"".join(chunks) == expected[start:stop]
    assert max(map(len, chunks), default=0) <= CHUNK


def edges(archive: Archive) -> set[int]:
    """Where files begin and end, and where their heads and first chunks do, one byte to either side."""
    starts = archive._ends[::2]
    found = {start + at + aside for start in starts for at in (0, CHUNK, HEAD) for aside in (-1, 0, 1)}
    return {at for at in found if at <= archive.size}


def test_a_patch_sees_no_more_than_the_head_and_all_of_it_whatever_is_read(tmp_path: Path) -> None:
    seen: list[int] = []

    def patch(head: bytes) -> bytes:
        seen.append(len(head))
        return head

    for size in (5, HEAD + 5):
        made = entry(tmp_path, f"{size}.jpg", bytes(size))
        archive = Archive([Entry(made.name, made.source, made.record, patch=patch)], STAMP)
        begin = 30 + len(made.name)
        list(archive.read())
        list(archive.read(begin + 4, begin + 5))
        list(archive.read(begin + HEAD, begin + HEAD + 5))
    assert seen == [5, 5, HEAD, HEAD]


def test_a_patch_that_changes_the_length_is_refused(tmp_path: Path) -> None:
    made = entry(tmp_path, "a.jpg", b"four")
    archive = Archive([Entry("a.jpg", made.source, made.record, patch=lambda head: head + b"!")], STAMP)
    with pytest.raises(ValueError, match=r"the patch of a\.jpg makes 5 bytes of 4"):
        list(archive.read())


@pytest.mark.parametrize("at", [0, HEAD + 10])
def test_a_patched_file_that_was_changed_is_found(tmp_path: Path, at: int) -> None:
    made, wanted = patched_entry(tmp_path, "a.jpg", bytes(HEAD + 300))
    with (tmp_path / "a.jpg").open("r+b") as file:
        file.seek(at)
        file.write(b"x")
    with pytest.raises(StoreError, match="was changed since it was written"):
        list(Archive([made], STAMP).read())
    (tmp_path / "a.jpg").write_bytes(wanted)  # as if it had been patched before
    with pytest.raises(StoreError, match="was changed since it was written"):
        list(Archive([made], STAMP).read())


def test_a_patched_file_has_a_tag_of_its_own(tmp_path: Path) -> None:
    made, _ = patched_entry(tmp_path, "a.jpg", b"same name, same size")
    plain = entry(tmp_path, "a.jpg", b"same name, same size")
    assert Archive([made], STAMP).etag != Archive([plain], STAMP).etag
    assert Archive([made], STAMP).size == Archive([plain], STAMP).size


def test_a_file_of_another_size_is_named_before_the_first_byte(tmp_path: Path) -> None:
    archive = Archive(entries(tmp_path), STAMP)
    (tmp_path / "images_scan_0002.jpg").write_bytes(bytes(998))
    with pytest.raises(StoreError, match=r"images_scan_0002\.jpg has 998 bytes, not the 999"):
        archive.read()


def test_a_missing_file_is_named_before_the_first_byte(tmp_path: Path) -> None:
    archive = Archive(entries(tmp_path), STAMP)
    (tmp_path / "images_scan_0004.jpg").unlink()
    with pytest.raises(StoreError, match=r"images_scan_0004\.jpg cannot be read"):
        archive.read()


def test_a_range_without_the_broken_file_can_still_be_read(tmp_path: Path) -> None:
    archive = Archive(entries(tmp_path), STAMP)
    (tmp_path / "images_scan_0004.jpg").unlink()
    assert len(b"".join(archive.read(0, 1000))) == 1000
    assert len(b"".join(archive.read(archive.size - 100))) == 100


def test_changed_content_of_the_same_size_is_found_before_its_last_chunk(tmp_path: Path) -> None:
    archive = Archive(entries(tmp_path), STAMP)
    (tmp_path / "images_scan_0004.jpg").write_bytes(bytes(300_000))
    got: list[bytes] = []
    with pytest.raises(StoreError, match="was changed since it was written"):
        got.extend(archive.read())
    assert sum(map(len, got)) < archive.size - CHUNK // 4


def test_a_file_that_shrinks_while_it_is_read(tmp_path: Path) -> None:
    archive = Archive(entries(tmp_path), STAMP)
    chunks = archive.read(archive.size - 290_000)
    next(chunks)
    (tmp_path / "images_scan_0004.jpg").write_bytes(bytes(10))
    with pytest.raises(StoreError, match="ends after"):
        list(chunks)


def test_more_than_4_gib_and_offsets_beyond_it(tmp_path: Path) -> None:
    """A sparse file of 4 GiB and a bit: the headers around it, read by Python; its zeros are not read."""
    size = 2**32 + 5
    sparse = tmp_path / "large.jpg"
    with sparse.open("wb") as file:
        file.truncate(size)
    large = Entry("large.jpg", sparse, FileRecord(name="large.jpg", bytes=size, crc32=0, sha256=""))
    archive = Archive([large, Entry.of_bytes("after.txt", b"found")], STAMP)
    assert archive.size > size
    with zipfile.ZipFile(Window(archive)) as zipped:
        assert zipped.getinfo("large.jpg").file_size == size
        assert zipped.getinfo("after.txt").header_offset > size
        assert zipped.read("after.txt") == b"found"


def test_more_than_65535_entries() -> None:
    nothing = record_of("", b"")
    archive = Archive([Entry(f"{n}", b"", nothing) for n in range(0x10001)], STAMP)
    with zipfile.ZipFile(io.BytesIO(whole(archive))) as zipped:
        assert len(zipped.infolist()) == 0x10001


class Window(io.RawIOBase):
    """An archive as a file that can be sought, as a client with range requests sees it."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._at = 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._archive.size}[whence]
        self._at = origin + offset
        return self._at

    def read(self, size: int = -1) -> bytes:
        stop = self._archive.size if size < 0 else self._at + size
        data = b"".join(self._archive.read(self._at, stop))
        self._at += len(data)
        return data
