"""What every run does before its first position: light, references, a locked look, the ends of the sweep."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from scanner.capture import engine
from scanner.capture.search import find_ends
from scanner.errors import HardwareError
from scanner.hardware.protocols import Exposure
from scanner.hardware.rig import Rig
from scanner.plan.scan import ExposurePlan, ScanPlan
from scanner.units import Dioptres

log = logging.getLogger(__name__)


@contextmanager
def lit(rig: Rig) -> Iterator[None]:
    """The lamp is on for the length of a run; one that was on stays as it was."""
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


def home(rig: Rig) -> None:
    """Make the position of every axis known. Raises MotionError."""
    for axis in rig.axes.values():
        if axis.angle is None:
            axis.home()


def lock_exposure(rig: Rig, plan: ExposurePlan) -> Exposure:
    """Fix the look of a plan: what is "auto" is measured, what is given is taken."""
    wanted = plan.model_dump()
    given = {key: value for key, value in wanted.items() if value != "auto"}
    if len(given) == len(wanted):
        return rig.camera.lock(Exposure.model_validate(given))
    measured = rig.camera.lock(None)
    return rig.camera.lock(measured.model_copy(update=given)) if given else measured


def ends_known(plan: ScanPlan) -> bool:
    """Whether the plan gives both ends of the sweep, so that nothing need be looked for."""
    return plan.sweep.near != "auto" and plan.sweep.far != "auto"


def sweep_ends(rig: Rig, plan: ScanPlan, between: Callable[[], None]) -> tuple[Dioptres, Dioptres]:
    """(near, far) of the sweep, dioptres; what is "auto" is found where the object comes into focus.

    An end that the plan gives cuts the range within which the other is looked for. Raises PlanError when nothing comes
    into focus.
    """
    near, far = plan.sweep.near, plan.sweep.far
    if near != "auto" and far != "auto":
        return near, far
    lens = engine.lens_drive(rig)
    reach = (lens.near if near == "auto" else near, lens.far if far == "auto" else far)
    return find_ends(rig, plan.positions(), reach, between)
