"""The newest preview frame, handed from the one thread that sees to the many that look."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from scanner.slices import Planes
from scanner.store.images import thumbnail

WIDTH = 800
"""Of slices that are shown, pixels."""


class PreviewFeed:
    """One slot for the newest JPEG. Publishing never waits; a slow viewer only misses frames."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._frame: bytes | None = None
        self._number = 0
        self._viewers = 0

    @property
    def watched(self) -> bool:
        """Whether anybody looks: without viewers no preview is taken."""
        return self._viewers > 0

    def publish(self, frame: bytes) -> None:
        """Make `frame`, a JPEG, the newest."""
        with self._changed:
            self._frame = frame
            self._number += 1
            self._changed.notify_all()

    def show(self, pixels: Planes) -> None:
        """Make a slice the newest frame, where anybody looks."""
        if self.watched:
            self.publish(thumbnail(pixels, WIDTH))

    @contextmanager
    def viewer(self) -> Iterator["PreviewViewer"]:
        """Look at the feed for as long as the context lasts."""
        with self._changed:
            self._viewers += 1
            viewer = PreviewViewer(self, self._number)
        try:
            yield viewer
        finally:
            with self._changed:
                self._viewers -= 1

    def after(self, number: int, timeout: float) -> tuple[int, bytes | None]:
        """The number and bytes of the newest frame once it is newer than `number`; (number, None) after `timeout` s."""
        with self._changed:
            fresh = self._changed.wait_for(lambda: self._number > number, timeout)
            return (self._number, self._frame) if fresh else (number, None)


class PreviewViewer:
    """One pair of eyes on the feed."""

    def __init__(self, feed: PreviewFeed, seen: int) -> None:
        self._feed = feed
        self._seen = seen

    def next(self, timeout: float) -> bytes | None:
        """The newest frame not seen yet, as JPEG; None when none came within `timeout` seconds."""
        self._seen, frame = self._feed.after(self._seen, timeout)
        return frame
