"""What goes on now: the status, once or as events, and the preview, one picture or moving."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from scanner.api.dependencies import TheDaemon, TheStreams
from scanner.api.examples import STATUS, answers
from scanner.api.openapi import binary, problems
from scanner.api.stream import EVENTS, MJPEG, headers_of_stream
from scanner.capture.events import Status
from scanner.capture.preview import View

router = APIRouter(tags=["live"])


def _view(
    peaking: Annotated[bool, Query(description="Mark what is sharp.")] = False,
    loupe_x: Annotated[float | None, Query(ge=0, le=1, description="A part 1:1: its middle, of the width.")] = None,
    loupe_y: Annotated[float | None, Query(ge=0, le=1, description="A part 1:1: its middle, of the height.")] = None,
) -> View:
    """How somebody wants to look; one share of the loupe alone is half a place: the other is the middle."""
    if loupe_x is None and loupe_y is None:
        return View(peaking=peaking)
    return View(peaking=peaking, loupe=(0.5 if loupe_x is None else loupe_x, 0.5 if loupe_y is None else loupe_y))


TheView = Annotated[View, Depends(_view)]


@router.head("/status", include_in_schema=False)
@router.get("/status", summary="The status", responses=answers(STATUS))
def get_status(daemon: TheDaemon) -> Status:
    """The whole snapshot: rig, scan, free space."""
    return daemon.status()


@router.head("/events", include_in_schema=False)
async def head_status_events() -> Response:
    """What GET answers with, but for the stream."""
    return headers_of_stream(EVENTS)


@router.get("/events", summary="The status as events", response_class=Response, responses=binary(EVENTS))
async def watch_status(streams: TheStreams) -> Response:
    """Server-sent events `status`, each the whole snapshot as JSON: one at once, then one whenever it changes."""
    return streams.status_events()


@router.head("/preview.jpg", include_in_schema=False)
@router.get(
    "/preview.jpg", summary="A preview", response_class=Response, responses=binary("image/jpeg") | problems(503)
)
def get_preview(view: TheView, daemon: TheDaemon) -> Response:
    """What the camera sees now: all of it, small, or a part 1:1; with what is sharp marked, or not."""
    return Response(daemon.hand.preview(view), media_type="image/jpeg")


@router.head("/preview.mjpeg", include_in_schema=False)
async def head_moving_preview() -> Response:
    """What GET answers with, but for the stream."""
    return headers_of_stream(MJPEG)


@router.get(
    "/preview.mjpeg",
    summary="The moving preview",
    response_class=Response,
    responses=binary(MJPEG),
)
async def watch_preview(view: TheView, streams: TheStreams) -> Response:
    """Motion JPEG, for an `img` element; only the newest frame is sent to a slow client."""
    return streams.preview_frames(view)
