"""Serial ports and groups."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from scanner.doctor import Level
from scanner.doctor.ports import check_groups, check_motion_port, check_serial_ports

GIDS = {"video": 44, "dialout": 20, "gpio": 993}


def test_no_serial_port_is_no_problem_by_itself(tmp_path: Path) -> None:
    (finding,) = check_serial_ports(tmp_path)
    assert (finding.level, finding.message) == (Level.OK, "none found on USB")


def test_serial_ports_with_their_stable_names(tmp_path: Path) -> None:
    for name in ("ttyUSB0", "ttyACM0", "tty0"):
        (tmp_path / name).touch()
    names = tmp_path / "serial" / "by-id"
    names.mkdir(parents=True)
    (names / "usb-Arduino_Uno-if00").symlink_to("../../ttyACM0")
    findings = check_serial_ports(tmp_path)
    assert [Path(finding.subject).name for finding in findings] == ["ttyACM0", "ttyUSB0"]
    assert findings[0].message.endswith("usb-Arduino_Uno-if00")
    assert findings[1].message == "no stable name"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open everything")
def test_a_serial_port_of_another_group(tmp_path: Path) -> None:
    (tmp_path / "ttyUSB0").touch(mode=0o000)
    (finding,) = check_serial_ports(tmp_path)
    assert finding.level == Level.WARNING
    assert "dialout" in finding.hint


@pytest.fixture
def terminal() -> Iterator[Path]:
    """A port that can be opened."""
    ours, theirs = os.openpty()
    yield Path(os.ttyname(theirs))
    os.close(ours)
    os.close(theirs)


def test_the_port_of_the_controller(terminal: Path) -> None:
    finding = check_motion_port(terminal)
    assert (finding.level, finding.subject, finding.message) == (Level.OK, f"motion.port {terminal}", "there")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open everything")
def test_the_port_of_the_controller_belongs_to_another_group(terminal: Path) -> None:
    terminal.chmod(0o000)
    finding = check_motion_port(terminal)
    assert finding.level == Level.PROBLEM
    assert "dialout" in finding.hint


@pytest.mark.parametrize(("name", "message"), [("none", "not there"), ("file", "no serial port")])
def test_a_port_of_the_controller_that_is_none(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "file").touch()
    finding = check_motion_port(tmp_path / name)
    assert (finding.level, finding.message, finding.hardware) == (Level.PROBLEM, message, True)
    assert "motion.port" in finding.hint


def test_groups_that_are_missing() -> None:
    finding = check_groups(GIDS.__getitem__, {1000, 20})
    assert finding.level == Level.WARNING
    assert finding.message == "not in video (the camera); not in gpio (the pins)"
    assert finding.hint.startswith("sudo usermod -aG video,gpio $USER")


def test_groups_that_are_there() -> None:
    finding = check_groups(GIDS.__getitem__, {1000, *GIDS.values()})
    assert (finding.level, finding.message, finding.hint) == (Level.OK, "video, dialout, gpio", "")


def test_groups_that_this_machine_does_not_have() -> None:
    finding = check_groups({"dialout": 20}.__getitem__, {20})
    assert (finding.level, finding.message) == (Level.OK, "dialout")
    none: dict[str, int] = {}
    assert check_groups(none.__getitem__, {1000}).level == Level.OK


def test_the_groups_of_this_process() -> None:
    assert check_groups().subject == "groups"
