"""The client against servers that answer well, badly, or not at all."""

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from scanner.cli.client import Client, Unreachable
from scanner.errors import FocusrigError, HardwareMissing, NoSpace, NotFound, PlanError, RigBusy
from scanner.plan.scan import ScanPlan


class Answers(BaseHTTPRequestHandler):
    """Answers every request with what its server was told."""

    server: "Server"

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = self.server.body
        self.send_response(self.server.code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = _answer  # noqa: N815  the names that http.server asks for

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


class Server(ThreadingHTTPServer):
    """A web server that is not a scanner, but can pretend to be one."""

    code = 200
    body = b"{}"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("plan", PlanError),
        ("no-space", NoSpace),
        ("not-found", NotFound),
        ("hardware-missing", HardwareMissing),
        ("something-new", FocusrigError),
    ],
)
def test_a_problem_is_the_error_it_names(server: Server, code: str, kind: type[FocusrigError]) -> None:
    server.code, server.body = 422, json.dumps({"code": code, "detail": "What.", "hint": "Do."}).encode()
    with pytest.raises(kind) as caught:
        Client(server.url).start_scan(ScanPlan())
    assert type(caught.value) is kind
    assert (caught.value.message, caught.value.hint) == ("What.", "Do.")


def test_a_busy_rig_comes_with_the_link(server: Server) -> None:
    problem = {"code": "rig-busy", "detail": "Busy.", "hint": "Wait.", "scan": "/api/v1/scans/x"}
    server.code, server.body = 409, json.dumps(problem).encode()
    with pytest.raises(RigBusy) as caught:
        Client(server.url).start_scan(ScanPlan())
    assert caught.value.hint == f"Wait. See {server.url}/api/v1/scans/x"


@pytest.mark.parametrize(
    ("code", "body"), [(200, b"<html>"), (502, b"<html>"), (500, b"[]"), (404, b""), (200, b"\xff")]
)
def test_another_server_is_told_apart(server: Server, code: int, body: bytes) -> None:
    server.code, server.body = code, body
    with pytest.raises(FocusrigError, match="not as a scanner does"):
        Client(server.url).scan("x")


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(Unreachable, match="focusrig serve"):
        Client(url).scan("x")


@pytest.mark.parametrize("url", ["https://x", "ftp://x", "", "http://", "http://x:port"])
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(FocusrigError, match="not the address of a scanner"):
        Client(url)


@pytest.mark.parametrize(
    ("url", "shown"),
    [("rig.local", "http://rig.local"), ("http://10.0.0.7:81/", "http://10.0.0.7:81"), ("[::1]:80", "http://[::1]:80")],
)
def test_addresses(url: str, shown: str) -> None:
    assert Client(url).archive_url("x") == f"{shown}/api/v1/scans/x/stacks.zip"
