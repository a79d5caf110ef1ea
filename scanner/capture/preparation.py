"""What every run does before its first position: light, references, a locked look, the ends of the sweep."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from scanner.capture.engine import require_focus
from scanner.capture.search import find_ends
from scanner.errors import HardwareError, PositionLost
from scanner.hardware.protocols import Exposure
from scanner.hardware.rig import Rig
from scanner.plan.limits import SINGLE
from scanner.plan.scan import ExposurePlan, ScanPlan
from scanner.plan.sweep import Sweep
from scanner.units import FocusPosition

log = logging.getLogger(__name__)

_IN_WORDS = {"turntable": "turntable", "tilt": "tilt", "focus": "rail"}


@contextmanager
def ready(rig: Rig, *, fresh: bool, moves: bool = True) -> Iterator[None]:
    """Motors powered, every axis referenced, the lamp on for the length of a run; one that was on stays as it was.

    `fresh`, `moves`: as for `reference`, which comes first: a controller that wants to be homed is locked, its lamp as
    well.
    """
    reference(rig, fresh=fresh, moves=moves)
    if rig.light is None or rig.light.level > 0:
        yield
        return
    rig.light.set(1.0)
    try:
        yield
    finally:
        try:
            rig.light.set(0.0)
        except HardwareError as error:  # a controller that is gone has been told of already
            log.warning("the lamp stays as it is: %s", error)


def reference(rig: Rig, *, fresh: bool, moves: bool = True) -> None:
    """Power the motors and make the position of every axis known.

    An axis with a switch homes. Without one, only a person can say where it stands; the turntable of a `fresh` run
    alone may call any place its zero. A run that `moves` no axis asks nobody. Raises PositionLost, MotionError.
    """
    rig.motors.hold()
    switches_first = sorted(rig.axes.items(), key=lambda item: not item[1].facts.can_home)
    for name, axis in switches_first:  # homing one axis may move the others
        if axis.angle is not None:
            continue
        if axis.facts.can_home:
            axis.home()
        elif fresh and name == "turntable":
            axis.set_zero()
    lost = [_IN_WORDS[name] for name, axis in rig.axes.items() if axis.angle is None]
    if lost and moves:
        raise PositionLost(
            f"Nobody knows where the {' and the '.join(lost)} stand{'s' * (len(lost) == 1)}: "
            "without a switch only a person can say, since the controller started anew.",
            f"Bring the {' and the '.join(lost)} to zero by hand, press Set zero, then Resume.",
        )


def lock_exposure(rig: Rig, plan: ExposurePlan) -> Exposure:
    """Fix the look of a plan: what is "auto" is measured, what is given is taken."""
    wanted = plan.model_dump()
    given = {key: value for key, value in wanted.items() if value != "auto"}
    if len(given) == len(wanted):
        return rig.camera.lock(Exposure.model_validate(given))
    measured = rig.camera.lock(None)
    return rig.camera.lock(measured.model_copy(update=given)) if given else measured


def ends_known(rig: Rig, plan: ScanPlan) -> bool:
    """Whether both ends of the sweep are given, or there is none, so that nothing need be looked for."""
    return rig.focus.facts.drive == "fixed" or (plan.sweep.near != "auto" and plan.sweep.far != "auto")


def find_sweep(rig: Rig, plan: ScanPlan, between: Callable[[], None]) -> Sweep:
    """The sweep of every position; what is "auto" is found where the object comes into focus.

    An end that the plan gives cuts the range within which the other is looked for. Raises PlanError when nothing comes
    into focus.
    """
    if rig.focus.facts.drive == "fixed":
        return SINGLE
    near, far = _ends(rig, plan, between)
    return plan.sweep.resolve(near, far, rig.focus.facts.depth_of_field)


def _ends(rig: Rig, plan: ScanPlan, between: Callable[[], None]) -> tuple[FocusPosition, FocusPosition]:
    near, far = plan.sweep.near, plan.sweep.far
    if near != "auto" and far != "auto":
        return near, far
    reach = require_focus(rig)
    return find_ends(rig, plan.positions(), (_or(near, reach.near), _or(far, reach.far)), between)


def _or(end: FocusPosition | str, otherwise: FocusPosition) -> FocusPosition:
    return otherwise if isinstance(end, str) else end
