"""What routes are given: the daemon, what the application keeps, and the parts of their paths."""

from typing import Annotated

from fastapi import Depends, Path, Request

from scanner.api.replays import Replays
from scanner.api.stream import Streams
from scanner.daemon import Daemon
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
PositionIndex = Annotated[int, Path(ge=0, lt=MAX_POSITIONS, description="Position, counted from 0.")]
SliceIndex = Annotated[int, Path(ge=0, lt=MAX_SLICES, description="Slice, counted from 0, the nearest first.")]
AxisName = Annotated[str, Path(description="turntable or tilt.", examples=["turntable"])]
