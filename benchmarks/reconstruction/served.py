"""A scan by a daemon of its own, started, watched and fetched through REST as any client would."""

import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scanner.capture.events import FinishReason, RunState, ScanStatus
from scanner.cli.client import Client
from scanner.plan.scan import ScanPlan
from scanner.units import Seconds

STOP_S: Seconds = 30.0
DOWNLOAD_S: Seconds = 600.0
PROFILE = "colmap"


def scan(config: str, plan: ScanPlan, folder: Path, within_s: Seconds) -> ScanStatus:
    """Scan, and leave what is downloaded unpacked in `folder`: `stacks/` and `slices/`.

    `config`: TOML of the rig. Raises RuntimeError where the scan does not complete, TimeoutError, FocusrigError.
    """
    with daemon(config, folder) as url:
        client = Client(url)
        done = _finished(client, client.start_scan(plan).id, within_s)
        for name, query in (("stacks", f"?profile={PROFILE}"), ("slices", "")):
            _fetch(f"{url}/api/v1/scans/{done.id}/{name}.zip{query}", folder / f"{name}.zip")
    for name in ("stacks", "slices"):
        with zipfile.ZipFile(folder / f"{name}.zip") as archive:
            archive.extractall(folder / name)
    return done


@contextmanager
def daemon(config: str, folder: Path) -> Iterator[str]:
    """A daemon that is ready, as a process with its data in `folder`; gives its address. Raises RuntimeError."""
    path = folder / "config.toml"
    path.write_text(config)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    argv = [sys.executable, "-m", "scanner.cli", "serve", "--config", str(path), "--data", str(folder / "data")]
    argv += ["--host", "127.0.0.1", "--port", str(port)]
    log = folder / "daemon.log"
    with log.open("w") as told, subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=told, text=True) as process:
        try:
            yield _address(process, log)
        finally:
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()


def _address(process: "subprocess.Popen[str]", log: Path) -> str:
    for line in process.stdout or ():
        if found := re.search(r"ready: (http://[^\s/]+)", line):
            return found[1]
    raise RuntimeError(f"The daemon does not start: {log.read_text()[-2000:]}")


def _finished(client: Client, scan_id: str, within_s: Seconds) -> ScanStatus:
    deadline = time.monotonic() + within_s
    while (status := client.scan(scan_id)).state == RunState.RUNNING:
        if time.monotonic() > deadline:
            raise TimeoutError(f"The scan takes more than {within_s:.0f} s: {status.activity}")
        time.sleep(1.0)
    if status.reason != FinishReason.COMPLETED:
        raise RuntimeError(f"The scan did not complete: {status.problem or status.reason}")
    return status


def _fetch(url: str, path: Path) -> None:
    with urllib.request.urlopen(url, timeout=DOWNLOAD_S) as answer, path.open("wb") as file:  # noqa: S310  of our own daemon
        shutil.copyfileobj(answer, file)
