"""What all dialects share: lines cut from bytes, strict lines out."""

import random
from itertools import pairwise

import pytest

from scanner.hardware.wire.dialect import REPLY_LIMIT, Lines, Move, ascii_line, axis_word, number


def test_lines_are_cut_at_any_end_and_empty_ones_dropped() -> None:
    lines = Lines()
    assert lines.cut(b"ok\r\n\r\n  \none\rtw") == [b"ok", b"one"]
    assert lines.cut(b"o\n") == [b"two"]


def test_clear_forgets_an_unfinished_line() -> None:
    lines = Lines()
    lines.cut(b"Gr")
    lines.clear()
    assert lines.cut(b"ok\n") == [b"ok"]


@pytest.mark.parametrize("seed", range(20))
def test_any_split_gives_the_same_lines_however_long_they_are(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    data = b"".join(
        bytes(chance.choices(b"abc \r\n", (9, 9, 9, 3, 1, 1), k=chance.choice([5, 300, 900]))) for _ in "12345"
    )
    cuts = sorted(chance.choices(range(len(data)), k=30))
    pieces = Lines()
    parts = [line for a, b in pairwise([0, *cuts, len(data)]) for line in pieces.cut(data[a:b])]
    whole = Lines().cut(data)
    assert parts == whole
    assert all(0 < len(line) <= REPLY_LIMIT for line in whole)


def test_memory_stays_small_and_the_next_line_is_read() -> None:
    lines = Lines()
    for _ in range(100):
        lines.cut(b"\xff" * 1000)
        assert len(lines._rest) <= REPLY_LIMIT
    lines.cut(b"\n")
    assert lines.cut(b"ok\n") == [b"ok"]


@pytest.mark.parametrize("line", ["", "a\nb", "µ", "\x18", "x" * 11])
def test_only_printable_ascii_is_a_line(line: str) -> None:
    with pytest.raises(ValueError, match="not a line"):
        ascii_line(line, 10)


def test_words() -> None:
    assert ascii_line("x" * 10, 10) == b"x" * 10
    assert axis_word("Y", -0.011251) == "Y-0.01125"
    assert number(2, 1) == "2.0"
    for value in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="not a number"):
            number(value, 1)


def test_patience_grows_with_the_way() -> None:
    move = Move("X", start=0, target=1, steps=1, way=1, speed=1, seconds=10.0, tolerance=0)
    assert move.patience_s == 17.0
