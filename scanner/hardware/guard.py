"""A deadline for calls into a library that has none of its own: past it, the process has to go."""

import faulthandler
import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from scanner.units import Seconds

EXIT_RIG_LOST = 75
"""Exit code of a process that lost its rig: systemd starts it anew. EX_TEMPFAIL of sysexits.h."""
GRACE_S: Seconds = 5.0
JOIN_S: Seconds = 1.0

log = logging.getLogger(__name__)


def end_process(what: str) -> None:
    """End this process at once with EXIT_RIG_LOST: a thread that hangs in a library cannot be ended in another way."""
    log.critical("%s takes too long: the process ends with code %d, to be started anew", what, EXIT_RIG_LOST)
    os._exit(EXIT_RIG_LOST)


def only_log(what: str) -> None:
    """Say it and go on: for cameras of software, which may be slow but do not hang."""
    log.error("%s takes too long", what)


class Guard:
    """Calls `expired` from a thread of its own when a call outlives its time.

    With `end_process`, the default, there is a second line of defence: libcamera's Python module keeps the
    interpreter's lock in most of its calls, and then no Python thread runs. faulthandler needs none: it ends the
    process (code 1, with a traceback on stderr) `grace_s` later.
    """

    def __init__(self, expired: Callable[[str], None] = end_process, grace_s: Seconds = GRACE_S) -> None:
        self._expired = expired
        self._grace_s = grace_s

    @contextmanager
    def limit(self, seconds: Seconds, what: str) -> Iterator[None]:
        """The body may take `seconds`; `what` names it for a person, as in "opening the camera". Not to be nested with
        `end_process`: the inner one would end the outer one's second line of defence."""
        timer = threading.Timer(seconds, self._expired, (what,))
        timer.daemon = True
        timer.start()
        last_resort = self._expired is end_process
        if last_resort:
            faulthandler.dump_traceback_later(seconds + self._grace_s, exit=True)
        try:
            yield
        finally:
            if last_resort:
                faulthandler.cancel_dump_traceback_later()
            timer.cancel()
            timer.join(JOIN_S)
