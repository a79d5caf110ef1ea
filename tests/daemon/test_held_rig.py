"""One rig at a time: opened, used, and replaced by that of other settings."""

from collections.abc import Iterator

import pytest

from scanner.clock import Clock, SystemClock
from scanner.config import Settings
from scanner.daemon.held_rig import HeldRig
from scanner.errors import HardwareMissing
from scanner.hardware.rig import Rig
from tests.capture.fakes import FakeRig


class Rigs:
    """A rig for each seed of the settings; that of seed 13 does not open."""

    def __init__(self) -> None:
        self.opened: dict[int, FakeRig] = {}

    def open(self, settings: Settings, _clock: Clock) -> Rig:
        seed = settings.rig.simulated.seed
        if seed == 13:
            raise HardwareMissing("No camera.", "Plug it in.")
        self.opened[seed] = FakeRig()
        return self.opened[seed].open()


def seeded(seed: int) -> Settings:
    return Settings.model_validate({"rig": {"simulated": {"seed": seed}}})


@pytest.fixture
def rigs() -> Rigs:
    return Rigs()


@pytest.fixture
def held(rigs: Rigs) -> Iterator[HeldRig]:
    held = HeldRig(seeded(1), rigs.open, SystemClock(), lambda: None, lambda _: None)
    yield held
    held.close()


def test_before_it_is_open_nothing_is_known_or_done(held: HeldRig) -> None:
    assert held.status.facts is None
    with pytest.raises(HardwareMissing, match="not open"):
        _ = held.facts
    with pytest.raises(HardwareMissing):
        held.require_idle()


def test_a_jog_returns_where_the_rig_stands_then(held: HeldRig) -> None:
    held.start()
    status = held.jog(lambda rig, _: rig.focus.move_to(7.0))
    assert (status.focus, status.calibrated) == (7.0, False)
    held.calibrated = True
    assert held.status.calibrated
    assert held.facts.camera.model == "fake"


def test_other_settings_open_another_rig_after_the_first_is_released(held: HeldRig, rigs: Rigs) -> None:
    held.start()
    held.reopen(seeded(2), otherwise=seeded(1))
    assert rigs.opened[1].log.values("close") == [None]
    held.jog(lambda rig, _: rig.camera.focus(3.0))
    assert rigs.opened[2].log.values("focus") == [10, 3]


def test_settings_that_do_not_open_bring_the_old_rig_back(held: HeldRig, rigs: Rigs) -> None:
    held.start()
    with pytest.raises(HardwareMissing, match=r"No camera\."):
        held.reopen(seeded(13), otherwise=seeded(1))
    held.jog(lambda rig, _: rig.camera.focus(3.0))
    assert rigs.opened[1].log.values("focus") == [10, 3]


def test_a_rig_that_does_not_open_says_why(rigs: Rigs) -> None:
    held = HeldRig(seeded(13), rigs.open, SystemClock(), lambda: None, lambda _: None)
    held.start()
    problem = held.status.problem
    assert problem is not None
    assert problem.message.startswith("No camera")
    with pytest.raises(HardwareMissing, match="not open: No camera"):
        held.require_idle()
    held.close()
