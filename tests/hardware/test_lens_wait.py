"""The rule that keeps wrong slices out, as a table on a clock of whole milliseconds."""

from dataclasses import dataclass

import pytest

from scanner.hardware.lens_wait import LensWait
from scanner.hardware.picamera_api import FrameFacts

SETTLE_MS = 100
PERIOD_MS = 33
EXPOSURE_MS = 20


@dataclass(frozen=True)
class Seen:
    """A frame by the end of its exposure, when it came in, and its metadata. Milliseconds after the command."""

    ended: int
    lens: float | None
    came: int | None = None
    exposure: int = EXPOSURE_MS
    controls: int | None = None

    @property
    def facts(self) -> FrameFacts:
        return FrameFacts(
            ended_ns=self.ended * 1_000_000,
            exposure_us=self.exposure * 1000,
            gain=1.0,
            colour_gains=None,
            lens=self.lens,
            controls=self.controls,
        )

    @property
    def now_ns(self) -> int:
        return (self.ended + 15 if self.came is None else self.came) * 1_000_000


def kept(*frames: Seen, settle_ms: int = SETTLE_MS) -> list[int]:
    """Which of `frames` may be kept after a drive to 10 D, by their places."""
    wait = LensWait(10.0, 0.015, settle_ms * 1e-3, asked_ns=0)
    return [place for place, frame in enumerate(frames) if wait.sees(frame.facts, frame.now_ns)]


def steady(first: int, count: int, lens: float = 10.0) -> list[Seen]:
    """Frames in a row that report the target."""
    return [Seen(first + index * PERIOD_MS, lens) for index in range(count)]


@pytest.mark.parametrize(
    ("case", "frames", "expected"),
    [
        ("the first frame that matches was exposed before the lens moved", steady(33, 1), []),
        ("frames that began within the settle time are dropped", steady(33, 5), []),
        ("the first one that began after it is kept, and all that follow", steady(33, 8), [5, 6, 7]),
        ("frames on the way are dropped", [Seen(33, 8.0), Seen(66, 9.5), *steady(99, 7)], [7, 8]),
        (
            "a long exposure that began before the settle ended is dropped",
            [*steady(33, 1), *[Seen(t, 10.0, exposure=300) for t in (333, 460)]],
            [2],
        ),
        ("a frame that does not match starts the wait anew", [*steady(33, 3), Seen(132, 9.9), *steady(165, 6)], [9]),
        ("metadata off by less than half a step is a match", steady(33, 6, lens=10.014), [5]),
        ("metadata off by more never is", steady(33, 20, lens=10.016), []),
        ("a camera that does not report its lens is never believed", [Seen(t, None) for t in range(33, 900, 33)], []),
        ("a frame that is handed out again proves nothing", [Seen(33, 10.0)] * 9, []),
        (
            "a frame exposed before the command proves nothing",
            [Seen(-5, 10.0, came=2), Seen(33, 9.0), *steady(66, 6)],
            [7],
        ),
        (
            "settled long ago, the second new frame is still the first to be kept",
            [Seen(33, 10.0), Seen(900, 10.0), Seen(933, 10.0)],
            [2],
        ),
        (
            "the settle time counts from when the match was seen, not when it was exposed",
            [Seen(33, 10.0, came=300), *steady(333, 4)],
            [4],
        ),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else "",
)
def test_which_frames_may_be_kept(case: str, frames: list[Seen], expected: list[int]) -> None:
    assert kept(*frames) == expected, case


def test_two_new_frames_are_needed_even_without_a_settle_time() -> None:
    assert kept(*steady(33, 4), settle_ms=0) == [2, 3]


def test_the_time_of_settling_is_known_once_a_frame_matched() -> None:
    wait = LensWait(10.0, 0.015, 0.1, asked_ns=0)
    assert wait.settled_ns is None
    wait.sees(Seen(33, 10.0).facts, 48_000_000)
    assert wait.settled_ns == 148_000_000


def test_a_restart_of_the_camera_begins_the_wait_anew() -> None:
    wait = LensWait(10.0, 0.015, 0.1, asked_ns=0)
    for frame in steady(33, 8):
        wait.sees(frame.facts, frame.now_ns)
    wait.restart(1_000_000_000)
    later = steady(1033, 8)
    assert not wait.sees(Seen(900, 10.0, came=1010).facts, 1_010_000_000)
    assert wait.settled_ns is None
    assert [wait.sees(frame.facts, frame.now_ns) for frame in later].index(True) == 5


def applied(*lists: int, lens: float = 10.0) -> list[Seen]:
    """Frames in a row that report the target, and which list of controls was applied last."""
    return [Seen(33 + index * PERIOD_MS, lens, controls=number) for index, number in enumerate(lists)]


@pytest.mark.parametrize(
    ("case", "frames", "expected"),
    [
        (
            "a match does not count before the lists queued ahead of the command",
            applied(*range(7, 20)),
            [8, 9, 10, 11, 12],
        ),
        ("lists that are held back hold the wait back", applied(7, 7, 7, 7, 8, 9, 10, *range(11, 18)), [11, 12, 13]),
        ("lists that never come never settle", applied(*[7] * 30), []),
        ("a camera started anew counts from below nothing", applied(*range(-3, 9)), [8, 9, 10, 11]),
        (
            "the position is looked at as before",
            [
                *applied(7, 8, 9, 10, 11, lens=9.0),
                *[Seen(198 + n * PERIOD_MS, 10.0, controls=12 + n) for n in range(7)],
            ],
            [10, 11],
        ),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else "",
)
def test_where_the_camera_tells_which_controls_it_applied(case: str, frames: list[Seen], expected: list[int]) -> None:
    assert kept(*frames) == expected, case


def test_a_restart_of_the_camera_counts_its_lists_anew() -> None:
    wait = LensWait(10.0, 0.015, 0.0, asked_ns=0)
    for frame in applied(*range(100, 110)):
        wait.sees(frame.facts, frame.now_ns)
    wait.restart(1_000_000_000)
    later = [Seen(1033 + n * PERIOD_MS, 10.0, controls=n) for n in range(9)]
    assert [wait.sees(frame.facts, frame.now_ns) for frame in later].index(True) == 5
