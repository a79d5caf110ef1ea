"""The demo scan, told on the terminal."""

import zipfile
from pathlib import Path

import pytest

from scanner.cli.demo import Demo
from scanner.daemon import Daemon
from tests.api.scans import LONG_PLAN, SMALL_PLAN, finished, wait_until


def test_it_ends_in_a_zip_and_starts_once(daemon: Daemon, capsys: pytest.CaptureFixture[str]) -> None:
    with Demo(daemon, SMALL_PLAN) as demo:
        finished(daemon, daemon.scans()[0].id)
        demo.join()
    captured = capsys.readouterr()
    first, last = captured.out.splitlines()
    assert first.endswith(": 2 positions")
    assert captured.err.splitlines()[-1].startswith("2/2")
    path = Path(last.rpartition(": ")[2])
    assert path.name == f"{daemon.scans()[0].id}_photogrammetry.zip"
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert len([name for name in archive.namelist() if name.endswith(".jpg")]) == 2

    with Demo(daemon, SMALL_PLAN):
        assert "no demo scan" in capsys.readouterr().out
    assert len(daemon.scans()) == 1
    assert daemon._listeners == []


def test_it_lets_go_in_the_middle(daemon: Daemon, capsys: pytest.CaptureFixture[str]) -> None:
    with Demo(daemon, LONG_PLAN):
        wait_until(daemon, lambda status: status.scan is not None and status.scan.slices_done > 0)
    assert daemon._listeners == []
    assert "photogrammetry" not in capsys.readouterr().out


def test_an_end_before_its_end_is_told(daemon: Daemon, capsys: pytest.CaptureFixture[str]) -> None:
    with Demo(daemon, LONG_PLAN) as demo:
        daemon.cancel(daemon.scans()[0].id)
        demo.join()
    assert "The demo scan ended: cancelled" in capsys.readouterr().out
