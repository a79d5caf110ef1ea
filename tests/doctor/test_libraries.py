"""Libraries that are missing or do not fit together are explained."""

import subprocess
import sys

import pytest

from scanner.doctor import Level, libraries
from tests.doctor.imports import ABSENT, MISMATCH, importer

OLD_API = ImportError("numpy.core.multiarray failed to import (auto-generated because you didn't call import_array)")
NO_LIBCAMERA = ModuleNotFoundError("No module named 'libcamera'", name="libcamera")


@pytest.mark.parametrize(
    ("version", "level"), [((3, 10, 12), Level.PROBLEM), ((3, 11, 0), Level.OK), ((3, 13, 2), Level.OK)]
)
def test_python(version: tuple[int, int, int], level: Level) -> None:
    assert libraries.check_python(version).level == level


def test_the_libraries_of_this_environment_are_found() -> None:
    findings = libraries.check_libraries()
    assert [finding.subject for finding in findings] == ["Python", *libraries.LIBRARIES]
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
    finding = libraries.check_library("cv2", importer(cv2=error))
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
    finding = libraries.check_picamera(importer(picamera2=error), needed=needed)
    assert finding.level == level
    assert hint in finding.hint


def test_picamera_that_works() -> None:
    assert libraries.check_picamera(importer(), needed=True).level == Level.OK


def test_the_library_of_a_dslr() -> None:
    assert libraries.check_gphoto2(importer()).level == Level.OK
    finding = libraries.check_gphoto2(importer(gphoto2=ImportError("libgphoto2.so.6: cannot open")))
    assert (finding.level, finding.hardware) == (Level.PROBLEM, True)
    assert "focusrig[dslr]" in finding.hint
