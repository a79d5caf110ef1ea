"""Each check finds what it looks for, and says what to do."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from scanner import doctor
from scanner.config import Settings
from scanner.doctor import Finding, Level


def importer(**broken: Exception) -> doctor.Importer:
    """Imports that fail as told, and work otherwise."""

    def load(name: str) -> ModuleType:
        if name in broken:
            raise broken[name]
        return ModuleType(name)

    return load


MISMATCH = ValueError("numpy.dtype size changed, may indicate binary incompatibility. Expected 96, got 88")
OLD_API = ImportError("numpy.core.multiarray failed to import (auto-generated because you didn't call import_array)")
ABSENT = ModuleNotFoundError("No module named 'picamera2'", name="picamera2")
NO_LIBCAMERA = ModuleNotFoundError("No module named 'libcamera'", name="libcamera")


@pytest.mark.parametrize(
    ("version", "level"), [((3, 10, 12), Level.PROBLEM), ((3, 11, 0), Level.OK), ((3, 13, 2), Level.OK)]
)
def test_python(version: tuple[int, int, int], level: Level) -> None:
    assert doctor.check_python(version).level == level


def test_the_libraries_of_this_environment_are_found() -> None:
    findings = doctor.check_libraries()
    assert [finding.subject for finding in findings] == ["Python", *doctor.LIBRARIES]
    assert all(finding.level == Level.OK and finding.message[0].isdigit() for finding in findings)


def test_doctor_itself_needs_no_library() -> None:
    """It must run where numpy or pydantic is broken."""
    code = "import sys, scanner.cli.main, scanner.cli.doctor; print({'numpy', 'cv2', 'pydantic'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"set()\n"


@pytest.mark.parametrize(
    ("error", "hint"),
    [(MISMATCH, "numpy<2"), (OLD_API, "numpy<2"), (ImportError("libGL.so.1: cannot open"), "Install Focusrig again")],
)
def test_a_broken_library_is_explained(error: Exception, hint: str) -> None:
    finding = doctor.check_library("cv2", importer(cv2=error))
    assert finding.level == Level.PROBLEM
    assert hint in finding.hint
    assert str(error)[:20] in finding.message


@pytest.mark.parametrize(
    ("error", "needed", "level", "hint"),
    [
        (ABSENT, False, Level.OK, ""),
        (ABSENT, True, Level.PROBLEM, "apt install python3-picamera2"),
        (NO_LIBCAMERA, True, Level.PROBLEM, "--system-site-packages"),
        (MISMATCH, True, Level.PROBLEM, "numpy<2"),
        (MISMATCH, False, Level.WARNING, "numpy<2"),
    ],
)
def test_picamera(error: Exception, needed: bool, level: Level, hint: str) -> None:
    finding = doctor.check_picamera(importer(picamera2=error), needed=needed)
    assert finding.level == level
    assert hint in finding.hint


def test_picamera_that_works() -> None:
    assert doctor.check_picamera(importer(), needed=True).level == Level.OK


def test_no_serial_port_is_no_problem_by_itself(tmp_path: Path) -> None:
    (finding,) = doctor.check_serial_ports(tmp_path)
    assert (finding.level, finding.message) == (Level.OK, "none found on USB")


def test_serial_ports_with_their_stable_names(tmp_path: Path) -> None:
    for name in ("ttyUSB0", "ttyACM0", "tty0"):
        (tmp_path / name).touch()
    names = tmp_path / "serial" / "by-id"
    names.mkdir(parents=True)
    (names / "usb-Arduino_Uno-if00").symlink_to("../../ttyACM0")
    findings = doctor.check_serial_ports(tmp_path)
    assert [Path(finding.subject).name for finding in findings] == ["ttyACM0", "ttyUSB0"]
    assert findings[0].message.endswith("usb-Arduino_Uno-if00")
    assert findings[1].message == "no stable name"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open everything")
def test_a_serial_port_of_another_group(tmp_path: Path) -> None:
    (tmp_path / "ttyUSB0").touch(mode=0o000)
    (finding,) = doctor.check_serial_ports(tmp_path)
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
    finding = doctor.check_motion_port(terminal)
    assert (finding.level, finding.subject, finding.message) == (Level.OK, f"motion.port {terminal}", "there")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open everything")
def test_the_port_of_the_controller_belongs_to_another_group(terminal: Path) -> None:
    terminal.chmod(0o000)
    finding = doctor.check_motion_port(terminal)
    assert finding.level == Level.PROBLEM
    assert "dialout" in finding.hint


@pytest.mark.parametrize(("name", "message"), [("none", "not there"), ("file", "no serial port")])
def test_a_port_of_the_controller_that_is_none(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "file").touch()
    finding = doctor.check_motion_port(tmp_path / name)
    assert (finding.level, finding.message, finding.hardware) == (Level.PROBLEM, message, True)
    assert "motion.port" in finding.hint


def test_a_folder_that_is_yet_to_be_made(tmp_path: Path) -> None:
    folder, space = doctor.check_folder(tmp_path / "a" / "b")
    assert folder.level == Level.OK
    assert space.message.endswith("GB free")
    assert not (tmp_path / "a").exists()


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (finding,) = doctor.check_folder(tmp_path / "file" / "data")
    assert finding.level == Level.PROBLEM
    assert "--data" in finding.hint


def test_a_port_in_use_is_a_warning() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert doctor.check_port("127.0.0.1", port).level == Level.WARNING
    assert doctor.check_port("127.0.0.1", port).level == Level.OK
    assert doctor.check_port("::1", port).subject == f"port {port}"


def test_a_host_that_is_no_address() -> None:
    assert doctor.check_port("256.0.0.1", 8080).level == Level.WARNING


def test_everything_at_once(settings: Settings, tmp_path: Path) -> None:
    findings = doctor.check_machine(settings, importer(picamera2=ABSENT), tmp_path)
    subjects = [finding.subject for finding in findings]
    assert subjects == ["picamera2", "serial ports", "data folder", "free space", "port 8080"]
    assert doctor.worst(findings) != Level.PROBLEM


def test_on_a_pi_the_port_of_the_controller_is_looked_at(settings: Settings, terminal: Path, tmp_path: Path) -> None:
    rig = settings.rig.model_copy(
        update={"kind": "pi", "motion": settings.rig.motion.model_copy(update={"port": str(terminal)})}
    )
    on_pi = settings.model_copy(update={"rig": rig})
    findings = doctor.check_machine(on_pi, importer(), tmp_path, port=1)
    assert [finding.subject for finding in findings][:2] == ["picamera2", f"motion.port {terminal}"]
    assert findings[-1].subject == "port 1"
    assert doctor.worst(findings) != Level.PROBLEM


def test_when_only_hardware_is_missing() -> None:
    fine = Finding(level=Level.OK, subject="x", message="y", hardware=True)
    disk = Finding(level=Level.PROBLEM, subject="x", message="y")
    camera = Finding(level=Level.PROBLEM, subject="x", message="y", hardware=True)
    assert doctor.only_hardware_missing([fine, camera])
    for others in ([], [fine], [disk], [disk, camera]):
        assert not doctor.only_hardware_missing(others)


def test_the_worst_counts() -> None:
    def found(*levels: Level) -> list[Finding]:
        return [Finding(level=level, subject="x", message="y") for level in levels]

    assert doctor.worst([]) == Level.OK
    assert doctor.worst(found(Level.OK, Level.PROBLEM, Level.WARNING)) == Level.PROBLEM
    assert doctor.worst(found(Level.WARNING, Level.OK)) == Level.WARNING
