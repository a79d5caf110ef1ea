"""What is looked at without opening a device."""

from pathlib import Path

from scanner.config import Settings
from scanner.doctor import Level, check_machine, worst
from scanner.doctor.findings import Finding
from tests.doctor.commands import Commands
from tests.doctor.imports import ABSENT, importer

TOLD_BY_SOME = ("temperature", "supply")
"""What not every machine tells."""


def subjects(findings: list[Finding]) -> list[str]:
    return [finding.subject for finding in findings if finding.subject not in TOLD_BY_SOME]


def changed(settings: Settings, **rig: object) -> Settings:
    """The same settings with another rig."""
    document = settings.model_dump()
    return Settings.model_validate({**document, "rig": {**document["rig"], **rig}})


def test_everything_at_once(settings: Settings, tmp_path: Path) -> None:
    findings = check_machine(settings, importer(picamera2=ABSENT), tmp_path, command=Commands())
    assert subjects(findings) == [
        "picamera2",
        "serial ports",
        "data folder",
        "free space",
        "clock",
        "port 8080",
        "name on the network",
    ]
    assert worst(findings) != Level.PROBLEM
    assert not settings.storage.data.exists()


def test_on_a_pi_the_port_of_the_controller_is_looked_at(settings: Settings, tmp_path: Path) -> None:
    on_pi = changed(settings, kind="pi", motion={"port": "/dev/nothing"})
    findings = check_machine(on_pi, importer(), tmp_path, port=1, command=Commands())
    assert subjects(findings)[:3] == ["picamera2", "motion.port /dev/nothing", "groups"]
    assert "port 1" in subjects(findings)


def test_a_dslr_needs_its_own_library(settings: Settings, tmp_path: Path) -> None:
    dslr = changed(settings, kind="pi", camera={"driver": "gphoto2"})
    without = importer(picamera2=ABSENT, gphoto2=ImportError("none"))
    findings = check_machine(dslr, without, tmp_path, command=Commands())
    assert [(finding.subject, finding.level) for finding in findings[:2]] == [
        ("picamera2", Level.OK),
        ("gphoto2", Level.PROBLEM),
    ]


def test_a_page_for_this_machine_alone_needs_no_name(settings: Settings, tmp_path: Path) -> None:
    local = settings.model_copy(update={"server": settings.server.model_copy(update={"host": "127.0.0.1"})})
    assert "name on the network" not in subjects(check_machine(local, importer(), tmp_path, command=Commands()))
