"""What became of each position of a scan: its slices, its quality, and what a person should know of it."""

import math
from collections.abc import Iterable

from scanner.capture.events import Problem, SweepFacts
from scanner.hardware.protocols import FocusFacts
from scanner.plan.sweep import MAX_SLICES, MIN_SLICES
from scanner.slices import StackQuality, SweepProposal
from scanner.stacking.findings import findings
from scanner.stacking.proposal import rounded
from scanner.store.journal import History, PositionDone, SliceFacts
from scanner.units import Degrees, Frozen, Seconds


class PositionReport(Frozen):
    """One position that is stacked. `findings`: what there is to look at, the gravest first; empty: all is well.

    `settle_s`, `still`: as in the journal. `mask`, `depth`: whether there is such a map.
    """

    index: int
    turntable: Degrees
    tilt: Degrees
    took_s: Seconds
    slices: tuple[SliceFacts, ...]
    quality: StackQuality
    findings: tuple[Problem, ...]
    settle_s: Seconds | None = None
    still: bool = True
    mask: bool = False
    depth: bool = False


def reports(history: History, unit: str = "D") -> tuple[PositionReport, ...]:
    """The positions that are done, in capture order; `unit`: of focus positions."""
    return tuple(_report(done, unit) for _, done in sorted(history.done.items()))


def found_in(done: PositionDone, unit: str = "D") -> tuple[Problem, ...]:
    """What there is to say of a position; `unit`: of focus positions.

    Slices that this position does not need may be there for another one: one sweep serves them all.
    """
    told = findings(done.quality, [record.report for record in done.slices], unit)
    beside = {"overshoot"} | ({"mask"} if done.mask is None else set())
    known = (each for each in told if each.code not in beside)
    stacked = (Problem(code=each.code, message=each.message, hint=each.hint) for each in known)
    return (*_unsteady(done), *stacked)


def flagged(positions: Iterable[PositionDone]) -> tuple[int, ...]:
    """The positions of which there is something to say, in capture order."""
    return tuple(sorted(done.index for done in positions if found_in(done)))


def proposed(positions: Iterable[PositionDone], reach: FocusFacts | None = None) -> SweepProposal | None:
    """One sweep for a whole scan, since all its positions need the same; None where theirs covers them all.

    It goes from the nearest to the farthest end, in the finest steps that any position asks for, within the `reach` of
    the focus drive. None too where that stops the sweep from being any better.
    """
    positions = tuple(positions)
    asked = [done.quality.proposal for done in positions if done.quality.proposal is not None]
    if not asked:
        return None
    own = _own(positions)
    one = rounded(
        max(each.near for each in (*asked, *own)),
        min(each.far for each in (*asked, *own)),
        min((each.near - each.far) / (each.count - 1) for each in asked),
    )
    one = one if reach is None else _within(one, reach)
    return None if any(_as_good(each, one) for each in own) else one


def attainable(quality: StackQuality, used: SweepFacts, reach: FocusFacts | None) -> StackQuality:
    """The quality with its proposal within what the focus drive reaches; without one that is then no better."""
    if quality.proposal is None or reach is None:
        return quality
    one = _within(quality.proposal, reach)
    own = SweepProposal(near=used.near, far=used.far, count=used.count)
    return quality.model_copy(update={"proposal": None if _as_good(own, one) else one})


def _own(positions: Iterable[PositionDone]) -> tuple[SweepProposal, ...]:
    """The sweeps that were used; of one slice, or at unknown positions, there is none."""
    used = ([record.focus_asked for record in done.slices] for done in positions)
    known = ([place for place in places if place is not None] for places in used)
    return tuple(SweepProposal(near=max(at), far=min(at), count=len(at)) for at in known if len(at) >= MIN_SLICES)


def _within(one: SweepProposal, reach: FocusFacts) -> SweepProposal:
    step = (one.near - one.far) / (one.count - 1)
    near, far = min(one.near, reach.near), max(one.far, reach.far)
    count = math.ceil((near - far) / step - 0.05) + 1
    return SweepProposal(near=near, far=far, count=min(max(count, MIN_SLICES), MAX_SLICES))


def _as_good(own: SweepProposal, other: SweepProposal) -> bool:
    return own.near >= other.near and own.far <= other.far and own.count >= other.count


def _report(done: PositionDone, unit: str) -> PositionReport:
    return PositionReport(
        index=done.index,
        turntable=done.turntable,
        tilt=done.tilt,
        took_s=done.took_s,
        slices=tuple(SliceFacts(**record.model_dump(exclude={"file"})) for record in done.slices),
        quality=done.quality,
        findings=found_in(done, unit),
        settle_s=done.settle_s,
        still=done.still,
        mask=done.mask is not None,
        depth=done.depth is not None,
    )


def _unsteady(done: PositionDone) -> tuple[Problem, ...]:
    if done.still:
        return ()
    return (
        Problem(
            code="unsteady",
            message=f"The rig still moved {done.settle_s or 0.0:.1f} s after the table had stopped.",
            hint="Stiffen the rig, move more slowly, or raise rig.settle.most_s in the config.",
        ),
    )
