"""Calibrations on disk: kept, found again for the same key alone, and never a reason not to start."""

import errno
from pathlib import Path

import pytest
from pydantic import JsonValue

from scanner.errors import CorruptState, NoSpace, NotFound, StoreError
from scanner.store import layout
from scanner.store.calibrations import CalibrationStore
from tests.store.disks import CountingDisk, VolatileDisk, fail_at, stop_at
from tests.store.disks import PowerCut as Cut

KEY = "imx519, 4656 x 3496 px, 4.28 mm"
OTHER = "imx519, 2328 x 1748 px, 4.28 mm"
FOUND: dict[str, JsonValue] = {"power": 232.5, "centre": [0.01, -0.02]}
LATER: dict[str, JsonValue] = {"power": 233.5, "centre": [0.0, 0.0]}


@pytest.fixture
def store(tmp_path: Path) -> CalibrationStore:
    return CalibrationStore(tmp_path, CountingDisk())


def path(root: Path, key: str = KEY) -> Path:
    return layout.calibration(root, key)


def loaded(store: CalibrationStore) -> object:
    """What is loaded for the key; for a damaged file the name that its error tells."""
    try:
        return store.load(KEY)
    except CorruptState as error:
        return error.message.split(" is damaged")[0].rpartition("/")[2] if error.hint else error


def test_a_store_touches_nothing_before_its_first_calibration(tmp_path: Path) -> None:
    store = CalibrationStore(tmp_path / "data")
    assert store.recover() == store.problems() == ()
    assert store.load(KEY) is None
    assert not (tmp_path / "data").exists()


def test_what_is_saved_is_loaded_for_its_key_alone(tmp_path: Path, store: CalibrationStore) -> None:
    store.save(KEY, FOUND)
    again = CalibrationStore(tmp_path)
    assert again.load(KEY) == FOUND
    assert again.load(OTHER) is None
    store.save(OTHER, LATER)
    assert (again.load(KEY), again.load(OTHER)) == (FOUND, LATER)
    store.save(KEY, LATER)
    assert again.load(KEY) == LATER


def test_a_file_that_was_renamed_by_hand_is_not_used_for_another_camera(
    tmp_path: Path, store: CalibrationStore
) -> None:
    store.save(KEY, FOUND)
    path(tmp_path).rename(path(tmp_path, OTHER))
    assert store.load(OTHER) is None


def test_a_deleted_one_is_gone(tmp_path: Path, store: CalibrationStore) -> None:
    store.save(KEY, FOUND)
    store.delete(KEY)
    assert store.load(KEY) is None
    assert list(layout.calibrations(tmp_path).iterdir()) == []
    with pytest.raises(NotFound, match="no calibration of imx519"):
        store.delete(KEY)


def test_it_is_durable_when_save_returns(tmp_path: Path) -> None:
    root, disk = tmp_path / "data", VolatileDisk(tmp_path / "data")
    root.mkdir()
    CalibrationStore(root, disk).save(KEY, FOUND)
    for seed in range(20):
        left = tmp_path / f"cut{seed}"
        disk.cut(left, seed)
        assert CalibrationStore(left).load(KEY) == FOUND


def test_killed_at_any_step_the_old_or_the_new_one_is_there(tmp_path: Path) -> None:
    whole = CountingDisk()
    for _ in range(2):
        before = whole.steps
        CalibrationStore(tmp_path / "whole", whole).save(KEY, FOUND)
    for step in range(whole.steps - before):
        root, disk = tmp_path / str(step), CountingDisk()
        CalibrationStore(root, CountingDisk()).save(KEY, FOUND)
        disk.at_step = stop_at(step)
        with pytest.raises(Cut):
            CalibrationStore(root, disk).save(KEY, LATER)
        again = CalibrationStore(root, CountingDisk())
        assert again.recover() == ()
        assert again.load(KEY) in (FOUND, LATER)
        assert [found.suffix for found in layout.calibrations(root).iterdir()] == [".json"]


def test_a_full_disk_leaves_the_old_one(tmp_path: Path, store: CalibrationStore) -> None:
    store.save(KEY, FOUND)
    disk = CountingDisk()
    disk.at_step = fail_at(2, errno.ENOSPC, lasting=True)
    with pytest.raises(NoSpace):
        CalibrationStore(tmp_path, disk).save(KEY, LATER)
    assert store.load(KEY) == FOUND


def test_damage_at_any_byte_is_found_or_harmless(tmp_path: Path, store: CalibrationStore) -> None:
    store.save(KEY, FOUND)
    whole = path(tmp_path).read_bytes()
    for offset in range(0, len(whole), 3):
        flipped = bytearray(whole)
        flipped[offset] ^= 1 << offset % 8
        for damaged in (bytes(flipped), whole[:offset], whole[:offset] + bytes(40)):
            path(tmp_path).write_bytes(damaged)
            assert loaded(store) in (FOUND, None, path(tmp_path).name)


def test_a_damaged_one_is_put_aside_told_and_forgotten_with_the_next(tmp_path: Path, store: CalibrationStore) -> None:
    store.save(KEY, FOUND)
    store.save(OTHER, LATER)
    path(tmp_path).write_bytes(b"{ half")
    assert store.recover() == ()
    (problem,) = store.problems()
    aside = path(tmp_path).name + layout.PUT_ASIDE
    assert aside in problem.message
    assert "Calibrate again" in problem.hint
    assert (layout.calibrations(tmp_path) / aside).read_bytes() == b"{ half"
    assert (store.load(KEY), store.load(OTHER)) == (None, LATER)
    store.save(KEY, LATER)
    assert store.problems() == ()


def test_an_edited_one_counts_once_its_checksum_is_taken_out(tmp_path: Path, store: CalibrationStore) -> None:
    store.save(KEY, FOUND)
    text = path(tmp_path).read_text().replace("232.5", "240.0")
    path(tmp_path).write_text(text)
    with pytest.raises(CorruptState, match="checksum"):
        store.load(KEY)
    path(tmp_path).write_text(text.split(',\n  "check"')[0] + "\n}")
    assert store.load(KEY) == {**FOUND, "power": 240.0}


def test_recovery_removes_what_was_being_written(tmp_path: Path, store: CalibrationStore) -> None:
    store.save(KEY, FOUND)
    (layout.calibrations(tmp_path) / "x.json.part").write_bytes(b"half")
    assert store.recover() == ()
    assert [found.name for found in layout.calibrations(tmp_path).iterdir()] == [path(tmp_path).name]


def test_what_cannot_be_put_aside_is_told(tmp_path: Path, store: CalibrationStore) -> None:
    store.save(KEY, FOUND)
    path(tmp_path).write_bytes(b"{ half")
    disk = CountingDisk()
    disk.at_step = fail_at(0, errno.EROFS)
    (trouble,) = CalibrationStore(tmp_path, disk).recover()
    assert isinstance(trouble, StoreError)
    with pytest.raises(CorruptState):
        store.load(KEY)


def test_one_that_cannot_be_read_is_an_error(tmp_path: Path, store: CalibrationStore) -> None:
    path(tmp_path).mkdir(parents=True)
    with pytest.raises(StoreError, match="Could not read"):
        store.load(KEY)
