"""The tables that a run of the benchmarks prints, and what was aimed at beside what was reached."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.contestants import ENFUSE, OURS, STACKMFF
from benchmarks.judge import Quality

HEAD = f"{'':36}{'psnr_y':>8}{'edge':>8}{'halo':>7}{'gain':>7}{'shift':>7}{'CPU':>8}{'RSS MB':>8}"

LARGE = 6e6
"""Pixels from which the aims for 12 MP hold; below, those for 2 MP."""


@dataclass(frozen=True)
class Row:
    """How one contestant did. `cpu`: multiple of the floor beside it; `rss_mb`: peak; both 0 where nothing ran."""

    name: str
    quality: Quality
    cpu: float = 0.0
    rss_mb: float = 0.0


@dataclass(frozen=True)
class Aims:
    """`psnr_y`, `edge`: decibels above align + enfuse; `halo`: share of its; `mff`: decibels of edge above StackMFF V3;
    `cpu`, `planes`: multiples of the floor, of the whole process on files and of the stacker alone on planes."""

    psnr_y: float
    edge: float
    halo: float
    gain: float
    rss_mb: float
    planes: float
    shift: float = 0.10
    cpu: float = 4.0
    mff: float = 0.3


def aims(pixels: int) -> Aims:
    if pixels < LARGE:
        return Aims(psnr_y=2.0, edge=2.0, halo=0.50, gain=0.985, rss_mb=130, planes=2.5)
    return Aims(psnr_y=2.5, edge=3.5, halo=0.40, gain=0.97, rss_mb=250 if pixels < 14e6 else 300, planes=2.0)


def line(row: Row) -> str:
    q = row.quality
    cost = f"{row.cpu:7.1f}x{row.rss_mb:8.0f}" if row.cpu else f"{'':>8}{'':>8}"
    return f"{row.name:36}{q.psnr_y:8.2f}{q.edge:8.2f}{q.halo:7.2f}{q.gain:7.3f}{q.shift:7.2f}{cost}"


def mean(tables: Sequence[Sequence[Row]]) -> list[Row]:
    """Of each contestant that is in every table."""
    found = [{row.name: row for row in table} for table in tables]
    names = [name for name in found[0] if all(name in rows for rows in found)]
    return [_mean([rows[name] for rows in found]) for name in names]


def _mean(rows: Sequence[Row]) -> Row:
    count = len(rows)
    totals = [sum(values) / count for values in zip(*(_scores(row.quality) for row in rows), strict=True)]
    cpu, rss = sum(row.cpu for row in rows) / count, sum(row.rss_mb for row in rows) / count
    return Row(rows[0].name, Quality(*totals), cpu, rss)


def _scores(q: Quality) -> tuple[float, ...]:
    return q.psnr_y, q.edge, q.halo, q.gain, q.shift


def verdicts(rows: Sequence[Row], planes: float | None, pixels: int) -> list[str]:
    """A line for each aim: met or not, what was measured, what was asked. `planes`: CPU from planes over the floor."""
    found, asked = {row.name: row for row in rows}, aims(pixels)
    if OURS not in found:
        return []
    ours, lines = found[OURS], []
    mine = ours.quality
    if ENFUSE in found:
        theirs = found[ENFUSE].quality
        lines += [
            _at_least(f"psnr_y above {ENFUSE}, dB", mine.psnr_y - theirs.psnr_y, asked.psnr_y),
            _at_least(f"edge above {ENFUSE}, dB", mine.edge - theirs.edge, asked.edge),
            _at_most(f"halo, share of {ENFUSE}'s", mine.halo / max(theirs.halo, 1e-9), asked.halo),
        ]
    if STACKMFF in found and pixels < LARGE:
        lines.append(_at_least(f"edge above {STACKMFF}, dB", mine.edge - found[STACKMFF].quality.edge, asked.mff))
    lines += [_at_least("gain", mine.gain, asked.gain), _at_most("shift, px", mine.shift, asked.shift)]
    if ours.cpu:
        lines += [_at_most("CPU from files", ours.cpu, asked.cpu), _at_most("RSS, MB", ours.rss_mb, asked.rss_mb)]
    if planes is not None:
        lines.append(_at_most("CPU from planes", planes, asked.planes))
    return lines


def _at_least(what: str, value: float, limit: float) -> str:
    return _verdict(what, value, limit, f"at least {limit:g}", met=value >= limit)


def _at_most(what: str, value: float, limit: float) -> str:
    return _verdict(what, value, limit, f"at most {limit:g}", met=value <= limit)


def _verdict(what: str, value: float, limit: float, asked: str, *, met: bool) -> str:
    return f"{'met' if met else 'MISSED':8}{what:36}{value:9.3f}   {asked} ({value - limit:+.3f})"
