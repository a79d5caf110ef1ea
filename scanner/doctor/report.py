"""The findings as a report to attach to a bug."""

import json
import platform
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from scanner import __version__
from scanner.doctor.findings import Finding
from scanner.errors import StoreError

MODEL = Path("/proc/device-tree/model")
"""Where a Raspberry Pi says which one it is."""


def report(findings: Iterable[Finding], model: Path = MODEL) -> dict[str, Any]:
    """What a reader of the report needs to know: versions, the machine, and all findings in order."""
    return {
        "version": __version__,
        "python": platform.python_version(),
        "platform": _machine(model),
        "findings": [asdict(finding) for finding in findings],
    }


def write(document: dict[str, Any], path: Path) -> None:
    """Write a report as JSON. Raises StoreError."""
    try:
        path.write_text(f"{json.dumps(document, indent=2, ensure_ascii=False)}\n", encoding="utf-8")
    except OSError as error:
        raise StoreError(
            f"The report cannot be written to {path}: {error.strerror or error}.", "Choose another file."
        ) from error


def _machine(model: Path) -> str:
    try:
        name = model.read_text(errors="replace").strip("\0 \n")
    except OSError:
        return platform.platform()
    return f"{name}, {platform.platform()}"
