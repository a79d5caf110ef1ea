"""Tests of the driver on real libcamera: only `make libcamera` has the virtual camera that they need.

At the end they print a table: what was proved, on which versions, with which figures.
"""

import importlib
import importlib.metadata
import os
import platform
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.libcamera.cameras import Bench

HERE = bool(os.environ.get("FOCUSRIG_VIRTUAL_CAMERA"))
collect_ignore_glob = [] if HERE else ["test_*.py"]

pytest.register_assert_rewrite("tests.contracts.test_camera")

Figure = Callable[[str], None]


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Figure:
    """Put a figure beside a test in the table at the end."""
    return lambda text: record_property("figure", text)


@pytest.fixture
def bench() -> Iterator["Bench"]:
    """The driver on virtual cameras as they are; closed at the end."""
    from tests.libcamera.cameras import Bench

    bench = Bench()
    yield bench
    bench.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not HERE:
        return
    terminalreporter.section("real libcamera")
    terminalreporter.line(_versions())
    for outcome in ("passed", "xpassed", "xfailed", "skipped", "failed", "error"):
        for report in terminalreporter.stats.get(outcome, []):
            file, _, test = report.nodeid.partition("::")
            subject = Path(file).stem.removeprefix("test_")
            what = test.removeprefix("test_").replace("_", " ")
            properties = getattr(report, "user_properties", [])  # a file that cannot be read has none
            figures = ", ".join(str(value) for name, value in properties if name == "figure")
            terminalreporter.line(f"{outcome:<8}{subject:<12}{what:<76}{figures}".rstrip())


def _versions() -> str:
    names = ("picamera2", "numpy", "simplejpeg", "pydantic")
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in names)
    libcamera = importlib.import_module("libcamera").CameraManager.singleton().version
    return f"libcamera {libcamera}, {versions}, Python {platform.python_version()}"
