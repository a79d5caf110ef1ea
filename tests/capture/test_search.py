"""Finding near and far: where it looks, and that only the object counts."""

from collections.abc import Callable

import pytest

from scanner.capture.search import LOOKS, find_ends, spread
from scanner.errors import FixedFocus, PlanError
from scanner.plan.path import Pose, Ring, RingsPath, SpherePath, positions
from scanner.slices import Position
from tests.capture.fakes import FakeRig, Log
from tests.capture.search_rig import Room, Sees, seeing

REACH = (15.0, 0.0)
RING = positions(RingsPath(rings=(Ring(count=24),)))
TWO_RINGS = positions(RingsPath(rings=(Ring(count=4, tilt_deg=5), Ring(count=3, tilt_deg=30))))


def go_on() -> None:
    """Nobody pauses."""


def found(sees: Sees, path: tuple[Position, ...] = RING, log: Log | None = None) -> tuple[float, float]:
    return find_ends(seeing(sees, log or Log()), path, REACH, go_on)


def test_what_stands_behind_the_object_does_not_count() -> None:
    log = Log()
    near, far = found(Room(1.0), log=log)
    assert 11.9 < near < 12.6
    assert 8.4 < far < 9.1
    assert len(log.values("capture")) <= 66


def test_from_one_position_the_wall_cannot_be_told_from_the_object() -> None:
    near, far = found(Room(6.0), RING[:1])
    assert 11.9 < near < 12.6
    assert 5.4 < far < 6.1


def test_two_positions_are_enough_to_tell_the_wall() -> None:
    assert 8.4 < found(Room(6.0), (RING[0], RING[5]))[1] < 9.1


def test_a_plain_part_of_a_turned_object_is_no_background() -> None:
    near, far = found(Room(plain=0.5))
    assert 11.9 < near < 12.6
    assert 8.4 < far < 9.1


def test_an_object_that_looks_the_same_from_all_sides_is_found_whole() -> None:
    near, far = found(Room(plain=1.0))
    assert near > 11.9
    assert far < 9.1


def test_an_object_with_two_like_sides_is_told_from_the_wall() -> None:
    near, far = found(Room(6.0, alike=180.0))
    assert near > 11.9
    assert 8.4 < far < 9.1


def test_the_end_of_one_position_alone_counts() -> None:
    near, far = found(Room(ends=lambda turntable, _: (13.2, 8.0) if turntable == 120 else (12.0, 9.0)))
    assert 13.1 < near < 13.9
    assert 7.4 < far < 8.1


def test_the_end_that_only_the_higher_ring_shows_is_held() -> None:
    near, far = found(Room(6.0, ends=lambda _, tilt: (12.0 + tilt / 20, 9.0 - tilt / 40)), TWO_RINGS)
    assert 13.4 < near < 14.1
    assert 7.6 < far < 8.3


def test_all_looks_share_the_places_of_the_first() -> None:
    log = Log()
    found(Room(6.0), log=log)
    places = [place for place in log.values("capture") if place is not None]
    assert set(places) <= set(range(16))
    assert places[:16] == list(range(15, -1, -1))
    assert places[-7:] == list(range(13, 6, -1))


def test_a_rail_finds_its_ends_in_millimetres() -> None:
    room = Room(4.0, ends=lambda *_: (22.0, 16.0), scale=0.5)
    near, far = find_ends(seeing(room, Log(), rail=True), RING, (30.0, 0.0), go_on)
    assert 21.8 < near < 23.4
    assert 14.6 < far < 16.2


def test_nothing_beyond_the_reach_is_looked_at_or_found() -> None:
    log = Log()
    near, far = find_ends(seeing(Room(), log), RING, (11.0, 9.5), go_on)
    assert (near, far) == (11.0, 9.5)
    assert {9.5, 11.0} <= set(log.values("capture"))
    assert all(place is not None and 9.5 <= place <= 11.0 for place in log.values("capture"))


def test_nothing_in_focus_is_told_with_the_reach() -> None:
    with pytest.raises(PlanError, match="between 5 D and 0 D"):
        find_ends(seeing(Room(ends=lambda *_: (60.0, 60.0)), Log()), RING, (5.0, 0.0), go_on)


def test_a_fixed_drive_has_no_ends() -> None:
    with pytest.raises(FixedFocus):
        find_ends(FakeRig(drive="fixed").open(), RING, REACH, go_on)


def test_a_search_can_be_cancelled_between_two_pictures() -> None:
    log = Log()

    def at_the_fifth() -> None:
        if len(log.values("capture")) == 4:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        find_ends(seeing(Room(), log), RING, REACH, at_the_fifth)
    assert len(log.values("capture")) == 4


def indices(chosen: tuple[Position, ...]) -> list[int]:
    return [position.index for position in chosen]


@pytest.mark.parametrize(
    ("count", "expected"),
    [(1, [0]), (2, [0, 1]), (4, [0, 1, 2, 3]), (6, [0, 1, 2, 3, 4, 5]), (24, [0, 4, 8, 12, 16, 20])],
)
def test_a_ring_is_looked_at_all_round(count: int, expected: list[int]) -> None:
    assert indices(spread(positions(RingsPath(rings=(Ring(count=count),))))) == expected


def test_of_rings_the_highest_comes_first_and_each_extreme_is_seen_three_times() -> None:
    rings = tuple(Ring(tilt_deg=tilt, count=12) for tilt in (0, 20, 45))
    assert indices(spread(positions(RingsPath(rings=rings)))) == [24, 28, 32, 2, 6, 10]
    assert indices(spread(TWO_RINGS)) == [4, 5, 6, 1, 2, 3]


def test_a_sphere_is_looked_at_near_both_poles() -> None:
    path = positions(SpherePath(kind="sphere", count=30))
    tilts = [position.tilt for position in spread(path)]
    assert len(tilts) == LOOKS
    assert tilts == sorted(tilts, reverse=True)
    assert min(tilts[:3]) > 40
    assert max(tilts[3:]) < 5


@pytest.mark.parametrize("turn", [lambda i: -90.0 * i, lambda i: 720.0 + 90.0 * i])
def test_angles_count_all_round_the_turntable(turn: Callable[[int], float]) -> None:
    path = tuple(
        Position(index=i, turntable=pose.turntable_deg)
        for i, pose in enumerate(Pose(turntable_deg=turn(i)) for i in range(4))
    )
    assert indices(spread(path)) == [0, 1, 2, 3]
