"""Settings changed while the daemon runs."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scanner.clock import Clock, SystemClock
from scanner.config import Settings, overlay, validated
from scanner.daemon import Daemon
from scanner.daemon.setup import AxisTurned
from scanner.errors import ConfigError, HardwareMissing, NotFound, RigBusy
from scanner.hardware.protocols import Axis
from scanner.hardware.rig import Rig
from scanner.hardware.serial_motion import open_motion
from scanner.hardware.simulated.controller import SimulatedController
from tests.capture.fakes import FakeRig
from tests.conftest import small_settings
from tests.daemon.runs import PLAN, finished, running, until, wait


def test_a_partial_settings_document_keeps_what_only_the_file_may_set(daemon: Daemon, settings: Settings) -> None:
    view = daemon.setup.change(Settings.model_validate({"storage": {"reserve_mb": 5}}))
    assert view.settings.storage.data == settings.storage.data
    assert view.settings.storage.reserve_mb == 5


def test_a_rig_that_refuses_its_config_leaves_the_old_one_open(rig: FakeRig, settings: Settings) -> None:
    def opener(wanted: Settings, _clock: object) -> object:
        if wanted.rig.camera.hflip:
            raise ConfigError("This module needs a focal length.")
        return rig.open()

    daemon = Daemon(settings, SystemClock(), opener)  # type: ignore[arg-type]
    daemon.start()
    try:
        with pytest.raises(ConfigError):
            daemon.setup.change(Settings.model_validate({"rig": {"camera": {"hflip": True}}}))
        assert daemon.hand.move_focus(5).focus == 5
    finally:
        daemon.close()


def test_changed_settings_are_kept_and_open_the_rig_anew(rig: FakeRig, settings: Settings) -> None:
    for daemon in running(rig, settings):
        document = daemon.settings.model_dump()
        document["rig"]["camera"]["lens_settle_ms"] = 150
        view = daemon.setup.change(Settings.model_validate(document))
        assert view.overridden == ("rig.camera.lens_settle_ms",)
        assert len(rig.log.values("close")) == 1
        assert daemon.hand.move_focus(5).focus == 5
    assert Daemon(settings).settings.rig.camera.lens_settle_ms == 150


def test_settings_with_which_the_rig_does_not_open_leave_the_old_ones_in_force(
    rig: FakeRig, settings: Settings
) -> None:
    def opener(wanted: Settings, _clock: object) -> object:
        if wanted.rig.kind == "pi":
            raise HardwareMissing("No camera.")
        return rig.open()

    daemon = Daemon(settings, SystemClock(), opener)  # type: ignore[arg-type]
    daemon.start()
    try:
        document = settings.model_dump()
        document["rig"]["kind"] = "pi"
        with pytest.raises(HardwareMissing):
            daemon.setup.change(Settings.model_validate(document))
        assert daemon.settings == settings
        assert daemon.hand.move_focus(5).focus == 5
    finally:
        daemon.close()


TRUE_STEPS = 200 * 16 / 360


class Table:
    """A simulated controller whose real angle can be read, behind the settings of a daemon.

    Its motors take the steps of a default axis: any other steps_per_degree turns them by wrong angles.
    """

    def __init__(self, rig: FakeRig, clock: Clock) -> None:
        self._rig, self._clock = rig, clock
        self._controller: SimulatedController | None = None

    def open(self, settings: Settings, _clock: Clock) -> Rig:
        """The camera of the fake rig over the real motion driver."""
        controller = SimulatedController(self._clock, settings.rig.motion)
        motion = open_motion(controller.settings(), self._clock)
        motion.axes["turntable"].set_zero()
        motion.axes["tilt"].set_zero()
        self._controller = controller
        fake = self._rig.open()
        axes: dict[str, Axis] = {name: axis for name, axis in motion.axes.items() if name != "focus"}
        facts = fake.facts.model_copy(update={"axes": tuple(axis.facts for axis in axes.values())})

        def shut() -> None:
            motion.close()
            controller.close()

        return replace(fake, axes=axes, facts=facts, motors=motion, shut=shut)

    @property
    def angles(self) -> tuple[float, float]:
        assert self._controller
        return self._controller.angles()


def wrong_by(data: Path, share: float) -> Settings:
    return overlaid(small_settings(data), {"rig": {"motion": {"turntable": {"steps_per_degree": TRUE_STEPS * share}}}})


def overlaid(settings: Settings, change: dict[str, Any]) -> Settings:
    return validated(overlay(settings.model_dump(mode="json"), change), "the test")


def test_a_table_that_turns_wrong_turns_right_once_it_is_calibrated(rig: FakeRig, tmp_path: Path) -> None:
    table = Table(rig, SystemClock())
    daemon = Daemon(wrong_by(tmp_path / "data", 1.03), SystemClock(), table.open)
    daemon.start()
    try:
        before = table.angles[0]
        daemon.hand.move_axis("turntable", 90)
        turned = table.angles[0] - before
        assert turned == pytest.approx(90 * 1.03, rel=0.001)
        steps = daemon.setup.calibrate_axis("turntable", AxisTurned(commanded=90, turned=turned))
        assert steps.before == pytest.approx(TRUE_STEPS * 1.03)
        assert steps.after == pytest.approx(TRUE_STEPS, rel=0.001)
        before = table.angles[0]
        daemon.hand.move_axis("turntable", 90)
        assert table.angles[0] - before == pytest.approx(90, rel=0.001)
        assert daemon.setup.view().overridden == ("rig.motion.turntable.steps_per_degree",)
    finally:
        daemon.close()
    assert Daemon(wrong_by(tmp_path / "data", 1.03)).settings.rig.motion.turntable.steps_per_degree == steps.after


@pytest.mark.parametrize(
    ("name", "table", "key", "before"),
    [
        ("turntable", "turntable", "steps_per_degree", TRUE_STEPS),
        ("tilt", "tilt", "steps_per_degree", TRUE_STEPS),
        ("focus", "rail", "steps_per_mm", 1600),
    ],
)
def test_the_steps_of_each_axis_are_corrected_and_kept(
    name: str, table: str, key: str, before: float, settings: Settings
) -> None:
    rig = FakeRig(drive="rail")
    for daemon in running(rig, settings):
        steps = daemon.setup.calibrate_axis(name, AxisTurned(commanded=20, turned=19))
        assert (steps.name, steps.before) == (name, before)
        assert steps.after == pytest.approx(before * 20 / 19, abs=1e-6)
        motion = daemon.settings.rig.motion.model_dump()
        assert motion[table][key] == steps.after
        assert daemon.setup.view().overridden == (f"rig.motion.{table}.{key}",)
        assert len(rig.log.values("close")) == 1


@pytest.mark.parametrize("name", ["focus", "lens", ""])
def test_an_axis_that_the_rig_does_not_have_is_not_calibrated(daemon: Daemon, name: str) -> None:
    with pytest.raises(NotFound, match="no axis"):
        daemon.setup.calibrate_axis(name, AxisTurned(commanded=20, turned=19))


def test_steps_out_of_all_reason_are_refused_and_nothing_changes(daemon: Daemon, rig: FakeRig) -> None:
    with pytest.raises(ConfigError, match="steps_per_degree"):
        daemon.setup.calibrate_axis("turntable", AxisTurned(commanded=36000, turned=1))
    assert daemon.setup.view().overridden == ()
    assert rig.log.values("close") == []


def test_no_axis_is_calibrated_while_a_scan_runs(daemon: Daemon, rig: FakeRig) -> None:
    rig.gate.clear()
    scan = daemon.start_scan(PLAN)
    with pytest.raises(RigBusy):
        daemon.setup.calibrate_axis("turntable", AxisTurned(commanded=20, turned=19))
    rig.gate.set()
    until(daemon, scan.id, finished)


def test_settings_can_be_mended_while_hardware_is_missing(settings: Settings) -> None:
    """A wrong port or dialect is set right from the page; what is still missing then is waited for."""
    rig, there = FakeRig(), [False]

    def open_rig(asked: Settings, _clock: Clock) -> Rig:
        if asked.rig.motion.baud != 9600 or not there[0]:
            raise HardwareMissing(f"No controller at {asked.rig.motion.baud} bits a second.", "Check the speed.")
        return rig.open()

    daemon = Daemon(settings, SystemClock(), open_rig)
    daemon.start()
    try:
        slow = Settings.model_validate({"rig": {"motion": {"baud": 9600}}})
        assert daemon.setup.change(slow).settings.rig.motion.baud == 9600
        problem = daemon.status().rig.problem
        assert problem is not None
        assert "at 9600 bits" in problem.message
        there[0] = True
        wait(daemon, lambda: daemon.status().rig.facts is not None)
        assert daemon.hand.move_focus(5).focus == 5
    finally:
        daemon.close()
