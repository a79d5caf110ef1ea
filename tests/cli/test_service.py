"""The systemd unit and the installer call what there is."""

import shutil
import subprocess
from pathlib import Path

import pytest

from scanner.cli.arguments import parser
from scanner.cli.exits import Exit

SYSTEMD = Path(__file__).parents[2] / "systemd"
UNIT = SYSTEMD / "focusrig.service"


def values(key: str) -> list[str]:
    lines = UNIT.read_text().splitlines()
    return [line.partition("=")[2] for line in lines if line.startswith(f"{key}=")]


def test_it_starts_a_command_that_exists() -> None:
    program, *arguments = values("ExecStart")[0].split()
    found = parser().parse_args(arguments)
    assert (found.command, found.config, found.data) == (
        "serve",
        Path("/etc/focusrig/config.toml"),
        Path("/var/lib/focusrig"),
    )
    assert values("StateDirectory") == ["focusrig"]
    assert program == "/opt/focusrig/bin/focusrig"


def test_it_gives_up_only_where_starting_again_is_no_help() -> None:
    assert values("Restart") == ["on-failure"]
    assert set(map(int, values("RestartPreventExitStatus")[0].split())) == {Exit.USAGE, Exit.CONFIG}


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")
def test_systemd_takes_it() -> None:
    done = subprocess.run(["systemd-analyze", "verify", str(UNIT)], capture_output=True, text=True, check=False)
    complaints = [line for line in done.stderr.splitlines() if "focusrig.service" in line]
    assert [line for line in complaints if "is not executable" not in line] == []


def test_the_installer_uses_the_same_places() -> None:
    script = (SYSTEMD / "install.sh").read_text()
    assert "prefix=/opt/focusrig" in script
    assert "config=/etc/focusrig/config.toml" in script
    for group in values("SupplementaryGroups")[0].split():
        assert group in script
    subprocess.run(["sh", "-n", str(SYSTEMD / "install.sh")], check=True)
