"""The daemon on a rig that answers at once: scans from start to end, and everything that can come between."""

import json
import shutil
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Literal

import pytest

from scanner.capture.events import FinishReason, RunState, ScanStatus, Status
from scanner.clock import SystemClock
from scanner.config import Settings
from scanner.daemon import Daemon
from scanner.errors import (
    HardwareMissing,
    NoSpace,
    NotFound,
    PlanError,
    RigBusy,
    StoreError,
    WrongState,
)
from scanner.plan.scan import ScanPlan
from tests.capture.fakes import LOOK, FakeRig
from tests.daemon.runs import PLAN, finished, interrupted, running, until, wait


def test_a_scan_runs_to_its_end_and_gives_one_image_a_position(daemon: Daemon, rig: FakeRig) -> None:
    started = daemon.start_scan(PLAN)
    assert (started.state, started.positions_total, started.slices_total) == (RunState.RUNNING, 3, None)
    status = until(daemon, started.id, finished)
    assert status.reason == FinishReason.COMPLETED
    assert (status.positions_done, status.slices_done, status.slices_total, status.stacked) == (3, 12, 12, 3)
    assert status.problem is None
    assert status.exposure == LOOK
    assert rig.log.values("turntable")[-3:] == [0, 120, 240]
    with zipfile.ZipFile(BytesIO(b"".join(daemon.files.stacks_archive(started.id).read()))) as archive:
        assert archive.testzip() is None
        assert [n for n in archive.namelist() if n.endswith(".jpg")] == [
            f"images/{started.id}_000{i}.jpg" for i in range(3)
        ]
    with zipfile.ZipFile(BytesIO(b"".join(daemon.files.slices_archive(started.id).read()))) as archive:
        assert len(archive.namelist()) == 12


def test_the_journal_keeps_what_each_slice_was_really_taken_with(daemon: Daemon, settings: Settings) -> None:
    scan = until(daemon, daemon.start_scan(PLAN).id, finished)
    lines = (settings.storage.data / "scans" / scan.id / "journal.jsonl").read_text().splitlines()
    done = [record for record in map(json.loads, lines) if record["event"] == "position-done"]
    assert [record["index"] for record in done] == [0, 1, 2]
    assert [s["focus"] for s in done[0]["slices"]] == [12, 11, 10, 9]
    assert [s["transform"] for s in done[0]["slices"]][2] == [[1, 0, 0], [0, 1, 0]]


def test_look_and_axes_are_fixed_before_the_first_position(daemon: Daemon, rig: FakeRig) -> None:
    until(daemon, daemon.start_scan(PLAN).id, finished)
    names = [name for name, _ in rig.log.calls]
    assert names.index("home turntable") < names.index("lock") < names.index("capture")
    assert "home tilt" not in names
    assert names.count("lock") == 1


def test_auto_near_and_far_are_found_before_the_first_position_and_stay(daemon: Daemon) -> None:
    plan = PLAN.model_copy(update={"sweep": PLAN.sweep.model_copy(update={"near": "auto", "far": "auto"})})
    scan = until(daemon, daemon.start_scan(plan).id, finished)
    assert scan.reason == FinishReason.COMPLETED
    assert scan.sweep is not None
    assert scan.sweep.near == pytest.approx(11.25, abs=0.7)
    assert scan.sweep.far == pytest.approx(9.75, abs=0.7)


def test_a_second_start_is_refused_with_the_scan_that_holds_the_rig(daemon: Daemon, rig: FakeRig) -> None:
    rig.gate.clear()
    first = daemon.start_scan(PLAN)
    with pytest.raises(RigBusy) as caught:
        daemon.start_scan(PLAN)
    assert caught.value.scan_id == first.id
    with pytest.raises(RigBusy):
        daemon.hand.move_focus(5)
    rig.gate.set()
    until(daemon, first.id, finished)
    assert len(daemon.scans()) == 1
    until(daemon, daemon.start_scan(PLAN).id, finished)


def test_pause_holds_before_the_next_slice_and_resume_goes_on(daemon: Daemon, rig: FakeRig) -> None:
    rig.gate.clear()
    scan = daemon.start_scan(PLAN)
    assert rig.at_gate.wait(20)
    assert daemon.pause(scan.id).state == RunState.PAUSED
    rig.gate.set()
    until(daemon, scan.id, lambda status: status.slices_done == 1)
    assert daemon.scan(scan.id).state == RunState.PAUSED
    with pytest.raises(WrongState):
        daemon.pause(scan.id)
    daemon.resume(scan.id)
    assert until(daemon, scan.id, finished).reason == FinishReason.COMPLETED


def test_a_pause_right_after_the_start_is_not_lost(daemon: Daemon, rig: FakeRig) -> None:
    rig.gate.clear()
    scan = daemon.start_scan(PLAN)
    daemon.pause(scan.id)
    rig.gate.set()
    until(daemon, scan.id, lambda status: status.activity != "starting")
    assert daemon.scan(scan.id).state == RunState.PAUSED
    daemon.resume(scan.id)
    assert until(daemon, scan.id, finished).stacked == 3


def test_cancel_keeps_what_is_stacked(daemon: Daemon) -> None:
    scan = daemon.start_scan(PLAN)
    until(daemon, scan.id, lambda status: status.stacked >= 1)
    daemon.cancel(scan.id)
    status = until(daemon, scan.id, finished)
    assert status.reason in (FinishReason.CANCELLED, FinishReason.COMPLETED)
    assert daemon.files.stack_path(scan.id, 0).stat().st_size > 1000
    with pytest.raises(WrongState):
        daemon.resume(scan.id)


def test_cancel_while_paused_ends_the_scan(daemon: Daemon, rig: FakeRig) -> None:
    rig.gate.clear()
    scan = daemon.start_scan(PLAN)
    daemon.pause(scan.id)
    daemon.cancel(scan.id)
    rig.gate.set()
    assert until(daemon, scan.id, finished).reason == FinishReason.CANCELLED


def test_a_lens_that_does_not_arrive_interrupts_the_scan_in_words_and_it_can_be_resumed(
    daemon: Daemon, rig: FakeRig
) -> None:
    rig.camera.fail_at = 9.0
    status = until(daemon, daemon.start_scan(PLAN).id, interrupted)
    assert (status.state, status.reason) == (RunState.PAUSED, None)
    assert status.problem is not None
    assert (status.problem.code, status.problem.hint) == ("lens-timeout", "Check the cable.")
    rig.camera.fail_at = None
    daemon.resume(status.id)
    again = until(daemon, status.id, finished)
    assert (again.reason, again.stacked, again.problem) == (FinishReason.COMPLETED, 3, None)


def test_a_scan_whose_plan_is_at_fault_fails_in_words_and_is_not_resumed(daemon: Daemon, rig: FakeRig) -> None:
    """What cannot be known before the sweep is: whether the reference slice is in it."""
    plan = ScanPlan.model_validate(PLAN.model_dump() | {"sweep": {}, "stacking": {"reference": 3}})
    status = until(daemon, daemon.start_scan(plan).id, finished)
    assert (status.reason, status.slices_done) == (FinishReason.FAILED, 0)
    assert status.problem is not None
    assert status.problem.code == "plan"
    assert "reference slice 3 is not among" in status.problem.message
    looked = len(rig.log.values("capture"))
    with pytest.raises(WrongState, match="plan of this scan is at fault: The reference slice 3") as refused:
        daemon.resume(status.id)
    assert refused.value.hint == "Start a new one."
    assert len(rig.log.values("capture")) == looked


def test_a_scan_is_resumed_after_a_restart_where_it_stood(rig: FakeRig, settings: Settings) -> None:
    for daemon in running(rig, settings):
        scan = daemon.start_scan(PLAN)
        until(daemon, scan.id, lambda status: status.stacked >= 1)
        stacked = daemon.files.stack_path(scan.id, 0).read_bytes()
    rig = FakeRig()
    for daemon in running(rig, settings):
        (found,) = daemon.scans()
        if found.reason != FinishReason.COMPLETED:
            assert (found.id, found.state) == (scan.id, RunState.PAUSED)
            assert found.problem is not None
            daemon.resume(scan.id)
        status = until(daemon, scan.id, finished)
        assert (status.reason, status.stacked) == (FinishReason.COMPLETED, 3)
        assert daemon.files.stack_path(scan.id, 0).read_bytes() == stacked
        assert 0.0 not in rig.log.values("turntable")[1:], "a position that was done is not taken again"


def test_a_scan_goes_on_only_with_the_camera_it_began_with(rig: FakeRig, settings: Settings) -> None:
    for daemon in running(rig, settings):
        rig.camera.fail_at = 9.0
        scan = until(daemon, daemon.start_scan(PLAN).id, interrupted)
    rig = FakeRig()
    rig.camera.facts = rig.camera.facts.model_copy(update={"width": 640})
    for daemon in running(rig, settings):
        with pytest.raises(WrongState, match="another camera: width was 320, is 640"):
            daemon.resume(scan.id)


@pytest.mark.parametrize("drive", ["rail", "fixed"])
def test_a_scan_goes_on_only_with_the_focus_drive_it_began_with(
    rig: FakeRig, settings: Settings, drive: Literal["rail", "fixed"]
) -> None:
    """12 D are not 12 mm."""
    for daemon in running(rig, settings):
        rig.camera.fail_at = 9.0
        scan = until(daemon, daemon.start_scan(PLAN).id, interrupted)
    for daemon in running(FakeRig(drive=drive), settings):
        with pytest.raises(WrongState, match=f"another drive: it was lens, is {drive}"):
            daemon.resume(scan.id)


def test_a_disk_that_takes_nothing_more_ends_the_scan_visibly_and_not_the_daemon(
    daemon: Daemon, rig: FakeRig, settings: Settings
) -> None:
    rig.gate.clear()
    scan = daemon.start_scan(PLAN)
    assert rig.at_gate.wait(20)
    folder = settings.storage.data / "scans" / scan.id
    shutil.rmtree(folder)
    folder.write_text("in the way")
    rig.gate.set()

    def told() -> ScanStatus:
        status = daemon.status().scan
        assert status is not None
        return status

    wait(daemon, lambda: finished(told()))
    problem = told().problem
    assert problem is not None
    assert (told().reason, problem.code) == (FinishReason.FAILED, "store")
    assert daemon.hand.move_focus(5).focus == 5


def test_elapsed_time_is_the_same_before_and_after_a_restart(rig: FakeRig, settings: Settings) -> None:
    for daemon in running(rig, settings):
        scan = until(daemon, daemon.start_scan(PLAN).id, finished)
        told = daemon.status().scan
        assert told is not None
        assert daemon.scan(scan.id).elapsed_s == pytest.approx(told.elapsed_s, abs=0.5)
    for daemon in running(FakeRig(), settings):
        assert daemon.scan(scan.id).elapsed_s == pytest.approx(scan.elapsed_s, abs=0.5)


def test_the_rig_is_told_of_while_a_scan_runs(daemon: Daemon, rig: FakeRig) -> None:
    seen: list[Status] = []
    unsubscribe = daemon.subscribe(seen.append)
    until(daemon, daemon.start_scan(PLAN).id, finished)
    unsubscribe()
    assert {12, 11, 10, 9} <= {status.rig.focus for status in seen}
    assert {120, 240} <= {status.rig.axes["turntable"] for status in seen}
    assert seen[-1].rig.exposure == rig.camera.locked


def test_the_lamp_is_on_for_the_scan_and_off_again(daemon: Daemon) -> None:
    lamp: list[float | None] = []
    daemon.hand.set_light(0)
    unsubscribe = daemon.subscribe(lambda status: lamp.append(status.rig.light))
    until(daemon, daemon.start_scan(PLAN).id, finished)
    unsubscribe()
    daemon.hand.move_focus(5)
    assert 1.0 in lamp
    assert daemon.status().rig.light == 0


def test_a_data_folder_that_is_a_file_is_named(rig: FakeRig, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("")
    daemon = Daemon(
        Settings.model_validate({"storage": {"data": tmp_path / "f"}}), SystemClock(), lambda _s, _c: rig.open()
    )
    with pytest.raises(StoreError, match="is a file, not a folder"):
        daemon.start()
    daemon.close()


def test_a_scan_that_cannot_fit_is_refused_with_numbers(rig: FakeRig, settings: Settings) -> None:
    full = settings.model_copy(update={"storage": settings.storage.model_copy(update={"reserve_mb": 1_000_000})})
    for daemon in running(rig, full):
        for plan in (PLAN, ScanPlan()):
            with pytest.raises(NoSpace, match=r"needs up to \d+ MB; 0 MB are free"):
                daemon.start_scan(plan)
        assert daemon.scans() == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"sweep": {"near": 16, "far": 9, "count": 4}},
        {"path": {"kind": "rings", "rings": [{"tilt_deg": 80}]}},
    ],
)
def test_a_plan_outside_the_limits_is_refused_and_leaves_nothing(daemon: Daemon, wrong: dict[str, object]) -> None:
    with pytest.raises(PlanError):
        daemon.start_scan(ScanPlan.model_validate(wrong))
    assert daemon.scans() == ()


def test_delete_removes_the_folder_but_not_while_it_runs(daemon: Daemon, rig: FakeRig, settings: Settings) -> None:
    rig.gate.clear()
    scan = daemon.start_scan(PLAN)
    with pytest.raises(WrongState):
        daemon.delete(scan.id)
    rig.gate.set()
    until(daemon, scan.id, finished)
    revision = daemon.status().scans_revision
    daemon.delete(scan.id)
    assert daemon.scans() == ()
    assert daemon.status().scan is None
    assert daemon.status().scans_revision > revision
    assert list((settings.storage.data / "scans").iterdir()) == []
    with pytest.raises(NotFound):
        daemon.scan(scan.id)


def test_a_rig_that_does_not_open_says_why(settings: Settings) -> None:
    def missing(_settings: object, _clock: object) -> None:
        raise HardwareMissing("No camera.", "Plug it in.")

    daemon = Daemon(settings, SystemClock(), missing)  # type: ignore[arg-type]
    daemon.start()
    problem = daemon.status().rig.problem
    assert problem is not None
    assert (problem.code, problem.hint) == ("hardware-missing", "Plug it in.")
    with pytest.raises(HardwareMissing, match="not open: No camera"):
        daemon.hand.move_focus(5)
    daemon.close()


def test_a_scan_that_fails_at_once_is_not_told_of_asrunning(daemon: Daemon, rig: FakeRig) -> None:
    rig.camera.blur = 40.0
    nowhere = ScanPlan.model_validate(PLAN.model_dump() | {"sweep": {"near": 5}})
    for _ in range(4):
        scan = until(daemon, daemon.start_scan(nowhere).id, finished)
        told = daemon.status().scan
        assert told is not None
        assert (told.id, told.state, told.reason) == (scan.id, RunState.FINISHED, FinishReason.FAILED)
