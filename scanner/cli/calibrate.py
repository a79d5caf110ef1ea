"""`focusrig calibrate`: measure lens and axes on a running daemon."""

import argparse
from collections.abc import Callable

from scanner.cli import calibrate_axis, calibrate_breathing, calibrate_focus
from scanner.cli.exits import Exit

KINDS: dict[str, Callable[[argparse.Namespace], Exit]] = {
    "breathing": calibrate_breathing.run,
    "focus": calibrate_focus.run,
    "axis": calibrate_axis.run,
}


def run(arguments: argparse.Namespace) -> Exit:
    """Calibrate what is asked for, and say what came out."""
    return KINDS[arguments.what](arguments)
