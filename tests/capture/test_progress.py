"""Progress: honest numbers at every step."""

from datetime import UTC, datetime

import pytest

from scanner.capture.events import FinishReason, RunState, ScanStatus
from scanner.capture.progress import Progress
from scanner.clock import FakeClock


def _progress(clock: FakeClock, stacked: int = 0) -> tuple[Progress, list[ScanStatus]]:
    told: list[ScanStatus] = []
    start = ScanStatus(
        id="x",
        name="x",
        created_at=datetime.now(UTC),
        state=RunState.RUNNING,
        positions_total=10,
        stacked=stacked,
        stacked_positions=tuple(range(stacked)),
    )
    return Progress(start, clock, told.append), told


def test_there_is_no_estimate_before_a_position_was_timed() -> None:
    clock = FakeClock()
    progress, _ = _progress(clock)
    progress.capturing()
    progress.slice_captured()
    assert progress.status.eta_s is None


def test_the_estimate_is_the_pace_so_far() -> None:
    clock = FakeClock()
    progress, _ = _progress(clock)
    clock.sleep(30)  # looking for near and far is no part of the pace
    progress.capturing()
    clock.sleep(8)
    progress.position_stacked(0)
    clock.sleep(4)
    progress.position_stacked(1)
    assert progress.status.eta_s == pytest.approx(8 * 6)


def test_a_resumed_scan_counts_only_what_this_run_did() -> None:
    clock = FakeClock()
    progress, _ = _progress(clock, stacked=5)
    progress.capturing()
    clock.sleep(10)
    progress.position_stacked(5)
    assert progress.status.eta_s == pytest.approx(4 * 10)
    assert progress.status.stacked_positions == (0, 1, 2, 3, 4, 5)


def test_a_pause_is_neither_elapsed_nor_part_of_the_pace() -> None:
    clock = FakeClock()
    progress, _ = _progress(clock)
    progress.capturing()
    clock.sleep(10)
    progress.position_stacked(0)
    progress.update(state=RunState.PAUSED)
    assert progress.status.eta_s is None
    clock.sleep(3600)
    progress.update(state=RunState.RUNNING)
    assert progress.status.eta_s == pytest.approx(9 * 10)
    clock.sleep(10)
    progress.position_stacked(1)
    assert progress.status.eta_s == pytest.approx(8 * 10)
    assert progress.status.elapsed_s == pytest.approx(20)


def test_every_change_is_told_as_a_new_whole_snapshot() -> None:
    progress, told = _progress(FakeClock())
    progress.slice_captured()
    progress.position_captured()
    progress.finished(FinishReason.COMPLETED)
    assert [s.slices_done for s in told] == [1, 1, 1]
    assert (told[-1].state, told[-1].reason, told[-1].eta_s) == (RunState.FINISHED, FinishReason.COMPLETED, None)
    assert told[0].state == RunState.RUNNING


def test_flagged_positions_are_told_and_a_position_done_again_counts_as_the_last_time() -> None:
    progress, _ = _progress(FakeClock())
    told: list[tuple[int, ...]] = []
    for position, flagged in ((3, True), (1, True), (2, False), (3, False)):
        progress.position_stacked(position, flagged=flagged)
        told.append(progress.status.flagged)
    assert told == [(3,), (1, 3), (1, 3), (1,)]
    assert progress.status.stacked_positions == (1, 2, 3)
