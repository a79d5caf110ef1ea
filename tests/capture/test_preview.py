"""The preview feed: the newest frame of each view, for as many as look; and what the views show."""

import threading
from contextlib import ExitStack

import numpy as np
import pytest

from scanner.capture.preview import WHOLE, WIDTH, PreviewFeed, View, crop, picture
from scanner.slices import Planes
from scanner.store.images import decode_jpeg
from tests.capture.fakes import FakeRig

LOUPE = View(loupe=(0.5, 0.5))


def grey(level: int, size: tuple[int, int] = (64, 48)) -> Planes:
    """One even picture, (width, height)."""
    half = np.full((size[1] // 2, size[0] // 2), 128, np.uint8)
    return Planes(np.full((size[1], size[0]), level, np.uint8), half, half)


def show(feed: PreviewFeed, level: int) -> None:
    feed.show(lambda: grey(level), lambda: grey(level))


def level_of(jpeg: bytes | None) -> int | None:
    return None if jpeg is None else int(np.median(decode_jpeg(jpeg, "frame").y))


def test_nobody_looks_until_somebody_does() -> None:
    feed = PreviewFeed()
    watched = [feed.watched]
    with feed.viewer():
        with feed.viewer(LOUPE):
            watched.append(feed.watched)
        watched.append(feed.watched)
    watched.append(feed.watched)
    assert watched == [False, True, True, False]


def test_a_viewer_sees_only_what_came_after_it_and_each_frame_once() -> None:
    feed = PreviewFeed()
    show(feed, 10)
    with feed.viewer() as viewer:
        assert viewer.next(0.01) is None
        show(feed, 90)
        assert level_of(viewer.next(0.01)) == 90
        assert viewer.next(0.01) is None


def test_a_slow_viewer_misses_frames_but_gets_the_newest() -> None:
    feed = PreviewFeed()
    with feed.viewer() as viewer:
        for number in range(20):
            show(feed, 10 * number)
        assert level_of(viewer.next(0.01)) == 190


def test_publishing_wakes_who_waits() -> None:
    feed = PreviewFeed()
    seen: list[bytes | None] = []
    ready = threading.Event()

    def look() -> None:
        with feed.viewer() as viewer:
            ready.set()
            seen.append(viewer.next(20))

    thread = threading.Thread(target=look)
    thread.start()
    ready.wait(20)
    show(feed, 70)
    thread.join()
    assert [level_of(frame) for frame in seen] == [70]


@pytest.mark.parametrize(
    ("views", "asked"),
    [((WHOLE,), "s"), ((WHOLE, View(peaking=True)), "fs"), ((LOUPE,), "f"), ((LOUPE, WHOLE, WHOLE), "fs"), ((), "")],
)
def test_pictures_are_taken_once_and_only_where_a_view_needs_them(views: tuple[View, ...], asked: str) -> None:
    feed, taken = PreviewFeed(), []

    def small() -> Planes:
        taken.append("s")
        return grey(1)

    def full() -> Planes:
        taken.append("f")
        return grey(2, (2000, 1500))

    with ExitStack() as looking:
        viewers = [looking.enter_context(feed.viewer(view)) for view in views]
        feed.show(small, full)
        assert "".join(sorted(taken)) == asked
        shown = [level_of(viewer.next(0.01)) for viewer in viewers]
    assert shown == [2 if view.loupe else 1 for view in views]


@pytest.mark.parametrize(
    ("middle", "corner"),
    [((0.5, 0.5), (600, 300)), ((0.0, 0.0), (0, 0)), ((1.0, 1.0), (1200, 600)), ((0.31, 0.4), (220, 200))],
)
def test_the_loupe_shows_the_cameras_own_pixels(middle: tuple[float, float], corner: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    whole = Planes(
        rng.integers(0, 256, (1000, 2000), dtype=np.uint8),
        rng.integers(0, 256, (500, 1000), dtype=np.uint8),
        rng.integers(0, 256, (500, 1000), dtype=np.uint8),
    )
    part = crop(whole, middle)
    left, top = (place // 2 * 2 for place in corner)
    height = round(WIDTH * 1000 / 2000)
    assert part.size == (WIDTH, height)
    assert np.array_equal(part.y, whole.y[top : top + height, left : left + WIDTH])
    assert np.array_equal(part.cb, whole.cb[top // 2 : (top + height) // 2, left // 2 : (left + WIDTH) // 2])


def test_a_small_picture_is_its_own_loupe() -> None:
    assert crop(grey(5, (320, 240)), (0.9, 0.9)).size == (320, 240)


def test_peaking_marks_what_is_sharp_and_moves_with_the_focus() -> None:
    """The fake camera sees a slanted texture: left in focus at 12 D, right at 9 D."""
    rig, marked = FakeRig(), {}
    for lens in (12.0, 9.0):
        rig.camera.focus(lens)
        shown = picture(View(peaking=True), rig.camera.look, lambda: rig.camera.capture().pixels)
        marks = shown.cr > 200
        marked[lens] = (float(marks[:, :80].mean()), float(marks[:, 80:].mean()))
    assert marked[12.0][0] > 4 * marked[12.0][1]
    assert marked[9.0][1] > 4 * marked[9.0][0]
