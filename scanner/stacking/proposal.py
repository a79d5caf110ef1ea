"""The sweep that would cover an object, out of what one that was used leaves out of it."""

import math
from collections.abc import Sequence

from scanner.plan.sweep import MAX_SLICES, MIN_SLICES
from scanner.slices import SweepProposal
from scanner.stacking.coverage import Coverage
from scanner.units import FocusPosition

KEPT = 0.8
"""Sharpness kept halfway between two slices of what is proposed: what the steps of a plan keep by default."""

WASTE = 1.4
"""How much finer than that the steps may be, where those of the sweep were: whoever set them may have had a reason."""

ROUNDED = 0.1
"""Of a step: proposals are round numbers to a person."""


def propose(focus: Sequence[FocusPosition], coverage: Coverage) -> SweepProposal | None:
    """The sweep to use instead of one with slices at `focus`, near to far; None where that is covered, or not known.

    It begins and ends where the object does if that is outside the sweep, else where the sweep did; its steps follow
    from the curves.
    """
    told = coverage.near is not None or coverage.far is not None or bool(coverage.sparse)
    if not told or coverage.shape is None or len(focus) < MIN_SLICES or abs(focus[0] - focus[-1]) < 1e-6:
        return None
    own = abs(focus[0] - focus[-1]) / (len(focus) - 1)
    step = stepping(own, 2 * coverage.shape.reach(KEPT) * own)
    near, far = sorted((_end(focus, coverage.near, 0), _end(focus, coverage.far, len(focus) - 1)), reverse=True)
    return rounded(near, far, step)


def stepping(own: FocusPosition, needed: FocusPosition) -> FocusPosition:
    """The sweep's own step where that is fine enough and no waste, else the nearest that is."""
    return min(needed, max(own, needed / WASTE))


def rounded(near: FocusPosition, far: FocusPosition, step: FocusPosition) -> SweepProposal:
    """Ends rounded outward to a round part of `step`; as many slices as it takes to go no farther from one to the
    next."""
    digits = -math.floor(math.log10(ROUNDED * step))
    grain = 10.0**-digits
    near = round(math.ceil(near / grain - 0.01) * grain, max(digits, 0))
    far = round(math.floor(far / grain + 0.01) * grain, max(digits, 0))
    count = math.ceil((near - far) / step - 0.05) + 1
    return SweepProposal(near=near, far=far, count=min(max(count, MIN_SLICES), MAX_SLICES))


def place_at(focus: Sequence[FocusPosition], place: float | None) -> FocusPosition | None:
    """Where the focus drive is at a place in steps, on the line through the ends of the sweep; None: unknown.

    Never beyond zero, which is infinity to a lens and mostly the end of a rail, unless the sweep is.
    """
    if place is None or not focus:
        return None
    near, far, steps = focus[0], focus[-1], max(len(focus) - 1, 1)
    return max(min(0.0, near, far), float(near + (far - near) * place / steps))


def _end(focus: Sequence[FocusPosition], needed: float | None, own: int) -> FocusPosition:
    there = place_at(focus, needed)
    return focus[own] if there is None else there
