"""Arguments in, exit code out."""

import argparse
import importlib
import logging
import signal
import sys
from collections.abc import Sequence

from scanner.cli.arguments import parser
from scanner.cli.exits import Exit, exit_of
from scanner.cli.output import print_error
from scanner.errors import FocusrigError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. Errors that a person is meant to read never show a traceback."""
    try:
        arguments = parser().parse_args(argv)
    except SystemExit as leaving:  # argparse leaves this way, after --help as well
        return Exit.OK if leaving.code in (0, None) else Exit.USAGE
    _log(arguments.verbose)
    code = _run(arguments)
    if code == Exit.INTERRUPTED:  # Ctrl-C again while Python ends would kill the process, and its exit code with it
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    return code


def _run(arguments: argparse.Namespace) -> int:
    try:
        return int(importlib.import_module(f"scanner.cli.{arguments.command}").run(arguments))
    except FocusrigError as error:
        print_error(error)
        return exit_of(error)
    except KeyboardInterrupt:
        return Exit.INTERRUPTED


def _log(verbose: int) -> None:
    level = (logging.WARNING, logging.INFO, logging.DEBUG)[min(verbose, 2)]
    logging.basicConfig(level=level, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    if verbose < 2:
        logging.getLogger("uvicorn").setLevel(logging.WARNING)  # it tells each step of its own start
