"""Ranges, conditions and HEAD, against the bytes themselves."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.api import problems
from scanner.api.downloads import CHUNK, FileContent, download
from scanner.errors import NotFound, StoreError
from tests.api.client import Client

DATA = bytes(i * 7 % 251 for i in range(3 * CHUNK + 1000))
ETAG = '"abc"'


class Content:
    """Bytes in memory, read in chunks; `fails_at` raises there."""

    def __init__(self, data: bytes = DATA, fails_at: int | None = None) -> None:
        self.size = len(data)
        self.etag = ETAG
        self.largest = 0
        self._data = data
        self._fails_at = fails_at

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        end = self.size if stop is None else stop
        for at in range(start, end, CHUNK):
            if self._fails_at is not None and at >= self._fails_at:
                raise StoreError("A file changed.")
            chunk = self._data[at : min(at + CHUNK, end)]
            self.largest = max(self.largest, len(chunk))
            yield chunk


def client_for(content: Content) -> Client:
    app = FastAPI()
    problems.install(app)

    @app.head("/zip")
    @app.get("/zip")
    def get_zip(request: Request) -> Response:
        return download(request, content, "application/zip", "scan.zip")

    return Client(app)


def get(headers: dict[str, str | bytes], method: str = "GET", content: Content | None = None) -> httpx.Response:
    return client_for(content or Content()).request(method, "/zip", headers=headers)


def test_the_whole() -> None:
    answer = get({})
    assert answer.status_code == 200
    assert answer.content == DATA
    assert answer.headers["content-length"] == str(len(DATA))
    assert answer.headers["etag"] == ETAG
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == 'attachment; filename="scan.zip"'


N = len(DATA)
RANGES = [
    ("bytes=0-0", 0, 1),
    ("bytes=0-", 0, N),
    ("bytes=5-9", 5, 10),
    (f"bytes={N - 1}-", N - 1, N),
    (f"bytes={N - 10}-{N + 10}", N - 10, N),
    ("bytes=-1", N - 1, N),
    (f"bytes=-{N + 5}", 0, N),
    (f"bytes={CHUNK - 1}-{CHUNK}", CHUNK - 1, CHUNK + 1),
    (" bytes=1-2 ", 1, 3),
]


@pytest.mark.parametrize(("wanted", "start", "stop"), RANGES)
def test_one_range(wanted: str, start: int, stop: int) -> None:
    answer = get({"Range": wanted})
    assert answer.status_code == 206
    assert answer.content == DATA[start:stop]
    assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{N}"
    assert answer.headers["content-length"] == str(stop - start)


@pytest.mark.parametrize("wanted", [f"bytes={N}-", f"bytes={N}-{N + 5}", "bytes=-0", "bytes=999999999999999999-"])
def test_a_range_outside_is_not_satisfiable(wanted: str) -> None:
    answer = get({"Range": wanted})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{N}"
    assert answer.content == b""


MANY = "bytes=" + ",".join(f"{i}-{i}" for i in range(8000))
IGNORED = [
    MANY,
    "bytes=0-1,5-6",
    "bytes=9-5",
    "bytes=",
    "bytes=-",
    "bytes=a-b",
    "lines=0-1",
    f"bytes=0-{'9' * 5000}",
    "bytes=٣-٤",
]


@pytest.mark.parametrize("wanted", IGNORED, ids=lambda wanted: wanted[:20])
def test_a_range_that_is_not_served_gives_the_whole(wanted: str) -> None:
    answer = get({"Range": wanted.encode()})
    assert answer.status_code == 200
    assert len(answer.content) == N


@pytest.mark.parametrize(
    ("condition", "code"),
    [(ETAG, 206), ('"other"', 200), (f"W/{ETAG}", 200), ("Wed, 21 Oct 2026 07:28:00 GMT", 200)],
)
def test_a_part_is_given_only_of_what_the_client_has(condition: str, code: int) -> None:
    assert get({"Range": "bytes=0-9", "If-Range": condition}).status_code == code


@pytest.mark.parametrize(
    ("condition", "code"), [(ETAG, 304), (f"W/{ETAG}", 304), (f'"x", {ETAG}', 304), ("*", 304), ('"x"', 200)]
)
def test_what_the_client_has_is_not_sent_again(condition: str, code: int) -> None:
    answer = get({"If-None-Match": condition})
    assert answer.status_code == code
    assert answer.headers["etag"] == ETAG
    assert code == 200 or answer.content == b""


def test_head_says_what_get_would() -> None:
    answer = get({"Range": "bytes=0-9"}, "HEAD")
    assert answer.status_code == 200
    assert answer.headers["content-length"] == str(N)
    assert answer.headers["content-type"] == "application/zip"
    assert answer.content == b""


def test_memory_is_bounded() -> None:
    content = Content()
    get({}, content=content)
    assert content.largest <= CHUNK


def test_what_fails_before_the_first_byte_is_a_problem() -> None:
    answer = get({}, content=Content(fails_at=0))
    assert answer.status_code == 500
    assert answer.json()["detail"] == "A file changed."


def test_what_fails_later_is_no_complete_answer() -> None:
    with pytest.raises(RuntimeError, match="already started") as caught:
        get({}, content=Content(fails_at=CHUNK))
    assert isinstance(caught.value.__cause__, StoreError)


def test_nothing_to_send() -> None:
    assert get({}, content=Content(b"")).content == b""
    assert get({"Range": "bytes=0-"}, content=Content(b"")).status_code == 416


@given(first=st.integers(0, N + 10), length=st.integers(1, N))
@settings(max_examples=30, deadline=None)
def test_any_range_is_that_part_of_the_whole(first: int, length: int) -> None:
    answer = get({"Range": f"bytes={first}-{first + length - 1}"})
    assert answer.content == DATA[first : first + length]


def test_a_download_that_breaks_off_goes_on_where_it_was() -> None:
    client, got = client_for(Content()), b""
    while len(got) < N:
        answer = client.get("/zip", headers={"Range": f"bytes={len(got)}-", "If-Range": ETAG})
        got += answer.content[:77_777]
    assert got == DATA


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "stack.jpg"
    path.write_bytes(DATA)
    content = FileContent(path)
    assert b"".join(content.read()) == DATA
    assert b"".join(content.read(CHUNK - 5, CHUNK + 5)) == DATA[CHUNK - 5 : CHUNK + 5]
    assert all(len(chunk) <= CHUNK for chunk in content.read())
    replaced = tmp_path / "new.jpg"
    replaced.write_bytes(DATA)
    replaced.replace(path)
    assert FileContent(path).etag != content.etag


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        FileContent(tmp_path / "gone.jpg")
