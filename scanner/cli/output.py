"""What the command line shows on stderr: errors and progress."""

import sys
from typing import TextIO

from scanner.errors import FocusrigError

BAR_WIDTH = 30


def print_error(error: FocusrigError, stream: TextIO | None = None) -> None:
    """Message and hint, never a traceback."""
    stream = stream or sys.stderr
    print(f"focusrig: {error.message}", file=stream)
    if error.hint:
        print(f"  {error.hint}", file=stream)


def duration(seconds: float) -> str:
    """A duration as a person says it: 45 s, 12 min, 3 h 05 min."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"


def in_words(error: Exception) -> str:
    """What the system says of an error, without its number."""
    said = error.strerror if isinstance(error, OSError) else None
    return said or str(error) or type(error).__name__


class ProgressBar:
    """A bar that is redrawn on a terminal; elsewhere one line each time a step is done."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._drawn = ""
        self._done: int | None = None

    def show(self, done: int, total: int, text: str = "") -> None:
        """`done` of `total` steps, with a few words on what goes on."""
        if self._stream.isatty():
            filled = BAR_WIDTH * done // max(1, total)
            self._draw(f"[{'#' * filled}{'.' * (BAR_WIDTH - filled)}] {done}/{total}  {text}")
        elif done != self._done:
            print(f"{done}/{total}  {text}".rstrip(), file=self._stream, flush=True)
        self._done = done

    def end(self) -> None:
        """Leave the line, so that other output starts on one of its own."""
        if self._drawn:
            print(file=self._stream)
            self._drawn = ""

    def _draw(self, line: str) -> None:
        if line != self._drawn:
            print(f"\r{line:<{len(self._drawn)}}", end="", file=self._stream, flush=True)
            self._drawn = line
