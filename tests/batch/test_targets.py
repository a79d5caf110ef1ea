"""Where image and maps go: all of them, or none, and older ones stay until then."""

import errno
import os
from pathlib import Path

import pytest

from scanner.batch import BatchOptions, stack_files
from scanner.batch.targets import write_all
from scanner.errors import NoSpace, StoreError
from tests.batch.stacks import FullDisk, MemoryStacker, make_stack, run
from tests.store.disks import CountingDisk, fail_at


@pytest.mark.parametrize("name", ["out.jpg", "d.png", "m.png"])
def test_a_full_disk_leaves_nothing_of_the_stack(tmp_path: Path, name: str) -> None:
    stack = make_stack(tmp_path / "vase")
    options = BatchOptions(depth=tmp_path / "d.png", mask=tmp_path / "m.png")
    with pytest.raises(NoSpace, match=name) as raised:
        stack_files(stack, tmp_path / "out.jpg", options, MemoryStacker(), disk=FullDisk(name))
    assert [path.name for path in tmp_path.iterdir()] == ["vase"]
    assert raised.value.hint == "Make room on that disk, or write to another one."


def test_a_depth_that_cannot_be_written_takes_the_image_with_it(tmp_path: Path) -> None:
    stack = make_stack(tmp_path / "vase", count=2)
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="file"):
        run(stack, tmp_path / "out.jpg", BatchOptions(depth=tmp_path / "file" / "d.png"))
    assert not (tmp_path / "out.jpg").exists()


@pytest.mark.parametrize(
    ("out", "depth", "mask", "words"),
    [
        ("out.gif", None, None, "does not end in the name of an image"),
        ("out", None, None, "does not end in the name of an image"),
        ("out.jpg", "depth.jpg", None, r"does not end in \.png"),
        ("out.jpg", None, "mask.tif", r"does not end in \.png"),
        ("out.png", "out.png", None, "are the same"),
        ("out.jpg", "a.png", "a.png", "are the same"),
        ("vase/IMG_9.JPG", None, None, "one of the slices"),
        ("vase/IMG_9.JPG/out.png", None, None, r"IMG_9\.JPG is a file, not a folder"),
        ("out.png", "vase/IMG_9.JPG/deep/d.png", None, r"IMG_9\.JPG is a file, not a folder"),
        ("vase", None, None, "does not end in the name of an image"),
    ],
)
def test_what_could_not_be_written_is_said_before_the_work(
    tmp_path: Path, out: str, depth: str | None, mask: str | None, words: str
) -> None:
    stack = make_stack(tmp_path / "vase")
    options = BatchOptions(depth=tmp_path / depth if depth else None, mask=tmp_path / mask if mask else None)
    stacker = MemoryStacker()
    with pytest.raises(StoreError, match=words) as raised:
        stack_files(stack, tmp_path / out, options, stacker)
    assert raised.value.hint
    assert stacker.order == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    stack = make_stack(tmp_path / "vase", count=2)
    (tmp_path / "locked").mkdir(mode=0o500)
    with pytest.raises(StoreError, match=r"locked/out\.jpg"):
        run(stack, tmp_path / "locked" / "out.jpg")


OLD = b"older"


def older(folder: Path) -> list[Path]:
    paths = [folder / name for name in ("out.jpg", "d.png", "i.png", "m.png")]
    for path in paths:
        path.write_bytes(OLD)
    return paths


@pytest.mark.parametrize("name", ["out.jpg", "d.png", "i.png", "m.png"])
def test_a_full_disk_leaves_older_files_as_they_were(tmp_path: Path, name: str) -> None:
    stack = make_stack(tmp_path / "vase")
    out, depth, index, mask = older(tmp_path)
    options = BatchOptions(depth=depth, index=index, mask=mask)
    with pytest.raises(NoSpace, match=name):
        stack_files(stack, out, options, MemoryStacker(), disk=FullDisk(name))
    assert {path.read_bytes() for path in (out, depth, index, mask)} == {OLD}
    assert len(list(tmp_path.iterdir())) == 5


def test_whatever_call_fails_there_is_no_half_file_and_nothing_temporary(tmp_path: Path) -> None:
    """All files are older ones, or all are new; only where renaming itself fails they may be mixed, but whole."""
    paths = older(tmp_path)
    whole = CountingDisk()
    write_all([(path, b"new") for path in paths], whole)
    for step in range(whole.steps):
        older(tmp_path)
        disk = CountingDisk()
        disk.at_step = fail_at(step, errno.EIO)
        with pytest.raises(StoreError):
            write_all([(path, b"new") for path in paths], disk)
        found = [path.read_bytes() for path in paths]
        renaming = whole.calls[step].startswith("rename")
        assert set(found) <= {OLD, b"new"}
        assert renaming or len(set(found)) == 1
        assert sorted(tmp_path.iterdir()) == sorted(paths)


def test_nothing_gets_its_name_before_all_is_written(tmp_path: Path) -> None:
    disk = CountingDisk()
    write_all([(tmp_path / name, b"new") for name in ("a.jpg", "b.png")], disk)
    kinds = [call.split()[0] for call in disk.calls if call.split()[0] in ("write", "rename")]
    assert kinds == ["write", "write", "rename", "rename"]


def test_an_interrupt_leaves_nothing_temporary(tmp_path: Path) -> None:
    def interrupt(step: int, _call: str) -> None:
        if step == 2:
            raise KeyboardInterrupt

    disk = CountingDisk()
    disk.at_step = interrupt
    with pytest.raises(KeyboardInterrupt):
        write_all([(tmp_path / "a.jpg", b"new")], disk)
    assert list(tmp_path.iterdir()) == []
    assert [call for call in disk.calls if call.startswith("remove")] == ["remove a.jpg.part"]


@pytest.mark.parametrize("name", ["out.png", "d.png", "i.png", "m.png"])
def test_a_folder_in_the_place_of_a_file(tmp_path: Path, name: str) -> None:
    stack = make_stack(tmp_path / "vase", count=2)
    (tmp_path / name).mkdir()
    options = BatchOptions(depth=tmp_path / "d.png", index=tmp_path / "i.png", mask=tmp_path / "m.png")
    with pytest.raises(StoreError, match=f"{name} is a folder"):
        run(stack, tmp_path / "out.png", options)
