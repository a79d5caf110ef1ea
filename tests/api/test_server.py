"""The port is taken first; clients that hold it without asking or reading are let go."""

import contextlib
import http.client
import socket
import threading
from contextlib import ExitStack

import pytest
from fastapi import FastAPI, Request, Response

from scanner.api.downloads import download
from scanner.api.server import Patience, addresses, listen
from scanner.api.stream import Streams
from scanner.capture.events import ScanStatus
from scanner.daemon import Daemon
from scanner.errors import FocusrigError
from tests.api.servers import serving
from tests.api.test_downloads import Content

LARGE = 50_000_000
SHORT = Patience(request_s=0.2, read_s=0.2)


def read_to_end(client: socket.socket) -> int:
    """How many bytes come before the server closes or resets the connection."""
    count = 0
    with contextlib.suppress(ConnectionResetError):
        while chunk := client.recv(1 << 20):
            count += len(chunk)
    return count


def test_a_port_in_use_is_told_before_anything_else() -> None:
    with listen("127.0.0.1", 0) as first, pytest.raises(FocusrigError, match="in use") as caught:
        listen("127.0.0.1", first.getsockname()[1])
    assert "--port" in caught.value.hint


@pytest.mark.parametrize("host", ["192.0.2.77", "no.such.host.invalid", "256.1.1.1"])
def test_a_host_that_is_not_this_machine(host: str) -> None:
    with pytest.raises(FocusrigError, match="Cannot listen on"):
        listen(host, 0)


def test_addresses_for_a_person() -> None:
    with listen("127.0.0.1", 0) as here:
        assert addresses(here) == (f"http://127.0.0.1:{here.getsockname()[1]}/",)
    with listen("0.0.0.0", 0) as everywhere:  # noqa: S104  what is proved
        found = addresses(everywhere)
    assert found[-1].startswith("http://localhost:")
    assert any(".local:" in address for address in found)


def test_connections_wait_until_the_server_runs(app: FastAPI) -> None:
    with listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname(), timeout=20) as early:
        early.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with serving(app, on=listener):
            assert early.recv(100).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: local"])
def test_a_client_that_does_not_finish_asking_is_let_go(app: FastAPI, sent: bytes) -> None:
    with serving(app, SHORT) as (_, address), socket.create_connection(address, timeout=10) as client:
        client.sendall(sent)
        assert read_to_end(client) == 0


def test_a_kept_connection_that_asks_half_again_is_let_go(app: FastAPI) -> None:
    with serving(app, SHORT) as (_, address), socket.create_connection(address, timeout=10) as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HT")
        assert client.recv(65536).startswith(b"HTTP/1.1 200")
        read_to_end(client)


def endless(daemon: Daemon) -> FastAPI:
    """An application with one download that is larger than any socket's buffer."""
    app = FastAPI()
    app.state.streams = Streams(daemon)
    content = Content(bytes(LARGE))

    @app.get("/large")
    def large(request: Request) -> Response:
        return download(request, content, "application/zip")

    return app


def test_a_client_that_does_not_read_is_let_go(rig_daemon: Daemon) -> None:
    with (
        serving(endless(rig_daemon), SHORT) as (server, address),
        socket.create_connection(address, timeout=20) as client,
    ):
        client.sendall(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert client.recv(10).startswith(b"HTTP")
        while server.server_state.connections:
            threading.Event().wait(0.02)
        assert read_to_end(client) < LARGE


def test_half_open_connections_do_not_stop_the_others(app: FastAPI) -> None:
    with serving(app) as (_, address), ExitStack() as stack:
        for _ in range(300):
            stack.enter_context(socket.create_connection(address, timeout=5)).sendall(b"GET /")
        connection = http.client.HTTPConnection(*address, timeout=20)
        stack.callback(connection.close)
        connection.request("GET", "/healthz")
        assert connection.getresponse().status == 200


def test_a_head_that_is_too_long_is_refused(app: FastAPI) -> None:
    with serving(app) as (_, address), socket.create_connection(address, timeout=10) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 100_000)
        assert client.recv(100).startswith(b"HTTP/1.1 4")


def test_a_download_over_a_socket(app: FastAPI, scanned: ScanStatus) -> None:
    path = f"/api/v1/scans/{scanned.id}/stacks.zip"
    with serving(app) as (_, address):
        connection = http.client.HTTPConnection(*address, timeout=20)
        connection.request("HEAD", path)
        head = connection.getresponse()
        head.read()
        size = int(head.headers["content-length"])
        connection.request("GET", path, headers={"Range": f"bytes=10-{size // 2}"})
        part = connection.getresponse().read()
        connection.request("GET", path)
        whole = connection.getresponse().read()
        connection.close()
    assert len(whole) == size
    assert part == whole[10 : size // 2 + 1]
