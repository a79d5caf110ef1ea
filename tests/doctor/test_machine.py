"""Clock, heat, power and contiguous memory."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from scanner.doctor import Level
from scanner.doctor.machine import (
    buffers_need,
    check_clock,
    check_contiguous,
    check_supply,
    check_temperature,
    check_throttling,
    meminfo,
    synchronised,
)
from tests.doctor.commands import HANGS, Commands

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
YES = "NTPSynchronized=yes\n"
MB = 1_000_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (YES, True),
        ("Timezone=Europe/Berlin\nNTP=yes\nNTPSynchronized=yes\nRTCTimeUSec=x\n", True),
        ("NTPSynchronized=no\nNTP=yes\n", False),
        ("Failed to connect to bus: No such file or directory\n", False),
        ("", False),
    ],
)
def test_what_timedatectl_says(text: str, expected: bool) -> None:
    assert synchronised(text) is expected


def test_a_clock_that_the_network_set(tmp_path: Path) -> None:
    finding = check_clock(Commands(timedatectl=YES), NOON, tmp_path / "none")
    assert (finding.level, finding.message) == (Level.OK, "2026-05-04 12:00 UTC, set by the network")
    (tmp_path / "synchronized").touch()
    assert check_clock(Commands(), NOON, tmp_path / "synchronized").level == Level.OK


@pytest.mark.parametrize(
    "commands", [Commands(), Commands(timedatectl="NTPSynchronized=no"), Commands(timedatectl=HANGS)]
)
def test_a_clock_that_nobody_set(commands: Commands, tmp_path: Path) -> None:
    finding = check_clock(commands, NOON, tmp_path / "none")
    assert finding.level == Level.WARNING
    assert "wrong date" in finding.hint


def test_a_year_that_cannot_be(tmp_path: Path) -> None:
    for year in (1970, 2024, 2100):
        finding = check_clock(Commands(timedatectl=YES), NOON.replace(year=year), tmp_path)
        assert (finding.level, finding.message) == (Level.WARNING, f"{year}-05-04 12:00 UTC cannot be")
    assert check_clock(Commands(timedatectl=YES)).level == Level.OK


def test_temperature(tmp_path: Path) -> None:
    zone = tmp_path / "class" / "thermal" / "thermal_zone0"
    assert check_temperature(tmp_path) == []
    zone.mkdir(parents=True)
    for text, level in (("51234\n", Level.OK), ("81000\n", Level.WARNING)):
        (zone / "temp").write_text(text)
        (finding,) = check_temperature(tmp_path)
        assert (finding.level, finding.message) == (level, f"{round(int(text) / 1000)} °C")
    (zone / "temp").write_text("hot")
    assert check_temperature(tmp_path) == []


def test_the_supply_as_the_kernel_sees_it(tmp_path: Path) -> None:
    assert check_supply(tmp_path) == []
    for name, kind in (("hwmon0", "cpu_thermal"), ("hwmon1", "rpi_volt")):
        sensor = tmp_path / "class" / "hwmon" / name
        sensor.mkdir(parents=True)
        (sensor / "name").write_text(f"{kind}\n")
    assert check_supply(tmp_path) == []
    for alarm, level in (("0\n", Level.OK), ("1\n", Level.WARNING)):
        (sensor / "in0_lcrit_alarm").write_text(alarm)
        assert [finding.level for finding in check_supply(tmp_path)] == [level]


def test_throttling_in_words() -> None:
    (finding,) = check_throttling(Commands(vcgencmd="throttled=0x0"), on_pi=True)
    assert (finding.level, finding.message) == (Level.OK, "none since the machine was started")
    found = check_throttling(Commands(vcgencmd="throttled=0x90001"), on_pi=True)
    assert [(finding.level, finding.message) for finding in found] == [
        (Level.WARNING, "the supply voltage is too low now"),
        (Level.WARNING, "the supply voltage was too low at some time since the start"),
        (Level.WARNING, "the processor was at its soft temperature limit at some time since the start"),
    ]
    assert ["power supply" in finding.hint for finding in found] == [True, True, False]
    assert "fan" in found[2].hint


def test_throttling_that_cannot_be_asked() -> None:
    assert check_throttling(Commands(), on_pi=False) == []
    (missing,) = check_throttling(Commands(), on_pi=True)
    assert (missing.level, missing.hint) == (Level.WARNING, "sudo apt install raspi-utils")
    for answer in (HANGS, "VCHI initialization failed\n"):
        (finding,) = check_throttling(Commands(vcgencmd=answer), on_pi=False)
        assert finding.level == Level.WARNING
        assert finding.hint


MEMINFO = """MemTotal:        3881480 kB
MemFree:         1234567 kB
HugePages_Total:       0
CmaTotal:         524288 kB
CmaFree:          441276 kB
"""


def test_meminfo() -> None:
    assert meminfo(MEMINFO)["CmaTotal"] == 524288 * 1024
    assert meminfo(MEMINFO)["CmaFree"] == 441276 * 1024
    assert "HugePages_Total" not in meminfo(MEMINFO)
    assert meminfo("") == meminfo("nonsense: x kB\n\0") == {}


def test_what_buffers_need() -> None:
    """12 MP: 36 MB a picture in RGB888, 18 in YUV420."""
    assert round(buffers_need(4608, 2592, 1, rgb=True) / 1e6) == 36
    assert round(buffers_need(4608, 2592, 1, rgb=False) / 1e6) == 18
    assert round(buffers_need(9248, 6944, 3, rgb=True) / 1e6) == 578


@pytest.mark.parametrize(
    ("total", "free", "need", "level"),
    [(512, 400, 108, Level.OK), (512, 90, 108, Level.WARNING), (64, 60, 108, Level.PROBLEM), (108, 108, 108, Level.OK)],
)
def test_contiguous_memory(total: int, free: int, need: int, level: Level, tmp_path: Path) -> None:
    (finding,) = check_contiguous({"CmaTotal": total * MB, "CmaFree": free * MB}, need * MB, tmp_path)
    assert (finding.level, finding.hardware) == (level, True)
    assert finding.message == f"{free} of {total} MB free, the camera's buffers need at least {need} MB"
    assert ("cma-512" in finding.hint) == (level != Level.OK)


def test_machines_that_need_no_contiguous_memory(tmp_path: Path) -> None:
    assert check_contiguous({}, 108 * MB, tmp_path) == []
    small = {"CmaTotal": 64 * MB, "CmaFree": 60 * MB}
    (tmp_path / "linux,cma").touch()
    (tmp_path / "vidbuf_cached").symlink_to("linux,cma")
    assert check_contiguous(small, 108 * MB, tmp_path)[0].level == Level.PROBLEM
    (tmp_path / "vidbuf_cached").unlink()
    (tmp_path / "system").touch()
    (tmp_path / "vidbuf_cached").symlink_to("system")
    (finding,) = check_contiguous(small, 108 * MB, tmp_path)
    assert (finding.level, "not needed" in finding.message) == (Level.OK, True)
