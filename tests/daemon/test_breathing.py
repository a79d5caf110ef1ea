"""Breathing through the daemon: measured, kept for its camera alone, and used by the scans that begin with it."""

import json
from pathlib import Path

import pytest

from scanner.capture.breathing import breathing_of
from scanner.capture.calibration_data import BreathingCalibration, CalibrationPlan
from scanner.capture.events import FinishReason, RunState
from scanner.config import Settings
from scanner.daemon import Daemon
from scanner.errors import HardwareMissing, NotFound, PlanError, RigBusy, WrongState
from scanner.plan.scan import ScanPlan
from scanner.plan.sweep import SweepPlan
from scanner.store import layout
from scanner.store.scans import ScanStore
from tests.capture.fakes import FakeRig
from tests.daemon.runs import PLAN, finished, idle, interrupted, running, until

SMALL = CalibrationPlan(positions=2, near=12, far=9, count=5)


@pytest.fixture
def rig() -> FakeRig:
    rig = FakeRig()
    rig.camera.breathing, rig.camera.blur = 0.01, 0.5
    return rig


def calibrated(daemon: Daemon) -> BreathingCalibration:
    status = daemon.calibrations.breathing.calibrate(SMALL)
    assert status.activity.startswith("calibrating breathing: ")
    assert idle(daemon).problem is None
    return daemon.calibrations.breathing.calibration()


def files(settings: Settings) -> list[Path]:
    return sorted(layout.calibrations(settings.storage.data).iterdir())


def test_it_is_measured_told_of_and_there_after_a_restart(rig: FakeRig, settings: Settings) -> None:
    for daemon in running(rig, settings):
        assert not daemon.status().rig.calibrated
        found = calibrated(daemon)
        assert daemon.status().rig.calibrated
        assert found.camera.startswith("fake, 320 x 240 px, 4.74 mm")
    for daemon in running(FakeRig(), settings):
        assert daemon.status().rig.calibrated
        assert daemon.calibrations.breathing.calibration() == found


def test_listeners_are_told_each_step(daemon: Daemon) -> None:
    told: list[tuple[str, bool]] = []
    unsubscribe = daemon.subscribe(lambda status: told.append((status.rig.activity, status.rig.calibrated)))
    calibrated(daemon)
    unsubscribe()
    steps = list(dict.fromkeys(activity for activity, _ in told))
    assert [step for step in steps if "position" in step] == [
        f"calibrating breathing: position {i} of 2" for i in (1, 2)
    ]
    assert told[-1] == ("", True)


@pytest.mark.parametrize("change", [{"model": "other"}, {"width": 640}, {"focal_length_mm": 16.0}])
def test_another_camera_or_mode_is_not_calibrated(rig: FakeRig, settings: Settings, change: dict[str, object]) -> None:
    for daemon in running(rig, settings):
        calibrated(daemon)
    other = FakeRig()
    other.camera.facts = other.camera.facts.model_copy(update=change)
    for daemon in running(other, settings):
        assert not daemon.status().rig.calibrated
        with pytest.raises(NotFound, match="not calibrated for this camera"):
            daemon.calibrations.breathing.calibration()
        with pytest.raises(NotFound):
            daemon.calibrations.breathing.forget()
    assert len(files(settings)) == 1


def test_a_mirrored_picture_is_another_mode_and_back_again_it_is_known(daemon: Daemon) -> None:
    calibrated(daemon)
    unchanged = daemon.settings
    mirrored = Settings.model_validate({"rig": {"camera": {"hflip": True}}})
    daemon.setup.change(mirrored)
    assert not daemon.status().rig.calibrated
    daemon.setup.change(unchanged)
    assert daemon.status().rig.calibrated


def test_what_is_forgotten_is_gone(daemon: Daemon, settings: Settings) -> None:
    calibrated(daemon)
    daemon.calibrations.breathing.forget()
    assert not daemon.status().rig.calibrated
    assert files(settings) == []


def test_a_new_one_takes_the_place_of_the_old_one(daemon: Daemon, settings: Settings) -> None:
    first = calibrated(daemon)
    assert calibrated(daemon).measured_at > first.measured_at
    assert len(files(settings)) == 1


def test_while_it_runs_the_rig_is_busy_and_it_can_be_cancelled(daemon: Daemon, rig: FakeRig) -> None:
    rig.gate.clear()
    daemon.calibrations.breathing.calibrate(SMALL)
    assert rig.at_gate.wait(20)
    for job in (
        lambda: daemon.hand.move_focus(5),
        lambda: daemon.start_scan(PLAN),
        lambda: daemon.calibrations.breathing.calibrate(SMALL),
        lambda: daemon.setup.change(daemon.settings),
    ):
        with pytest.raises(RigBusy, match="busy calibrating breathing") as caught:
            job()
        assert caught.value.scan_id is None
    assert daemon.scans() == ()
    assert daemon.calibrations.cancel().activity
    rig.gate.set()
    assert idle(daemon).problem is None
    assert not daemon.status().rig.calibrated
    assert daemon.hand.move_focus(5).focus == 5


def test_it_does_not_start_while_a_scan_runs(daemon: Daemon, rig: FakeRig) -> None:
    rig.gate.clear()
    scan = daemon.start_scan(PLAN)
    with pytest.raises(RigBusy) as caught:
        daemon.calibrations.breathing.calibrate(SMALL)
    assert caught.value.scan_id == scan.id
    with pytest.raises(WrongState, match="No calibration is running"):
        daemon.calibrations.cancel()
    assert daemon.status().rig.activity == ""
    rig.gate.set()
    until(daemon, scan.id, finished)


def test_a_failure_stays_on_the_rig_until_it_is_used_again(daemon: Daemon, rig: FakeRig) -> None:
    rig.camera.fail_at = 9.0
    daemon.calibrations.breathing.calibrate(SMALL)
    problem = idle(daemon).problem
    assert problem is not None
    assert (problem.code, problem.hint) == ("lens-timeout", "Check the cable.")
    daemon.hand.preview()
    assert daemon.status().rig.problem == problem
    assert daemon.hand.move_focus(5).problem is None


def test_a_defect_ends_it_visibly_and_not_the_daemon(daemon: Daemon, rig: FakeRig) -> None:
    def broken() -> None:
        raise ValueError("a mistake")

    whole, rig.camera.before_capture = rig.camera.before_capture, broken
    daemon.calibrations.breathing.calibrate(SMALL)
    problem = idle(daemon).problem
    assert problem is not None
    assert (problem.code, problem.message) == ("internal", "Focusrig made a mistake: ValueError: a mistake")
    scan = until(daemon, daemon.start_scan(PLAN).id, finished)
    assert (scan.reason, scan.problem) == (FinishReason.FAILED, problem)
    rig.camera.before_capture = whole
    assert calibrated(daemon)


def test_the_daemon_stops_in_the_middle_of_one(rig: FakeRig, settings: Settings) -> None:
    for daemon in running(rig, settings):
        rig.gate.clear()
        daemon.calibrations.breathing.calibrate(SMALL)
        assert rig.at_gate.wait(20)
    assert not layout.calibrations(settings.storage.data).exists()


def test_a_plan_that_the_rig_cannot_run_is_refused(daemon: Daemon) -> None:
    with pytest.raises(PlanError, match="lens reaches"):
        daemon.calibrations.breathing.calibrate(CalibrationPlan(near=20, far=9))
    assert daemon.status().rig.activity == ""


def test_a_damaged_file_is_put_aside_and_told_and_never_a_crash(rig: FakeRig, settings: Settings) -> None:
    for daemon in running(rig, settings):
        calibrated(daemon)
    (file,) = files(settings)
    file.write_bytes(file.read_bytes().replace(b"power", b"qower"))
    for daemon in running(rig, settings):
        assert not daemon.status().rig.calibrated
        (notice,) = daemon.status().notices
        assert "put aside" in notice.message
        calibrated(daemon)
        assert daemon.status().notices == ()


def test_one_of_another_version_is_told_and_can_be_replaced(rig: FakeRig, settings: Settings) -> None:
    for daemon in running(rig, settings):
        calibrated(daemon)
    (file,) = files(settings)
    document = json.loads(file.read_bytes())
    del document["check"], document["content"]["power"]
    file.write_text(json.dumps(document))
    for daemon in running(rig, settings):
        (notice,) = daemon.status().notices
        assert "another version" in notice.message
        daemon.calibrations.breathing.forget()
        assert (daemon.status().notices, files(settings)) == ((), [])


def test_without_an_open_rig_nothing_is_known_or_done(settings: Settings) -> None:
    daemon = Daemon(settings)
    assert not daemon.status().rig.calibrated
    with pytest.raises(HardwareMissing):
        daemon.calibrations.breathing.calibrate(SMALL)
    daemon.close()


def transforms(daemon: Daemon, scan_id: str) -> dict[int, set[object]]:
    """By slice: the different transforms it was laid down with over all positions."""
    found: dict[int, set[object]] = {}
    for report in daemon.files.positions(scan_id):
        for slice_ in report.slices:
            found.setdefault(slice_.index, set()).add(slice_.transform)
    return found


def test_a_scan_has_one_transform_per_lens_position_and_says_whose(daemon: Daemon) -> None:
    plain = until(daemon, daemon.start_scan(PLAN).id, finished)
    assert daemon.files.manifest(plain.id).scan.breathing is None
    known = calibrated(daemon)
    scan = until(daemon, daemon.start_scan(PLAN).id, finished)
    assert scan.reason == FinishReason.COMPLETED
    assert daemon.files.manifest(scan.id).scan.breathing == known.model_dump(mode="json")
    assert {len(different) for different in transforms(daemon, scan.id).values()} == {1}


def test_a_camera_that_does_not_report_its_lens_is_taken_at_its_word(daemon: Daemon, rig: FakeRig) -> None:
    known = calibrated(daemon)
    rig.camera.tells_lens = False
    scan = until(daemon, daemon.start_scan(PLAN).id, finished)
    assert {len(different) for different in transforms(daemon, scan.id).values()} == {1}
    nearest = daemon.files.positions(scan.id)[0].slices[0]
    assert (nearest.focus_asked, nearest.focus) == (12, None)
    assert nearest.transform[0][0] == pytest.approx(breathing_of(known).similarity(12, 10, (320, 240)).scale)


def test_a_scan_goes_on_with_the_calibration_it_began_with(rig: FakeRig, settings: Settings) -> None:
    for daemon in running(rig, settings):
        first = calibrated(daemon)
        scan = daemon.start_scan(PLAN)
        until(daemon, scan.id, lambda status: status.stacked >= 1)
    for daemon in running(rig, settings):
        rig.camera.breathing = 0.0
        assert calibrated(daemon).power != first.power
        rig.camera.breathing = 0.01
        if daemon.scan(scan.id).state != RunState.FINISHED:
            daemon.resume(scan.id)
        until(daemon, scan.id, finished)
        assert daemon.files.manifest(scan.id).scan.breathing == first.model_dump(mode="json")
        assert {len(different) for different in transforms(daemon, scan.id).values()} == {1}
        assert daemon.scan(scan.id).stacked == 3


def test_a_scan_does_not_go_on_with_a_calibration_of_another_mode(daemon: Daemon, rig: FakeRig) -> None:
    calibrated(daemon)
    rig.camera.fail_at = 9.0
    scan = until(daemon, daemon.start_scan(PLAN).id, interrupted)
    rig.camera.fail_at = None
    unchanged = daemon.settings
    daemon.setup.change(Settings.model_validate({"rig": {"camera": {"vflip": True}}}))
    with pytest.raises(WrongState, match="another camera: vflip was False, is True"):
        daemon.resume(scan.id)
    daemon.setup.change(unchanged)
    daemon.resume(scan.id)
    assert until(daemon, scan.id, finished).reason == FinishReason.COMPLETED


def test_a_calibration_of_another_version_in_a_manifest_ends_the_scan_in_words(
    daemon: Daemon, rig: FakeRig, settings: Settings
) -> None:
    rig.camera.fail_at = 9.0
    scan = until(daemon, daemon.start_scan(PLAN).id, interrupted)
    folder = ScanStore(settings.storage.data, daemon.clock).open(scan.id)
    folder.save_manifest(folder.manifest.model_copy(update={"breathing": {"strength": 1}}))
    rig.camera.fail_at = None
    daemon.close()
    for again in running(rig, settings):
        again.resume(scan.id)
        problem = until(again, scan.id, finished).problem
        assert problem is not None
        assert (problem.code, "another version" in problem.message) == ("corrupt-state", True)


def test_a_scan_that_began_without_one_goes_on_without(rig: FakeRig, settings: Settings) -> None:
    rig.camera.fail_at = 9.0
    for daemon in running(rig, settings):
        scan = until(daemon, daemon.start_scan(PLAN).id, interrupted)
        rig.camera.fail_at = None
        calibrated(daemon)
        daemon.resume(scan.id)
        assert until(daemon, scan.id, finished).reason == FinishReason.COMPLETED
        assert daemon.files.manifest(scan.id).scan.breathing is None


def test_a_rig_with_fixed_focus_is_refused_at_once(settings: Settings) -> None:
    for daemon in running(FakeRig(drive="fixed"), settings):
        with pytest.raises(PlanError, match="fixed focus: there is no sweep"):
            daemon.calibrations.breathing.calibrate(SMALL)
        assert daemon.status().rig.activity == ""


def around(count: int, **stacking: object) -> ScanPlan:
    """A plan of `count` positions with five slices."""
    return PLAN.model_validate(
        PLAN.model_dump(mode="json")
        | {
            "path": {"rings": [{"tilt_deg": 10, "count": count}]},
            "sweep": {"near": 12, "far": 9, "count": 5},
            "stacking": stacking,
        }
    )


def test_the_first_scan_of_a_lens_begins_with_a_calibration_and_the_next_ones_use_it(
    daemon: Daemon, rig: FakeRig
) -> None:
    told: list[str] = []
    unsubscribe = daemon.subscribe(lambda status: told.append(status.scan.activity if status.scan else ""))
    first = until(daemon, daemon.start_scan(around(4)).id, finished)
    unsubscribe()
    assert (first.reason, first.geometry) == (FinishReason.COMPLETED, "calibrated")
    assert len(rig.log.values("capture")) == (2 + 4) * 5
    assert {f"calibrating breathing: position {i} of 2" for i in (1, 2)} < set(told)
    found = daemon.calibrations.breathing.calibration()
    assert daemon.files.manifest(first.id).scan.breathing == found.model_dump(mode="json")
    second = until(daemon, daemon.start_scan(around(4)).id, finished)
    assert second.geometry == "calibrated"
    assert len(rig.log.values("capture")) == (2 + 4 + 4) * 5


def test_all_positions_of_a_scan_have_the_same_transform_per_lens_position(daemon: Daemon) -> None:
    scan = until(daemon, daemon.start_scan(around(5)).id, finished)
    transforms = {tuple(each.transform for each in position.slices) for position in daemon.files.positions(scan.id)}
    assert len(transforms) == 1


def test_what_a_person_had_measured_is_not_replaced_by_a_scan(daemon: Daemon) -> None:
    measured = calibrated(daemon)
    elsewhere = around(4).model_copy(update={"sweep": SweepPlan(near=4, far=2, count=5)})
    until(daemon, daemon.start_scan(elsewhere).id, finished)
    assert daemon.calibrations.breathing.calibration() == measured


def test_a_plan_may_do_without(daemon: Daemon, rig: FakeRig) -> None:
    calibrated(daemon)
    before = len(rig.log.values("capture"))
    scan = until(daemon, daemon.start_scan(around(4, breathing="off")).id, finished)
    assert scan.geometry == "each"
    assert len(rig.log.values("capture")) - before == 4 * 5


def test_a_scan_that_is_stopped_in_its_calibration_begins_it_again(rig: FakeRig, settings: Settings) -> None:
    for daemon in running(rig, settings):
        rig.gate.clear()
        scan = daemon.start_scan(around(4))
        assert rig.at_gate.wait(20)
    rig.gate.set()
    for daemon in running(rig, settings):
        assert daemon.scan(scan.id).state == RunState.PAUSED
        daemon.resume(scan.id)
        assert until(daemon, scan.id, finished).geometry == "calibrated"


def test_a_disk_that_cannot_keep_it_does_not_stop_the_scan(daemon: Daemon, settings: Settings) -> None:
    layout.calibrations(settings.storage.data).write_text("in the way")
    scan = until(daemon, daemon.start_scan(around(4)).id, finished)
    assert (scan.reason, scan.geometry) == (FinishReason.COMPLETED, "calibrated")
    assert not daemon.status().rig.calibrated
