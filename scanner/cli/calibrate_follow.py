"""A calibration that runs on a daemon, from its beginning to its end; and asking the person before the terminal."""

import sys
from collections.abc import Callable
from datetime import datetime
from typing import TextIO

from scanner.capture.events import RigStatus
from scanner.cli.client import Client, Unreachable
from scanner.cli.exits import Exit
from scanner.cli.output import print_error
from scanner.clock import Clock
from scanner.errors import FocusrigError, NotFound

POLL_S = 0.5
PATIENCE_S = 60.0
STOPPED = FocusrigError("The scanner was stopped or restarted before the calibration was over.", "Calibrate again.")


def through(client: Client, begin: Callable[[], RigStatus], measured: Callable[[], datetime], clock: Clock) -> Exit:
    """Begin a measurement and show it to its end; Ctrl-C cancels. OK once something new is known.

    `measured`: when it was measured last. Raises what `begin` raises, and Unreachable.
    """
    before = _when(measured)
    try:
        rig, lost = follow(client, begin(), clock)
    except KeyboardInterrupt:
        client.cancel_calibration()
        print("The calibration is cancelled; what was known before stays.", file=sys.stderr)
        return Exit.INTERRUPTED
    if rig.problem:
        print_error(FocusrigError(rig.problem.message, rig.problem.hint))
        return Exit.FAILED
    if _when(measured) == before:
        print_error(STOPPED if lost else FocusrigError("The calibration was cancelled."))
        return Exit.FAILED
    return Exit.OK


def _when(measured: Callable[[], datetime]) -> datetime | None:
    try:
        return measured()
    except NotFound:
        return None


def follow(client: Client, rig: RigStatus, clock: Clock) -> tuple[RigStatus, bool]:
    """Show each step until the calibration is over; a connection that is lost for a while is no end.

    Returns the rig then, and whether the connection was lost: a scanner that starts anew does not calibrate any more.
    """
    told, heard, lost = "", clock.monotonic(), False
    while rig.activity:
        if rig.activity != told:
            told = rig.activity
            print(told, file=sys.stderr, flush=True)
        clock.sleep(POLL_S)
        try:
            rig, heard = client.rig(), clock.monotonic()
        except Unreachable:
            lost = True
            if clock.monotonic() - heard > PATIENCE_S:
                raise
    return rig, lost


Ask = Callable[[str], str]
"""Takes a question, returns what a person answered; raises FocusrigError where nobody does."""


def ask(question: str, answers: TextIO | None = None) -> str:
    """Ask on stderr, read one line of `answers`: of standard input. Raises FocusrigError at its end."""
    print(question, end=" ", file=sys.stderr, flush=True)
    answer = (answers or sys.stdin).readline()
    if not answer:
        print(file=sys.stderr)
        raise FocusrigError("Nobody answers: standard input has ended.", "The options of the command answer for you.")
    return answer.strip()
