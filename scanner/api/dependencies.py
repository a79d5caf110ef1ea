"""What routes are given: the daemon, what the application keeps, and the parts of their paths."""

from typing import Annotated

from fastapi import Depends, Path, Query, Request
from pydantic import AfterValidator

from scanner.api.replays import Replays
from scanner.api.stream import Streams
from scanner.daemon import Daemon
from scanner.delivery.archive import Profile
from scanner.errors import NotFound
from scanner.plan.path import MAX_POSITIONS
from scanner.plan.sweep import MAX_SLICES


def _daemon(request: Request) -> Daemon:
    daemon: Daemon = request.app.state.daemon
    return daemon


def _streams(request: Request) -> Streams:
    streams: Streams = request.app.state.streams
    return streams


def _replays(request: Request) -> Replays:
    replays: Replays = request.app.state.replays
    return replays


TheDaemon = Annotated[Daemon, Depends(_daemon)]
TheStreams = Annotated[Streams, Depends(_streams)]
TheReplays = Annotated[Replays, Depends(_replays)]

ScanId = Annotated[str, Path(description="Id of a scan.", examples=["20261122-051130-my-vase"])]


def _below(limit: int, what: str) -> AfterValidator:
    """An index from `limit` on is no wrong request: there is no such thing, as with any other that is too high."""

    def check(index: int) -> int:
        if index >= limit:
            raise NotFound(
                f"No scan has so many {what}.", f"They are counted from 0, and {limit - 1} is the highest there can be."
            )
        return index

    return AfterValidator(check)


PositionIndex = Annotated[
    int, Path(ge=0, description="Position, counted from 0.", examples=[0]), _below(MAX_POSITIONS, "positions")
]
SliceIndex = Annotated[
    int, Path(ge=0, description="Slice, counted from 0, the nearest first.", examples=[0]), _below(MAX_SLICES, "slices")
]
WantedProfile = Annotated[
    Profile,
    Query(description="The program that the images are for: it decides on names and on what lies beside them."),
]
AxisName = Annotated[str, Path(description="turntable, tilt, or focus (the rail).", examples=["turntable"])]
