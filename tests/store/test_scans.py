"""Scans on disk: create, open, list, delete."""

import errno
import os
import threading
from pathlib import Path

import pytest

from scanner import __version__
from scanner.clock import FakeClock
from scanner.errors import CorruptState, NotFound, StoreError
from scanner.store.files import TEMPORARY
from scanner.store.scan_folder import ScanFolder
from scanner.store.scans import ScanStore
from tests.store.disks import CountingDisk, fail_at
from tests.store.examples import PLAN, stack_jpeg, store_at, take

ID = "20260101-000000-my-vase"


def again(folder: ScanFolder) -> ScanFolder:
    """The same scan, as another process sees it."""
    return store_at(folder.path.parents[1]).open(folder.id)


def files(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def test_a_store_touches_nothing_before_its_first_scan(tmp_path: Path) -> None:
    store = store_at(tmp_path / "data")
    assert store.recover() == ()
    assert (store.list(), store.problems()) == ((), ())
    assert store.free_bytes() > 0
    assert not (tmp_path / "data").exists()


def test_a_new_scan_has_its_manifest_and_no_history(folder: ScanFolder) -> None:
    assert folder.id == folder.path.name == ID
    assert folder.manifest.plan == PLAN
    assert folder.manifest.rig == {"description": "a rig"}
    assert folder.manifest.software == f"Focusrig {__version__}"
    assert again(folder).manifest == folder.manifest
    assert folder.history().done == {}
    assert folder.history().state is None


def test_a_new_scan_keeps_what_was_calibrated(store: ScanStore) -> None:
    folder = store.create(PLAN, {}, breathing={"power": 232.9}, focus_scale={"offset": 0.1, "slope": 1.02})
    assert again(folder).manifest.breathing == {"power": 232.9}
    assert again(folder).manifest.focus_scale == {"offset": 0.1, "slope": 1.02}


def test_ids_of_the_same_second_are_unique(store: ScanStore) -> None:
    ids = [store.create(PLAN, {}).id for _ in range(3)]
    assert ids == [ID, f"{ID}-2", f"{ID}-3"]


def test_many_threads_make_as_many_scans(store: ScanStore) -> None:
    ids: list[str] = []
    threads = [threading.Thread(target=lambda: ids.append(store.create(PLAN, {}).id)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(ids)) == 8
    assert {found.id for found in store.list()} == set(ids)


def test_the_list_is_newest_first(tmp_path: Path) -> None:
    clock = FakeClock()
    store = ScanStore(tmp_path, clock, CountingDisk())
    ids = []
    for _ in range(3):
        ids.append(store.create(PLAN, {}).id)
        clock.sleep(3600)
    assert [found.id for found in store.list()] == ids[::-1]


def test_whatever_else_lies_there_is_left_alone(tmp_path: Path, store: ScanStore, folder: ScanFolder) -> None:
    (tmp_path / "scans" / "notes").mkdir()
    (tmp_path / "scans" / "notes" / f"mine{TEMPORARY}").write_bytes(b"keep")
    (tmp_path / "scans" / "readme.txt").write_bytes(b"keep")
    (tmp_path / "scans" / "20260101-000000-link").symlink_to(tmp_path / "scans" / "notes")
    before = files(tmp_path)
    assert store.recover() == ()
    assert [found.id for found in store.list()] == [folder.id]
    assert files(tmp_path) == before


def test_a_saved_manifest_is_there_for_all(store: ScanStore, folder: ScanFolder) -> None:
    changed = folder.manifest.model_copy(update={"sweep": {"near": 10.0, "far": 7.0, "count": 120, "reference": 60}})
    folder.save_manifest(changed)
    assert store.open(folder.id).manifest == changed
    assert again(folder).manifest == changed
    assert folder.write_slice(0, 5, b"slice").name == "slice_005.jpg"


def test_a_scan_that_is_open_is_one_object_so_that_readers_see_what_is_written(
    store: ScanStore, folder: ScanFolder
) -> None:
    assert store.open(folder.id) is folder
    take(folder, 0)
    assert 0 in store.open(folder.id).history().done


@pytest.mark.parametrize("scan_id", ["20260101-000000-none", "..", "../scans", "", ".", "notes", f"{ID}/", f"{ID}\0"])
def test_an_id_that_is_none_is_not_found(store: ScanStore, folder: ScanFolder, scan_id: str) -> None:
    assert folder.path.exists()
    for call in (store.open, store.delete):
        with pytest.raises(NotFound, match="There is no scan"):
            call(scan_id)


def test_a_deleted_scan_is_gone(tmp_path: Path, store: ScanStore, folder: ScanFolder) -> None:
    take(folder, 0)
    other = store.create(PLAN, {})
    store.delete(folder.id)
    assert [found.id for found in store.list()] == [other.id]
    assert [path.name for path in (tmp_path / "scans").iterdir()] == [other.id]
    with pytest.raises(NotFound):
        store.open(folder.id)


def test_an_id_is_not_used_again_while_its_files_are_being_deleted(tmp_path: Path, store: ScanStore) -> None:
    (tmp_path / "scans" / f"{ID}.deleting").mkdir(parents=True)
    assert store.create(PLAN, {}).id == f"{ID}-2"
    assert store.recover() == ()
    assert not (tmp_path / "scans" / f"{ID}.deleting").exists()


def test_deleting_needs_no_room(tmp_path: Path) -> None:
    disk = CountingDisk()
    store = store_at(tmp_path, disk)
    take(store.create(PLAN, {}), 0)

    def full(_step: int, call: str) -> None:
        if call == "write":
            raise OSError(errno.ENOSPC, "full")

    disk.at_step = full
    assert store.recover() == ()
    store.delete(ID)
    assert store.list() == ()


def test_recovery_removes_unfinished_files_and_nothing_else(folder: ScanFolder) -> None:
    take(folder, 0)
    before = files(folder.path)
    (folder.path / "stacks" / f"{ID}_0001.jpg{TEMPORARY}").write_bytes(b"half")
    (folder.path / "slices" / f"{ID}_0000" / f"slice_00.jpg{TEMPORARY}").write_bytes(b"half")
    (folder.path / f"manifest.json{TEMPORARY}").write_bytes(b"half")
    assert store_at(folder.path.parents[1]).recover() == ()
    assert files(folder.path) == before


def test_a_damaged_manifest_is_put_aside_and_its_copy_serves(folder: ScanFolder) -> None:
    take(folder, 0)
    (folder.path / "manifest.json").write_bytes(b"{ half")
    store = store_at(folder.path.parents[1])
    assert store.recover() == ()
    assert store.open(ID).manifest == folder.manifest
    (problem,) = store.problems()
    assert isinstance(problem, CorruptState)
    assert ID in problem.message
    assert "manifest.json.corrupt" in problem.hint
    assert (folder.path / "manifest.json.corrupt").read_bytes() == b"{ half"
    assert store.recover() == ()
    (folder.path / "manifest.json.corrupt").unlink()
    assert store.problems() == ()


def test_a_scan_without_any_manifest_is_a_problem_and_keeps_its_images(store: ScanStore, folder: ScanFolder) -> None:
    take(folder, 0)
    other = store.create(PLAN, {})
    for name in ("manifest.json", "manifest.copy.json"):
        (folder.path / name).write_bytes(b"\0" * 100)
    fresh = store_at(folder.path.parents[1])
    assert fresh.recover() == ()
    assert [found.id for found in fresh.list()] == [other.id]
    assert len(fresh.problems()) == 2
    assert all(ID in problem.message for problem in fresh.problems())
    assert folder.stack_path(0).read_bytes() == stack_jpeg(0)
    assert folder.slice_path(0, 0).exists()
    fresh.delete(ID)
    assert fresh.problems() == ()


def test_a_damaged_line_in_the_journal_costs_one_position_and_no_image(folder: ScanFolder) -> None:
    for position in range(3):
        take(folder, position)
    journal = folder.path / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(lines[0] + b"\0" * 80 + b"\n" + lines[2])
    reopened = again(folder)
    assert reopened.history().damaged == (2,)
    assert set(reopened.history().done) == {0, 2}
    assert reopened.stack_path(1).exists()
    take(reopened, 1)
    assert set(again(folder).history().done) == {0, 1, 2}


def test_what_recovery_cannot_tidy_is_told_and_the_rest_is_done(tmp_path: Path) -> None:
    disk = CountingDisk()
    store = store_at(tmp_path, disk)
    for _ in range(2):
        folder = store.create(PLAN, {})
        (folder.path / f"stacks/x.jpg{TEMPORARY}").write_bytes(b"half")
    disk.at_step = fail_at(disk.steps, errno.EROFS)
    (trouble,) = store.recover()
    assert isinstance(trouble, StoreError)
    assert ID in trouble.message
    assert len(store.list()) == 2
    assert len(list(tmp_path.rglob("*" + TEMPORARY))) == 1


def test_free_bytes_are_those_of_the_file_system(tmp_path: Path, store: ScanStore) -> None:
    room = os.statvfs(tmp_path)
    assert store.free_bytes() == pytest.approx(room.f_bavail * room.f_frsize, rel=0.05)
