"""What is shown on stderr."""

import io

import pytest

from scanner.cli.output import ProgressBar, duration, in_words, print_error
from scanner.errors import NoSpace


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_an_error_is_message_and_hint() -> None:
    out = io.StringIO()
    print_error(NoSpace("The card is full.", "Delete a scan."), out)
    assert out.getvalue() == "focusrig: The card is full.\n  Delete a scan.\n"


def test_an_error_without_hint_is_one_line() -> None:
    out = io.StringIO()
    print_error(NoSpace("The card is full."), out)
    assert out.getvalue() == "focusrig: The card is full.\n"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (45.4, "45 s"), (89, "89 s"), (90, "2 min"), (3600, "60 min"), (11_100, "3 h 05 min")],
)
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "Connection refused"),
        (FileNotFoundError(2, "No such file or directory", "nope.json"), "No such file or directory"),
        (ConnectionResetError("Remote end closed connection without response"), "Remote end closed"),
        (ValueError("odd"), "odd"),
        (TimeoutError(), "TimeoutError"),
    ],
)
def test_errors_of_the_system_in_words(error: Exception, words: str) -> None:
    assert in_words(error).startswith(words)
    assert "Errno" not in in_words(error)


def test_a_bar_on_a_terminal_is_redrawn_in_place() -> None:
    out = Terminal()
    bar = ProgressBar(out)
    bar.show(0, 4, "a long activity")
    bar.show(2, 4, "short")
    bar.show(2, 4, "short")
    bar.end()
    lines = out.getvalue().split("\r")[1:]
    assert len(lines) == 2
    assert lines[0].startswith("[" + "." * 30 + "] 0/4")
    assert lines[1].startswith("[" + "#" * 15 + "." * 15 + "] 2/4  short")
    assert len(lines[1].rstrip("\n")) == len(lines[0])  # the longer line before is overwritten
    assert lines[1].endswith("\n")


def test_elsewhere_it_is_one_line_a_step() -> None:
    out = io.StringIO()
    bar = ProgressBar(out)
    for done, text in ((0, "starting"), (0, "moving"), (1, "moving"), (1, "stacking"), (2, "")):
        bar.show(done, 2, text)
    bar.end()
    assert out.getvalue() == "0/2  starting\n1/2  moving\n2/2\n"


def test_nothing_to_do_is_no_division_by_zero() -> None:
    ProgressBar(Terminal()).show(0, 0)
