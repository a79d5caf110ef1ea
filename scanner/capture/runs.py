"""What holds the rig from its start to its end: a scan, or a calibration."""

from collections.abc import Callable
from typing import Protocol, TypeAlias

from scanner.capture.events import Problem
from scanner.errors import RigBusy
from scanner.hardware.protocols import Exposure
from scanner.hardware.rig import Rig

Seen: TypeAlias = Callable[[Exposure | None], None]
"""Told whenever something on the rig has moved, with the exposure where that is new."""


class Cancelled(Exception):
    """The way out of a run that is to end before its plan does."""


class Run(Protocol):
    """`run` blocks in the acquisition thread; everything else may be called from any thread."""

    @property
    def over(self) -> bool:
        """Whether the run needs the rig no more: true before its end is told, so that nobody is refused then."""

    @property
    def activity(self) -> str:
        """What goes on, in a few words, for the status of the rig; "" where a status of its own tells it."""

    @property
    def problem(self) -> Problem | None:
        """What it failed with, for the status of the rig; None where a status of its own tells it."""

    def busy(self) -> RigBusy:
        """What somebody else is told who wants the rig meanwhile."""

    def started(self) -> None:
        """The run has the rig; `run` follows."""

    def run(self, rig: Rig, seen: Seen) -> None:
        """Run to the end. What goes wrong on the rig is part of the outcome.

        Raises RigLost alone, once the outcome is written down: then nothing but a new start of the process helps.
        """

    def failed(self, problem: Problem) -> None:
        """End the run on a defect that `run` raised."""

    def close(self) -> None:
        """The daemon stops: end the run soon."""
