"""The daemon as a program: its port, its signals, its demo."""

import json
import re
import signal
import socket
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from scanner.cli import main
from scanner.cli.exits import Exit
from scanner.daemon import DEMO_PLAN
from tests.api.scans import LONG_PLAN

CONFIG = """
[rig.simulated]
width = 480
height = 270
frame_rate = 120

[storage]
reserve_mb = 0
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(CONFIG)
    return path


@contextmanager
def served(config: Path, *more: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A daemon that is ready, and its address."""
    argv = [sys.executable, "-m", "scanner.cli", "serve", "--config", str(config), "--host", "127.0.0.1"]
    argv += ["--port", str(free_port()), "--data", str(config.parent / "data"), *more]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            lines = []
            while not (found := re.search(r"ready: (http://\S+)/", line := process.stdout.readline())):
                lines.append(line)
                assert line, (lines, process.communicate())
            yield process, found[1]
        finally:
            process.kill()


def ask(url: str, body: str | None = None) -> dict[str, object]:
    request = urllib.request.Request(url, body.encode() if body else None, {"Content-Type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
        found: dict[str, object] = json.load(answer)
        return found


def test_it_stops_at_once_whatever_is_open(config: Path) -> None:
    with served(config) as (process, url):
        scan = ask(f"{url}/api/v1/scans", LONG_PLAN.model_dump_json())
        with (
            urllib.request.urlopen(f"{url}/api/v1/events", timeout=20) as events,  # noqa: S310
            urllib.request.urlopen(f"{url}/api/v1/preview.mjpeg", timeout=20) as preview,  # noqa: S310
        ):
            assert events.readline()
            assert preview.readline()
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=20)
    assert process.returncode == Exit.OK, err
    assert "Traceback" not in err + out
    with served(config) as (process, url):
        found = ask(f"{url}/api/v1/scans/{scan['id']}")
        assert found["state"] == "paused"
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == Exit.OK


def test_a_port_in_use_stops_it_before_the_rig(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(signal.SIGTERM)
    with socket.create_server(("127.0.0.1", 0)) as other:
        argv = ["serve", "--config", str(config), "--host", "127.0.0.1", "--data", str(config.parent / "data")]
        assert main([*argv, "--port", str(other.getsockname()[1])]) == Exit.FAILED
    signal.signal(signal.SIGTERM, before)
    error = capsys.readouterr().err
    assert "in use" in error
    assert "--port" in error


def test_a_pi_without_its_devices_is_served_and_says_what_is_missing(config: Path) -> None:
    config.write_text('[rig]\nkind = "pi"\nmotion.port = "/dev/nothing"\n')
    with served(config) as (process, url):
        rig = ask(f"{url}/api/v1/rig")
        assert rig["facts"] is None
        assert "No serial port at /dev/nothing" in str(rig["problem"])
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == Exit.OK


def test_a_config_that_cannot_be_a_rig_is_three(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Waiting does not cure it."""
    before = signal.getsignal(signal.SIGTERM)
    config.write_text('[rig.motion]\ndialect = "templated"\ntemplate.move = "G1 {nonsense}"\n')
    argv = ["serve", "--config", str(config), "--data", str(config.parent / "data"), "--host", "127.0.0.1"]
    assert main([*argv, "--port", str(free_port())]) == Exit.CONFIG
    signal.signal(signal.SIGTERM, before)
    assert "nonsense" in capsys.readouterr().err


@pytest.mark.slow
def test_the_demo_ends_in_a_zip(config: Path) -> None:
    with served(config, "--demo") as (process, _):
        assert process.stdout is not None
        path = Path(process.stdout.readline().rpartition(": ")[2].strip())
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            images = [name for name in archive.namelist() if name.endswith(".jpg")]
        assert len(images) == len(DEMO_PLAN.positions())
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == Exit.OK
