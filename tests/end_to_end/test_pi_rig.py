"""A rig of kind "pi" through its whole bad day, as a process of its own.

Under it are the real drivers, picamera2's name over the simulated sensor, and a GRBL on a pseudo-terminal. The board is
plugged in late and pulled out in mid-scan; then the camera dies.
"""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from scanner.cli.exits import Exit
from scanner.clock import SystemClock
from scanner.hardware.motion_settings import MotionSettings
from scanner.hardware.simulated.controller import SimulatedController
from tests.cli.test_serve import free_port

STUBS = Path(__file__).parent / "stubs"
PLAN = {
    "path": {"kind": "rings", "rings": [{"tilt_deg": 20, "count": 12}]},
    "sweep": {"near": 12, "far": 9, "count": 3},
}


class Rig:
    """A served daemon: its process and its API."""

    def __init__(self, process: "subprocess.Popen[str]", port: int) -> None:
        self.process = process
        self._url = f"http://127.0.0.1:{port}/api/v1"

    def ask(self, path: str, body: object = None, method: str | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self._url + path, data, headers, method=method)  # noqa: S310
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
            return json.load(answer)

    def until(self, path: str, reached: Callable[[Any], bool], within_s: float = 40.0) -> Any:
        deadline = time.monotonic() + within_s
        while not reached(found := self.ask(path)):
            assert time.monotonic() < deadline, json.dumps(found.get("problem"))
            assert self.process.poll() is None, found
            time.sleep(0.05)
        return found


@contextmanager
def served(folder: Path, motion: MotionSettings) -> Iterator[Rig]:
    port = free_port()
    config = folder / "config.toml"
    axes = "\n".join(
        f"[rig.motion.{name}]\nhoming = true\nsteps_per_degree = {axis.steps_per_degree}\n"
        f"max_speed = {axis.max_speed}\nacceleration = {axis.acceleration}"
        for name, axis in (("turntable", motion.turntable), ("tilt", motion.tilt))
    )
    config.write_text(
        '[rig]\nkind = "pi"\n[rig.camera]\ntimeout_s = 0.3\nlens_settle_ms = 20\nmains_hz = 0\n'
        f'[rig.motion]\nport = "{folder / "board"}"\n{axes}\n'
        f'[server]\nhost = "127.0.0.1"\nport = {port}\n[storage]\ndata = "{folder / "data"}"\nreserve_mb = 0\n'
    )
    environment = {**os.environ, "PYTHONPATH": str(STUBS), "FOCUSRIG_TEST_DEAD_CAMERA": str(folder / "dead")}
    command = [sys.executable, "-m", "scanner.cli", "serve", "--config", str(config)]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert "ready" in process.stdout.readline()
        try:
            yield Rig(process, port)
        finally:
            process.kill()


@pytest.fixture
def board(tmp_path: Path) -> Iterator[SimulatedController]:
    """Plugged in from the start: tests that want it later pull it first."""
    with SimulatedController(SystemClock(), link=tmp_path / "board", switches=True) as controller:
        yield controller


def test_the_whole_bad_day(tmp_path: Path, board: SimulatedController) -> None:
    board.unplug()
    with served(tmp_path, board.settings()) as rig:
        missing = rig.ask("/rig")
        assert missing["facts"] is None
        assert "No serial port" in missing["problem"]["message"]

        board.plug()
        facts = rig.until("/rig", lambda told: told["facts"])["facts"]
        assert (facts["camera"]["model"], facts["focus"]["unit"]) == ("imx708", "D")
        assert facts["camera"]["serial"].endswith("imx708@1a")

        scan = rig.ask("/scans", PLAN)
        place = f"/scans/{scan['id']}"
        rig.until(place, lambda told: told["stacked"] >= 2)
        board.unplug()
        pulled = time.monotonic()
        paused = rig.until(place, lambda told: told["state"] == "paused")
        rig.until("/rig", lambda told: told["problem"])
        assert time.monotonic() - pulled < 4, "told within moments, not after the deadline of a move"
        assert paused["problem"]["code"] in ("motion", "hardware-missing", "position-lost")

        board.plug()
        rig.until("/rig", lambda told: not told["problem"])
        rig.ask(f"{place}/resume", method="POST")
        resumed = rig.until(place, lambda told: told["stacked"] >= 6)
        assert resumed["state"] == "running"

        (tmp_path / "dead").touch()
        assert rig.process.wait(timeout=30) == Exit.RIG_LOST
        assert "gives no frames" in rig.process.stderr.read() if rig.process.stderr else False

    (tmp_path / "dead").unlink()
    with served(tmp_path, board.settings()) as rig:
        told = rig.ask(place)
        assert (told["state"], told["problem"]["code"]) == ("paused", "rig-lost")
        rig.ask(f"{place}/resume", method="POST")
        done = rig.until(place, lambda told: told["state"] == "finished")
        assert (done["reason"], done["stacked"]) == ("completed", 12)
        told = rig.ask("/rig")["axes"]
        truth = dict(zip(("turntable", "tilt"), board.angles(), strict=True))
        assert told["turntable"] == pytest.approx(truth["turntable"] % 360, abs=0.02), "after all of this"
        assert told["tilt"] == pytest.approx(truth["tilt"], abs=0.02)
        angles = [position["turntable"] for position in rig.ask(f"{place}/positions")]
        assert angles == [30.0 * index for index in range(12)]
        rig.process.send_signal(signal.SIGTERM)
        assert rig.process.wait(timeout=20) == Exit.OK
