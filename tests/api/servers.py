"""A real server on a port of this machine, for what needs a socket: streams, disconnects, stalls."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import FastAPI

from scanner.api.server import Patience, Server, listen


@contextmanager
def serving(
    app: FastAPI, patience: Patience | None = None, on: socket.socket | None = None
) -> Iterator[tuple[Server, tuple[str, int]]]:
    """A server in a thread, on the listening socket `on` or one of its own, and its address."""
    with on or listen("127.0.0.1", 0) as listener:
        server = Server(app, patience)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield server, listener.getsockname()
        finally:
            server.should_exit = True
            thread.join()
