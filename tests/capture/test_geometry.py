"""One geometry for a scan: a calibration that holds is used, else one is measured first, else each is on its own."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from scanner.capture.breathing import BreathingSweeps
from scanner.capture.calibration_data import BreathingCalibration
from scanner.capture.events import Problem, SweepFacts
from scanner.capture.geometry import ScanGeometry, ScanSteps, geometry_of, recorded_breathing
from scanner.capture.preview import PreviewFeed
from scanner.clock import FakeClock
from scanner.errors import CorruptState
from scanner.plan.scan import ScanPlan
from scanner.plan.sweep import Sweep
from scanner.store.scan_folder import ScanFolder
from tests.capture.fakes import FakeRig
from tests.capture.manifests import manifest
from tests.store.examples import store_at

SWEEP = Sweep(12.0, 9.0, 5)
KNOWN = BreathingCalibration(
    power=210.0,
    centre=(0.0, 0.0),
    scale_error_ppm=5.0,
    residual_px=0.1,
    slices=16,
    outliers=0,
    positions=4,
    sweep=SweepFacts(near=12.0, far=8.0, count=5, reference=2),
    measured_at=datetime(2026, 11, 20, tzinfo=UTC),
    camera="fake",
)


def plan(count: int = 6, breathing: str = "auto") -> ScanPlan:
    return ScanPlan.model_validate(
        {
            "path": {"rings": [{"count": count}]},
            "settle": {"after_move_s": 0},
            "stacking": {"breathing": breathing},
        }
    )


class Scan:
    """A scan that is about to begin, and what was told and kept."""

    def __init__(self, root: Path, plan: ScanPlan, known: BreathingCalibration | None = None) -> None:
        self.rig = FakeRig()
        self.rig.camera.breathing, self.rig.camera.blur = 0.01, 0.5
        breathing = None if known is None else known.model_dump(mode="json")
        self.folder: ScanFolder = store_at(root).create(plan, {}, breathing)
        self.kept: list[BreathingCalibration] = []
        self.told: list[str] = []

    def find(self, sweep: Sweep = SWEEP) -> BreathingCalibration | None:
        return self.tried(sweep)[0]

    def tried(self, sweep: Sweep = SWEEP) -> tuple[BreathingCalibration | None, Problem | None]:
        sweeps = BreathingSweeps("fake", PreviewFeed(), FakeClock())
        steps = ScanSteps(self.told.append, lambda _exposure: None, lambda: None)
        return ScanGeometry(sweeps, self.kept.append).find(self.folder, self.rig.open(), sweep, steps)

    @property
    def captured(self) -> int:
        return len(self.rig.log.values("capture"))


def test_where_nothing_is_known_it_is_measured_first_and_kept(tmp_path: Path) -> None:
    scan = Scan(tmp_path, plan())
    found = scan.find()
    assert found is not None
    assert scan.kept == [found]
    assert scan.captured == 2 * SWEEP.count
    assert scan.rig.log.values("turntable") == [0.0, 180.0]
    assert scan.told == [f"calibrating breathing: position {i} of 2" for i in (1, 2)]
    assert (found.sweep.near, found.sweep.far, found.camera) == (12.0, 9.0, "fake")


def test_a_calibration_that_holds_costs_nothing(tmp_path: Path) -> None:
    scan = Scan(tmp_path, plan(), KNOWN)
    assert scan.find() == KNOWN
    assert (scan.captured, scan.kept) == (0, [])


@pytest.mark.parametrize(("near", "far", "holds"), [(14.0, 6.0, True), (14.5, 8.0, False), (12.0, 5.5, False)])
def test_a_law_holds_a_little_beyond_where_it_was_measured(near: float, far: float, holds: bool) -> None:
    assert KNOWN.holds_for(Sweep(near, far, 5)) is holds


def test_far_from_where_it_was_measured_it_is_measured_anew(tmp_path: Path) -> None:
    elsewhere = KNOWN.model_copy(update={"sweep": SweepFacts(near=4.0, far=2.0, count=5, reference=2)})
    scan = Scan(tmp_path, plan(), elsewhere)
    found = scan.find()
    assert found is not None
    assert found.sweep.near == 12.0
    assert scan.kept == [found]


@pytest.mark.parametrize(("count", "breathing"), [(3, "auto"), (6, "off")])
def test_a_few_positions_or_a_plan_against_it_are_not_calibrated(tmp_path: Path, count: int, breathing: str) -> None:
    scan = Scan(tmp_path, plan(count, breathing))
    assert scan.find() is None
    assert scan.captured == 0


def test_a_plan_against_it_does_not_use_what_is_known(tmp_path: Path) -> None:
    assert Scan(tmp_path, plan(breathing="off"), KNOWN).find() is None


def test_fixed_focus_does_not_breathe(tmp_path: Path) -> None:
    scan = Scan(tmp_path, plan())
    scan.rig.drive = "fixed"
    assert scan.find(Sweep(0.0, 0.0, 1)) is None
    assert scan.captured == 0


def test_slices_that_do_not_tell_leave_each_position_on_its_own(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    scan = Scan(tmp_path, plan())
    scan.rig.camera.strange_at = tuple(SWEEP.focus_positions())
    found, why = scan.tried(Sweep(10.5, 10.4, 5))
    assert (found, scan.kept) == (None, [])
    assert why is not None
    assert (why.code, bool(why.message and why.hint)) == ("calibration-failed", True)
    assert "begins without a calibration of its own" in caplog.text


def test_a_scan_that_has_begun_keeps_what_it_began_with(tmp_path: Path) -> None:
    from tests.store.examples import take

    without, with_one = Scan(tmp_path / "a", plan()), Scan(tmp_path / "b", plan(), KNOWN)
    for scan in (without, with_one):
        take(scan.folder, 0)
    assert (without.find(), with_one.find(Sweep(4.0, 2.0, 5))) == (None, KNOWN)
    assert without.captured + with_one.captured == 0


def test_the_status_says_how_positions_are_aligned() -> None:
    known = KNOWN.model_dump(mode="json")
    assert geometry_of(manifest(sweep=None)) is None
    assert geometry_of(manifest()) == "each"
    assert geometry_of(manifest(breathing=known)) == "calibrated"
    assert recorded_breathing(manifest(breathing=known)) == KNOWN


def test_a_calibration_of_another_version_is_named() -> None:
    with pytest.raises(CorruptState, match="of another version"):
        recorded_breathing(manifest(breathing={"power": 1.0}))
