"""Which positions a scan visits, and in which order."""

import math
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from scanner.slices import Position
from scanner.units import Degrees, Frozen

GOLDEN_ANGLE_DEG = math.degrees(math.pi * (3.0 - math.sqrt(5.0)))
MAX_POSITIONS = 5000

Tilt = Annotated[Degrees, Field(ge=-90, le=90)]


class Pose(Frozen):
    """Where the object stands for one position, before it has a place in the order."""

    turntable_deg: Annotated[Degrees, Field(ge=-36_000, le=36_000)] = 0.0
    tilt_deg: Tilt = 0.0


class Ring(Frozen):
    """`count` positions, evenly around the turntable, at one tilt."""

    tilt_deg: Tilt = 0.0
    count: Annotated[int, Field(ge=1, le=MAX_POSITIONS)] = 24

    def poses(self) -> tuple[Pose, ...]:
        step = 360.0 / self.count
        return tuple(Pose(turntable_deg=i * step, tilt_deg=self.tilt_deg) for i in range(self.count))


class RingsPath(Frozen):
    """Rings of positions, one tilt after the other in the order given."""

    kind: Literal["rings"] = "rings"
    rings: Annotated[tuple[Ring, ...], Field(min_length=1, max_length=50)] = (Ring(),)

    @model_validator(mode="after")
    def _bounded(self) -> "RingsPath":
        total = sum(ring.count for ring in self.rings)
        if total > MAX_POSITIONS:
            raise ValueError(f"the rings have {total} positions in all; the most is {MAX_POSITIONS}")
        return self

    def poses(self) -> tuple[Pose, ...]:
        return tuple(pose for ring in self.rings for pose in ring.poses())


class SpherePath(Frozen):
    """A Fibonacci sphere: `count` positions spread evenly over the band between two tilts.

    Evenly in the sine of the tilt is evenly in area (Archimedes); successive turntable angles differ by the golden
    angle (Swinbank & Purser 2006). The order of travel is then by tilt bands, so that the table turns one way.
    """

    kind: Literal["sphere"]
    count: Annotated[int, Field(ge=1, le=MAX_POSITIONS)] = 60
    tilt_min_deg: Tilt = -10.0
    tilt_max_deg: Tilt = 60.0

    @model_validator(mode="after")
    def _ordered(self) -> "SpherePath":
        if self.tilt_min_deg > self.tilt_max_deg:
            raise ValueError(f"tilt_min_deg {self.tilt_min_deg} is above tilt_max_deg {self.tilt_max_deg}: swap them")
        return self

    def poses(self) -> tuple[Pose, ...]:
        low, high = (math.sin(math.radians(tilt)) for tilt in (self.tilt_min_deg, self.tilt_max_deg))
        sines = [low + (high - low) * (i + 0.5) / self.count for i in range(self.count)]
        points = [
            Pose(turntable_deg=(i * GOLDEN_ANGLE_DEG) % 360.0, tilt_deg=math.degrees(math.asin(sine)))
            for i, sine in enumerate(sines)
        ]
        return tuple(pose for band in _bands(points) for pose in sorted(band, key=lambda p: p.turntable_deg))


def _bands(points: list[Pose]) -> list[list[Pose]]:
    """Neighbours in tilt, about as many a band as bands: each band is one turn of the table."""
    size = max(1, round(math.sqrt(2 * len(points))))
    return [points[i : i + size] for i in range(0, len(points), size)]


class ExplicitPath(Frozen):
    """The positions as given, in the order given."""

    kind: Literal["explicit"]
    positions: Annotated[tuple[Pose, ...], Field(min_length=1, max_length=MAX_POSITIONS)]

    def poses(self) -> tuple[Pose, ...]:
        return self.positions


def _rings_by_default(path: object) -> object:
    return {"kind": "rings", **path} if isinstance(path, dict) else path


Path = Annotated[
    Annotated[RingsPath | SpherePath | ExplicitPath, Field(discriminator="kind")], BeforeValidator(_rings_by_default)
]


def positions(path: RingsPath | SpherePath | ExplicitPath) -> tuple[Position, ...]:
    """The positions of a path in capture order, counted from 0."""
    return tuple(
        Position(index=i, turntable=pose.turntable_deg, tilt=pose.tilt_deg) for i, pose in enumerate(path.poses())
    )
