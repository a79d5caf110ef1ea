"""Tables and aims."""

import pytest

from benchmarks.contestants import ENFUSE, OURS, STACKMFF
from benchmarks.judge import Quality
from benchmarks.table import HEAD, Row, line, mean, verdicts

GOOD = Row(OURS, Quality(44.0, 39.0, 2.0, 0.99, 0.05), 3.5, 120)
THEIRS = Row(ENFUSE, Quality(42.0, 36.5, 5.0, 0.99, 0.1), 60, 203)
TWO_MP = 1920 * 1080
TWELVE_MP = 4608 * 2592


def test_a_line_stands_under_its_head() -> None:
    assert len(line(GOOD)) == len(HEAD)
    assert line(GOOD).split() == [OURS, "44.00", "39.00", "2.00", "0.990", "0.05", "3.5x", "120"]


def test_what_cost_nothing_shows_no_cost() -> None:
    assert line(Row("slice", GOOD.quality)).split()[-1] == "0.05"


def test_the_mean_is_of_those_in_every_table() -> None:
    other = Row(OURS, Quality(46.0, 37.0, 4.0, 0.97, 0.15), 4.5, 130)
    (row,) = mean([[GOOD, THEIRS], [other]])
    assert row.name == OURS
    assert row.quality.psnr_y == pytest.approx(45)
    assert row.quality.shift == pytest.approx(0.10)
    assert (row.cpu, row.rss_mb) == (4.0, 125)


def test_aims_are_told_met_or_missed_and_by_how_much() -> None:
    lines = verdicts([GOOD, THEIRS], 2.4, TWO_MP)
    assert all(text.startswith("met") for text in lines)
    assert any("psnr_y" in text and "2.000" in text for text in lines)
    assert any("from planes" in text and "-0.100" in text for text in lines)


def test_large_pictures_have_aims_of_their_own() -> None:
    missed = [text for text in verdicts([GOOD, THEIRS], 2.4, TWELVE_MP) if text.startswith("MISSED")]
    assert [text.split()[1] for text in missed] == ["psnr_y", "edge", "CPU"]


def test_the_network_counts_where_it_ran() -> None:
    network = Row(STACKMFF, Quality(44.0, 38.8, 3.0, 1.0, 3.2), 400, 3000)
    (text,) = [text for text in verdicts([GOOD, network], None, TWO_MP) if STACKMFF in text]
    assert text.startswith("MISSED")


def test_without_ours_there_is_nothing_to_say() -> None:
    assert verdicts([THEIRS], None, TWO_MP) == []
