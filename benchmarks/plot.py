"""Quality against cost as a picture: `python -m benchmarks.plot MEASURED.json... PLOT.svg`.

Reads what `python -m benchmarks.stack --json` wrote, and shows means over its stacks: one panel for each size.
"""

import json
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from benchmarks.contestants import OURS
from benchmarks.judge import Quality
from benchmarks.table import Row, mean

WIDTH, HEIGHT = 460, 400
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 44, 48
INK, FAINT, ACCENT, OTHERS = "#222222", "#d8d8d8", "#c2410c", "#33608c"
TEXT = 12
"""Pixels: size of the letters."""


@dataclass(frozen=True)
class Panel:
    """One drawing: rows against axes. `cpu` and `level`: the lowest and highest on the axes (cost is logarithmic)."""

    title: str
    rows: Sequence[Row]
    cpu: tuple[float, float]
    level: tuple[float, float]

    def x(self, cpu: float) -> float:
        low, high = (math.log(value) for value in self.cpu)
        return LEFT + (math.log(cpu) - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    def y(self, level: float) -> float:
        low, high = self.level
        return HEIGHT - BOTTOM - (level - low) / (high - low) * (HEIGHT - TOP - BOTTOM)


def panel(title: str, rows: Sequence[Row]) -> Panel:
    cpu, level = [row.cpu for row in rows], [row.quality.edge for row in rows]
    return Panel(
        title, rows, (min(cpu) / 1.6, max(cpu) * 1.6), (math.floor(min(level)) - 0.5, math.ceil(max(level)) + 0.5)
    )


def drawing(panels: Sequence[Panel]) -> str:
    """All panels side by side, as SVG."""
    width = WIDTH * len(panels)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}" width="{width}" height="{HEIGHT}" '
        f'font-family="sans-serif" font-size="{TEXT}" fill="{INK}">',
        f'<rect width="{width}" height="{HEIGHT}" fill="#ffffff"/>',
    ]
    for place, each in enumerate(panels):
        parts += [f'<g transform="translate({place * WIDTH} 0)">', *_frame(each), *_points(each), "</g>"]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _frame(each: Panel) -> Iterator[str]:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    yield _text(LEFT, 24, each.title, weight="bold")
    for level in range(math.ceil(each.level[0]), math.floor(each.level[1]) + 1):
        yield _line(LEFT, each.y(level), right, each.y(level))
        yield _text(LEFT - 6, each.y(level) + 4, str(level), anchor="end")
    for cpu in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000):
        if each.cpu[0] <= cpu <= each.cpu[1]:
            yield _line(each.x(cpu), TOP, each.x(cpu), bottom)
            yield _text(each.x(cpu), bottom + 16, f"{cpu}×", anchor="middle")
    yield _text(
        (LEFT + right) / 2, HEIGHT - 12, "CPU, multiple of decoding all slices and encoding one", anchor="middle"
    )
    yield f'<g transform="translate(16 {(TOP + bottom) / 2}) rotate(-90)">'
    yield _text(0, 0, "PSNR near edges, dB", anchor="middle")
    yield "</g>"


def _points(each: Panel) -> Iterator[str]:
    """Names stand right of their point, or left where there is no room, and below a name they would cover."""
    taken: list[tuple[float, float, float]] = []
    for row in sorted(each.rows, key=lambda row: -row.quality.edge):
        x, y = each.x(row.cpu), each.y(row.quality.edge)
        colour = ACCENT if row.name.startswith(OURS) else OTHERS
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}"/>'
        length = 0.55 * TEXT * len(row.name)
        left = x + length + 12 > WIDTH
        start, end = (x - 9 - length, x - 9) if left else (x + 9, x + 9 + length)
        label = y + 4
        while any(start < e and end > s and abs(label - at) < TEXT for s, e, at in taken):
            label += 1
        taken.append((start, end, label))
        yield _text(x - 9 if left else x + 9, label, row.name, anchor="end" if left else "start")


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{FAINT}"/>'


def _text(x: float, y: float, words: str, *, anchor: str = "start", weight: str = "normal") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}">{escape(words)}</text>'


def panels(tables: Sequence[tuple[int, list[Row]]]) -> Iterator[Panel]:
    """One for each size of picture, of those that ran in every stack of that size. `tables`: pixels, and rows."""
    for pixels in dict.fromkeys(size for size, _ in tables):
        same = [rows for size, rows in tables if size == pixels]
        stacks = f"{len(same)} stack{'s' if len(same) > 1 else ''}"
        yield panel(f"{pixels / 1e6:.0f} MP, {stacks}", [row for row in mean(same) if row.cpu])


def read(path: Path) -> Iterator[tuple[int, list[Row]]]:
    """Pixels and rows of each stack in a file that `benchmarks.stack --json` wrote."""
    for result in json.loads(path.read_text()):
        rows = [Row(row["name"], Quality(**row["quality"]), row["cpu"], row["rss_mb"]) for row in result["rows"]]
        yield result["pixels"], rows


def main() -> None:
    *measured, plot = (Path(name) for name in sys.argv[1:])
    plot.write_text(drawing(list(panels([table for path in measured for table in read(path)]))))


if __name__ == "__main__":
    main()
