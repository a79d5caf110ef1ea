"""What became of each position of a scan: its slices, its quality, and what a person should know of it."""

from collections.abc import Iterable

from scanner.capture.events import Problem
from scanner.slices import StackQuality
from scanner.stacking.findings import findings
from scanner.store.journal import History, PositionDone, SliceFacts
from scanner.units import Degrees, Frozen, Seconds


class PositionReport(Frozen):
    """One position that is stacked. `findings`: what there is to look at, the gravest first; empty: all is well."""

    index: int
    turntable: Degrees
    tilt: Degrees
    took_s: Seconds
    slices: tuple[SliceFacts, ...]
    quality: StackQuality
    findings: tuple[Problem, ...]


def reports(history: History) -> tuple[PositionReport, ...]:
    """The positions that are done, in capture order."""
    return tuple(_report(done) for _, done in sorted(history.done.items()))


def found_in(done: PositionDone) -> tuple[Problem, ...]:
    """What there is to say of a position."""
    return tuple(
        Problem(code=finding.code, message=finding.message, hint=finding.hint)
        for finding in findings(done.quality, [record.report for record in done.slices])
    )


def flagged(positions: Iterable[PositionDone]) -> tuple[int, ...]:
    """The positions of which there is something to say, in capture order."""
    return tuple(sorted(done.index for done in positions if found_in(done)))


def _report(done: PositionDone) -> PositionReport:
    return PositionReport(
        index=done.index,
        turntable=done.turntable,
        tilt=done.tilt,
        took_s=done.took_s,
        slices=tuple(SliceFacts(**record.model_dump(exclude={"file"})) for record in done.slices),
        quality=done.quality,
        findings=found_in(done),
    )
