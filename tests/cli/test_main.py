"""Exit codes and words of the command line as a whole."""

import subprocess
import sys
from pathlib import Path

import pytest

import scanner
from scanner.cli import main
from scanner.cli.exits import Exit, exit_of
from scanner.errors import ConfigError, FixedFocus, FocusrigError, HardwareMissing, NoSpace


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"focusrig {scanner.__version__}\n"


def test_help_names_every_command_and_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(command in out for command in ("serve", "scan", "stack", "doctor"))
    assert "5 partly" in " ".join(out.split())


def test_wrong_usage_is_two(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert main(["fly"]) == 2
    assert "invalid choice" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"),
    [(ConfigError, 3), (HardwareMissing, 4), (FixedFocus, 1), (NoSpace, 1), (FocusrigError, 1)],
)
def test_errors_have_exit_codes(error: type[FocusrigError], code: int) -> None:
    assert exit_of(error("x")) == code


CONFIGS = [
    ("[server]\nprt = 1\n", "server.prt: there is no such key; did you mean 'port'"),
    ("[server]\nport = 0\n", "server.port: must be at least"),
    ("[server\n", "config.toml is not valid TOML"),
]


@pytest.mark.parametrize("command", ["serve", "doctor"])
@pytest.mark.parametrize(("text", "words"), CONFIGS)
def test_a_wrong_config_file_is_three(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, text: str, words: str
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)
    assert main([command, "--config", str(path)]) == Exit.CONFIG
    error = capsys.readouterr().err
    assert error.startswith("focusrig: ")
    assert words in error
    assert "Traceback" not in error


def test_a_config_file_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--config", str(tmp_path / "none.toml")]) == Exit.CONFIG
    assert "config.example.toml" in capsys.readouterr().err


def test_as_a_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scanner.cli", "--version"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, f"focusrig {scanner.__version__}\n")


IMPATIENT = """
import atexit, os, signal, sys
from scanner.cli import main

atexit.register(os.kill, os.getpid(), signal.SIGINT)
signal.signal(signal.SIGALRM, signal.default_int_handler)
signal.setitimer(signal.ITIMER_REAL, 1.0)
sys.exit(main(["scan", "-"]))
"""


def test_ctrl_c_again_while_it_ends_changes_nothing() -> None:
    """It waits for a plan that never comes; the second signal arrives as the process leaves."""
    with subprocess.Popen(
        [sys.executable, "-c", IMPATIENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.wait(30) == Exit.INTERRUPTED
        assert process.stderr is not None
        assert process.stderr.read() == b""
