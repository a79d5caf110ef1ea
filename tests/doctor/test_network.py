"""Port, page and name."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from scanner.api.routes import rig
from scanner.capture.events import RigStatus
from scanner.doctor import Level
from scanner.doctor.network import check_mdns, check_port, focusrig_answers
from tests.doctor.commands import HANGS, Commands


def test_a_port_in_use_is_a_warning() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert check_port("127.0.0.1", port).level == Level.WARNING
    assert check_port("127.0.0.1", port).level == Level.OK
    assert check_port("::1", port).subject == f"port {port}"


def test_a_host_that_is_no_address() -> None:
    assert check_port("256.0.0.1", 8080).level == Level.WARNING


@contextmanager
def answering(answer: bytes) -> Iterator[int]:
    """A server that gives one answer to one request; yields its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join(5)


@pytest.mark.parametrize(
    ("answer", "is_ours"),
    [(b'{"facts": null, "run": null}', True), (b'{"error": "?"}', False), (b"[1]", False), (b"<html>", False)],
)
def test_whether_a_focusrig_answers(answer: bytes, is_ours: bool) -> None:
    with answering(answer) as port:
        assert focusrig_answers("0.0.0.0", port) is is_ours  # noqa: S104  the config's default


def test_what_is_asked_for_is_what_a_focusrig_says() -> None:
    assert "facts" in RigStatus.model_fields
    assert any(getattr(route, "path", "") == "/rig" for route in rig.router.routes)


def test_nobody_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert not focusrig_answers("127.0.0.1", port)
    assert not focusrig_answers("no host at all", port)


@pytest.fixture
def avahi(tmp_path: Path) -> Path:
    """The file that names a process which runs: this one."""
    path = tmp_path / "pid"
    path.write_text(f"{os.getpid()}\n")
    return path


def test_a_name_that_is_found(avahi: Path) -> None:
    commands = Commands(getent="192.168.1.20   scanner.local\n")
    finding = check_mdns(commands, "scanner.home.lan", avahi)
    assert (finding.level, finding.message) == (Level.OK, "scanner.local is 192.168.1.20")
    assert commands.asked == [("getent", "hosts", "scanner.local")]


def test_a_name_that_nobody_announces(tmp_path: Path) -> None:
    for content in (None, "", "2147483646"):
        if content is not None:
            (tmp_path / "pid").write_text(content)
        finding = check_mdns(Commands(getent="1.2.3.4 x"), "scanner", tmp_path / "pid")
        assert finding.level == Level.WARNING
        assert "avahi-daemon does not run" in finding.message
        assert "apt install avahi-daemon" in finding.hint


def test_a_name_that_is_not_found_or_takes_too_long(avahi: Path) -> None:
    lost = check_mdns(Commands(getent=""), "scanner", avahi)
    assert (lost.level, "libnss-mdns" in lost.hint) == (Level.WARNING, True)
    slow = check_mdns(Commands(getent=HANGS), "scanner", avahi)
    assert (slow.level, "did not answer within" in slow.message) == (Level.WARNING, True)
    assert check_mdns(Commands(), None, avahi).message.startswith(f"{socket.gethostname().partition('.')[0]}.local")
