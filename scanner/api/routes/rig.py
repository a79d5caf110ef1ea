"""The rig by hand: focus, axes, light, exposure. Refused while a scan holds the rig."""

from typing import Annotated

from fastapi import APIRouter, Body
from fastapi.openapi.models import Example
from pydantic import Field

from scanner.api.dependencies import AxisName, TheDaemon
from scanner.api.examples import RIG, answers
from scanner.api.openapi import problems
from scanner.capture.events import RigStatus
from scanner.plan.scan import ExposurePlan
from scanner.units import Degrees, FocusPosition, Frozen

router = APIRouter(prefix="/rig", tags=["rig"])


class FocusMove(Frozen):
    """Where the focus drive should go: dioptres of a lens, millimetres of a rail."""

    position: Annotated[FocusPosition, Field(ge=-1000, le=1000, examples=[8.5])]


class AxisMove(Frozen):
    """Where an axis should go."""

    angle: Annotated[Degrees, Field(ge=-36000, le=36000, examples=[30.0])]


class LightLevel(Frozen):
    """Brightness: 0 off, 1 full."""

    level: Annotated[float, Field(ge=0, le=1, examples=[0.5])]


EXPOSURES: dict[str, Example] = {
    "auto": {"summary": "Measure, then lock", "value": {}},
    "manual": {"summary": "By hand", "value": {"time_us": 10000, "gain": 1.0, "red_gain": 1.9, "blue_gain": 1.6}},
}


@router.head("", include_in_schema=False)
@router.get("", summary="The rig", responses=answers(RIG))
def get_rig(daemon: TheDaemon) -> RigStatus:
    """Facts, limits, and where everything stands."""
    return daemon.status().rig


@router.put("/focus", summary="Move the focus", responses=answers(RIG) | problems(409, 422, 503))
def move_focus(move: Annotated[FocusMove, Body(examples=[{"position": 8.5}])], daemon: TheDaemon) -> RigStatus:
    """Returns when the drive has arrived and settled. Its unit and range are in the facts of the rig."""
    return daemon.hand.move_focus(move.position)


@router.put("/axes/{name}", summary="Move an axis", responses=answers(RIG) | problems(404, 409, 422, 503))
def move_axis(
    name: AxisName, move: Annotated[AxisMove, Body(examples=[{"angle": 30.0}])], daemon: TheDaemon
) -> RigStatus:
    """Returns when the axis stands still at the angle."""
    return daemon.hand.move_axis(name, move.angle)


@router.post("/axes/{name}/home", summary="Home an axis", responses=answers(RIG) | problems(404, 409, 503))
def home_axis(name: AxisName, daemon: TheDaemon) -> RigStatus:
    """Runs the axis to its limit switch, which makes its angle known. 409 where it has none: set its zero instead."""
    return daemon.hand.home_axis(name)


@router.post("/axes/{name}/zero", summary="Set the zero of an axis", responses=answers(RIG) | problems(404, 409, 503))
def zero_axis(name: AxisName, daemon: TheDaemon) -> RigStatus:
    """Calls the place where the axis stands zero: bring it there by hand first."""
    return daemon.hand.zero_axis(name)


@router.post("/stop", summary="Stop all axes", responses=answers(RIG))
def stop_axes(daemon: TheDaemon) -> RigStatus:
    """Stops whatever moves, at once, and returns. The request that moves it fails; a scan is interrupted."""
    return daemon.hand.stop()


@router.post("/motors/release", summary="Release the motors", responses=answers(RIG) | problems(409, 503))
def release_motors(daemon: TheDaemon) -> RigStatus:
    """Lets the axes turn freely, where the controller can; then they do not know where they are."""
    return daemon.hand.release_motors()


@router.put("/light", summary="Set the light", responses=answers(RIG) | problems(409, 422, 503))
def set_light(light: Annotated[LightLevel, Body(examples=[{"level": 0.5}])], daemon: TheDaemon) -> RigStatus:
    """Sets the brightness of the lamp."""
    return daemon.hand.set_light(light.level)


@router.put("/exposure", summary="Lock the exposure", responses=answers(RIG) | problems(409, 422, 503))
def lock_exposure(exposure: Annotated[ExposurePlan, Body(openapi_examples=EXPOSURES)], daemon: TheDaemon) -> RigStatus:
    """Fixes exposure time, gain and white balance; what is "auto" is measured first."""
    return daemon.hand.lock_exposure(exposure)
