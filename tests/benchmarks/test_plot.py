"""The plot of quality against cost."""

import json
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as Tree

from benchmarks.judge import Quality
from benchmarks.plot import drawing, panel, panels, read
from benchmarks.table import Row

ROWS = [
    Row("focusrig", Quality(44, 39, 2, 1, 0), 3.5, 120),
    Row("align + enfuse <4.2>", Quality(42, 36.5, 5, 1, 0), 60, 200),
    Row("slice alone", Quality(36, 31, 10, 0.8, 0)),
]


def test_better_is_higher_and_dearer_is_right() -> None:
    shown = panel("2 MP", ROWS[:2])
    assert shown.y(39) < shown.y(36.5)
    assert shown.x(3.5) < shown.x(60)


def test_it_is_well_formed_and_shows_all_that_cost_something() -> None:
    svg = drawing(list(panels([(2_000_000, ROWS), (12_000_000, ROWS)])))
    tree = Tree.fromstring(svg)  # noqa: S314 - our own words
    texts = [element.text for element in tree.iter() if element.text and element.text.strip()]
    assert texts.count("focusrig") == 2
    assert "align + enfuse <4.2>" in texts
    assert "slice alone" not in texts
    assert any("12 MP" in text for text in texts)


def test_names_do_not_cover_each_other() -> None:
    rows = [Row(f"method {k}", Quality(40, 37 + k / 100, 2, 1, 0), 5, 1) for k in range(4)]
    tree = Tree.fromstring(drawing([panel("", rows)]))  # noqa: S314 - our own words
    heights = sorted(float(e.attrib["y"]) for e in tree.iter() if (e.text or "").startswith("method"))
    assert all(below - above >= 11 for above, below in pairwise(heights))


def test_what_the_benchmarks_wrote_is_read(tmp_path: Path) -> None:
    quality = {"psnr_y": 44, "edge": 39, "halo": 2, "gain": 1, "shift": 0}
    row = {"name": "focusrig", "quality": quality, "cpu": 3.5, "rss_mb": 120}
    path = tmp_path / "measured.json"
    path.write_text(json.dumps([{"pixels": 2_000_000, "rows": [row]}]))
    assert list(read(path)) == [(2_000_000, [ROWS[0]])]
