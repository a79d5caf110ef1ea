"""The preview feed: the newest frame, for as many as look."""

import threading

from scanner.capture.preview import PreviewFeed


def test_nobody_looks_until_somebody_does() -> None:
    feed = PreviewFeed()
    watched = [feed.watched]
    with feed.viewer():
        with feed.viewer():
            watched.append(feed.watched)
        watched.append(feed.watched)
    watched.append(feed.watched)
    assert watched == [False, True, True, False]


def test_a_viewer_sees_only_what_came_after_it_and_each_frame_once() -> None:
    feed = PreviewFeed()
    feed.publish(b"old")
    with feed.viewer() as viewer:
        assert viewer.next(0.01) is None
        feed.publish(b"new")
        assert viewer.next(0.01) == b"new"
        assert viewer.next(0.01) is None


def test_a_slow_viewer_misses_frames_but_gets_the_newest() -> None:
    feed = PreviewFeed()
    with feed.viewer() as viewer:
        for number in range(100):
            feed.publish(str(number).encode())
        assert viewer.next(0.01) == b"99"


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
    feed.publish(b"frame")
    thread.join()
    assert seen == [b"frame"]
