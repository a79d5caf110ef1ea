"""Files that are wholly there or not at all."""

import errno
import os
import resource
import subprocess
import sys
import zlib
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from scanner.errors import ImageUnreadable, NoSpace, StoreError
from scanner.store.files import TEMPORARY, SystemDisk, make_folder, record_of, remove_tree, write_chunks, write_durable
from tests.store.disks import CountingDisk, fail_at, torn_writes


def test_the_content_is_there_and_nothing_else(tmp_path: Path) -> None:
    write_durable(tmp_path / "a.jpg", b"content")
    assert [path.name for path in tmp_path.iterdir()] == ["a.jpg"]
    assert (tmp_path / "a.jpg").read_bytes() == b"content"


def test_the_order_of_calls_is_the_rule(tmp_path: Path) -> None:
    disk = CountingDisk()
    write_durable(tmp_path / "a.jpg", b"content", disk)
    assert disk.calls == [
        f"open a.jpg{TEMPORARY}",
        "truncate",
        "write",
        "sync",
        f"rename a.jpg{TEMPORARY} a.jpg",
        f"open {tmp_path.name}",
        "sync",
    ]


def test_a_file_is_replaced_as_a_whole_even_over_a_longer_left_over(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"old")
    (tmp_path / f"a.jpg{TEMPORARY}").write_bytes(b"left over by a power cut, and longer")
    write_durable(tmp_path / "a.jpg", b"new")
    assert (tmp_path / "a.jpg").read_bytes() == b"new"
    assert not (tmp_path / f"a.jpg{TEMPORARY}").exists()


def test_short_writes_are_carried_on(tmp_path: Path) -> None:
    disk = CountingDisk()
    torn_writes(disk, seed=1)
    data = os.urandom(10_000)
    write_durable(tmp_path / "a.jpg", data, disk)
    assert (tmp_path / "a.jpg").read_bytes() == data
    assert disk.calls.count("write") > 3


@pytest.mark.parametrize("step", range(5))
def test_a_full_disk_names_file_and_size_and_leaves_the_old_file(tmp_path: Path, step: int) -> None:
    (tmp_path / "a.jpg").write_bytes(b"old")
    disk = CountingDisk()
    disk.at_step = fail_at(step, errno.ENOSPC)
    with pytest.raises(NoSpace, match=r"a\.jpg \(12,345 bytes\)"):
        write_durable(tmp_path / "a.jpg", bytes(12_345), disk)
    assert [path.name for path in tmp_path.iterdir()] == ["a.jpg"]
    assert (tmp_path / "a.jpg").read_bytes() == b"old"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_disk_that_the_system_calls_full(tmp_path: Path) -> None:
    (tmp_path / f"a.jpg{TEMPORARY}").symlink_to("/dev/full")

    class NoTruncate(SystemDisk):
        def truncate(self, descriptor: int, size: int) -> None:
            """A device cannot be truncated."""

    with pytest.raises(NoSpace):
        write_durable(tmp_path / "a.jpg", b"content", NoTruncate())
    assert list(tmp_path.iterdir()) == []


def test_a_limit_that_the_system_sets_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    program = f"""
import resource
from pathlib import Path
from scanner.errors import StoreError
from scanner.store.files import write_durable
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, {resource.RLIM_INFINITY}))
write_durable(Path("fits.jpg"), bytes(1000))
try:
    write_durable(Path("large.jpg"), bytes(1001))
except StoreError as error:
    print(error.message)
"""
    repository = Path(__file__).parents[2]
    run = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(repository)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "large.jpg (1,001 bytes): File too large" in run.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["fits.jpg"]


def test_a_missing_folder_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"missing/a\.jpg.*No such file"):
        write_durable(tmp_path / "missing" / "a.jpg", b"content")


def test_chunks_are_written_one_after_the_other(tmp_path: Path) -> None:
    write_chunks(tmp_path / "a.zip", (bytes([n]) * 1000 for n in range(3)))
    assert (tmp_path / "a.zip").read_bytes() == b"\0" * 1000 + b"\1" * 1000 + b"\2" * 1000


def test_what_the_source_of_chunks_raises_leaves_no_file(tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield b"begin"
        raise ImageUnreadable("no more")

    with pytest.raises(ImageUnreadable):
        write_chunks(tmp_path / "a.zip", broken())
    assert list(tmp_path.iterdir()) == []


def test_folders_are_made_with_their_parents_and_once(tmp_path: Path) -> None:
    disk = CountingDisk()
    make_folder(tmp_path / "a" / "b", disk)
    made = len(disk.calls)
    make_folder(tmp_path / "a" / "b", disk)
    assert (tmp_path / "a" / "b").is_dir()
    assert len(disk.calls) == made
    assert disk.calls[:3] == ["make_folder a", f"open {tmp_path.name}", "sync"]


def test_a_file_where_a_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(StoreError, match="File exists"):
        make_folder(tmp_path / "a")


def test_a_tree_is_removed_without_following_links(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "keep.jpg").write_bytes(b"keep")
    (tmp_path / "tree" / "deep").mkdir(parents=True)
    (tmp_path / "tree" / "deep" / "file").write_bytes(b"")
    (tmp_path / "tree" / "link").symlink_to(outside)
    remove_tree(tmp_path / "tree")
    assert not (tmp_path / "tree").exists()
    assert (outside / "keep.jpg").read_bytes() == b"keep"


def test_a_record_tells_what_the_file_holds() -> None:
    record = record_of("a.jpg", b"content")
    assert (record.name, record.bytes, record.crc32) == ("a.jpg", 7, zlib.crc32(b"content"))
    assert record.sha256 == sha256(b"content").hexdigest()
