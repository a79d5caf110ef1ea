"""Who may ask: hosts, origins, content types, sizes."""

import asyncio
from itertools import product

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from scanner.api.security import HEADERS, MAX_BODY, Guard, host_allowed, own_names

NAMES = frozenset({"localhost", "rig", "rig.local", "scanner.museum.example"})

ALLOWED = [
    "localhost",
    "localhost:8080",
    "LOCALHOST:8080",
    "rig.local",
    "rig.local.",
    "rig:8080",
    "scanner.museum.example:8080",
    "127.0.0.1",
    "192.168.1.20:8080",
    "[::1]:8080",
    "[fe80::1]",
]
REFUSED = [
    "",
    "evil.example",
    "evil.example:8080",
    "localhost.evil.example",
    "rig.local.evil.example",
    "192.168.1.20.evil.example",
    "user@localhost",
    "localhost:port",
    "localhost:99999",
    "localhost/path",
    "[::1",
    "localhost, evil.example",
    "xn--lcalhost-v3a",
    "127.0.0.1\tevil",
]


class Reached:
    """An application that counts the requests that reach it and reads their bodies."""

    def __init__(self) -> None:
        self.count = 0

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body"):
            pass
        self.count += 1
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def ask(method: str, headers: list[tuple[str, str]], content: bytes = b"") -> tuple[httpx.Response, int]:
    """The answer, and how often the application was reached."""
    reached = Reached()

    async def request() -> httpx.Response:
        transport = httpx.ASGITransport(app=Guard(reached, NAMES))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            wanted = client.build_request(method, "/x", content=content)
            own = [(k, v) for k, v in wanted.headers.multi_items() if k not in {name.lower() for name, _ in headers}]
            wanted.headers = httpx.Headers(own + [(k, v) for k, v in headers if v != "-"])
            return await client.send(wanted)

    return asyncio.run(request()), reached.count


@pytest.mark.parametrize("host", ALLOWED)
def test_known_hosts_are_let_in(host: str) -> None:
    assert host_allowed(host, NAMES)


@pytest.mark.parametrize("host", REFUSED)
def test_other_hosts_are_not(host: str) -> None:
    assert not host_allowed(host, NAMES)


def test_the_machine_knows_its_own_names() -> None:
    names = own_names(("Scanner.Museum.Example.",))
    assert {"localhost", "scanner.museum.example"} < names
    assert any(name.endswith(".local") for name in names)


HOSTS = {"localhost": True, "10.0.0.7:8080": True, "evil.example": False}
ORIGINS = {"-": True, "same": True, "http://evil.example": False, "null": False, "http://[": False, "": False}
TYPES = {
    "application/json": True,
    "application/json; charset=utf-8": True,
    "text/plain": False,
    "application/x-www-form-urlencoded": False,
    "multipart/form-data; boundary=x": False,
    "-": False,
}


@pytest.mark.parametrize(("host", "origin", "kind"), list(product(HOSTS, ORIGINS, TYPES)))
def test_unsafe_methods_need_host_origin_and_type(host: str, origin: str, kind: str) -> None:
    headers = [("Host", host), ("Content-Type", kind)]
    if origin != "-":
        headers.append(("Origin", f"http://{host}" if origin == "same" else origin))
    answer, reached = ask("POST", headers, b"{}")
    wanted = 204 if TYPES[kind] else 415
    wanted = wanted if ORIGINS[origin] else 403
    wanted = wanted if HOSTS[host] else 421
    assert answer.status_code == wanted
    assert reached == (1 if wanted == 204 else 0)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_reading_needs_the_host_alone(method: str) -> None:
    assert ask(method, [("Host", "localhost"), ("Origin", "http://evil.example")])[0].status_code == 204
    assert ask(method, [("Host", "evil.example")])[0].status_code == 421


@pytest.mark.parametrize(
    ("site", "code"), [("same-origin", 204), ("none", 204), ("same-site", 403), ("cross-site", 403)]
)
def test_the_browsers_own_word_counts(site: str, code: int) -> None:
    assert ask("DELETE", [("Sec-Fetch-Site", site)])[0].status_code == code


@pytest.mark.parametrize("headers", [[("Host", "-")], [("Host", "localhost"), ("host", "localhost")]])
def test_one_host_header_is_needed(headers: list[tuple[str, str]]) -> None:
    assert ask("GET", headers)[0].status_code == 421


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_no_body_needs_no_type(method: str) -> None:
    assert ask(method, [("Content-Length", "0")])[0].status_code == 204
    assert ask(method, [("Content-Type", "text/plain")])[0].status_code == 415


@pytest.mark.parametrize(
    ("length", "code"), [(str(MAX_BODY), 204), (str(MAX_BODY + 1), 413), ("9" * 40, 413), ("-1", 413), ("x", 413)]
)
def test_a_body_that_says_it_is_too_long_is_not_read(length: str, code: int) -> None:
    answer, reached = ask("POST", [("Content-Type", "application/json"), ("Content-Length", length)], b"{}")
    assert (answer.status_code, reached) == (code, code == 204)


def _receive_chunks(count: int, size: int) -> Receive:
    chunks = iter([b"x" * size] * count)

    async def receive() -> Message:
        return {"type": "http.request", "body": next(chunks), "more_body": True}

    return receive


def test_a_body_of_unknown_length_is_cut_off() -> None:
    scope = {
        "type": "http",
        "method": "POST",
        "headers": [
            (b"host", b"localhost"),
            (b"transfer-encoding", b"chunked"),
            (b"content-type", b"application/json"),
        ],
    }
    reached = Reached()

    async def send(message: Message) -> None:
        raise AssertionError(message)

    with pytest.raises(Exception, match="413"):
        asyncio.run(Guard(reached, NAMES)(scope, _receive_chunks(20, 100_000), send))
    assert reached.count == 0


@pytest.mark.parametrize("headers", [[("Host", "localhost")], [("Host", "evil.example")]])
def test_every_answer_is_protected(headers: list[tuple[str, str]]) -> None:
    answer, _ = ask("GET", headers)
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    assert answer.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "access-control-allow-origin" not in answer.headers


def test_what_is_no_http_request_passes() -> None:
    seen: list[str] = []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(scope["type"])

    async def nothing(*_: object) -> Message:
        return {}

    asyncio.run(Guard(app, NAMES)({"type": "lifespan"}, nothing, nothing))  # type: ignore[arg-type]
    assert seen == ["lifespan"]
