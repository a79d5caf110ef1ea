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


def test_a_report_as_json(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["doctor", "--config", str(config), "--json"])
    report = json.loads(capsys.readouterr().out)
    assert {"version", "python", "platform", "findings"} == set(report)
    assert {"level", "subject", "message", "hint", "hardware"} == set(report["findings"][0])
    assert {finding["level"] for finding in report["findings"]} <= {"ok", "warning", "problem"}


def test_a_report_as_a_file(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = config.parent / "report.json"
    assert main(["doctor", "--config", str(config), "--report", str(path)]) == Exit.OK
    written = json.loads(path.read_text("utf-8"))
    said = capsys.readouterr().out
    assert all(f"{finding['subject']}: {finding['message']}" in said for finding in written["findings"])
    assert len(written["findings"]) > 10


def test_a_report_that_cannot_be_written_is_said_at_once(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = config.parent / "no folder" / "report.json"
    assert main(["doctor", "--config", str(config), "--report", str(path)]) == Exit.FAILED
    shown = capsys.readouterr()
    assert "The report cannot be written" in shown.err
    assert "data folder" not in shown.out


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


def test_folder_and_port_of_the_command_line_count(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("0.0.0.0", 0)) as other:  # noqa: S104  the config's default
        port = str(other.getsockname()[1])
        assert main(["doctor", "--data", str(tmp_path / "here"), "--port", port]) == Exit.OK
    out = capsys.readouterr().out
    assert f"data folder: {tmp_path / 'here'}\n" in out
    assert f"warning  port {port}:" in out
    assert not (tmp_path / "here").exists()


def test_what_was_set_on_the_page_counts(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = config.parent / "data"
    data.mkdir()
    (data / "settings.json").write_text('{"rig": {"kind": "pi"}}')
    assert main(["doctor", "--config", str(config)]) == Exit.HARDWARE
    assert "problem  picamera2" in capsys.readouterr().out


PI = '[rig]\nkind = "pi"\nmotion.port = "/dev/nothing"\n'


def test_a_pi_without_its_devices_is_four(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "config.toml"
    config.write_text(PI)
    assert main(["doctor", "--config", str(config), "--data", str(tmp_path)]) == Exit.HARDWARE
    out = capsys.readouterr().out
    assert "python3-picamera2" in out
    assert "problem  motion.port /dev/nothing: not there\n" in out


def test_a_pi_that_lacks_more_than_devices_is_one(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(PI)
    (tmp_path / "file").touch()
    assert main(["doctor", "--config", str(config), "--data", str(tmp_path / "file")]) == Exit.FAILED


def test_devices_are_opened_only_when_asked(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'{PI}[server]\nhost = "127.0.0.1"\n')
    arguments = ["doctor", "--config", str(config), "--data", str(tmp_path), "--port", "1"]
    assert main(arguments) == Exit.HARDWARE
    assert "disk speed" not in capfd.readouterr().out
    assert main([*arguments, "--hardware"]) == Exit.HARDWARE
    out = capfd.readouterr().out
    assert "ok       disk speed:" in out
    assert "problem  controller: No serial port at /dev/nothing." in out
    assert "problem  camera:" in out
