"""Waiting until the rig stands still: a fixed time, or until pictures stop changing."""

import numpy as np
import pytest

from scanner.capture.settle import Settled, Settling, difference
from scanner.clock import FakeClock
from scanner.hardware.settings import SettleSettings
from scanner.plan.scan import SettlePlan
from scanner.slices import Planes

SIZE = (192, 256)
FRAME_S = 0.05
NOISE = 1.5
OBJECT = np.s_[32:160, 64:192]
"""What has texture; around it is an even ground."""


class Swaying:
    """A camera whose picture sways by `amplitude` pixels, dying away with `decay_s` from time 0; noisy, flickering."""

    def __init__(self, clock: FakeClock, amplitude: float = 0.0, decay_s: float = 0.1, flicker: float = 0.0) -> None:
        self._clock, self.amplitude, self._decay_s, self._flicker = clock, amplitude, decay_s, flicker
        self._rng = np.random.default_rng(5)
        across = np.arange(SIZE[1]) * 0.4
        self._phase = across + np.arange(SIZE[0])[:, None] * 0.1
        self.since = 0.0
        self.noise = NOISE

    def look(self) -> Planes:
        self._clock.sleep(FRAME_S)
        elapsed = self._clock.monotonic() - self.since
        moved = self.amplitude * np.exp(-elapsed / self._decay_s) * np.cos(2 * np.pi * 9 * elapsed)
        light = 1 + self._flicker * self._rng.normal()
        scene = np.full(SIZE, 30.0)
        scene[OBJECT] = (110 + 60 * np.sin(self._phase - 0.4 * moved))[OBJECT]
        luma = scene * light + self._rng.normal(0, self.noise, SIZE)
        grey = np.full((SIZE[0] // 2, SIZE[1] // 2), 128, np.uint8)
        return Planes(np.clip(luma, 0, 255).astype(np.uint8), grey, grey)


def measured(clock: FakeClock, camera: Swaying, least_s: float = 0.0, most_s: float = 3.0) -> Settled:
    """One wait after a move, by a camera that stood still when the floor was measured."""
    settling = Settling(SettlePlan(), SettleSettings(least_s=least_s, most_s=most_s), clock)
    amplitude, camera.amplitude = camera.amplitude, 0.0
    settling.listen(camera)  # type: ignore[arg-type]  # it looks, and does nothing else
    camera.amplitude, camera.since = amplitude, clock.monotonic()
    return settling.wait(camera)  # type: ignore[arg-type]


def test_equal_pictures_do_not_differ_and_brightness_is_no_movement() -> None:
    still = Swaying(FakeClock()).look()
    brighter = Planes((still.y * 0.9).astype(np.uint8), still.cb, still.cr)
    moved = Planes(np.roll(still.y, 1, axis=1), still.cb, still.cr)
    assert difference(still, still) == 0
    assert difference(still, moved) > 2 * difference(still, brighter)


def test_a_movement_of_a_small_object_shows() -> None:
    still = Swaying(FakeClock()).look()
    part = still.y.copy()
    part[60:130, 60:150] = np.roll(part[60:130, 60:150], 2, axis=1)
    assert difference(still, Planes(part, still.cb, still.cr)) > 10


@pytest.mark.parametrize(("amplitude", "decay_s"), [(4.0, 0.1), (4.0, 0.25), (20.0, 0.1)])
def test_the_wait_ends_when_the_sway_is_lost_in_the_noise(amplitude: float, decay_s: float) -> None:
    clock = FakeClock()
    camera = Swaying(clock, amplitude, decay_s)
    settled = measured(clock, camera)
    left = amplitude * np.exp(-settled.seconds / decay_s)
    assert settled.still
    assert left < 0.1, "pixels of sway that are left"
    assert settled.seconds < decay_s * np.log(amplitude / 0.02) + 4 * FRAME_S, "and not much later than needed"


@pytest.mark.parametrize("decay_s", [0.15, 1.0])
def test_the_noise_floor_is_taken_once_the_rig_stands(decay_s: float) -> None:
    """It swings from the move before the exposure was locked: what is measured then is no noise."""
    clock = FakeClock()
    camera = Swaying(clock, 20.0, decay_s)
    settling = Settling(SettlePlan(), SettleSettings(least_s=0, most_s=30), clock)
    settling.listen(camera)  # type: ignore[arg-type]
    assert clock.monotonic() > decay_s * np.log(20.0), "it swung by a pixel and more until then"
    camera.since = clock.monotonic()
    settled = settling.wait(camera)  # type: ignore[arg-type]
    assert settled.still
    assert 20.0 * np.exp(-settled.seconds / decay_s) < 0.35


def test_a_rig_that_swings_for_ever_gets_a_floor_it_does_not_stay_under() -> None:
    clock = FakeClock()
    camera = Swaying(clock, 5.0, 1e6)
    settling = Settling(SettlePlan(), SettleSettings(least_s=0, most_s=2), clock)
    settling.listen(camera)  # type: ignore[arg-type]
    assert clock.monotonic() == pytest.approx(2, abs=0.5)
    assert not settling.wait(camera).still  # type: ignore[arg-type]


@pytest.mark.parametrize("flicker", [0.0, 0.02])
def test_a_rig_that_stands_is_seen_to_stand_at_once(flicker: float) -> None:
    clock = FakeClock()
    settled = measured(clock, Swaying(clock, flicker=flicker), least_s=0.1)
    assert settled.still
    assert 0.1 <= settled.seconds <= 0.1 + 8 * FRAME_S


def test_a_rig_that_never_stands_still_is_told_and_not_waited_for_ever() -> None:
    clock = FakeClock()
    settled = measured(clock, Swaying(clock, amplitude=5.0, decay_s=1e6), most_s=1.0)
    assert not settled.still
    assert settled.seconds == pytest.approx(1.0, abs=2 * FRAME_S)


def test_a_plan_that_gives_a_time_waits_just_that_and_looks_at_nothing() -> None:
    clock = FakeClock()
    settling = Settling(SettlePlan(after_move_s=0.7), SettleSettings(), clock)
    camera = Swaying(clock, amplitude=9.0)
    settling.listen(camera)  # type: ignore[arg-type]
    assert settling.wait(camera) == Settled(0.7, still=True)  # type: ignore[arg-type]
    assert clock.monotonic() == pytest.approx(0.7)


def test_differences_of_less_than_a_grey_level_vary_and_are_noise() -> None:
    """A picture almost without noise, in which rounding makes most of what changes: it waits no longer for that."""

    class Quiet(Swaying):
        def look(self) -> Planes:
            seen = super().look()
            few = self._rng.random(SIZE) < self._rng.uniform(0.15, 0.35)
            return Planes(np.where(few, seen.y // 2 * 2 + 1, seen.y // 2 * 2).astype(np.uint8), seen.cb, seen.cr)

    clock = FakeClock()
    camera = Quiet(clock)
    camera.noise = 0.0
    assert measured(clock, camera).still
    assert measured(clock, camera).seconds < 0.5
