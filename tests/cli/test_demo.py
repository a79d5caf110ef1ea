"""The demo scan, told on the terminal."""

import threading
import zipfile
from pathlib import Path

import pytest

from scanner.cli.demo import Demo
from scanner.clock import Clock, SystemClock
from scanner.config import Settings
from scanner.daemon import Daemon
from scanner.hardware.rig import Rig
from tests.api.scans import LONG_PLAN, SMALL_PLAN, finished, wait_until
from tests.capture.fakes import FakeRig


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


def test_it_waits_for_a_rig_that_opens_slowly(settings: Settings) -> None:
    opened = threading.Event()

    def slowly(_settings: Settings, _clock: Clock) -> Rig:
        assert opened.wait(20)
        return FakeRig().open()

    daemon = Daemon(settings, SystemClock(), slowly)
    starting = threading.Thread(target=daemon.start)
    starting.start()
    threading.Timer(0.3, opened.set).start()
    with Demo(daemon, LONG_PLAN):
        assert len(daemon.scans()) == 1
    starting.join()
    daemon.close()
