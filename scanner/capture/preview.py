"""What the camera sees, handed from the one thread that takes pictures to the many that look."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Annotated

from pydantic import Field

from scanner.slices import Planes
from scanner.stacking.peaking import peaked
from scanner.store.images import encode_jpeg, shrunk
from scanner.units import Frozen

WIDTH = 800
"""Of pictures that are shown, pixels."""

QUALITY = 80

Share = Annotated[float, Field(ge=0, le=1)]


class View(Frozen):
    """How somebody looks: at the whole picture, small, with what is sharp marked or not; or at a part of it, 1:1.

    `loupe`: the middle of that part as (x, y), shares of width and height.
    """

    peaking: bool = False
    loupe: tuple[Share, Share] | None = None


WHOLE = View()


class PreviewFeed:
    """One slot a view for its newest JPEG. Publishing never waits; a slow viewer only misses frames."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._frames: dict[View, tuple[int, bytes]] = {}
        self._number = 0
        self._viewers: list[View] = []

    @property
    def watched(self) -> bool:
        """Whether anybody looks: without viewers no preview is taken."""
        return bool(self._viewers)

    def show(self, small: Callable[[], Planes], full: Callable[[], Planes]) -> None:
        """Make the newest frame of each view that somebody has.

        `small`, `full`: a picture about WIDTH wide, and one of all pixels; each is called once at most, and only where
        a view needs it.
        """
        small, full = cache(small), cache(full)
        for view in self._wanted():
            self._publish(view, encode_jpeg(picture(view, small, full), QUALITY))

    def show_slice(self, pixels: Planes) -> None:
        """The same with a slice, which is there already."""
        self.show(lambda: shrunk(pixels, WIDTH), lambda: pixels)

    @contextmanager
    def viewer(self, view: View = WHOLE) -> Iterator["PreviewViewer"]:
        """Look at the feed for as long as the context lasts."""
        with self._changed:
            self._viewers.append(view)
            viewer = PreviewViewer(self, view, self._number)
        try:
            yield viewer
        finally:
            with self._changed:
                self._viewers.remove(view)
                if view not in self._viewers:
                    self._frames.pop(view, None)

    def after(self, view: View, number: int, timeout: float) -> tuple[int, bytes | None]:
        """Number and bytes of the newest frame once it is newer than `number`; (number, None) after `timeout` s."""
        with self._changed:
            fresh = self._changed.wait_for(lambda: self._frames.get(view, (0, b""))[0] > number, timeout)
            return self._frames[view] if fresh else (number, None)

    def _wanted(self) -> tuple[View, ...]:
        with self._changed:
            return tuple(dict.fromkeys(self._viewers))

    def _publish(self, view: View, frame: bytes) -> None:
        with self._changed:
            if view in self._viewers:
                self._number += 1
                self._frames[view] = (self._number, frame)
                self._changed.notify_all()


class PreviewViewer:
    """One pair of eyes on the feed."""

    def __init__(self, feed: PreviewFeed, view: View, seen: int) -> None:
        self._feed = feed
        self._view = view
        self._seen = seen

    def next(self, timeout: float) -> bytes | None:
        """The newest frame not seen yet, as JPEG; None when none came within `timeout` seconds."""
        self._seen, frame = self._feed.after(self._view, self._seen, timeout)
        return frame


def picture(view: View, small: Callable[[], Planes], full: Callable[[], Planes]) -> Planes:
    """What a view shows, from the small picture or all the pixels."""
    if view.loupe is not None:
        pixels = crop(full(), view.loupe)
        return peaked(pixels, pixels.y) if view.peaking else pixels
    return peaked(small(), full().y) if view.peaking else small()


def crop(pixels: Planes, middle: tuple[float, float]) -> Planes:
    """The part around `middle`, as wide as a preview and in the proportions of the whole, moved inside the picture.

    Its pixels are the camera's own.
    """
    width = min(WIDTH, pixels.width)
    height = min(pixels.height, max(2, round(width * pixels.height / pixels.width)))
    down, across = pixels.height // pixels.cb.shape[0], pixels.width // pixels.cb.shape[1]
    left, top = (
        max(0, min(round(share * whole - part / 2), whole - part)) // step * step
        for share, whole, part, step in (
            (middle[0], pixels.width, width, max(across, 1)),
            (middle[1], pixels.height, height, max(down, 1)),
        )
    )
    rows = slice(top // down, -(-(top + height) // down))
    columns = slice(left // across, -(-(left + width) // across))
    return Planes(
        pixels.y[top : top + height, left : left + width].copy(),
        pixels.cb[rows, columns].copy(),
        pixels.cr[rows, columns].copy(),
    )
