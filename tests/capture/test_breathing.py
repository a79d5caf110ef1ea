"""Calibrating breathing on a rig that answers at once: what is asked of it, and what comes out."""

from collections.abc import Callable

import pytest

from scanner.capture.breathing import BreathingMeasurement, BreathingSweeps, breathing_of, calibrated_at, scan_plan
from scanner.capture.calibration import CalibrationRun
from scanner.capture.calibration_data import BreathingCalibration, CalibrationPlan
from scanner.capture.preview import PreviewFeed
from scanner.clock import FakeClock
from scanner.errors import NoSpace, PlanError
from scanner.hardware.protocols import Exposure
from scanner.plan.scan import ScanPlan
from tests.capture.fakes import LOOK, FakeRig

PLAN = CalibrationPlan(positions=3, near=12, far=9, count=5)
GROWTH = 0.01


class Watched:
    """A calibration with what it told on the way."""

    def __init__(self, rig: FakeRig, plan: CalibrationPlan = PLAN) -> None:
        self.found: list[BreathingCalibration] = []
        self.told: list[str] = []
        self.looks: list[Exposure] = []
        self.at: Callable[[str], None] = lambda _activity: None
        self.keep: Callable[[BreathingCalibration], None] = self.found.append
        self._rig = rig.open()
        measurement = BreathingMeasurement(plan, BreathingSweeps("fake", PreviewFeed(), FakeClock()))
        self.run = CalibrationRun(measurement, self._found)

    def __call__(self) -> "Watched":
        self.run.run(self._rig, self._seen)
        assert self.run.over
        return self

    def _found(self, found: BreathingCalibration) -> None:
        self.keep(found)

    def _seen(self, exposure: Exposure | None) -> None:
        self.looks += [exposure] if exposure else []
        if not self.told or self.told[-1] != self.run.activity:
            self.told.append(self.run.activity)
            self.at(self.run.activity)


@pytest.fixture
def rig() -> FakeRig:
    rig = FakeRig()
    rig.camera.breathing, rig.camera.blur = GROWTH, 0.5
    return rig


def test_it_finds_how_the_picture_grows(rig: FakeRig) -> None:
    watched = Watched(rig)()
    assert watched.run.problem is None
    (found,) = watched.found
    breathing = breathing_of(found)
    grown = breathing.similarity(12, 9, (320, 240)).scale
    assert grown == pytest.approx((1 + 1.5 * GROWTH) / (1 - 1.5 * GROWTH), abs=0.0003)
    assert found.centre == pytest.approx((0, 0), abs=0.01)
    assert (found.positions, found.slices, found.camera) == (3, 12, "fake")
    assert (found.sweep.near, found.sweep.far, found.sweep.count, found.sweep.reference) == (12, 9, 5, 2)
    assert found.measured_at == FakeClock().now().replace(microsecond=found.measured_at.microsecond)


def test_it_goes_once_round_and_tells_how_far_it_is(rig: FakeRig) -> None:
    watched = Watched(rig)()
    assert rig.log.values("turntable") == [0, 0, 120, 240]
    assert set(rig.log.values("tilt")) == {20}
    assert watched.told == [
        f"calibrating breathing: {step}"
        for step in (
            "finding the zero of the axes",
            "locking the exposure",
            "position 1 of 3",
            "position 2 of 3",
            "position 3 of 3",
        )
    ]
    assert watched.looks == [LOOK]
    assert rig.log.values("capture") == [10.5, 12, 11.25, 9.75, 9] * 3


def test_the_look_is_locked_once_before_the_first_slice(rig: FakeRig) -> None:
    Watched(rig)()
    names = [name for name, _ in rig.log.calls]
    assert names.index("home turntable") < names.index("lock") < names.index("capture")
    assert (names.count("lock"), names.count("capture")) == (1, 15)


def test_near_and_far_are_found_as_in_a_scan(rig: FakeRig) -> None:
    rig.camera.breathing, rig.camera.blur = 0.0, 1.0
    watched = Watched(rig, CalibrationPlan(positions=2, count=6))()
    assert "calibrating breathing: looking for near and far" in watched.told
    sweep = [focus for focus in rig.log.values("capture")[-12:] if focus is not None]
    assert max(sweep) == pytest.approx(11.25, abs=0.7)
    assert min(sweep) == pytest.approx(9.75, abs=0.7)


def test_a_slice_that_cannot_be_aligned_is_passed_over(rig: FakeRig) -> None:
    rig.camera.strange_at = (9.75,)
    watched = Watched(rig)()
    (found,) = watched.found
    assert found.slices == 9
    assert breathing_of(found).similarity(12, 9, (320, 240)).scale == pytest.approx(1.0305, abs=0.0005)


def test_a_camera_that_does_not_report_its_lens_is_taken_at_its_word(rig: FakeRig) -> None:
    rig.camera.tells_lens = False
    (found,) = Watched(rig)().found
    assert breathing_of(found).similarity(12, 9, (320, 240)).scale == pytest.approx(1.0305, abs=0.0005)


def test_too_little_to_go_by_is_told_in_words(rig: FakeRig) -> None:
    watched = Watched(rig, CalibrationPlan(positions=2, near=12, far=9, count=2))()
    assert watched.found == []
    assert watched.run.problem is not None
    assert watched.run.problem.code == "calibration-failed"
    assert watched.run.problem.hint


def test_a_lens_that_does_not_arrive_ends_it_with_the_problem_of_the_lens(rig: FakeRig) -> None:
    rig.camera.fail_at = 9.75
    watched = Watched(rig)()
    assert watched.found == []
    assert watched.run.problem is not None
    assert (watched.run.problem.code, watched.run.problem.hint) == ("lens-timeout", "Check the cable.")


def test_what_cannot_be_stored_is_a_problem(rig: FakeRig) -> None:
    def full(_found: BreathingCalibration) -> None:
        raise NoSpace("The disk is full.")

    watched = Watched(rig)
    watched.keep = full
    problem = watched().run.problem
    assert problem is not None
    assert problem.code == "no-space"


def test_cancelled_after_the_last_slice_it_changes_nothing_either(rig: FakeRig) -> None:
    watched = Watched(rig)
    rig.camera.before_capture = lambda: watched.run.cancel() if len(rig.log.values("capture")) == 14 else None
    watched()
    assert (watched.found, watched.run.problem) == ([], None)
    assert len(rig.log.values("capture")) == 15


@pytest.mark.parametrize("at", ["finding the zero of the axes", "position 2 of 3"])
def test_cancel_ends_it_before_the_next_slice(rig: FakeRig, at: str) -> None:
    watched = Watched(rig)
    watched.at = lambda activity: watched.run.cancel() if activity.endswith(at) else None
    watched()
    assert (watched.found, watched.run.problem) == ([], None)
    assert watched.told[-1].endswith(at)
    assert len(rig.log.values("capture")) == (5 if "2" in at else 0)


def test_the_lamp_is_on_meanwhile_alone(rig: FakeRig) -> None:
    watched = Watched(rig)
    light = watched._rig.light
    assert light is not None
    light.set(0)
    levels: list[float] = []
    watched.at = lambda _activity: levels.append(light.level)
    watched()
    assert (levels[0], set(levels[1:])) == (0, {1.0}), "dark until the axes are referenced"
    assert light.level == 0


def test_who_else_wants_the_rig_is_told_what_goes_on(rig: FakeRig) -> None:
    watched = Watched(rig)
    error = watched.run.busy()
    assert "calibrating breathing" in error.message
    assert error.scan_id is None
    assert error.hint


def test_it_is_captured_at_a_tilt_that_the_rig_has(rig: FakeRig) -> None:
    facts = rig.open().facts
    steep = tuple(axis.model_copy(update={"low": 30, "high": 60}) for axis in facts.axes)
    for axes, tilt in ((facts.axes, 20), (facts.axes[:1], 0), (steep, 30)):
        plan = scan_plan(PLAN, facts.model_copy(update={"axes": axes}))
        assert {position.tilt for position in plan.positions()} == {tilt}
    with pytest.raises(PlanError, match="lens reaches"):
        scan_plan(CalibrationPlan(near=20, far=9), facts)


@pytest.mark.parametrize(
    ("count", "at"), [(1, ()), (3, ()), (4, (0, 2)), (12, (0, 6)), (24, (0, 6, 12, 18)), (100, (0, 25, 50, 75))]
)
def test_a_scan_begins_with_a_few_sweeps_spread_over_its_path(count: int, at: tuple[int, ...]) -> None:
    plan = ScanPlan.model_validate({"path": {"rings": [{"count": count}]}})
    assert tuple(position.index for position in calibrated_at(plan)) == at
