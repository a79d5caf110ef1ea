"""The focus scale through the daemon: measured target by target, kept for its camera alone, and told."""

from pathlib import Path

import pytest

from scanner.capture.focus_scale import FocusCalibration, FocusTarget
from scanner.config import Settings
from scanner.daemon import Daemon
from scanner.errors import HardwareMissing, NotFound, PlanError, RigBusy, WrongState
from scanner.store import layout
from tests.capture.fakes import FakeRig
from tests.capture.flat import FlatRig
from tests.daemon.runs import PLAN, idle, running


@pytest.fixture
def rig() -> FlatRig:
    return FlatRig()


def measured(daemon: Daemon, rig: FlatRig, distance: float) -> FocusCalibration:
    """The calibration after one more target."""
    rig.target(distance)
    status = daemon.calibrations.focus.calibrate(FocusTarget(distance_mm=distance))
    assert status.activity.startswith("calibrating focus: ")
    assert idle(daemon).problem is None
    return daemon.calibrations.focus.calibration()


def files(settings: Settings) -> list[Path]:
    return sorted(layout.calibrations(settings.storage.data).iterdir())


def serial(rig: FlatRig, number: str) -> FlatRig:
    rig.camera.facts = rig.camera.facts.model_copy(update={"serial": number})
    return rig


def test_uncalibrated_until_there_are_two_distances(daemon: Daemon, rig: FlatRig) -> None:
    with pytest.raises(NotFound, match="not calibrated") as caught:
        daemon.calibrations.focus.calibration()
    assert "focusrig calibrate focus" in caught.value.hint
    assert daemon.status().rig.focus_scale is None
    first = measured(daemon, rig, 120)
    assert [point.distance_mm for point in first.points] == [120]
    assert first.camera == "focus scale, fake, offset 0, scale 1"
    assert daemon.status().rig.focus_scale is None
    measured(daemon, rig, 300)
    scale = daemon.status().rig.focus_scale
    assert scale is not None
    assert scale.offset == pytest.approx(0.4, abs=0.05)
    assert scale.slope == pytest.approx(1.3, rel=0.01)
    assert not daemon.status().rig.calibrated, "breathing is another calibration"


def test_it_is_kept_for_one_camera_alone_and_survives_a_restart(settings: Settings) -> None:
    one = serial(FlatRig(), "1")
    for daemon in running(one, settings):
        measured(daemon, one, 120)
    for daemon in running(one, settings):
        measured(daemon, one, 300)
        known = daemon.calibrations.focus.calibration()
        assert len(known.points) == 2
    for daemon in running(serial(FlatRig(), "2"), settings):
        assert daemon.status().rig.focus_scale is None
        with pytest.raises(NotFound):
            daemon.calibrations.focus.calibration()
    for daemon in running(serial(FlatRig(), "1"), settings):
        assert daemon.calibrations.focus.calibration() == known
        assert daemon.status().rig.focus_scale == known.scale
    assert len(files(settings)) == 1


def test_what_is_forgotten_is_gone(daemon: Daemon, rig: FlatRig, settings: Settings) -> None:
    with pytest.raises(NotFound):
        daemon.calibrations.focus.forget()
    measured(daemon, rig, 120)
    measured(daemon, rig, 300)
    daemon.calibrations.focus.forget()
    assert daemon.status().rig.focus_scale is None
    assert files(settings) == []
    assert len(measured(daemon, rig, 200).points) == 1


def test_the_same_distance_again_takes_the_place_of_the_point(daemon: Daemon, rig: FlatRig) -> None:
    measured(daemon, rig, 120)
    rig.target(120, offset=0.0)
    daemon.calibrations.focus.calibrate(FocusTarget(distance_mm=120))
    idle(daemon)
    (point,) = daemon.calibrations.focus.calibration().points
    assert point.focus == pytest.approx(1.3 * 1000 / 120, abs=0.03)


def test_a_distance_that_contradicts_the_others_is_not_kept(daemon: Daemon, rig: FlatRig) -> None:
    known = measured(daemon, rig, 120)
    daemon.calibrations.focus.calibrate(FocusTarget(distance_mm=300))
    problem = idle(daemon).problem
    assert problem is not None
    assert (problem.code, "contradicts" in problem.message) == ("calibration-failed", True)
    assert daemon.calibrations.focus.calibration() == known


def test_a_failure_leaves_what_was_known(daemon: Daemon, rig: FlatRig) -> None:
    known = measured(daemon, rig, 120)
    rig.camera.part = (slice(0), slice(0))
    daemon.calibrations.focus.calibrate(FocusTarget(distance_mm=300))
    problem = idle(daemon).problem
    assert problem is not None
    assert "Nothing in the middle" in problem.message
    assert daemon.calibrations.focus.calibration() == known


def test_while_it_runs_the_rig_is_busy_and_it_can_be_cancelled(daemon: Daemon, rig: FlatRig) -> None:
    rig.gate.clear()
    daemon.calibrations.focus.calibrate(FocusTarget(distance_mm=120))
    assert rig.at_gate.wait(20)
    for job in (
        lambda: daemon.hand.move_focus(5),
        lambda: daemon.start_scan(PLAN),
        lambda: daemon.calibrations.focus.calibrate(FocusTarget(distance_mm=120)),
        lambda: daemon.setup.change(daemon.settings),
    ):
        with pytest.raises(RigBusy, match="busy calibrating focus"):
            job()
    assert daemon.calibrations.cancel().activity
    rig.gate.set()
    assert idle(daemon).problem is None
    with pytest.raises(NotFound):
        daemon.calibrations.focus.calibration()
    with pytest.raises(WrongState):
        daemon.calibrations.cancel()


@pytest.mark.parametrize("drive", ["rail", "fixed"])
def test_only_a_lens_has_a_scale(drive: str, settings: Settings) -> None:
    for daemon in running(FakeRig(drive=drive), settings):  # type: ignore[arg-type]
        with pytest.raises(PlanError, match="does not focus by a lens"):
            daemon.calibrations.focus.calibrate(FocusTarget(distance_mm=120))
        assert (daemon.status().rig.activity, daemon.status().rig.focus_scale) == ("", None)


def test_a_damaged_file_is_told_and_measured_anew(rig: FlatRig, settings: Settings) -> None:
    for daemon in running(rig, settings):
        measured(daemon, rig, 120)
    (file,) = files(settings)
    file.write_bytes(file.read_bytes().replace(b"points", b"pointz"))
    for daemon in running(rig, settings):
        assert daemon.status().rig.focus_scale is None
        (notice,) = daemon.status().notices
        assert "put aside" in notice.message
        measured(daemon, rig, 120)
        assert daemon.status().notices == ()


def test_without_an_open_rig_nothing_is_known_or_done(settings: Settings) -> None:
    daemon = Daemon(settings)
    assert daemon.status().rig.focus_scale is None
    with pytest.raises(HardwareMissing):
        daemon.calibrations.focus.calibrate(FocusTarget(distance_mm=120))
    daemon.close()
