"""The report to attach to a bug."""

import json
import platform
from pathlib import Path

import pytest

from scanner import __version__
from scanner.doctor.findings import ok, warning
from scanner.doctor.report import report, write
from scanner.errors import StoreError

FOUND = [ok("camera", "imx708", hardware=True), warning("temperature", "81 °C", "Air.")]


def test_a_report(tmp_path: Path) -> None:
    found = report(FOUND, tmp_path / "none")
    assert list(found) == ["version", "python", "platform", "findings"]
    assert (found["version"], found["python"]) == (__version__, platform.python_version())
    assert found["platform"] == platform.platform()
    assert found["findings"] == [
        {"level": "ok", "subject": "camera", "message": "imx708", "hint": "", "hardware": True},
        {"level": "warning", "subject": "temperature", "message": "81 °C", "hint": "Air.", "hardware": False},
    ]


def test_it_names_the_raspberry_pi(tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(b"Raspberry Pi 4 Model B Rev 1.5\0")
    assert report([], tmp_path / "model")["platform"].startswith("Raspberry Pi 4 Model B Rev 1.5, Linux")


def test_it_is_written(tmp_path: Path) -> None:
    document = report(FOUND)
    write(document, tmp_path / "report.json")
    assert json.loads((tmp_path / "report.json").read_text("utf-8")) == document
    with pytest.raises(StoreError, match="cannot be written") as caught:
        write(document, tmp_path / "no folder" / "report.json")
    assert caught.value.hint
