"""How findings are shown."""

import json
import socket
from pathlib import Path

import pytest

from scanner.cli import main
from scanner.cli.exits import Exit


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(f'[storage]\ndata = "{tmp_path / "data"}"\n')
    return path


def test_findings_as_text(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--config", str(config)]) == Exit.OK
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("ok       Python: 3.")
    assert any("data folder" in line for line in lines)


def test_findings_as_json(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["doctor", "--config", str(config), "--json"])
    findings = json.loads(capsys.readouterr().out)
    assert {"level", "subject", "message", "hint"} == set(findings[0])
    assert {finding["level"] for finding in findings} <= {"ok", "warning", "problem"}


def test_problems_fail_and_warnings_do_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "config.toml"
    (tmp_path / "file").touch()
    with socket.create_server(("0.0.0.0", 0)) as other:  # noqa: S104  the config's default
        server = f"[server]\nport = {other.getsockname()[1]}\n"
        config.write_text(f'{server}[storage]\ndata = "{tmp_path}"\n')
        assert main(["doctor", "--config", str(config)]) == Exit.OK
        assert "warning  port" in capsys.readouterr().out
    config.write_text(f'[storage]\ndata = "{tmp_path / "file"}"\n')
    assert main(["doctor", "--config", str(config)]) == Exit.FAILED
    assert "problem  data folder" in capsys.readouterr().out


def test_a_pi_without_its_camera_library(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[rig]\nkind = "pi"\n')
    assert main(["doctor", "--config", str(config)]) == Exit.FAILED
    assert "python3-picamera2" in capsys.readouterr().out
