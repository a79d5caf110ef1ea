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


def test_calibrate_focus() -> None:
    found = parser().parse_args(["calibrate", "focus", "90", "200.5"])
    assert (found.what, found.distances, found.yes, found.forget) == ("focus", [90.0, 200.5], False, False)
    found = parser().parse_args(["calibrate", "focus", "--forget"])
    assert (found.distances, found.forget) == ([], True)


def test_calibrate_axis() -> None:
    found = parser().parse_args(["calibrate", "axis", "tilt", "--by", "60"])
    assert (found.what, found.axis, found.by, found.turned) == ("axis", "tilt", 60.0, None)
    assert parser().parse_args(["calibrate", "axis", "focus", "--by", "9", "--turned", "8.7"]).turned == 8.7


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
    ["calibrate", "focus", "near"],
    ["calibrate", "focus", "9.9"],
    ["calibrate", "focus", "10001"],
    ["calibrate", "focus", "nan"],
    ["calibrate", "axis", "--by", "9"],
    ["calibrate", "axis", "turntable"],
    ["calibrate", "axis", "lens", "--by", "9"],
    ["calibrate", "axis", "turntable", "--by", "0"],
    ["calibrate", "axis", "turntable", "--by", "-90"],
    ["calibrate", "axis", "turntable", "--by", "inf"],
    ["calibrate", "axis", "turntable", "--by", "9", "--turned", "far"],
    ["doctor", "--xml"],
    ["doctor", "--port", "0"],
]


@pytest.mark.parametrize("argv", WRONG, ids=" ".join)
def test_wrong_usage(argv: list[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        parser().parse_args(argv)
    assert leaving.value.code == 2


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["focus", "5"], "'5' is not a distance from 10 to 10000 mm"),
        (["axis", "tilt", "--by", "much"], "'much' is not a way above 0, up to 36000"),
    ],
)
def test_a_bad_number_is_told_in_words(argv: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parser().parse_args(["calibrate", *argv])
    assert words in capsys.readouterr().err


def test_help_needs_no_library() -> None:
    """It comes at once, on a broken machine as well."""
    code = "import sys, scanner.cli.main; print({'numpy', 'cv2', 'pydantic', 'fastapi'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"set()\n"
