"""What can be calibrated, and that each kind says so itself."""

import pytest

from scanner.cli import main
from scanner.cli.arguments import parser
from scanner.cli.calibrate import KINDS
from scanner.cli.exits import Exit

NOBODY = ["--server", "http://127.0.0.1:9"]
COMPLETE = {
    "breathing": ["breathing"],
    "focus": ["focus", "120", "--yes"],
    "axis": ["axis", "turntable", "--by", "360"],
}


def test_what_to_calibrate_must_be_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate"]) == Exit.USAGE
    assert main(["calibrate", "colours"]) == Exit.USAGE
    said = capsys.readouterr().err
    assert all(kind in said for kind in KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_its_own_help_and_takes_the_scanner(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", kind, "--help"]) == Exit.OK
    shown = capsys.readouterr().out
    assert f"focusrig calibrate {kind}" in shown
    assert ("--near" in shown, "--forget" in shown, "--turned" in shown) == tuple(kind == each for each in KINDS)
    assert parser().parse_args(["calibrate", *COMPLETE[kind], "--server", "rig:80"]).server == "rig:80"


@pytest.mark.parametrize("kind", KINDS)
def test_more_words_can_be_asked_for_before_and_after_the_kind(kind: str) -> None:
    assert parser().parse_args(["calibrate", *COMPLETE[kind]]).verbose == 0
    assert parser().parse_args(["calibrate", *COMPLETE[kind], "-vv"]).verbose == 2
    assert parser().parse_args(["calibrate", "-v", *COMPLETE[kind]]).verbose == 1


@pytest.mark.parametrize("kind", KINDS)
def test_no_scanner_there(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", *COMPLETE[kind], *NOBODY]) == Exit.FAILED
    assert "No scanner answers" in capsys.readouterr().err
