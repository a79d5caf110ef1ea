"""What every run does before its first position."""

from dataclasses import replace

import pytest

from scanner.capture.preparation import ends_known, find_sweep, lock_exposure, ready, reference
from scanner.errors import HardwareError, PlanError, PositionLost
from scanner.hardware.rig import Rig
from scanner.plan.limits import SINGLE
from scanner.plan.scan import ExposurePlan, ScanPlan
from scanner.plan.sweep import Sweep
from tests.capture.fakes import LOOK, FakeLight, FakeRig

AROUND = {"path": {"kind": "rings", "rings": [{"count": 2}]}}


def plan(**sweep: object) -> ScanPlan:
    return ScanPlan.model_validate({**AROUND, "sweep": sweep})


def go_on() -> None:
    """Nobody pauses."""


class DeadLight(FakeLight):
    """A lamp whose controller goes away while it is on."""

    def set(self, level: float) -> None:
        if level == 0 and self.level == 1:
            raise HardwareError("The controller is gone.")
        super().set(level)


def with_light(light: FakeLight | None) -> Rig:
    return replace(FakeRig().open(), light=light)


@pytest.mark.parametrize(("before", "during"), [(0.0, 1.0), (0.4, 0.4), (1.0, 1.0)])
def test_the_lamp_is_on_for_a_run_and_then_as_it_was(before: float, during: float) -> None:
    light = FakeLight()
    light.level = before
    with ready(with_light(light), fresh=True):
        assert light.level == during
    assert light.level == before


def test_the_lamp_goes_off_after_a_failure_as_well() -> None:
    light = FakeLight()
    light.level = 0
    with pytest.raises(ValueError, match="lost"), ready(with_light(light), fresh=True):
        raise ValueError("lost")
    assert light.level == 0


def test_a_lamp_that_is_gone_hides_no_other_failure(caplog: pytest.LogCaptureFixture) -> None:
    light = DeadLight()
    light.level = 0
    with pytest.raises(ValueError, match="lost"), ready(with_light(light), fresh=True):
        raise ValueError("lost")
    assert "the lamp stays as it is" in caplog.text


def test_a_rig_without_a_lamp_needs_none() -> None:
    with ready(with_light(None), fresh=True):
        pass


def test_the_lamp_waits_for_the_axes() -> None:
    """A controller that wants to be homed is locked, and refuses the lamp."""
    rig, lamps = FakeRig(), []

    class Lamp(FakeLight):
        def set(self, level: float) -> None:
            super().set(level)
            lamps.append((level, rig.turntable.angle))

    light = Lamp()
    light.level = 0
    with ready(replace(rig.open(), light=light), fresh=True):
        assert lamps == [(1.0, 0.0)]
    assert lamps == [(1.0, 0.0), (0.0, 0.0)]


def test_only_axes_that_do_not_know_where_they_are_are_referenced() -> None:
    rig = FakeRig(drive="rail")
    for _ in range(2):
        reference(rig.open(), fresh=True)
    assert [name for name, _ in rig.log.calls] == ["hold", "home turntable", "home focus", "hold"]


def test_the_turntable_of_a_new_scan_may_begin_anywhere() -> None:
    rig = FakeRig()
    rig.turntable.facts = rig.turntable.facts.model_copy(update={"can_home": False})
    reference(rig.open(), fresh=True)
    assert [name for name, _ in rig.log.calls] == ["hold", "zero turntable"]


@pytest.mark.parametrize(("name", "fresh"), [("tilt", True), ("tilt", False), ("turntable", False)])
def test_where_only_a_person_can_say_where_an_axis_stands_a_person_is_asked(name: str, fresh: bool) -> None:
    rig = FakeRig()
    rig.turntable.facts = rig.turntable.facts.model_copy(update={"can_home": False})
    rig.turntable.angle, rig.tilt.angle = (None, 0.0) if name == "turntable" else (0.0, None)
    with pytest.raises(PositionLost, match=f"where the {name} stands: ") as lost:
        reference(rig.open(), fresh=fresh)
    assert lost.value.hint == f"Bring the {name} to zero by hand, press Set zero, then Resume."
    assert [call for call, _ in rig.log.calls] == ["hold"]


@pytest.mark.parametrize(
    ("given", "locks"),
    [
        ({}, [None]),
        ({"time_us": 20_000}, [None, 20_000]),
        ({"time_us": 20_000, "gain": 2, "red_gain": 2, "blue_gain": 2}, [20_000]),
    ],
)
def test_what_is_auto_is_measured_and_what_is_given_is_taken(given: dict[str, float], locks: list[int | None]) -> None:
    rig = FakeRig()
    look = lock_exposure(rig.open(), ExposurePlan.model_validate(given))
    assert rig.log.values("lock") == locks
    assert look.model_dump() == LOOK.model_dump() | given


def test_ends_that_are_given_are_not_looked_for() -> None:
    rig = FakeRig()
    assert find_sweep(rig.open(), plan(near=12, far=9, count=4), go_on) == Sweep(12, 9, 4)
    assert rig.log.calls == []
    assert ends_known(rig.open(), plan(near=12, far=9))


def test_an_end_that_is_given_cuts_where_the_other_is_looked_for() -> None:
    rig = FakeRig()
    found = find_sweep(rig.open(), plan(near=12.0), go_on)
    assert found.near <= 12
    assert found.far == pytest.approx(9.75, abs=0.7)
    looked = [lens for lens in rig.log.values("capture") if lens is not None]
    assert max(looked) <= 12
    assert not ends_known(rig.open(), plan(near=12.0))


def test_all_that_a_person_has_to_bring_to_zero_is_named_at_once() -> None:
    rig = FakeRig(drive="rail")
    for axis in (rig.turntable, rig.tilt, rig.rail):
        axis.facts, axis.angle = axis.facts.model_copy(update={"can_home": False}), None
    with pytest.raises(PositionLost, match="where the turntable and the tilt and the rail stand: "):
        reference(rig.open(), fresh=False)


def test_what_homing_moves_is_called_zero_only_afterwards() -> None:
    """Stock GRBL homes all axes at once, whichever was meant."""
    rig = FakeRig(drive="rail")
    rig.turntable.facts = rig.turntable.facts.model_copy(update={"can_home": False})
    reference(rig.open(), fresh=True)
    assert [name for name, _ in rig.log.calls] == ["hold", "home focus", "zero turntable"]


def test_a_run_that_moves_no_axis_asks_nobody_where_they_stand() -> None:
    rig = FakeRig()
    rig.tilt.angle = None
    reference(rig.open(), fresh=True, moves=False)
    assert [name for name, _ in rig.log.calls] == ["hold", "home turntable"]
    assert rig.tilt.angle is None


def test_fixed_focus_needs_no_search() -> None:
    rig = FakeRig(drive="fixed")
    assert ends_known(rig.open(), plan())
    assert find_sweep(rig.open(), plan(), go_on) == SINGLE
    assert rig.log.calls == []


def test_nothing_in_focus_is_told() -> None:
    rig = FakeRig()
    rig.camera.blur = 40.0
    with pytest.raises(PlanError, match="Nothing comes into focus"):
        find_sweep(rig.open(), plan(near=5, far="auto"), go_on)
