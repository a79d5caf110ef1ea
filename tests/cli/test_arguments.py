"""What the command line takes, and that it comes quickly."""

import subprocess
import sys
from pathlib import Path

import pytest

from scanner.cli.arguments import parser


def test_serve() -> None:
    found = parser().parse_args(["serve", "--data", "d", "--port", "9000", "--host", "::1", "--demo", "-vv"])
    assert (found.command, found.data, found.port, found.host) == ("serve", Path("d"), 9000, "::1")
    assert (found.demo, found.verbose, found.config) == (True, 2, None)


def test_stack() -> None:
    found = parser().parse_args(["stack", "a.jpg", "b.jpg", "-o", "c.jpg", "--reference", "3", "--json"])
    assert (found.inputs, found.output, found.reference) == ([Path("a.jpg"), Path("b.jpg")], Path("c.jpg"), 3)
    assert parser().parse_args(["stack", "a"]).reference == "middle"


def test_doctor_takes_the_settings_of_serve() -> None:
    found = parser().parse_args(["doctor", "--config", "c.toml", "--data", "d", "--port", "9000"])
    assert (found.config, found.data, found.port) == (Path("c.toml"), Path("d"), 9000)


def test_scan() -> None:
    found = parser().parse_args(["scan", "-"])
    assert (found.plan, found.server) == ("-", "http://localhost:8080")


def test_calibrate() -> None:
    found = parser().parse_args(["calibrate", "breathing", "--near", "12", "--positions", "6", "--server", "rig:80"])
    assert (found.command, found.what, found.near, found.far) == ("calibrate", "breathing", 12.0, None)
    assert (found.positions, found.count, found.server) == (6, None, "rig:80")


WRONG = [
    [],
    ["fly"],
    ["serve", "--port", "0"],
    ["serve", "--port", "65536"],
    ["serve", "--port", "http"],
    ["serve", "--port", "٣"],
    ["serve", "extra"],
    ["scan"],
    ["scan", "a", "b"],
    ["stack"],
    ["stack", "a", "--reference", "-1"],
    ["stack", "a", "--reference", "last"],
    ["calibrate"],
    ["calibrate", "colours"],
    ["calibrate", "breathing", "--near", "close"],
    ["doctor", "--xml"],
    ["doctor", "--port", "0"],
]


@pytest.mark.parametrize("argv", WRONG, ids=" ".join)
def test_wrong_usage(argv: list[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        parser().parse_args(argv)
    assert leaving.value.code == 2


def test_help_needs_no_library() -> None:
    """It comes at once, on a broken machine as well."""
    code = "import sys, scanner.cli.main; print({'numpy', 'cv2', 'pydantic', 'fastapi'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"set()\n"
