"""Streams that last as long as somebody looks: status events and the moving preview."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

import anyio
import anyio.to_thread
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from scanner.capture.events import Status
from scanner.capture.preview import WHOLE, View
from scanner.daemon import Daemon
from scanner.errors import FocusrigError

log = logging.getLogger(__name__)

KEEP_ALIVE_S = 15.0
FRAME_WAIT_S = 0.5
MAX_VIEWERS = 24
BOUNDARY = "frame"
EVENTS = "text/event-stream"
MJPEG = f"multipart/x-mixed-replace; boundary={BOUNDARY}"


class Latest:
    """One slot for the newest status: a client that is slow misses those between, and nothing piles up."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        self._status: Status | None = None

    def put(self, status: Status) -> None:
        """Make `status` the newest. Any thread may call this."""
        with suppress(RuntimeError):  # the loop has just closed: nobody is left to tell
            self._loop.call_soon_threadsafe(self._put, status)

    def _put(self, status: Status) -> None:
        self._status = status
        self._changed.set()

    async def next(self, timeout_s: float) -> Status | None:
        """The newest status not taken yet; None when there is none within `timeout_s` seconds."""
        try:
            await asyncio.wait_for(self._changed.wait(), timeout_s)
        except TimeoutError:
            return None
        self._changed.clear()
        return self._status


class Streams:
    """The open streams of one application, while it is served."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon
        self._closed = True
        self._open: set[anyio.CancelScope] = set()
        self._viewers = anyio.CapacityLimiter(MAX_VIEWERS)  # beside the common threads, so that viewers starve nobody

    def open(self) -> None:
        """Let streams begin."""
        self._closed = False

    def close(self) -> None:
        """End all streams, so that the server can stop; later ones end at once. To be called in the event loop."""
        self._closed = True
        for scope in self._open:
            scope.cancel()

    def status_events(self) -> Response:
        """Server-sent events: the whole status at once and on each change."""
        return _Stream(self, self._status_events(), EVENTS)

    def preview_frames(self, view: View = WHOLE) -> Response:
        """Motion JPEG of the preview."""
        return _Stream(self, self._preview_frames(view), MJPEG)

    async def _status_events(self) -> AsyncGenerator[bytes, None]:
        latest = Latest()
        unsubscribe = self._daemon.subscribe(latest.put)
        try:
            yield _event(self._daemon.status())
            while True:
                status = await latest.next(KEEP_ALIVE_S)
                yield _event(status) if status else b": keep-alive\n\n"
        finally:
            unsubscribe()

    async def _preview_frames(self, view: View) -> AsyncGenerator[bytes, None]:
        with self._daemon.hand.preview_frames(view) as viewer:
            yield f"--{BOUNDARY}\r\n".encode()
            while True:
                frame = await anyio.to_thread.run_sync(viewer.next, FRAME_WAIT_S, limiter=self._viewers)
                if frame:
                    yield _part(frame)

    def enter(self, scope: anyio.CancelScope) -> None:
        """Count a stream as open until `leave`."""
        self._open.add(scope)
        if self._closed:
            scope.cancel()

    def leave(self, scope: anyio.CancelScope) -> None:
        """The stream has ended."""
        self._open.discard(scope)


def headers_of_stream(media_type: str) -> Response:
    """What HEAD answers for a stream: its length is nobody's to know."""
    response = Response(media_type=media_type, headers={"Cache-Control": "no-store"})
    del response.headers["content-length"]
    return response


def _event(status: Status) -> bytes:
    return f"event: status\ndata: {status.model_dump_json()}\n\n".encode()


def _part(frame: bytes) -> bytes:
    """One frame with the boundary after it: browsers show a frame when the next boundary arrives."""
    head = f"Content-Type: image/jpeg\r\nContent-Length: {len(frame)}\r\n\r\n".encode()
    return b"".join((head, frame, f"\r\n--{BOUNDARY}\r\n".encode()))


class _Stream(Response):
    """A response without an end of its own. It ends, and its generator is closed, when the client leaves."""

    def __init__(self, streams: Streams, parts: AsyncGenerator[bytes, None], media_type: str) -> None:
        super().__init__(media_type=media_type, headers={"Cache-Control": "no-store", "Connection": "close"})
        del self.headers["content-length"]
        self._streams = streams
        self._parts = parts

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async with anyio.create_task_group() as tasks:
            self._streams.enter(tasks.cancel_scope)
            try:
                tasks.start_soon(_until_gone, receive, tasks.cancel_scope)
                await self._send_parts(send)
                tasks.cancel_scope.cancel()
            finally:
                self._streams.leave(tasks.cancel_scope)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send_parts(self, send: Send) -> None:
        async with aclosing(self._parts) as parts:
            try:
                async for part in parts:
                    await send({"type": "http.response.body", "body": part, "more_body": True})
            except FocusrigError as error:
                log.warning("a stream ended: %s", error)


async def _until_gone(receive: Receive, scope: anyio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()
