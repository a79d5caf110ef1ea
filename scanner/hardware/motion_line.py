"""The line to a controller, read in events; it can be opened again."""

import threading
from collections import deque
from collections.abc import Callable
from typing import Protocol, TypeAlias

from scanner.errors import HardwareMissing, MotionError
from scanner.hardware.wire.dialect import Dialect, Event
from scanner.units import Seconds


class Link(Protocol):
    """Bytes to and from a controller. Reading and writing raise MotionError when the line is dead."""

    name: str

    def read(self, timeout: float) -> bytes:
        """Bytes that are there, else those that come within about `timeout` seconds; b"" for none."""

    def write(self, data: bytes) -> None: ...

    def close(self) -> None: ...


OpenLink: TypeAlias = Callable[[], Link]


class Line:
    """Events from a link, orders to it. Only one thread may read; any thread may write.

    `alive`: nothing has said that the link is broken. Reading and writing raise MotionError once it is.
    """

    def __init__(self, open_link: OpenLink, dialect: Dialect) -> None:
        self._open = open_link
        self._dialect = dialect
        self._events: deque[Event] = deque()
        self._lock = threading.Lock()
        self._link = open_link()
        self.alive = True

    @property
    def name(self) -> str:
        """The port, for messages."""
        return self._link.name

    def poll(self, timeout: Seconds) -> bool:
        """Read once, for about `timeout` seconds at most; whether anything came."""
        try:
            data = self._link.read(timeout)
        except MotionError:
            self.alive = False
            raise
        self._events.extend(self._dialect.feed(data))
        return bool(data)

    def take(self) -> Event | None:
        """The next event of what was read."""
        return self._events.popleft() if self._events else None

    def write(self, data: bytes) -> None:
        with self._lock:
            try:
                self._link.write(data)
            except MotionError:
                self.alive = False
                raise

    def reopen(self) -> None:
        """Close the link and open it again, once. Raises HardwareMissing while it is not there."""
        with self._lock:
            self.alive = False
            self._link.close()
            self._events.clear()
            self._dialect.clear()
            self._link = self._open()
            self.alive = True

    def close(self) -> None:
        """Calling it twice is harmless."""
        self._link.close()

    def give_up(self) -> None:
        """Close the link: nobody answered behind it."""
        self.alive = False
        self._link.close()


def only(link: Link) -> OpenLink:
    """For a link that is there once and cannot be opened again."""
    given = [link]

    def take() -> Link:
        if not given:
            raise HardwareMissing(f"The connection at {link.name} cannot be opened again.", "Start the program again.")
        return given.pop()

    return take
