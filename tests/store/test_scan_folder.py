"""One scan on disk: what is written of it is what is read, and makes archives."""

import io
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import pytest

from scanner.errors import NotFound, StoreError
from scanner.store.archive import Archive, Entry
from scanner.store.exif import without_35mm
from scanner.store.scan_folder import ScanFolder
from scanner.store.scans import ScanStore
from tests.store.disks import CountingDisk
from tests.store.examples import PLAN, TAKEN_AT, slice_jpeg, stack_jpeg, store_at, tagged_jpeg, take

ID = "20260101-000000-my-vase"


def again(folder: ScanFolder) -> ScanFolder:
    """The same scan, as another process sees it."""
    return store_at(folder.path.parents[1]).open(folder.id)


def zipped(folder: ScanFolder, entries: Sequence[Entry]) -> dict[str, bytes]:
    """Entries as they come out of an archive."""
    with zipfile.ZipFile(io.BytesIO(b"".join(Archive(entries, folder.manifest.created_at).read()))) as file:
        assert file.testzip() is None
        return {name: file.read(name) for name in file.namelist()}


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


def test_a_manifest_of_another_scan_is_refused(store: ScanStore, folder: ScanFolder) -> None:
    other = store.create(PLAN, {})
    with pytest.raises(ValueError, match=other.id):
        folder.save_manifest(other.manifest)


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
