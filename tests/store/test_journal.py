"""The journal: torn, damaged, appended to."""

import errno
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from pydantic import ValidationError

from scanner.errors import NoSpace, StoreError
from scanner.slices import StackQuality, SweepProposal
from scanner.store.files import record_of
from scanner.store.journal import History, Journal, PositionDone, StateChanged, read_journal
from tests.store.disks import CountingDisk, fail_at, torn_writes
from tests.store.examples import QUALITY, slice_record

AT = datetime(2026, 11, 22, 5, 11, 30, tzinfo=UTC)


def position(index: int, took_s: float = 1.5) -> PositionDone:
    return PositionDone(
        at=AT,
        index=index,
        turntable=15.0 * index,
        tilt=-10.0,
        stack=record_of(f"scan_{index:04d}.jpg", b"stack"),
        slices=(slice_record(0, record_of("slice_00.jpg", b"slice")),),
        took_s=took_s,
    )


RUNNING = StateChanged(at=AT, state="running")
FAILED = StateChanged(at=AT, state="finished", reason="failed", problem={"code": "camera", "message": "no frame"})
RECORDS = (RUNNING, position(0), position(1), FAILED)


def written(path: Path) -> bytes:
    journal = Journal(path, CountingDisk())
    for record in RECORDS:
        journal.append(record)
    return path.read_bytes()


def test_what_is_appended_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    written(path)
    expected = History({0: position(0), 1: position(1)}, FAILED)
    assert Journal(path).history == expected
    assert path.read_text().count("\n") == len(RECORDS)


def test_each_line_is_synced_before_append_returns(tmp_path: Path) -> None:
    disk = CountingDisk()
    journal = Journal(tmp_path / "journal.jsonl", disk)
    journal.append(RUNNING)
    assert disk.calls == ["open journal.jsonl", "truncate", "write", "sync", f"open {tmp_path.name}", "sync"]
    journal.append(FAILED)
    assert disk.calls[6:] == ["open journal.jsonl", "truncate", "write", "sync"]


def test_a_missing_journal_is_empty() -> None:
    assert Journal(Path("/nowhere/journal.jsonl")).history == History()


def test_a_journal_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").mkdir()
    with pytest.raises(StoreError, match="Could not read"):
        Journal(tmp_path / "journal.jsonl")


def test_a_position_done_again_counts_as_the_last_time(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl", CountingDisk())
    for took_s in (1.0, 2.0):
        journal.append(position(0, took_s))
    assert journal.history.done[0].took_s == 2.0
    assert Journal(tmp_path / "journal.jsonl").history.done[0].took_s == 2.0


def test_torn_at_every_byte_keeps_all_whole_lines(tmp_path: Path) -> None:
    data = written(tmp_path / "journal.jsonl")
    for cut in range(len(data)):
        history, end = read_journal(data[:cut])
        whole = data[:cut].count(b"\n")
        assert len(history.done) == sum(isinstance(record, PositionDone) for record in RECORDS[:whole])
        assert history.damaged == ()
        assert end == data[:cut].rfind(b"\n") + 1


@pytest.mark.parametrize("tail", [b"", b"\0" * 50, b"\n", b"\0\n{}\n"])
def test_a_torn_line_is_written_over_by_the_next(tmp_path: Path, tail: bytes) -> None:
    path = tmp_path / "journal.jsonl"
    data = written(path)
    for cut in range(1, len(data), 29):
        path.write_bytes(data[:cut] + tail)
        journal = Journal(path, CountingDisk())
        assert journal.history.damaged == ()
        journal.append(position(7))
        again = Journal(path).history
        assert again == journal.history
        assert 7 in again.done


def test_a_line_damaged_in_the_middle_is_named_and_the_others_count(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    lines = written(path).splitlines(keepends=True)
    for number in (1, 2, 3):
        broken = [*lines]
        broken[number - 1] = broken[number - 1].replace(b'"at"', b'"xt"')
        history, end = read_journal(b"".join(broken))
        assert history.damaged == (number,)
        assert end == sum(map(len, broken))
        assert history.state == FAILED
        assert len(history.done) == (2 if number == 1 else 1)


def test_a_flipped_bit_never_changes_a_fact_in_silence(tmp_path: Path) -> None:
    data = written(tmp_path / "journal.jsonl")
    whole = History({0: position(0), 1: position(1)}, FAILED)
    for offset in range(0, len(data), 5):
        broken = bytearray(data)
        broken[offset] ^= 1 << offset % 8
        history, _ = read_journal(bytes(broken))
        for index, done in history.done.items():
            assert done == whole.done[index]
        assert history.state in (FAILED, RUNNING, None)


def test_lines_of_a_later_version_are_damage_and_not_a_crash() -> None:
    history, end = read_journal(b'{"event": "tea-made"}\n')
    assert history == History()
    assert end == 0


@pytest.mark.parametrize("step", range(4))
def test_an_append_that_fails_adds_nothing_and_the_next_one_works(tmp_path: Path, step: int) -> None:
    path = tmp_path / "journal.jsonl"
    disk = CountingDisk()
    journal = Journal(path, disk)
    journal.append(RUNNING)
    torn_writes(disk, seed=step)
    disk.at_step = fail_at(disk.steps + step, errno.ENOSPC, lasting=True)
    with pytest.raises(NoSpace, match="journal"):
        journal.append(position(0))
    assert journal.history.done == {}
    disk.at_step = lambda _step, _call: None
    journal.append(position(1))
    assert Journal(path).history == History({1: position(1)}, RUNNING)


OLD_LINE = (
    b'{"event":"position-done","at":"2026-11-22T05:11:30Z","index":3,"turntable":45.0,"tilt":-10.0,"stack":{"name":'
    b'"scan_0003.jpg","bytes":5,"crc32":1438085410,"sha256":"ab"},"slices":[{"index":0,"file":{"name":"slice_00.jpg",'
    b'"bytes":5,"crc32":1,"sha256":"cd"},"lens_asked":10.0,"lens":10.01,"exposure_us":8000,"gain":1.0,"transform":'
    b'[[1.0,0.0,0.5],[0.0,1.0,0.0]],"residual_px":0.1,"share":0.5}],"took_s":1.5}\n'
)
"""As the first version wrote it, but for the checksum."""


def test_lines_of_the_first_version_still_read() -> None:
    history, end = read_journal(OLD_LINE)
    assert (history.damaged, end) == ((), len(OLD_LINE))
    done = history.done[3]
    assert done.quality == StackQuality()
    assert (done.taken_at, done.stack_without_35mm, done.mask, done.depth) == (None, None, None, None)
    (record,) = done.slices
    assert (record.likeness, record.brightness, record.shake_px, record.left_out) == (1.0, 1.0, 0.0, None)
    assert record.transform == ((1.0, 0.0, 0.5), (0.0, 1.0, 0.0))


def test_how_a_slice_fared_and_the_quality_are_kept(tmp_path: Path) -> None:
    fared = {"likeness": 0.2, "brightness": 0.9, "shake_px": 3.5, "left_out": "unaligned"}
    record = slice_record(0, record_of("slice_00.jpg", b"slice")).model_copy(update=fared)
    done = position(0).model_copy(update={"slices": (record,), "quality": QUALITY})
    Journal(tmp_path / "journal.jsonl", CountingDisk()).append(done)
    assert Journal(tmp_path / "journal.jsonl").history.done[0] == done
    report = record.report
    assert (report.index, report.share, report.likeness, report.brightness) == (0, 0.5, 0.2, 0.9)
    assert (report.shake_px, report.left_out, report.transform) == (3.5, "unaligned", record.transform)


def test_what_else_a_position_wrote_is_kept(tmp_path: Path) -> None:
    records = {kind: record_of(f"{kind}.png", kind.encode()) for kind in ("stack_without_35mm", "mask", "depth")}
    local = AT.astimezone(timezone(timedelta(hours=2)))
    proposal = SweepProposal(near=10.5, far=7.0, count=12)
    quality = QUALITY.model_copy(update={"proposal": proposal, "disagreement_px": 0.4})
    done = position(0).model_copy(update={**records, "taken_at": local, "quality": quality})
    Journal(tmp_path / "journal.jsonl", CountingDisk()).append(done)
    read = Journal(tmp_path / "journal.jsonl").history.done[0]
    assert read == done
    assert read.taken_at is not None
    assert read.taken_at.utcoffset() == timedelta(hours=2)


def test_positions_in_order_are_those_of_capture() -> None:
    history = History()
    for index in (2, 0, 11):
        history = history.after(position(index))
    assert [done.index for done in history.in_order] == [0, 2, 11]


def test_a_record_holds_no_infinities() -> None:
    with pytest.raises(ValidationError):
        position(0, took_s=float("nan"))
