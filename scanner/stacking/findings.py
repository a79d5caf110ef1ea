"""What a person should know about a stack, in words: from its quality and the reports of its slices."""

from collections.abc import Iterator, Sequence
from statistics import median

from scanner.slices import LeftOut, SliceReport, StackQuality, SweepProposal
from scanner.stacking.coverage import STRAYS
from scanner.stacking.parts import UNKNOWN
from scanner.units import Frozen

OVERSHOOT = 2
"""Idle slices that are nobody's loss: one at each end makes sure that nothing is cut off."""

TOLD_GAPS = 2
"""Pairs of slices that are named; more of them are counted."""

TOLD = 6
"""Slices that are named; more of them are counted."""

RESIDUAL_PX = 0.5
MOTION_PX = 2.0
DISAGREES_PX = 0.5
"""At the rim, from which a stack is said to breathe otherwise than calibrated."""

FLICKER = 0.03
FLASH = 0.05
"""Of one slice against most others."""

CERTAINTY = 0.7
"""Of a mask, below which it may lack a part of the object: one that lacks a twentieth has about half, good ones 0.8 and
more."""

_STILL = "Check that the rig stands firm and that nothing on the object moves; give it longer to settle."
_LIGHT = "Check the lamp, and that exposure and gain are locked."
_WHY: dict[LeftOut, tuple[str, str]] = {
    "unaligned": ("does not fit the reference slice", "Check that nothing moved, then take this position again."),
    "dark": ("no light", _LIGHT),
    "saturated": ("white all over", _LIGHT),
    "blurred": ("nothing is sharp", "If it lies at an end of the sweep, bring that end closer."),
}


class Finding(Frozen):
    """Something about a stack that a person should know: what was found and what to do."""

    code: str
    message: str
    hint: str


def findings(quality: StackQuality, reports: Sequence[SliceReport], unit: str = "D") -> tuple[Finding, ...]:
    """What there is to say, the gravest first; nothing for a stack as it should be.

    `unit`: of focus positions.
    """
    told = (
        _left_out(reports),
        _geometry(quality),
        _reach(quality, unit),
        _spacing(quality, unit),
        _stillness(quality, reports),
        _mask(quality),
    )
    return tuple(finding for kind in told for finding in kind)


def _left_out(reports: Sequence[SliceReport]) -> Iterator[Finding]:
    for why, (because, hint) in _WHY.items():
        indices = [report.index for report in reports if report.left_out == why]
        if indices:
            yield Finding(code=f"left-out-{why}", message=f"Left out: {_slices(indices)}, {because}.", hint=hint)


def _geometry(quality: StackQuality) -> Iterator[Finding]:
    much = quality.disagreement_px
    if much > DISAGREES_PX:
        yield Finding(
            code="geometry",
            message=f"This stack breathes otherwise than the calibration says: by {much:.1f} px at the rim.",
            hint="Calibrate breathing again; was the lens or the focus range changed?",
        )


def _reach(quality: StackQuality, unit: str) -> Iterator[Finding]:
    ends = (("near", "nearer", quality.beyond_near), ("far", "farther", quality.beyond_far))
    for end, where, share in ends:
        if share > STRAYS:
            message = f"About {share:.0%} of the object lies {where} than the sweep reaches."
            hint = _use(quality.proposal, unit) or f"Move {end}, with as many more slices."
            yield Finding(code=f"{end}-not-covered", message=message, hint=hint)


def _use(proposal: SweepProposal | None, unit: str) -> str:
    """Nothing where there is no proposal."""
    if proposal is None:
        return ""
    return f"Use near {proposal.near:g} {unit}, far {proposal.far:g} {unit}, {proposal.count} slices."


def _spacing(quality: StackQuality, unit: str) -> Iterator[Finding]:
    if quality.gaps:
        between = ", ".join(f"{index} and {index + 1}" for index in quality.gaps[:TOLD_GAPS])
        more = f" (and {len(quality.gaps) - TOLD_GAPS} more pairs)" if len(quality.gaps) > TOLD_GAPS else ""
        message = f"Too far apart: slices {between}{more}; halfway between, a quarter of sharpness is lost."
        hint = _use(quality.proposal, unit) or "Take more slices, or bring near and far closer together."
        yield Finding(code="gaps", message=message, hint=hint)
    if quality.duplicates:
        message = f"The same as the slice before: {_slices(quality.duplicates)}."
        yield Finding(code="duplicates", message=message, hint="Check that the focus moves, or take fewer slices.")
    idle = [index for index in quality.idle if index not in quality.duplicates]
    if len(idle) > OVERSHOOT:
        message = f"Hardly anywhere the sharpest, at an end of the sweep: {_slices(idle)}."
        yield Finding(code="overshoot", message=message, hint="Bring that end closer to the object: it saves time.")


def _stillness(quality: StackQuality, reports: Sequence[SliceReport]) -> Iterator[Finding]:
    used = [report for report in reports if report.left_out is None]
    if quality.motion_px > MOTION_PX:
        shaken = max(used, key=lambda report: report.shake_px)
        message = f"Slice {shaken.index} was shaken by {quality.motion_px:.1f} px; that was taken out."
        yield Finding(code="motion", message=message, hint=_STILL)
    worst = max(used, key=_residual, default=None)
    if worst is not None and _residual(worst) > RESIDUAL_PX:
        message = f"Parts of slice {worst.index} lie {worst.residual_px:.2f} px beside the reference slice."
        yield Finding(code="residual", message=message, hint=_STILL)
    yield from _flicker(quality, used)


def _residual(report: SliceReport) -> float:
    """Pixels; 0 where it was not measured, as in tiny pictures: UNKNOWN stands there for each pixel compared, and is a
    whole number."""
    return report.residual_px if report.residual_px % UNKNOWN else 0.0


def _flicker(quality: StackQuality, used: Sequence[SliceReport]) -> Iterator[Finding]:
    usual = median(report.brightness for report in used) if used else 1.0
    odd = max(used, key=lambda report: abs(report.brightness - usual), default=None)
    if quality.flicker > FLICKER:
        message = f"Brightness varies by {quality.flicker:.1%} from slice to slice; that was evened out."
        yield Finding(code="flicker", message=message, hint=_LIGHT)
    elif odd is not None and abs(odd.brightness / usual - 1) > FLASH:
        much, than = abs(odd.brightness / usual - 1), "brighter" if odd.brightness > usual else "darker"
        message = f"Slice {odd.index} is {much:.0%} {than} than the others; that was evened out."
        yield Finding(code="flicker", message=message, hint=_LIGHT)


def _mask(quality: StackQuality) -> Iterator[Finding]:
    if quality.certainty < CERTAINTY:
        yield Finding(
            code="mask",
            message=f"The mask is only {quality.certainty:.0%} sure: some object may be missing or background in it.",
            hint="Look at it; bring the whole object into the sweep, give it light or texture, or do without masks.",
        )


def _slices(indices: Sequence[int]) -> str:
    more = f" (and {len(indices) - TOLD} more)" if len(indices) > TOLD else ""
    return f"slice{'s' if len(indices) > 1 else ''} {', '.join(map(str, indices[:TOLD]))}{more}"
