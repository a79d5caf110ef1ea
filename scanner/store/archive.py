"""A zip of files that stay where they are: stored, deterministic, and readable from any offset.

Sizes and CRCs are known beforehand, so every byte of the zip can be computed without touching the files: a download
resumes anywhere, and nothing is ever written to disk. The format is PKWARE's APPNOTE.TXT 6.3, with zip64 where needed.
"""

import struct
import zlib
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from itertools import accumulate, chain
from pathlib import Path

from scanner.errors import StoreError
from scanner.store.files import FileRecord, record_of

CHUNK = 128 * 1024

HEAD = 2 + 2 * 0x10001
"""Bytes of a file that `Entry.patch` sees: where a JPEG begins, and two segments of the largest size, so that all of
its EXIF is in there, behind an APP0 segment as well."""

_LOCAL, _CENTRAL, _END, _END64, _LOCATOR64 = 0x04034B50, 0x02014B50, 0x06054B50, 0x06064B50, 0x07064B50
_UTF8_NAME = 1 << 11
_MADE_BY_UNIX = 3 << 8
_REGULAR_FILE = 0o100644 << 16


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of an archive: its name in there (with /), where its bytes are, and what they must be.

    `patch`: what changes the first HEAD bytes of a file, or all of a smaller one, to those of the archive: as many of
    them, the same each time.
    """

    name: str
    source: Path | bytes
    record: FileRecord
    patch: Callable[[bytes], bytes] | None = None

    @classmethod
    def of_bytes(cls, name: str, data: bytes) -> "Entry":
        return cls(name, data, record_of(name, data))


@dataclass(frozen=True, slots=True)
class Limits:
    """From which value on a field needs zip64: those of the format, smaller only to test it."""

    size: int = 0xFFFFFFFF
    entries: int = 0xFFFF


class Archive:
    """The zip of `entries`, in their order, all with the time `stamp`.

    `size` in bytes. `etag`: a strong one, quoted as in HTTP: equal when every byte is equal.
    """

    def __init__(self, entries: Sequence[Entry], stamp: datetime, limits: Limits | None = None) -> None:
        headers = _Headers(_dos_time(stamp), limits or Limits())
        parts: list[_Part] = []
        directory: list[bytes] = []
        offset = 0
        for entry in entries:
            local = headers.local(entry)
            parts += [_Part(entry.name, local, len(local)), _Part(entry.name, entry.source, entry.record.bytes, entry)]
            directory.append(headers.central(entry, offset))
            offset += len(local) + entry.record.bytes
        central = b"".join(directory)
        tail = central + headers.end(len(entries), len(central), offset)
        self._parts = (*parts, _Part("", tail, len(tail)))
        self._ends = tuple(accumulate(part.size for part in self._parts))
        self.size = self._ends[-1]
        self.etag = f'"{_fingerprint(entries, tail)}"'

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bytes `start` to `stop` (exclusive; None: the end), in chunks of at most 128 KiB.

        Raises StoreError, before the first byte, when a file in that range is gone or has another size than it had;
        and while reading when one was changed since, or its content does not fit its CRC.
        """
        stop = self.size if stop is None else min(stop, self.size)
        pieces = tuple(self._pieces(max(0, start), stop))
        for part, _, _ in pieces:
            part.check()
        return (chunk for part, first, last in pieces for chunk in part.read(first, last))

    def _pieces(self, start: int, stop: int) -> Iterator[tuple["_Part", int, int]]:
        """The parts that hold the range, each with the range inside the part."""
        index = bisect_right(self._ends, start)
        while start < stop:
            part, end = self._parts[index], self._ends[index]
            begin = end - part.size
            yield part, start - begin, min(stop, end) - begin
            start, index = end, index + 1


@dataclass(frozen=True, slots=True)
class _Part:
    """A stretch of the archive: bytes made here, or the content of a file."""

    name: str
    source: Path | bytes
    size: int
    entry: Entry | None = None

    def check(self) -> None:
        if isinstance(self.source, bytes):
            return
        try:
            size = self.source.stat().st_size
        except OSError as error:
            raise self._unlike(f"cannot be read ({error.strerror})") from error
        if size != self.size:
            raise self._unlike(f"has {size:,} bytes, not the {self.size:,} it was written with")

    def read(self, first: int, last: int) -> Iterator[bytes]:
        self.check()
        crc, at = 0, first
        for chunk in self._chunks(first, last):
            at += len(chunk)
            crc = zlib.crc32(chunk, crc)
            if (first, at) == (0, self.size) and self.entry and crc != self.entry.record.crc32:
                raise self._unlike("was changed since it was written")
            yield chunk

    def _chunks(self, first: int, last: int) -> Iterator[bytes]:
        """The bytes as they are in the archive."""
        patch = self.entry.patch if self.entry else None
        if patch is None or first >= HEAD:
            return self._stored(first, last)
        head = b"".join(self._stored(0, min(HEAD, self.size)))
        patched = patch(head)
        if len(patched) != len(head):
            raise ValueError(f"the patch of {self.name} makes {len(patched)} bytes of {len(head)}")
        return chain(_sliced(patched, first, min(last, len(head))), self._stored(len(head), last))

    def _stored(self, first: int, last: int) -> Iterator[bytes]:
        """The bytes as they are in the file."""
        if isinstance(self.source, bytes):
            yield from _sliced(self.source, first, last)
        elif first < last:
            yield from self._filed(self.source, first, last)

    def _filed(self, path: Path, first: int, last: int) -> Iterator[bytes]:
        at = first
        try:
            with path.open("rb", buffering=0) as file:
                file.seek(first)
                while at < last:
                    chunk = file.read(min(CHUNK, last - at))
                    if not chunk:
                        raise self._unlike(f"ends after {at:,} of {self.size:,} bytes")
                    at += len(chunk)
                    yield chunk
        except OSError as error:
            raise self._unlike(f"cannot be read ({error.strerror})") from error

    def _unlike(self, what: str) -> StoreError:
        return StoreError(
            f"{self.source!s} {what}, so the archive would be broken.",
            "Repeat the position, or copy the other files from the folder.",
        )


def _sliced(data: bytes, first: int, last: int) -> Iterator[bytes]:
    return (data[at : min(at + CHUNK, last)] for at in range(first, last, CHUNK))


class _Headers:
    """The records of the format. Every field that does not fit goes into a zip64 extra field, in the order given."""

    def __init__(self, dos_time: int, limits: Limits) -> None:
        self._dos_time = dos_time
        self._limits = limits

    def local(self, entry: Entry) -> bytes:
        size = entry.record.bytes
        extra, fields = self._spill(size, size)
        name, common = self._common(entry, extra, fields)
        return struct.pack("<I", _LOCAL) + common + name + extra

    def central(self, entry: Entry, offset: int) -> bytes:
        size = entry.record.bytes
        extra, fields = self._spill(size, size, offset)
        name, common = self._common(entry, extra, fields)
        made = _MADE_BY_UNIX | self._version(extra)
        last = struct.pack("<HHHII", 0, 0, 0, _REGULAR_FILE, fields[2])
        return struct.pack("<IH", _CENTRAL, made) + common + last + name + extra

    def end(self, count: int, size: int, offset: int) -> bytes:
        """The end of the central directory of `count` entries, `size` bytes at `offset`."""
        small = self._limits
        wide = count >= small.entries or size >= small.size or offset >= small.size
        short = struct.pack(
            "<IHHHHIIH",
            _END,
            0,
            0,
            *(0xFFFF if count >= small.entries else count,) * 2,
            0xFFFFFFFF if size >= small.size else size,
            0xFFFFFFFF if offset >= small.size else offset,
            0,
        )
        if not wide:
            return short
        end64 = struct.pack("<IQHHIIQQQQ", _END64, 44, _MADE_BY_UNIX | 45, 45, 0, 0, count, count, size, offset)
        return end64 + struct.pack("<IIQI", _LOCATOR64, 0, offset + size, 1) + short

    def _common(self, entry: Entry, extra: bytes, fields: Sequence[int]) -> tuple[bytes, bytes]:
        """The name, and what a local and a central header have in common."""
        name = entry.name.encode()
        flags = 0 if entry.name.isascii() else _UTF8_NAME
        common = struct.pack(
            "<HHHIIIIHH",
            self._version(extra),
            flags,
            0,
            self._dos_time,
            entry.record.crc32,
            fields[0],
            fields[1],
            len(name),
            len(extra),
        )
        return name, common

    def _spill(self, *values: int) -> tuple[bytes, list[int]]:
        """The zip64 extra field with the values that do not fit, and what stands in the ordinary fields."""
        wide = [value for value in values if value >= self._limits.size]
        extra = struct.pack(f"<HH{len(wide)}Q", 1, 8 * len(wide), *wide) if wide else b""
        return extra, [0xFFFFFFFF if value >= self._limits.size else value for value in values]

    @staticmethod
    def _version(extra: bytes) -> int:
        """The version needed to extract: 4.5 for zip64, else 2.0, which knows folders."""
        return 45 if extra else 20


def _dos_time(stamp: datetime) -> int:
    """Time and date as MS-DOS packs them, in UTC, to two seconds; the format begins with 1980."""
    utc = stamp.astimezone(UTC)
    if utc.year < 1980:
        return (1 << 5 | 1) << 16
    date = (utc.year - 1980) << 9 | utc.month << 5 | utc.day
    return date << 16 | utc.hour << 11 | utc.minute << 5 | utc.second // 2


def _fingerprint(entries: Sequence[Entry], tail: bytes) -> str:
    """A hash over what the files hold and over the central directory, which repeats all of the headers."""
    content = sha256(tail)
    for entry in entries:
        content.update(entry.record.sha256.encode())
    return content.hexdigest()[:32]
