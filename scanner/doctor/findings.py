"""What a check found, and how grave it is."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from scanner.errors import FocusrigError


class Level(StrEnum):
    """How much a finding matters."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found. `hint` says what to do; empty when all is well.

    `hardware`: whether it is about a device or the library for it.
    """

    level: Level
    subject: str
    message: str
    hint: str = ""
    hardware: bool = False


def ok(subject: str, message: str, *, hardware: bool = False) -> Finding:
    """All is well."""
    return Finding(Level.OK, subject, message, "", hardware)


def warning(subject: str, message: str, hint: str, *, hardware: bool = False) -> Finding:
    """It works, but not as well as it should."""
    return Finding(Level.WARNING, subject, message, hint, hardware)


def problem(subject: str, message: str, hint: str, *, hardware: bool = False) -> Finding:
    """It does not work like this."""
    return Finding(Level.PROBLEM, subject, message, hint, hardware)


def failed(subject: str, error: FocusrigError) -> Finding:
    """A device that raised `error`."""
    return problem(subject, error.message, error.hint, hardware=True)


def worst(findings: Iterable[Finding]) -> Level:
    """The gravest level among `findings`."""
    return max((finding.level for finding in findings), key=list(Level).index, default=Level.OK)


def only_hardware_missing(findings: Iterable[Finding]) -> bool:
    """Whether there are problems, and each is a device or the library for it."""
    problems = [finding for finding in findings if finding.level == Level.PROBLEM]
    return bool(problems) and all(finding.hardware for finding in problems)
