"""A plan's settings as options: their names, words and limits are the plan's."""

import subprocess
import sys

import pytest

from scanner.cli.arguments import parser
from scanner.plan.stacking import StackingPlan

OF_FILES = set(StackingPlan.model_fields) - {"breathing"}


def help_of(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as leaving:
        parser().parse_args([command, "--help"])
    assert leaving.value.code == 0
    return " ".join(capsys.readouterr().out.split())


def test_help_says_what_the_plan_says(capsys: pytest.CaptureFixture[str]) -> None:
    text = help_of("stack", capsys).replace("- ", "-")
    assert "--breathing" not in text  # files tell no lens positions
    for name in OF_FILES:
        setting = StackingPlan.model_fields[name]
        assert f"--{name}" in text
        assert str(setting.description) in text
    assert "--method weighted|depth|pyramid" in text
    assert "--window PX" in text
    assert "0.5 to 16, default 2.0" in text


def test_defaults_are_the_plans() -> None:
    found = parser().parse_args(["stack", "in"])
    assert {name: getattr(found, name) for name in OF_FILES} == StackingPlan().model_dump(include=OF_FILES)


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--steepness", "13", "'13': must be at most 12"),
        ("--steepness", "2.5", "must be a whole number"),
        ("--window", "0.4", "must be at least 0.5"),
        ("--window", "nan", "must be a finite number"),
        ("--method", "magic", "must be 'weighted', 'depth' or 'pyramid'"),
        ("--slab", "201", "must be at most 200"),
        ("--reference", "last", "must be a whole number or must be 'middle'"),
        ("--quality", "", "must be a whole number"),
    ],
)
def test_limits_are_the_plans_and_the_error_is_one_line(
    capsys: pytest.CaptureFixture[str], option: str, value: str, words: str
) -> None:
    with pytest.raises(SystemExit) as leaving:
        parser().parse_args(["stack", "in", option, value])
    assert leaving.value.code == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith(f"focusrig stack: error: argument {option}: ")
    assert words in error


def test_values_come_as_the_plan_has_them() -> None:
    found = parser().parse_args(["stack", "in", "--reference", "7", "--window", "3", "--slab=20"])
    assert (found.reference, found.window, found.slab) == (7, 3.0, 20)
    assert isinstance(found.window, float)


def test_a_parser_can_be_used_twice() -> None:
    again = parser()
    assert again.parse_args(["stack", "a", "--slab", "3"]).slab == 3
    assert again.parse_args(["stack", "a", "--slab", "4"]).slab == 4


def test_other_commands_go_without_the_plan() -> None:
    code = (
        "import sys; from scanner.cli.arguments import parser; "
        "parser().parse_args(['doctor']); print('pydantic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"False\n"
