"""The command line: serve, scan, stack, doctor. No logic: arguments in, calls, words and exit codes out."""

from scanner.cli.main import main

__all__ = ["main"]
