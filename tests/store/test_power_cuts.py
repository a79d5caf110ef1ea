"""What a power cut, a kill or a full disk may do at every single call: nothing that was called done is lost."""

import errno
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from scanner.errors import NoSpace, StoreError
from scanner.store.archive import Archive
from scanner.store.files import TEMPORARY
from scanner.store.scan_folder import ScanFolder
from scanner.store.scans import ScanStore
from tests.store.disks import CountingDisk, PowerCut, VolatileDisk, fail_at, stop_at
from tests.store.examples import PLAN, images_of, slice_jpeg, store_at, take

POSITIONS = 3
WITH_MAPS = 1
"""The position that has a mask and a depth map: what is true of one is true of all, and steps cost time."""


def scan(store: ScanStore, promise: Callable[[set[int]], None]) -> None:
    """A short scan; calls `promise`, after each step that returned, with the positions that must stay from then on."""
    folder = store.create(PLAN, {"description": "a rig"})
    promise(set())
    folder.save_manifest(folder.manifest.model_copy(update={"sweep": {"count": 2}}))
    folder.record_state("running")
    for position in range(POSITIONS):
        take(folder, position, maps=position == WITH_MAPS)
        promise(set(range(position + 1)))
    take(folder, 0)  # a position that is done again
    folder.record_state("finished", "completed")


def assert_whole(root: Path, promised: set[int] | None) -> ScanStore:
    """After recovery all that was promised is there, and all that is called done is whole."""
    store = store_at(root)
    assert store.recover() == ()
    assert store.problems() == ()
    leftovers = [path for path in root.rglob("*") if path.name.endswith((TEMPORARY, ".new", ".deleting"))]
    assert leftovers == []
    if promised is not None:
        (folder,) = store.list()
        assert promised <= folder.history().done.keys()
        assert_files_whole(folder)
    return store


def assert_files_whole(folder: ScanFolder) -> None:
    history = folder.history()
    assert history.damaged == ()
    for position, done in history.done.items():
        images = images_of(position, maps=done.mask is not None)
        assert folder.stack_path(position).read_bytes() == images.stack
        assert folder.thumbnail_path(position).read_bytes() == images.thumbnail
        if done.mask is not None and done.depth is not None:
            assert folder.mask_path(position).read_bytes() == images.mask
            assert folder.depth_path(position).read_bytes() == images.depth
        for record in done.slices:
            assert folder.slice_path(position, record.index).read_bytes() == slice_jpeg(position, record.index)
    stacks = [folder.stack_entry(done, f"{index}.jpg", silent=True) for index, done in history.done.items()]
    maps = [
        entry for index, done in history.done.items() for entry in folder.map_entries(done, f"{index}m", f"{index}d")
    ]
    for archive in (Archive([*stacks, *maps], folder.manifest.created_at), folder.slices_archive()):
        assert sum(map(len, archive.read())) == archive.size


def steps_of_a_scan(root: Path) -> int:
    root.mkdir()
    disk = CountingDisk()
    scan(store_at(root, disk), lambda _promised: None)
    return disk.steps


def test_a_kill_before_a_call_loses_nothing(tmp_path: Path) -> None:
    steps = steps_of_a_scan(tmp_path / "whole")
    for step in range(0, steps, 2):
        root = tmp_path / str(step)
        root.mkdir()
        disk = CountingDisk()
        disk.at_step = stop_at(step)
        promises: list[set[int] | None] = [None]
        with pytest.raises(PowerCut):
            scan(store_at(root, disk), promises.append)
        promised = promises[-1]
        store = assert_whole(root, promised)
        for folder in store.list():
            take(folder, POSITIONS)
        assert_whole(root, promised and {*promised, POSITIONS})
    assert steps > 150


def test_the_power_goes_at_any_call_and_takes_what_was_not_synced(tmp_path: Path) -> None:
    """Every prefix of the calls, five ways to lose what was not synced: more than 1,000 states of the disk."""
    promises: list[set[int] | None] = [None]
    states = 0
    disk = VolatileDisk(tmp_path / "live")
    (tmp_path / "live").mkdir()

    def cut(step: int, _call: str) -> None:
        nonlocal states
        for seed in range(5):
            root = tmp_path / f"{step}-{seed}"
            disk.cut(root, seed)
            assert_whole(root, promises[-1])
            states += 1

    disk.at_step = cut
    scan(store_at(tmp_path / "live", disk), promises.append)
    assert states > 1000


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS])
def test_an_error_at_any_call_is_raised_and_loses_nothing(tmp_path: Path, number: int) -> None:
    expected = NoSpace if number in (errno.ENOSPC, errno.EDQUOT) else StoreError
    steps = steps_of_a_scan(tmp_path / "whole")
    for step in range(number % 7, steps, 7):
        root = tmp_path / str(step)
        root.mkdir()
        disk = CountingDisk()
        disk.at_step = fail_at(step, number, lasting=True)
        promises: list[set[int] | None] = [None]
        with pytest.raises(StoreError) as raised:
            scan(store_at(root, disk), promises.append)
        assert isinstance(raised.value, expected)
        assert raised.value.hint
        assert_whole(root, promises[-1])


def test_a_scan_goes_on_in_the_same_process_once_there_is_room_again(tmp_path: Path) -> None:
    for step in range(0, 60, 2):
        root = tmp_path / str(step)
        root.mkdir()
        disk = CountingDisk()
        folder = store_at(root, disk).create(PLAN, {})
        take(folder, 0)
        disk.at_step = fail_at(disk.steps + step, errno.ENOSPC, lasting=True)
        for _ in range(2):
            with pytest.raises(NoSpace):
                take(folder, 1), take(folder, 2)
        disk.at_step = lambda _step, _call: None
        take(folder, 1)
        take(folder, 2)
        assert list(root.rglob("*" + TEMPORARY)) == []
        assert_whole(root, {0, 1, 2})


def test_a_deletion_killed_at_any_call_leaves_the_scan_whole_or_not_at_all(tmp_path: Path) -> None:
    step, finished, seen = 0, False, set()
    while not finished:
        root = tmp_path / str(step)
        root.mkdir()
        disk = CountingDisk()
        store = store_at(root, disk)
        take(store.create(PLAN, {}), 0)
        disk.at_step = stop_at(disk.steps + step)
        try:
            store.delete(store.list()[0].id)
            finished = True
        except PowerCut:
            step += 1
        after = store_at(root)
        left = len(after.list())
        assert after.recover() == ()
        assert len(after.list()) == left
        seen.add(left)
        if left:
            assert_whole(root, {0})
        else:
            assert list((root / "scans").iterdir()) == []
    assert seen == {0, 1}
    assert step > 10


def test_a_killed_process_leaves_a_scan_that_can_be_resumed(tmp_path: Path) -> None:
    """The same with SIGKILL and real syncs, at a few calls."""
    program = f"""
import os, signal, sys
from pathlib import Path
from scanner.clock import SystemClock
from scanner.store.files import SystemDisk
from scanner.store.scans import ScanStore
from tests.store.examples import PLAN, take

class DeadlyDisk(SystemDisk):
    left = int(sys.argv[2])
    def write(self, descriptor, data):
        DeadlyDisk.left -= 1
        if DeadlyDisk.left < 0:
            super().write(descriptor, data[: len(data) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        return super().write(descriptor, data)

folder = ScanStore(Path(sys.argv[1]), SystemClock(), DeadlyDisk()).create(PLAN, {{}})
for position in range({POSITIONS}):
    take(folder, position)
    print(position, flush=True)
"""
    for writes in (3, 6, 11):
        root = tmp_path / str(writes)
        root.mkdir()
        command = [sys.executable, "-c", program, str(root), str(writes)]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        assert run.returncode == -9, run.stderr
        promised = {int(line) for line in run.stdout.split()}
        assert promised < set(range(POSITIONS))
        assert_whole(root, promised)
