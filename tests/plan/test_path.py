"""Paths: which positions, in which order."""

import itertools
import math

import pytest
from pydantic import TypeAdapter, ValidationError

from scanner.plan.path import ExplicitPath, Path, Pose, Ring, RingsPath, SpherePath, positions


def test_a_ring_is_even_around_the_table() -> None:
    angles = [p.turntable for p in positions(RingsPath(rings=(Ring(tilt_deg=10, count=8),)))]
    assert angles == [0, 45, 90, 135, 180, 225, 270, 315]


def test_rings_are_travelled_one_after_the_other_and_counted_from_zero() -> None:
    found = positions(RingsPath(rings=(Ring(tilt_deg=0, count=3), Ring(tilt_deg=30, count=2))))
    assert [p.index for p in found] == [0, 1, 2, 3, 4]
    assert [p.tilt for p in found] == [0, 0, 0, 30, 30]
    assert [p.turntable for p in found] == [0, 120, 240, 0, 180]


@pytest.mark.parametrize("count", [1, 7, 60, 200])
def test_a_sphere_has_its_count_and_keeps_its_tilt_limits(count: int) -> None:
    found = positions(SpherePath(kind="sphere", count=count, tilt_min_deg=-10, tilt_max_deg=60))
    assert len(found) == count
    assert all(-10 <= p.tilt <= 60 for p in found)
    assert all(0 <= p.turntable < 360 for p in found)


def test_a_sphere_covers_the_band_evenly() -> None:
    """No point of the band is farther from a position than 1.25 times the spacing of an even hexagonal packing."""
    count, low, high = 120, -20.0, 60.0
    found = [
        _unit(p.turntable, p.tilt)
        for p in positions(SpherePath(kind="sphere", count=count, tilt_min_deg=low, tilt_max_deg=high))
    ]
    area = 2 * math.pi * (math.sin(math.radians(high)) - math.sin(math.radians(low)))
    spacing = math.degrees(math.sqrt(2 / math.sqrt(3) * area / count))
    probes = [_unit(a, t) for a in range(0, 360, 15) for t in (-10, 0, 15, 30, 45, 55)]
    assert max(min(_angle(probe, point) for point in found) for probe in probes) < 1.25 * spacing


def test_a_sphere_is_travelled_in_a_few_turns_one_way() -> None:
    """The table turns one way within a band, so the whole scan takes far fewer turns than positions."""
    found = positions(SpherePath(kind="sphere", count=100, tilt_min_deg=-10, tilt_max_deg=60))
    back = sum(b.turntable < a.turntable for a, b in itertools.pairwise(found))
    assert back <= 8


def test_an_explicit_path_keeps_its_order() -> None:
    path = ExplicitPath(kind="explicit", positions=(Pose(turntable_deg=90, tilt_deg=5), Pose(turntable_deg=10)))
    assert [(p.turntable, p.tilt) for p in positions(path)] == [(90, 5), (10, 0)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "rings", "rings": []},
        {"kind": "rings", "rings": [{"count": 0}]},
        {"kind": "sphere", "tilt_min_deg": 50, "tilt_max_deg": 10},
        {"kind": "explicit", "positions": []},
        {"kind": "spiral"},
        {"kind": "rings", "rings": [{"tilt_deg": float("nan")}]},
    ],
)
def test_a_path_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter[object](Path).validate_python(wrong)


def _unit(turntable: float, tilt: float) -> tuple[float, float, float]:
    a, t = math.radians(turntable), math.radians(tilt)
    return math.cos(t) * math.cos(a), math.cos(t) * math.sin(a), math.sin(t)


def _angle(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    return math.degrees(math.acos(max(-1.0, min(1.0, sum(x * y for x, y in zip(a, b, strict=True))))))
