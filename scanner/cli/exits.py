"""Exit codes, and which error ends in which."""

from enum import IntEnum

from scanner.errors import ConfigError, FocusrigError, HardwareMissing


class Exit(IntEnum):
    """What a command ends with."""

    OK = 0
    FAILED = 1
    USAGE = 2
    CONFIG = 3
    HARDWARE = 4
    PARTLY = 5
    RIG_LOST = 75
    INTERRUPTED = 130


def exit_of(error: FocusrigError) -> Exit:
    """The exit code for an error that ends a command."""
    if isinstance(error, ConfigError):
        return Exit.CONFIG
    return Exit.HARDWARE if isinstance(error, HardwareMissing) else Exit.FAILED
