"""One position: what is asked of the rig, in which order."""

import pytest

from scanner.capture import engine
from scanner.capture.settle import Settled, Settling
from scanner.clock import FakeClock
from scanner.errors import FixedFocus, MotionTimeout, PositionLost
from scanner.hardware.settings import SettleSettings
from scanner.plan.limits import SINGLE
from scanner.plan.scan import ScanPlan, SettlePlan
from scanner.plan.sweep import Sweep
from scanner.slices import Slice
from tests.capture.fakes import FakeAxis, FakeRig, Log

PLAN = ScanPlan.model_validate({"path": {"kind": "rings", "rings": [{"tilt_deg": 30, "count": 4}]}})
POSITION = PLAN.positions()[1]
SHOTS = PLAN.shots(POSITION, Sweep(12, 9, 4))


def settling(clock: FakeClock, after_move_s: float = 0.2) -> Settling:
    return Settling(SettlePlan(after_move_s=after_move_s), SettleSettings(), clock)


def take(rig: FakeRig, clock: FakeClock, sweep: Sweep | None = None) -> tuple[Settled, list[Slice]]:
    shots = SHOTS if sweep is None else PLAN.shots(POSITION, sweep)
    opened, still = rig.open(), settling(clock)
    settled = engine.arrive(opened, shots[0], still)
    return settled, list(engine.slices(opened, shots, still, lambda: None))


def test_slices_come_in_the_order_of_the_shots_with_the_facts_of_their_own_frame() -> None:
    _, taken = take(FakeRig(), FakeClock())
    assert [s.index for s in taken] == [2, 0, 1, 3]
    assert [s.focus for s in taken] == [10, 12, 11, 9]
    assert {(s.exposure_us, s.gain) for s in taken} == {(10_000, 1.0)}


def test_the_object_is_in_place_and_still_before_the_first_slice() -> None:
    rig, clock = FakeRig(), FakeClock()
    settled, _ = take(rig, clock)
    assert rig.log.calls[:5] == [("turntable", 90), ("tilt", 30), ("focus", 10.5), ("focus", 10), ("capture", 10)]
    assert settled == Settled(0.2, still=True)
    assert clock.monotonic() == pytest.approx(0.2)


def test_every_lens_position_is_reached_from_the_near_side() -> None:
    """The voice coil has hysteresis: before each capture the lens came from a nearer place."""
    rig = FakeRig()
    take(rig, FakeClock())
    assert rig.log.values("focus") == [10.5, 10, 12.5, 12, 11, 9]


def test_the_rewind_stays_inside_the_range_of_the_lens() -> None:
    rig = FakeRig()
    engine.bring_into_focus(rig.open(), 14.8, None)
    assert rig.log.values("focus") == [15.0, 14.8]


def test_a_rail_moves_straight_and_settles_after_each_move() -> None:
    """Its axis hides its own play, and what it carries sways."""
    rig, clock = FakeRig(drive="rail"), FakeClock()
    rig.rail.angle = 0.0
    _, taken = take(rig, clock, Sweep(20, 5, 4))
    assert rig.log.values("focus") == [10, 20, 15, 5]
    assert [s.focus for s in taken] == [10, 20, 15, 5]
    assert clock.monotonic() == pytest.approx(4 * 0.2)


def test_a_fixed_drive_takes_one_slice_and_moves_nothing() -> None:
    rig = FakeRig(drive="fixed")
    _, taken = take(rig, FakeClock(), SINGLE)
    assert [(s.index, s.focus) for s in taken] == [(0, None)]
    assert rig.log.values("focus") == []
    with pytest.raises(FixedFocus):
        engine.require_focus(rig.open())


@pytest.mark.parametrize(("lost_after", "given"), [(1, 0), (2, 1), (4, 3)])
def test_a_position_that_is_lost_under_way_gives_no_more_slices(lost_after: int, given: int) -> None:
    """The slice itself is not given away either: it may show the object on its way."""
    rig = FakeRig()
    taken: list[int] = []

    def lose() -> None:
        if len(rig.log.values("capture")) + 1 == lost_after:
            rig.turntable.angle = None

    rig.camera.before_capture = lose
    opened, still = rig.open(), settling(FakeClock(), 0)
    engine.arrive(opened, SHOTS[0], still)
    with pytest.raises(PositionLost):
        taken.extend(slice_.index for slice_ in engine.slices(opened, SHOTS, still, lambda: None))
    assert len(taken) == given
    assert len(rig.log.values("capture")) == lost_after


def test_the_last_slice_is_given_away_once_the_controller_confirms_the_pose() -> None:
    """A controller that fell silent looks as if all were well until it is asked."""
    rig = FakeRig()

    class Silent(FakeAxis):
        def confirm(self) -> float:
            self._log("confirm")
            raise MotionTimeout("The controller does not answer.", "Check its cable.")

    rig.tilt = Silent(rig.log, rig.tilt.facts)
    opened, still = rig.open(), settling(FakeClock(), 0)
    given: list[int] = []
    engine.arrive(opened, SHOTS[0], still)
    with pytest.raises(MotionTimeout):
        given.extend(slice_.index for slice_ in engine.slices(opened, SHOTS, still, lambda: None))
    assert [name for name, _ in rig.log.calls][-2:] == ["capture", "confirm"]
    assert len(rig.log.values("confirm")) == 1


def test_nothing_more_is_asked_of_the_rig_once_it_is_told_to_stop() -> None:
    rig = FakeRig()
    rig.turntable.angle = 0.0

    class Stop(Exception):
        pass

    def between() -> None:
        if len(rig.log.values("capture")) == 2:
            raise Stop

    with pytest.raises(Stop):
        list(engine.slices(rig.open(), SHOTS, settling(FakeClock(), 0), between))
    assert len(rig.log.values("capture")) == 2


def test_logs_tell_calls_apart() -> None:
    log = Log()
    log("focus", 1.0)
    log("capture", 2.0)
    assert log.values("capture") == [2.0]
