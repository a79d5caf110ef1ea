"""Deadlines for calls that have none."""

import subprocess
import sys
import threading

import pytest

from scanner.hardware.guard import EXIT_RIG_LOST, Guard, end_process

PATIENCE_S = 30.0


def test_what_ends_in_time_is_left_alone() -> None:
    expired: list[str] = []
    with Guard(expired.append).limit(PATIENCE_S, "opening the camera"):
        pass
    assert expired == []


def test_what_outlives_its_time_is_named() -> None:
    said = threading.Event()
    expired: list[str] = []

    def note(what: str) -> None:
        expired.append(what)
        said.set()

    with Guard(note).limit(0.01, "stopping the camera"):
        assert said.wait(PATIENCE_S)
    assert expired == ["stopping the camera"]


def test_no_thread_stays_behind() -> None:
    before = threading.active_count()
    for _ in range(20):
        with Guard(end_process).limit(PATIENCE_S, "closing the camera"):
            assert threading.active_count() == before + 1
    assert threading.active_count() == before


def test_an_error_passes_through_and_ends_the_watch() -> None:
    expired: list[str] = []
    with pytest.raises(TimeoutError), Guard(expired.append).limit(0.05, "a call"):
        raise TimeoutError
    assert not [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
    assert expired == []


HANGS = """
import ctypes, time
from scanner.hardware.guard import Guard
with Guard(grace_s=0.2).limit(0.2, "stopping the camera"):
    {hang}
"""


@pytest.mark.parametrize(
    ("hang", "code", "words"),
    [
        ("time.sleep(60)", EXIT_RIG_LOST, "stopping the camera takes too long"),
        ("ctypes.PyDLL(None).sleep(60)", 1, "Timeout"),
    ],
    ids=["with-the-lock-free", "with-the-lock-kept"],
)
def test_a_call_that_never_returns_ends_the_process(hang: str, code: int, words: str) -> None:
    """Without an end of its own, also where the library keeps the interpreter's lock, as libcamera's does."""
    ended = subprocess.run(
        [sys.executable, "-c", HANGS.format(hang=hang)],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert (ended.returncode, words in ended.stderr) == (code, True), ended.stderr
