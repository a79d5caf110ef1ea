"""Exit codes: what they are, and which error ends in which."""

import pytest

from scanner.cli.exits import Exit, exit_of
from scanner.errors import ConfigError, FocusrigError, HardwareMissing, PlanError
from scanner.hardware.guard import EXIT_RIG_LOST


def test_a_lost_rig_ends_the_process_with_one_code_whoever_ends_it() -> None:
    """The guard may not ask the command line, and the command line loads no library for its codes."""
    assert int(Exit.RIG_LOST) == EXIT_RIG_LOST


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("x"), Exit.CONFIG),
        (HardwareMissing("x"), Exit.HARDWARE),
        (PlanError("x"), Exit.FAILED),
        (FocusrigError("x"), Exit.FAILED),
    ],
)
def test_an_error_has_its_code(error: FocusrigError, code: Exit) -> None:
    assert exit_of(error) == code


def test_no_code_means_two_things() -> None:
    assert len({int(code) for code in Exit}) == len(Exit)
