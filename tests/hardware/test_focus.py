"""Focus drives: lens, rail and neither, behind one interface."""

import pytest

from scanner.errors import ConfigError, FixedFocus, OutOfRange
from scanner.hardware.focus import FixedDrive, LensDrive, RailDrive, focus_drive
from scanner.hardware.protocols import Axis, AxisFacts, CameraFacts, FocusDrive
from scanner.hardware.settings import FocusSettings
from tests.capture.fakes import LENS, FakeAxis, FakeCamera, Log

RAIL = AxisFacts(name="focus", low=2, high=32, step=0.01, can_home=True, unit="mm")
MODULE = CameraFacts(
    model="imx708", width=4608, height=2592, focal_length_mm=4.74, f_number=1.8, pixel_pitch_um=1.4, lens=None
)


def rail(log: Log, at: float | None = 4.0) -> dict[str, Axis]:
    return {"focus": FakeAxis(log, RAIL, at)}


def test_a_lens_is_driven_in_dioptres_over_its_own_range() -> None:
    drive = LensDrive(FakeCamera(Log()))
    facts = drive.facts
    assert (facts.drive, facts.unit, facts.far, facts.near, facts.step) == ("lens", "D", LENS.far, LENS.near, LENS.step)
    assert (drive.position, drive.move_to(7.5), drive.position) == (None, 7.5, 7.5)


def test_where_a_lens_stands_is_unknown_once_it_did_not_arrive() -> None:
    drive = LensDrive(FakeCamera(Log()))
    drive.move_to(7.5)
    with pytest.raises(OutOfRange):
        drive.move_to(99)
    assert drive.position is None


def test_a_rail_is_driven_in_millimetres_over_its_axis() -> None:
    log = Log()
    drive = RailDrive(rail(log)["focus"], MODULE, FocusSettings(drive="rail", distance_mm=200))
    facts = drive.facts
    assert (facts.drive, facts.unit, facts.far, facts.near, facts.step, facts.coarse) == ("rail", "mm", 2, 32, 0.01, 2)
    assert (drive.position, drive.move_to(12), drive.position) == (4, 12, 12)
    assert log.values("focus") == [12]


@pytest.mark.parametrize(("distance_mm", "depth_mm"), [(100, 2.243), (200, 8.973)])
def test_depth_of_field_of_a_rail_grows_with_the_square_of_the_distance(distance_mm: float, depth_mm: float) -> None:
    """2 x 1.8 x 1.4 µm / (4.74 mm)² = 0.2243 D, which is 2.24 mm at 100 mm."""
    drive = RailDrive(rail(Log())["focus"], MODULE, FocusSettings(drive="rail", distance_mm=distance_mm))
    assert drive.facts.depth_of_field == pytest.approx(depth_mm, rel=1e-3)


def test_a_rail_that_does_not_know_where_it_stands_says_so() -> None:
    assert RailDrive(rail(Log(), None)["focus"], MODULE, FocusSettings(drive="rail")).position is None


def test_fixed_focus_has_no_range_and_moves_nowhere() -> None:
    drive = FixedDrive(MODULE, FocusSettings())
    assert (drive.facts.drive, drive.facts.unit, drive.facts.near, drive.position) == ("fixed", "", 0, None)
    with pytest.raises(FixedFocus, match="imx708"):
        drive.move_to(3)


@pytest.mark.parametrize(
    ("asked", "has_lens", "kind"),
    [
        ("lens", True, LensDrive),
        ("lens", False, FixedDrive),
        ("fixed", True, FixedDrive),
        ("rail", True, RailDrive),
        ("rail", False, RailDrive),
    ],
)
def test_the_drive_is_the_one_asked_for_or_fixed(asked: str, has_lens: bool, kind: type[FocusDrive]) -> None:
    log = Log()
    camera = FakeCamera(log, lens=LENS if has_lens else None)
    axes = rail(log) if asked == "rail" else {}
    assert type(focus_drive(FocusSettings.model_validate({"drive": asked}), camera, axes)) is kind


def test_what_cannot_be_a_drive_is_refused_with_what_to_set() -> None:
    log = Log()
    with pytest.raises(ConfigError, match="no rail") as refused:
        focus_drive(FocusSettings(drive="rail"), FakeCamera(log), {})
    assert "rig.focus.drive" in refused.value.hint
    endless = FakeAxis(log, RAIL.model_copy(update={"low": None, "high": None}))
    with pytest.raises(ConfigError, match="end at both sides"):
        RailDrive(endless, MODULE, FocusSettings(drive="rail"))
    with pytest.raises(FixedFocus):
        LensDrive(FakeCamera(log, lens=None))
