"""Scans on disk: create, open, list, delete, and what a folder holds."""

import errno
import io
import os
import threading
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import pytest

from scanner import __version__
from scanner.clock import FakeClock
from scanner.errors import CorruptState, NotFound, StoreError
from scanner.store.archive import Archive, Entry
from scanner.store.exif import without_35mm
from scanner.store.files import TEMPORARY
from scanner.store.scans import ScanFolder, ScanStore
from tests.store.disks import CountingDisk, fail_at
from tests.store.examples import PLAN, TAKEN_AT, slice_jpeg, stack_jpeg, store_at, tagged_jpeg, take

ID = "20260101-000000-my-vase"


@pytest.fixture
def store(tmp_path: Path) -> ScanStore:
    return store_at(tmp_path)


@pytest.fixture
def folder(store: ScanStore) -> ScanFolder:
    return store.create(PLAN, {"description": "a rig"})


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


def test_a_position_is_what_was_written(folder: ScanFolder) -> None:
    done = take(folder, 3)
    assert done.index == 3
    assert (done.turntable, done.tilt, done.took_s) == (45.0, 30.0, 1.5)
    assert (done.taken_at, done.mask, done.depth, done.stack_without_35mm) == (TAKEN_AT, None, None, None)
    assert folder.stack_path(3).read_bytes() == stack_jpeg(3)
    assert folder.slice_path(3, 1).read_bytes() == slice_jpeg(3, 1)
    assert folder.thumbnail_path(3).read_bytes() == b"thumbnail"
    assert done.stack.name == f"{ID}_0003.jpg"
    assert [record.file.name for record in done.slices] == ["slice_00.jpg", "slice_01.jpg"]
    assert folder.history().done == {3: done}
    assert again(folder).history().done == {3: done}


def test_a_position_has_its_mask_and_its_depth_map(folder: ScanFolder) -> None:
    done = take(folder, 3, maps=True)
    assert done.mask is not None
    assert done.depth is not None
    assert done.mask.name == done.depth.name == f"{ID}_0003.png"
    assert folder.mask_path(3).read_bytes() == b"mask of 3"
    assert folder.depth_path(3).read_bytes() == b"depth map of 3"
    assert folder.mask_path(3) != folder.depth_path(3)
    assert again(folder).history().done == {3: done}


def test_it_is_known_what_a_stacked_image_is_without_its_35_mm_tag(folder: ScanFolder) -> None:
    """So that an archive can be computed without reading the image."""
    done = take(folder, 0, maps=True)
    silent = without_35mm(tagged_jpeg(0))
    assert silent is not None
    assert done.stack_without_35mm is not None
    assert done.stack_without_35mm.name == done.stack.name
    assert done.stack_without_35mm.bytes == done.stack.bytes == len(silent)
    assert done.stack_without_35mm.crc32 == zlib.crc32(silent) != done.stack.crc32
    assert folder.stack_path(0).read_bytes() == tagged_jpeg(0)


def test_the_line_that_says_done_comes_last(tmp_path: Path) -> None:
    disk = CountingDisk()
    folder = store_at(tmp_path, disk).create(PLAN, {})
    begin = disk.steps
    take(folder, 0, maps=True)
    renames = [call.split()[-1] for call in disk.calls[begin:] if call.startswith("rename")]
    stem = f"{ID}_0000"
    assert renames == ["slice_00.jpg", "slice_01.jpg", f"{stem}.jpg", f"{stem}.jpg", f"{stem}.png", f"{stem}.png"]
    last_rename = max(n for n, call in enumerate(disk.calls) if call.startswith("rename"))
    assert disk.calls.index("open journal.jsonl") > last_rename
    assert disk.calls[last_rename + 1 :][:2] == ["open depth", "sync"]


def test_files_without_a_line_in_the_journal_are_not_done(folder: ScanFolder) -> None:
    folder.write_slice(0, 0, b"slice")
    assert folder.history().done == {}
    assert zipfile.ZipFile(io.BytesIO(b"".join(folder.slices_archive().read()))).namelist() == []


@pytest.mark.parametrize("ask", ["stack", "slice", "thumbnail", "mask", "depth"])
def test_what_is_not_there_is_not_found(folder: ScanFolder, ask: str) -> None:
    asked = {
        "stack": lambda: folder.stack_path(0),
        "slice": lambda: folder.slice_path(0, 0),
        "thumbnail": lambda: folder.thumbnail_path(0),
        "mask": lambda: folder.mask_path(0),
        "depth": lambda: folder.depth_path(0),
    }
    with pytest.raises(NotFound, match="position 0"):
        asked[ask]()


def test_states_are_remembered(folder: ScanFolder) -> None:
    folder.record_state("running")
    assert folder.history().state == again(folder).history().state
    folder.record_state("finished", "failed", {"code": "camera", "message": "no frame"})
    state = again(folder).history().state
    assert state is not None
    assert (state.state, state.reason, state.problem) == (
        "finished",
        "failed",
        {"code": "camera", "message": "no frame"},
    )


def test_a_saved_manifest_is_there_for_all(store: ScanStore, folder: ScanFolder) -> None:
    changed = folder.manifest.model_copy(update={"sweep": {"near": 10.0, "far": 7.0, "count": 120, "reference": 60}})
    folder.save_manifest(changed)
    assert store.open(folder.id).manifest == changed
    assert again(folder).manifest == changed
    assert folder.write_slice(0, 5, b"slice").name == "slice_005.jpg"


def test_a_manifest_of_another_scan_is_refused(store: ScanStore, folder: ScanFolder) -> None:
    other = store.create(PLAN, {})
    with pytest.raises(ValueError, match=other.id):
        folder.save_manifest(other.manifest)


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


def zipped(folder: ScanFolder, entries: Sequence[Entry]) -> dict[str, bytes]:
    """Entries as they come out of an archive."""
    with zipfile.ZipFile(io.BytesIO(b"".join(Archive(entries, folder.manifest.created_at).read()))) as file:
        assert file.testzip() is None
        return {name: file.read(name) for name in file.namelist()}


def test_entries_are_the_files_of_a_position_by_other_names(folder: ScanFolder) -> None:
    done = take(folder, 2, maps=True)
    entries = [folder.stack_entry(done, "images/a.jpg"), *folder.map_entries(done, "masks/a.png", "depth/a.png")]
    assert zipped(folder, entries) == {
        "images/a.jpg": tagged_jpeg(2),
        "masks/a.png": b"mask of 2",
        "depth/a.png": b"depth map of 2",
    }


def test_a_position_without_maps_has_no_entries_for_them(folder: ScanFolder) -> None:
    done = take(folder, 0)
    assert folder.map_entries(done, "mask.png", "depth.png") == ()
    masked = done.model_copy(update={"mask": done.stack})
    assert [entry.name for entry in folder.map_entries(masked, "mask.png", "depth.png")] == ["mask.png"]


def test_a_silent_entry_lacks_the_focal_length_in_35_mm_film_and_the_file_keeps_it(folder: ScanFolder) -> None:
    done = take(folder, 0, maps=True)
    entry = folder.stack_entry(done, "a.jpg", silent=True)
    assert zipped(folder, [entry]) == {"a.jpg": without_35mm(tagged_jpeg(0))}
    assert folder.stack_path(0).read_bytes() == tagged_jpeg(0)
    assert entry.record == done.stack_without_35mm


def test_what_has_no_such_tag_is_the_same_in_silence(folder: ScanFolder) -> None:
    done = take(folder, 0)
    silent, plain = (folder.stack_entry(done, "a.jpg", silent=silent) for silent in (True, False))
    assert silent == plain
    assert zipped(folder, [silent]) == {"a.jpg": stack_jpeg(0)}


def test_the_archive_of_slices_has_a_folder_a_position(folder: ScanFolder) -> None:
    take(folder, 0, slices=3)
    take(folder, 1, slices=3)
    take(folder, 1, slices=2)  # done again with fewer: the third file is no part of the scan any more
    with zipfile.ZipFile(io.BytesIO(b"".join(folder.slices_archive().read()))) as file:
        assert file.namelist() == [
            *(f"{ID}_0000/slice_0{index}.jpg" for index in range(3)),
            *(f"{ID}_0001/slice_0{index}.jpg" for index in range(2)),
        ]


@pytest.mark.parametrize("silent", [False, True])
def test_a_lost_stack_is_an_error_and_not_a_broken_archive(folder: ScanFolder, silent: bool) -> None:
    done = take(folder, 0, maps=True)
    archive = Archive([folder.stack_entry(done, "a.jpg", silent=silent)], folder.manifest.created_at)
    folder.stack_path(0).write_bytes(b"short")
    with pytest.raises(StoreError, match=f"{ID}_0000.jpg has 5 bytes"):
        archive.read()


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
