"""The web server: a socket that is taken before anything else starts, and limits on what clients may hold."""

import asyncio
import errno
import socket
from dataclasses import dataclass
from functools import partial
from math import ceil
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from scanner.api.stream import Streams
from scanner.errors import FocusrigError

MAX_CONNECTIONS = 512
MAX_HEAD = 16 * 1024
SHUTDOWN_S = 2


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the server waits for a client, in seconds.

    `request_s`: for the head of a request, and for the next one on a connection that is kept. `read_s`: for a client
    that leaves its answer unread.
    """

    request_s: float = 15.0
    read_s: float = 60.0


def listen(host: str, port: int) -> socket.socket:
    """A socket that holds `port` from now on; connections wait in it until the server runs.

    Raises FocusrigError when the port is taken or not allowed, or the host is not an address of this machine.
    """
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise _cannot_listen(host, port, error) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise _cannot_listen(host, port, error) from error
    return listener


def _cannot_listen(host: str, port: int, error: OSError) -> FocusrigError:
    if error.errno == errno.EADDRINUSE:
        return FocusrigError(
            f"Port {port} is in use, perhaps by a Focusrig that runs already.",
            "Stop the other program, or choose another port with --port.",
        )
    if error.errno == errno.EACCES:
        return FocusrigError(f"Port {port} is reserved for the system.", "Choose a port from 1024 on with --port.")
    return FocusrigError(
        f"Cannot listen on {host}, port {port}: {error.strerror or error}.",
        "Use --host 0.0.0.0 for the whole LAN, or an address of this machine.",
    )


def addresses(listener: socket.socket) -> tuple[str, ...]:
    """The addresses of the page, for a person to open: those by which others on the LAN reach it first."""
    host, port = listener.getsockname()[:2]
    if host not in {"0.0.0.0", "::"}:  # noqa: S104  a comparison
        return (_url(host, port),)
    name = socket.gethostname().partition(".")[0]
    found = [_lan_address(), f"{name}.local", "localhost"]
    return tuple(_url(host, port) for host in found if host)


def _url(host: str, port: int) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}/"


def _lan_address() -> str | None:
    """The address of the interface towards the default route. Nothing is sent: UDP only looks up the route."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        return str(probe.getsockname()[0])


class _Protocol(H11Protocol):
    """HTTP/1.1 that gives up on a client which does not finish asking, or does not read the answer."""

    def __init__(self, patience: Patience, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  passed on as they are
        super().__init__(*args, **kwargs)
        self._limits = patience
        self._asking: asyncio.TimerHandle | None = None
        self._reading: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the base narrows it
        super().connection_made(transport)
        self._expect_request()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._expect_request()

    def connection_lost(self, exc: Exception | None) -> None:
        _stop(self._asking)
        _stop(self._reading)
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._reading = self.loop.call_later(self._limits.read_s, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        _stop(self._reading)

    def _expect_request(self) -> None:
        _stop(self._asking)
        self._asking = self.loop.call_later(self._limits.request_s, self._give_up)

    def _give_up(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.transport.abort()


def _stop(timer: asyncio.TimerHandle | None) -> None:
    if timer:
        timer.cancel()


class Server(uvicorn.Server):
    """uvicorn for one application, which ends its streams before it waits for requests to finish.

    `run(sockets=[listener])` returns after SIGTERM or SIGINT; the signal is raised again once the server is down.
    """

    def __init__(self, app: FastAPI, patience: Patience | None = None) -> None:
        self._streams: Streams = app.state.streams
        limits = patience or Patience()
        super().__init__(
            uvicorn.Config(
                app,
                http=partial(_Protocol, limits),  # type: ignore[arg-type]  # called like a class, and no more
                ws="none",
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                limit_concurrency=MAX_CONNECTIONS,
                timeout_keep_alive=ceil(limits.request_s),
                timeout_graceful_shutdown=SHUTDOWN_S,
                h11_max_incomplete_event_size=MAX_HEAD,
            )
        )

    def end(self) -> None:
        """Make `run` return soon; any thread may call this."""
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._streams.close()
        await super().shutdown(sockets)
