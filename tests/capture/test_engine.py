"""One position: what is asked of the rig, in which order."""

import pytest

from scanner.capture import engine
from scanner.clock import FakeClock
from scanner.errors import FixedFocus
from scanner.plan.scan import ScanPlan
from scanner.plan.sweep import Sweep
from tests.capture.fakes import LENS, FakeCamera, FakeRig, Log

PLAN = ScanPlan.model_validate({"path": {"kind": "rings", "rings": [{"tilt_deg": 30, "count": 4}]}})
SHOTS = PLAN.shots(PLAN.positions()[1], Sweep(12, 9, 4))


def _take(rig: FakeRig, clock: FakeClock) -> list[int]:
    return [s.index for s in engine.slices(rig.open(), SHOTS, 0.2, clock, lambda: None)]


def test_slices_come_in_the_order_of_the_shots_with_the_facts_of_their_own_frame() -> None:
    rig = FakeRig()
    taken = list(engine.slices(rig.open(), SHOTS, 0.2, FakeClock(), lambda: None))
    assert [s.index for s in taken] == [2, 0, 1, 3]
    assert [s.lens for s in taken] == [10, 12, 11, 9]
    assert {(s.exposure_us, s.gain) for s in taken} == {(10_000, 1.0)}


def test_the_object_is_in_place_and_still_before_the_lens_moves() -> None:
    rig, clock = FakeRig(), FakeClock()
    _take(rig, clock)
    assert rig.log.calls[:2] == [("turntable", 90), ("tilt", 30)]
    assert clock.monotonic() == pytest.approx(0.2)


def test_every_lens_position_is_reached_from_the_near_side() -> None:
    """The voice coil has hysteresis: before each capture the lens came from a nearer place."""
    rig = FakeRig()
    _take(rig, FakeClock())
    focused = [lens for lens in rig.log.values("focus") if lens is not None]
    assert focused == [10.5, 10, 12.5, 12, 11, 9]


def test_the_rewind_stays_inside_the_range_of_the_lens() -> None:
    assert engine.rewound(14.8, LENS) == 15.0


def test_nothing_more_is_asked_of_the_rig_once_it_is_told_to_stop() -> None:
    rig = FakeRig()

    class Stop(Exception):
        pass

    def between() -> None:
        if len(rig.log.values("capture")) == 2:
            raise Stop

    with pytest.raises(Stop):
        list(engine.slices(rig.open(), SHOTS, 0, FakeClock(), between))
    assert len(rig.log.values("capture")) == 2


def test_a_camera_without_a_lens_drive_is_refused_before_anything_moves() -> None:
    rig = FakeRig()
    rig.camera = FakeCamera(rig.log, lens=None)
    with pytest.raises(FixedFocus):
        _take(rig, FakeClock())
    assert rig.log.calls == []


def test_logs_tell_calls_apart() -> None:
    log = Log()
    log("focus", 1.0)
    log("capture", 2.0)
    assert log.values("capture") == [2.0]
