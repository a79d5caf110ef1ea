"""Files and archives in parts: one byte range, conditional requests, HEAD; never more than a chunk in memory.

RFC 9110, sections 13 and 14. Several ranges in one request are answered with the whole, which the RFC allows.
"""

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from itertools import chain
from pathlib import Path
from typing import Protocol

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from scanner.errors import NotFound

CHUNK = 128 * 1024

_RANGE = re.compile(r"bytes=(?:(\d{1,18})-(\d{1,18})?|-(\d{1,18}))", re.ASCII)


class Readable(Protocol):
    """Bytes of a known size that can be read from anywhere."""

    @property
    def size(self) -> int: ...

    @property
    def etag(self) -> str:
        """A strong entity tag, in quotes."""

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` to before `stop`, in chunks."""


class FileContent:
    """One file. The tag is made of what changes when a file is replaced. Raises NotFound."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            facts = path.stat()
        except FileNotFoundError as error:
            raise NotFound(f"{path.name} is not there any more.", "It was deleted; load the list again.") from error
        self.size = facts.st_size
        self.etag = f'"{facts.st_ino:x}-{facts.st_mtime_ns:x}-{facts.st_size:x}"'

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        left = (self.size if stop is None else stop) - start
        with self._path.open("rb") as file:
            file.seek(start, os.SEEK_SET)
            while left > 0 and (chunk := file.read(min(CHUNK, left))):
                left -= len(chunk)
                yield chunk


def download(request: Request, content: Readable, media_type: str, filename: str | None = None) -> Response:
    """Answer GET or HEAD for `content`: whole, in part, not modified, or range not satisfiable.

    With a `filename` browsers save it. What reading raises before the first byte is raised here.
    """
    headers = {"ETag": content.etag, "Accept-Ranges": "bytes", "Cache-Control": "no-cache"}
    if filename:
        headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    if _matches(request.headers.get("if-none-match"), content.etag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    start, stop = 0, content.size
    status = HTTPStatus.OK
    if wanted := _range(request, content.etag):
        start, stop = _resolve(wanted, content.size)
        if start >= stop:
            headers["Content-Range"] = f"bytes */{content.size}"
            return Response(status_code=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=headers)
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{content.size}"
        status = HTTPStatus.PARTIAL_CONTENT
    headers["Content-Length"] = str(stop - start)
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=media_type)
    return _body(content.read(start, stop), status, headers, media_type)


def _body(chunks: Iterator[bytes], status: int, headers: Mapping[str, str], media_type: str) -> Response:
    """The first chunk is read now: an error then still is a problem document, not a torn file."""
    with contextlib.suppress(StopIteration):
        chunks = chain([next(chunks)], chunks)
    return StreamingResponse(chunks, status, headers=headers, media_type=media_type)


def _matches(header: str | None, etag: str) -> bool:
    """If-None-Match compares weakly."""
    tags = [tag.strip().removeprefix("W/") for tag in header.split(",")] if header else []
    return etag in tags or tags == ["*"]


def _range(request: Request, etag: str) -> tuple[int | None, int | None] | None:
    """(first, last) or (None, suffix length) of the one range to serve; None where the whole is to be served."""
    header = request.headers.get("range", "")
    unchanged = request.headers.get("if-range", etag) == etag  # strongly; a date never matches
    found = _RANGE.fullmatch(header.strip()) if request.method == "GET" and unchanged else None
    if found is None:
        return None
    first, last, suffix = (int(text) if text else None for text in found.groups())
    if first is not None and last is not None and last < first:
        return None
    return (None, suffix) if suffix is not None else (first, last)


def _resolve(wanted: tuple[int | None, int | None], size: int) -> tuple[int, int]:
    """[start, stop) of a range within `size` bytes; empty when the range lies outside."""
    first, last = wanted
    if first is None:
        return max(0, size - (last or 0)), size
    return first, size if last is None else min(last + 1, size)
