"""The disk: where scans go, how much fits, how fast."""

import os
from pathlib import Path

import pytest

from scanner.doctor import Level
from scanner.doctor.disk import SPEED_BYTES, SPEED_CHUNK, check_disk_speed, check_folder, write_speed


def test_a_folder_that_is_yet_to_be_made(tmp_path: Path) -> None:
    folder, space = check_folder(tmp_path / "a" / "b")
    assert folder.level == Level.OK
    assert space.message.endswith("GB free")
    assert not (tmp_path / "a").exists()


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (finding,) = check_folder(tmp_path / "file" / "data")
    assert finding.level == Level.PROBLEM
    assert "--data" in finding.hint


@pytest.mark.parametrize(
    ("bytes_a_second", "level", "message"),
    [(83e6, Level.OK, "83 MB/s"), (10e6, Level.OK, "10 MB/s"), (9.7e6, Level.WARNING, "9.7 MB/s")],
)
def test_a_slow_disk_is_told(tmp_path: Path, bytes_a_second: float, level: Level, message: str) -> None:
    measured: list[Path] = []

    def measure(folder: Path) -> float:
        measured.append(folder)
        return bytes_a_second

    finding = check_disk_speed(tmp_path / "to" / "come", measure)
    assert (finding.level, finding.message) == (level, f"{message}, written and synced")
    assert ("faster card" in finding.hint) == (level == Level.WARNING)
    assert measured == [tmp_path]


def test_a_disk_that_refuses(tmp_path: Path) -> None:
    def full(_: Path) -> float:
        raise OSError(28, os.strerror(28))

    finding = check_disk_speed(tmp_path, full)
    assert (finding.level, finding.message) == (Level.PROBLEM, "nothing can be written: No space left on device")


def ticking(*times: float) -> "list[float]":
    return list(reversed(times))


def test_the_speed_is_what_was_written_over_the_time_it_took(tmp_path: Path) -> None:
    times = ticking(0.0, *[0.1] * (SPEED_BYTES // SPEED_CHUNK), 2.0)
    assert write_speed(tmp_path, times.pop) == SPEED_BYTES / 2.0
    assert times == []
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_crawls_is_not_waited_for(tmp_path: Path) -> None:
    times = ticking(0.0, 4.0, 9.0, 14.0, 14.0)
    assert write_speed(tmp_path, times.pop) == 2 * SPEED_CHUNK / 14.0


def test_this_disk(tmp_path: Path) -> None:
    assert write_speed(tmp_path) > 0
