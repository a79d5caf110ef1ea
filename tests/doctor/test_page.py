"""docs/how-to/doctor.md names every finding there can be."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from scanner.doctor.libraries import LIBRARIES
from scanner.hardware.protocols import AxisName

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "how-to" / "doctor.md").read_text("utf-8")
MAKERS = ("ok", "warning", "problem", "failed", "Finding")


def literals(tree: ast.AST) -> Iterator[str]:
    """Every text that a source gives to a finding as its subject, where it is written out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MAKERS and node.args:
            yield from texts(node.args[node.func.id == "Finding"])
        elif isinstance(node, ast.Assign) and "subject" in ast.dump(node.targets[0]):
            yield from texts(node.value)


def texts(node: ast.expr) -> Iterator[str]:
    """A text written out; of one with values in it, what comes before the first; of several, the first."""
    match node:
        case ast.Constant(value=str(text)) | ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]):
            yield text.strip()
        case ast.Tuple(elts=[first, *_]):
            yield from texts(first)


def subjects() -> set[str]:
    sources = sorted((ROOT / "scanner" / "doctor").glob("*.py"))
    found = {text for source in sources for text in literals(ast.parse(source.read_text("utf-8")))}
    return found | {"Python", *LIBRARIES, *get_args(AxisName)}


def named() -> set[str]:
    """The first column of the page's tables of findings."""
    rows = re.findall(r"^\| ([^|]+) \|[^|]+\|[^|]+\|$", PAGE, re.MULTILINE)
    return {name for row in rows for name in row.split(", ")} - {"finding"}


def test_every_finding_has_a_line_on_the_page_and_no_other() -> None:
    assert len(subjects()) > 30
    assert named() == subjects()
