"""What the lens scale means: the peak on one target, and the law through several."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.capture.calibration import CalibrationRun
from scanner.capture.events import Problem
from scanner.capture.focus_scale import (
    FINE,
    FocusCalibration,
    FocusMeasurement,
    FocusPoint,
    FocusTarget,
    focus_key,
    require_lens,
    with_point,
)
from scanner.capture.preview import PreviewFeed
from scanner.clock import FakeClock
from scanner.errors import CalibrationFailed, PlanError
from scanner.hardware.focus import focus_drive
from scanner.hardware.protocols import Exposure, RigFacts
from scanner.hardware.rig import Rig, simulated_camera
from scanner.hardware.settings import FocusSettings, RigSettings
from tests.capture.fakes import LOOK, FakeCamera, FakeRig
from tests.capture.flat import FlatRig

COARSE = 16


@dataclass
class Watched:
    """A measurement with what it told on the way."""

    rig: Rig
    distance: float = 100.0
    told: list[str] = field(default_factory=list)
    looks: list[Exposure] = field(default_factory=list)
    found: list[FocusPoint] = field(default_factory=list)
    at: Callable[[str], None] = lambda _activity: None

    def __post_init__(self) -> None:
        measurement = FocusMeasurement(FocusTarget(distance_mm=self.distance), PreviewFeed(), FakeClock())
        self.run = CalibrationRun(measurement, self.found.append)

    def __call__(self) -> "Watched":
        self.run.run(self.rig, self._seen)
        assert self.run.over
        return self

    def _seen(self, exposure: Exposure | None) -> None:
        self.looks += [exposure] if exposure else []
        if not self.told or self.told[-1] != self.run.activity:
            self.told.append(self.run.activity)
            self.at(self.run.activity)


@pytest.fixture
def rig() -> FlatRig:
    return FlatRig()


def focus(rig: FakeRig, distance: float = 100.0) -> float:
    """The lens position found."""
    watched = Watched(rig.open(), distance)()
    assert watched.run.problem is None, watched.run.problem
    (point,) = watched.found
    assert point.distance_mm == distance
    return point.focus


@pytest.fixture(scope="module")
def usual() -> tuple[FlatRig, Watched]:
    """One measurement that went well, to be looked at."""
    rig = FlatRig()
    return rig, Watched(rig.open())()


def failure(rig: FakeRig) -> Problem:
    watched = Watched(rig.open())()
    assert watched.found == []
    assert watched.run.problem is not None
    assert watched.run.problem.code == "calibration-failed"
    assert watched.run.problem.hint
    return watched.run.problem


@pytest.mark.parametrize("sharp_at", [2.0, 9.87, 13.0])
def test_it_finds_where_the_lens_is_sharpest(rig: FlatRig, sharp_at: float) -> None:
    rig.camera.sharp_at = sharp_at
    assert focus(rig) == pytest.approx(sharp_at, abs=0.02)


def test_of_a_whole_range_that_is_equally_sharp_it_finds_the_middle(rig: FlatRig) -> None:
    rig.camera.sharp_at, rig.camera.blunt = 8.3, 1.5
    assert focus(rig) == pytest.approx(8.3, abs=0.02)


def test_it_does_not_matter_what_the_scale_should_show(rig: FlatRig) -> None:
    rig.camera.sharp_at = 7.82
    assert focus(rig, 300.0) == pytest.approx(7.82, abs=0.02)


def test_two_sweeps_from_near_to_far(usual: tuple[FlatRig, Watched]) -> None:
    rig, _ = usual
    taken = [lens for lens in rig.log.values("capture") if lens is not None]
    assert len(taken) == COARSE + FINE
    assert taken[:COARSE] == pytest.approx(list(range(15, -1, -1)))
    assert taken[COARSE:] == sorted(taken[COARSE:], reverse=True)
    assert max(taken[COARSE:]) < 12
    assert min(taken[COARSE:]) > 8


def test_each_lens_position_is_reached_from_the_near_side(usual: tuple[FlatRig, Watched]) -> None:
    rig, _ = usual
    driven: list[float] = []
    for name, lens in rig.log.calls:
        if name == "focus" and lens is not None:
            driven.append(lens)
        if name == "capture" and lens is not None and lens < 15:
            assert driven[-1] == lens
            assert driven[-2] > lens


def test_what_the_camera_reports_counts_else_what_was_asked(rig: FlatRig) -> None:
    rig.camera.tells_lens = False
    assert focus(rig) == pytest.approx(10.0, abs=0.02)


def test_it_tells_what_it_does_and_locks_the_look_once(usual: tuple[FlatRig, Watched]) -> None:
    rig, watched = usual
    assert watched.told == [
        f"calibrating focus: {step}"
        for step in (
            "finding the zero of the axes",
            "locking the exposure",
            "looking for the target",
            "measuring",
        )
    ]
    assert watched.looks == [LOOK]
    names = [name for name, _ in rig.log.calls]
    assert names.count("lock") == 1
    assert names.index("lock") < names.index("capture")


def test_nothing_turns_once_the_axes_know_where_they_are(usual: tuple[FlatRig, Watched]) -> None:
    rig, _ = usual
    names = [name for name, _ in rig.log.calls]
    assert set(names[names.index("lock") :]) == {"focus", "lock", "capture"}
    assert rig.log.values("turntable") == []


@pytest.mark.parametrize("at", ["looking for the target", "measuring"])
def test_cancel_ends_it_before_the_next_picture(rig: FlatRig, at: str) -> None:
    watched = Watched(rig.open())
    watched.at = lambda activity: watched.run.cancel() if activity.endswith(at) else None
    watched()
    assert (watched.found, watched.run.problem) == ([], None)
    assert len(rig.log.values("capture")) == (COARSE if at == "measuring" else 0)


def test_a_blank_wall_says_that_nothing_comes_into_focus(rig: FlatRig) -> None:
    rig.camera.part = (slice(0), slice(0))
    assert failure(rig).message == "Nothing in the middle of the picture comes into focus between 15.00 D and 0.00 D."


def test_dust_is_no_target(rig: FlatRig) -> None:
    rig.camera.part = (slice(100, 140), slice(120, 200))
    assert failure(rig).message.startswith("Nothing in the middle")


def test_what_is_around_the_middle_does_not_matter(rig: FlatRig) -> None:
    rig.camera.part = (slice(60, 180), slice(80, 240))
    assert focus(rig) == pytest.approx(10.0, abs=0.03)


def test_a_tilted_target_is_refused() -> None:
    tilted = FakeRig()
    tilted.camera = FakeCamera(tilted.log)
    problem = failure(tilted)
    assert problem.message.startswith("Parts of the target are sharp from 9.")
    assert "not square" in problem.message


@pytest.mark.parametrize(("sharp_at", "words"), [(14.9, "farther from"), (0.1, "nearer to"), (16.0, "farther from")])
def test_a_target_at_the_end_of_the_range_is_refused(rig: FlatRig, sharp_at: float, words: str) -> None:
    rig.camera.sharp_at = sharp_at
    problem = failure(rig)
    assert f"still sharp at {15 if sharp_at > 5 else 0}.00 D" in problem.message
    assert words in problem.hint


@pytest.mark.parametrize("drive", ["rail", "fixed"])
def test_only_a_lens_has_a_scale(drive: str) -> None:
    with pytest.raises(PlanError, match="does not focus by a lens"):
        require_lens(FakeRig(drive=drive).open().facts)  # type: ignore[arg-type]
    assert require_lens(FakeRig().open().facts).unit == "D"


@contextmanager
def before_a_chart(distance_mm: float) -> Iterator[Rig]:
    """The real camera driver over the simulated sensor, on a clock that jumps, with a lens whose scale errs."""
    settings = RigSettings.model_validate(
        {
            "simulated": {"width": 480, "height": 270, "lens_lag_ms": 5, "chart_mm": distance_mm}
            | {"lens_offset": 0.4, "lens_scale": 1.3},
            "camera": {"lens_settle_ms": 20},
        }
    )
    camera = simulated_camera(settings, FakeClock(), lambda: (0.0, 0.0))
    drive = focus_drive(FocusSettings(), camera, {})
    facts = RigFacts(simulated=True, description="", camera=camera.facts, focus=drive.facts, axes=(), light=False)
    try:
        yield Rig(camera, drive, {}, None, facts)
    finally:
        camera.close()


def test_the_law_of_a_lens_that_errs_is_found_on_two_charts() -> None:
    """On a sensor so small that half of the chart's range is equally sharp."""
    found: FocusCalibration | None = None
    for distance in (120.0, 300.0):
        with before_a_chart(distance) as rig:
            (point,) = Watched(rig, distance)().found
        assert point.focus == pytest.approx(0.4 + 1.3 * 1000 / distance, abs=0.05)
        found = with_point(found.points if found else (), point, "simulated", FakeClock())
    assert found is not None
    assert found.scale is not None
    assert found.scale.slope == pytest.approx(1.3, rel=0.02)
    assert found.scale.offset == pytest.approx(0.4, abs=0.1)


def points(*pairs: tuple[float, float]) -> tuple[FocusPoint, ...]:
    return tuple(FocusPoint(distance_mm=distance, focus=lens) for distance, lens in pairs)


def law(*pairs: tuple[float, float]) -> FocusCalibration:
    *known, last = points(*pairs)
    return with_point(known, last, "fake", FakeClock())


@given(
    st.floats(-2, 2),
    st.floats(0.3, 3),
    st.lists(st.integers(20, 400), min_size=2, max_size=6, unique=True).filter(
        lambda d: 1000 / min(d) - 1000 / max(d) > 1
    ),
)
def test_the_law_through_exact_points_is_exact(offset: float, slope: float, distances: list[int]) -> None:
    found = law(*((mm, offset + slope * 1000 / mm) for mm in distances))
    assert found.scale is not None
    assert found.scale.offset == pytest.approx(offset, abs=1e-6)
    assert found.scale.slope == pytest.approx(slope, rel=1e-6)
    assert found.residual == pytest.approx(0, abs=1e-6)
    assert [point.distance_mm for point in found.points] == sorted(distances)


def test_one_target_makes_no_law() -> None:
    found = law((120.0, 11.2))
    assert (found.points, found.scale, found.residual) == (points((120.0, 11.2)), None, None)
    assert found.measured_at == FakeClock().now().replace(microsecond=found.measured_at.microsecond)


def test_two_targets_close_together_make_no_law_either() -> None:
    assert law((120.0, 11.2), (130.0, 10.4)).scale is None
    assert law((500.0, 3.0), (900.0, 1.8)).scale is None
    assert law((120.0, 11.2), (130.0, 10.4), (300.0, 4.7)).scale is not None


def test_the_same_distance_again_takes_the_place_of_the_point() -> None:
    found = law((90.0, 14.0), (200.0, 6.9), (90.3, 14.8))
    assert found.points == points((90.3, 14.8), (200.0, 6.9))
    assert len(law((90.0, 14.0), (200.0, 6.9), (91.0, 14.7)).points) == 3


def test_what_the_law_leaves_of_the_points() -> None:
    found = law((100.0, 10.1), (200.0, 4.8), (1000.0 / 7.5, 7.5))
    x, y = np.array([10, 5, 7.5]), np.array([10.1, 4.8, 7.5])
    left = y - np.polyval(np.polyfit(x, y, 1), x)
    assert found.residual == pytest.approx(float(np.sqrt((left**2).mean())), abs=1e-9)


@pytest.mark.parametrize(
    "mixed",
    [
        [(90.0, 5.0), (200.0, 11.1)],
        [(90.0, 11.1), (200.0, 11.1)],
        [(100.0, 5.0), (200.0, 10.0), (400.0, 2.5)],
    ],
)
def test_distances_that_were_mixed_up_are_refused(mixed: list[tuple[float, float]]) -> None:
    with pytest.raises(CalibrationFailed, match="contradicts") as caught:
        law(*mixed)
    assert "forget" in caught.value.hint
    assert f"At {mixed[-1][0]:g} mm the lens is sharpest at {mixed[-1][1]:.2f} D" in caught.value.message


def test_it_holds_for_one_camera_alone() -> None:
    facts = FakeRig().open().facts.camera
    pi = RigSettings(kind="pi")
    keys = {
        focus_key(facts, pi),
        focus_key(facts.model_copy(update={"serial": "1"}), pi),
        focus_key(facts.model_copy(update={"serial": "2"}), pi),
        focus_key(facts.model_copy(update={"model": "other"}), pi),
    }
    assert len(keys) == 4
    assert focus_key(facts.model_copy(update={"width": 64, "hflip": True}), pi) == focus_key(facts, pi)
    assert focus_key(facts.model_copy(update={"serial": "1"}), pi) == "focus scale, fake, 1"


def test_a_simulated_lens_is_another_when_it_errs_otherwise() -> None:
    facts = FakeRig().open().facts.camera
    wrong = RigSettings.model_validate({"simulated": {"lens_offset": 0.4}})
    assert focus_key(facts, wrong) != focus_key(facts, RigSettings())
    other = RigSettings.model_validate({"simulated": {"chart_mm": 90, "seed": 5}})
    assert focus_key(facts, other) == focus_key(facts, RigSettings())
