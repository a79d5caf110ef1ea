"""How long the lens swings, from pictures alone."""

import math

import numpy as np
import pytest

from scanner.clock import FakeClock
from scanner.doctor import Level
from scanner.doctor.findings import Finding
from scanner.doctor.lens import (
    Look,
    Settled,
    check_lens,
    drive,
    first_is_final,
    judged,
    settled,
    sharpness,
    together,
    travel,
)
from tests.doctor.devices import LENS, SHARP, ACamera

EXPOSURE = 0.01


def checked(settle_ms: float = 100, **camera: float) -> list[Finding]:
    clock = FakeClock()
    return check_lens(ACamera(clock, **camera), LENS, clock, EXPOSURE, settle_ms)  # type: ignore[arg-type]


def test_sharpness_is_the_mean_square_of_differences() -> None:
    board = np.indices((20, 30)).sum(axis=0) % 2 * 10
    assert sharpness(board.astype(np.uint8)) == 200.0
    assert sharpness(np.full((20, 30), 77, np.uint8)) == 0.0


def test_the_whole_range_is_looked_at_from_near_to_far() -> None:
    clock = FakeClock()
    camera = ACamera(clock)
    seen = travel(camera, LENS, clock)
    assert camera.focused == list(np.linspace(12, 0, 9))
    assert max(seen, key=lambda place: place[1])[0] == SHARP


@pytest.mark.parametrize(("target", "start"), [(2.0, 6.0), (8.0, 12.0), (9.0, 5.0), (12.0, 8.0)])
def test_a_drive_is_a_third_of_the_range(target: float, start: float) -> None:
    clock = FakeClock()
    camera = ACamera(clock)
    looks = drive(camera, LENS, target, clock)
    assert camera.focused == [start, target]
    assert len(looks) >= 13
    assert looks[0].before < 0 <= looks[1].after < looks[1].before
    assert looks[-1].before >= 1.2
    assert all(look.before - look.after >= EXPOSURE for look in looks[1:])


def looking(*sharp: float) -> list[Look]:
    """Looks of 10 ms every 50 ms after one of sharpness 0."""
    return [Look(-1, -1, 0.0), *(Look(0.05 * i, 0.05 * i + 0.04, level) for i, level in enumerate(sharp))]


@pytest.mark.parametrize(
    ("sharp", "found"),
    [
        ([100.0] * 12, Settled(None, 0.03)),
        ([40, 90, *[100.0] * 10], Settled(0.05, 0.13)),
        ([40, 97.9, 98.1, *[100.0] * 9], Settled(0.05, 0.13)),
        ([100, 100, 80, *[100.0] * 9], Settled(0.10, 0.18)),
        ([40, 120, 90, *[100.0] * 9], Settled(0.10, 0.18)),
        ([10.0 * i for i in range(1, 13)], None),
        ([100 - 60 * 0.8**i for i in range(16)], None),
        ([50.0, 100.0] * 6, None),
        ([0.0] * 12, None),
    ],
)
def test_when_the_picture_stops_changing(sharp: list[float], found: Settled | None) -> None:
    result = settled(looking(*sharp), EXPOSURE)
    if found is None or result is None:
        assert result == found
    else:
        assert result.moving == pytest.approx(found.moving)
        assert result.still == pytest.approx(found.still)


def test_noise_of_the_rest_is_no_movement() -> None:
    found = settled(looking(60, 95, 94, *[96.0, 94.0, 95.0] * 4), EXPOSURE)
    assert found == Settled(0.0, 0.09 - EXPOSURE)


@pytest.mark.parametrize("lag_ms", [5, 20, 50, 100])
@pytest.mark.parametrize("rate", [60, 30])
def test_the_swing_that_is_found_is_the_one_that_was(lag_ms: int, rate: int) -> None:
    """The truth: when contrast 40 / (1 + off²), from 4 D away, is within 1 % of what it will be (2 % in energy)."""
    clock = FakeClock()
    camera = ACamera(clock, period=1 / rate, exposure=EXPOSURE, lag=lag_ms / 1000)
    truth = lag_ms / 1000 * math.log(4 / 0.1)
    for _ in range(3):
        found = settled(drive(camera, LENS, SHARP, clock), EXPOSURE)
        assert found is not None
        assert (found.moving or 0) - 1 / rate <= truth + 0.01
        assert truth - 0.01 <= found.still + 1 / rate
        assert found.still - (found.moving or 0) <= 2.1 / rate


@pytest.mark.parametrize(
    ("lag", "settle_ms", "expected"),
    [(0.03, 200, True), (0.03, 0, False), (0.1, 100, False), (0.1, 450, True), (0.002, 0, True)],
)
def test_whether_the_first_picture_shows_what_later_ones_show(lag: float, settle_ms: float, expected: bool) -> None:
    clock = FakeClock()
    camera = ACamera(clock, lag=lag, period=1 / 30)
    assert first_is_final(camera, LENS, SHARP, clock, settle_ms) is expected


def test_pictures_that_differ_by_themselves_tell_nothing() -> None:
    clock = FakeClock()
    assert first_is_final(ACamera(clock, flicker=0.5), LENS, SHARP, clock, 100) is None
    assert first_is_final(ACamera(clock, stuck=True), LENS, SHARP, clock, 100) is None


def test_a_wait_that_covers_the_swing() -> None:
    facts, moves, swing = checked(settle_ms=250, lag=0.03, period=1 / 30)
    assert (facts.level, facts.message) == (Level.OK, "0 to 12 D, finest step 0.03 D")
    assert (moves.level, moves.message) == (Level.OK, "it moves; sharpest at about 6.0 D")
    assert swing.level == Level.OK
    assert swing.message.endswith("with lens_settle_ms = 250 a scan's first picture is as sharp as later ones")


def test_a_wait_that_is_too_short() -> None:
    """What is advised covers it."""
    *_, swing = checked(settle_ms=50, lag=0.05, period=1 / 30)
    assert swing.level == Level.WARNING
    assert "lens_settle_ms = 50 a scan's first picture is not yet as sharp" in swing.message
    advised = int(swing.hint.removeprefix("Set rig.camera.lens_settle_ms to ").partition(" ")[0])
    assert 0.05 * math.log(40) * 1000 <= advised <= 300
    *_, again = checked(settle_ms=advised, lag=0.05, period=1 / 30)
    assert again.level == Level.OK


def test_a_lens_that_is_faster_than_the_frames() -> None:
    *_, swing = checked(settle_ms=0, lag=0.002, period=0.2)
    assert swing.level == Level.OK
    assert "stops changing less than 190 ms after" in swing.message


def test_a_lens_that_does_not_move() -> None:
    _, travelled = checked(stuck=True)
    assert travelled.level == Level.WARNING
    assert "cannot be told" in travelled.message
    assert "texture" in travelled.hint


def test_light_that_flickers_is_no_measurement() -> None:
    *_, swing = checked(flicker=0.5)
    assert (swing.level, "flicker" in swing.hint) == (Level.WARNING, True)


QUICK, SLOW, SLOWER = Settled(None, 0.3), Settled(0.05, 0.12), Settled(0.08, 0.15)


@pytest.mark.parametrize(
    ("swings", "expected"),
    [
        ([QUICK], QUICK),
        ([QUICK, SLOW], SLOW),
        ([SLOW, SLOWER], Settled(0.08, 0.12)),
        ([SLOW, Settled(0.2, 0.3)], Settled(0.2, 0.3)),
    ],
)
def test_several_swings_narrow_each_other(swings: list[Settled], expected: Settled) -> None:
    assert together(swings) == expected


def test_the_verdict_is_that_of_the_pictures() -> None:
    assert judged([SLOW], [True, True], 20).level == Level.OK
    short = judged([SLOW, None], [True, False], 200)
    assert (short.level, "to 240 in" in short.hint) == (Level.WARNING, True)
    assert "50 to 120 ms" in short.message
    assert "to 120 in" in judged([SLOW], [False], 10).hint
    for nothing in (judged([None], [True], 100), judged([SLOW], [True, None], 100)):
        assert (nothing.level, "texture" in nothing.hint) == (Level.WARNING, True)
