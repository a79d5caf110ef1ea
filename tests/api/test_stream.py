"""Streams over a real socket: they begin at once, follow, keep only the latest, and end."""

import asyncio
import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import simplejpeg
from fastapi import FastAPI

from scanner.api.app import create_app
from scanner.api.stream import Latest
from scanner.capture.events import Status
from scanner.daemon import Daemon
from tests.api.client import Client
from tests.api.servers import serving


@contextmanager
def opened(address: tuple[str, int], path: str) -> Iterator[http.client.HTTPResponse]:
    """A stream, read as it comes."""
    connection = http.client.HTTPConnection(*address, timeout=20)
    try:
        connection.request("GET", path)
        with connection.getresponse() as response:  # it holds the socket as well
            yield response
    finally:
        connection.close()


def read_event(stream: http.client.HTTPResponse) -> Status:
    """The next status event; no status for as long as a keep-alive is a failure."""
    while (line := stream.readline()) != b"event: status\n":
        assert line == b"\n", line
    return Status.model_validate(json.loads(stream.readline().removeprefix(b"data: ")))


def read_frame(stream: http.client.HTTPResponse) -> bytes:
    """The next JPEG."""
    while not (line := stream.readline()).startswith(b"Content-Length: "):
        assert line, "the stream has ended"
    stream.readline()
    return stream.read(int(line.split()[1]))


def nobody_listens(daemon: Daemon) -> bool:
    return not daemon._listeners and not daemon._rig.feed.watched


def wait_for_silence(daemon: Daemon) -> None:
    """Block until every stream has let go of the daemon."""
    for _ in range(500):
        if nobody_listens(daemon):
            return
        threading.Event().wait(0.01)
    raise AssertionError("a stream still holds the daemon")


def test_status_events_follow_the_daemon(app: FastAPI, client: Client, rig_daemon: Daemon) -> None:
    with serving(app) as (_, address), opened(address, "/api/v1/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert stream.headers["cache-control"] == "no-store"
        before = read_event(stream)
        level = 0.0 if before.rig.light else 1.0
        client.put("/api/v1/rig/light", json={"level": level})
        while read_event(stream).rig.light != level:
            pass
        assert rig_daemon.status().rig.light == level


def test_a_client_that_leaves_is_forgotten(app: FastAPI, rig_daemon: Daemon) -> None:
    with serving(app) as (_, address):
        for path in ("/api/v1/events", "/api/v1/preview.mjpeg"):
            with opened(address, path) as stream:
                stream.readline()
                assert not nobody_listens(rig_daemon)
            wait_for_silence(rig_daemon)


def test_the_preview_moves(app: FastAPI) -> None:
    with serving(app) as (_, address), opened(address, "/api/v1/preview.mjpeg") as stream:
        assert stream.headers["content-type"] == "multipart/x-mixed-replace; boundary=frame"
        assert stream.readline() == b"--frame\r\n"
        frames = [read_frame(stream) for _ in range(3)]
        assert all(simplejpeg.is_jpeg(frame) for frame in frames)


@pytest.mark.parametrize("path", ["/api/v1/events", "/api/v1/preview.mjpeg"])
def test_streams_end_when_the_server_stops(rig_daemon: Daemon, path: str) -> None:
    with serving(create_app(rig_daemon)) as (server, address), opened(address, path) as stream:
        stream.readline()
        server.should_exit = True
        stream.read()  # to its regular end; a torn stream would raise
    assert nobody_listens(rig_daemon)


def test_many_look_and_the_page_stays_alive(app: FastAPI, rig_daemon: Daemon) -> None:
    with serving(app) as (_, address):
        with opened(address, "/api/v1/preview.mjpeg") as first:
            others = [opened(address, "/api/v1/preview.mjpeg") for _ in range(30)]
            streams = [other.__enter__() for other in others]
            assert read_frame(first)
            assert all(stream.readline() for stream in streams)
            with opened(address, "/api/v1/status") as status:
                assert status.status == 200
            for other in others:
                other.__exit__(None, None, None)
        wait_for_silence(rig_daemon)


def test_only_the_latest_is_kept(rig_daemon: Daemon) -> None:
    status = rig_daemon.status()

    async def collect() -> list[Status | None]:
        latest = Latest()
        assert await latest.next(0.001) is None
        for revision in range(1000):
            latest.put(status.model_copy(update={"scans_revision": revision}))
        return [await latest.next(1), await latest.next(0.001)]

    newest, then = asyncio.run(collect())
    assert newest is not None
    assert newest.scans_revision == 999
    assert then is None


def test_any_thread_may_put(rig_daemon: Daemon) -> None:
    status = rig_daemon.status()

    async def collect() -> Status | None:
        latest = Latest()
        thread = threading.Thread(target=latest.put, args=(status,))
        thread.start()
        thread.join()
        return await latest.next(5)

    assert asyncio.run(collect()) == status


def test_a_thread_that_comes_late_is_not_harmed(rig_daemon: Daemon) -> None:
    """The daemon's own thread tells the status: it must not die of a server that has stopped."""

    async def make() -> Latest:
        return Latest()

    asyncio.run(make()).put(rig_daemon.status())
