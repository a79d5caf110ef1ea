"""The rig by hand: lens, axes, light, exposure. Refused while a scan holds the rig."""

from typing import Annotated

from fastapi import APIRouter, Body
from fastapi.openapi.models import Example
from pydantic import Field

from scanner.api.dependencies import AxisName, TheDaemon
from scanner.api.examples import RIG, answers
from scanner.api.openapi import problems
from scanner.capture.events import RigStatus
from scanner.plan.scan import ExposurePlan
from scanner.units import Degrees, Dioptres, Frozen

router = APIRouter(prefix="/rig", tags=["rig"])


class LensMove(Frozen):
    """Where the lens should go."""

    lens: Annotated[Dioptres, Field(ge=0, le=100, examples=[8.5])]


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


@router.put("/lens", summary="Move the lens", responses=answers(RIG) | problems(409, 422, 503))
def move_lens(move: Annotated[LensMove, Body(examples=[{"lens": 8.5}])], daemon: TheDaemon) -> RigStatus:
    """Returns when the lens has arrived."""
    return daemon.hand.move_lens(move.lens)


@router.put("/axes/{name}", summary="Move an axis", responses=answers(RIG) | problems(404, 409, 422, 503))
def move_axis(
    name: AxisName, move: Annotated[AxisMove, Body(examples=[{"angle": 30.0}])], daemon: TheDaemon
) -> RigStatus:
    """Returns when the axis stands still at the angle."""
    return daemon.hand.move_axis(name, move.angle)


@router.post("/axes/{name}/home", summary="Home an axis", responses=answers(RIG) | problems(404, 409, 503))
def home_axis(name: AxisName, daemon: TheDaemon) -> RigStatus:
    """Makes the angle known: runs to the switch where there is one, else calls the present angle zero."""
    return daemon.hand.home_axis(name)


@router.put("/light", summary="Set the light", responses=answers(RIG) | problems(409, 422, 503))
def set_light(light: Annotated[LightLevel, Body(examples=[{"level": 0.5}])], daemon: TheDaemon) -> RigStatus:
    """Sets the brightness of the lamp."""
    return daemon.hand.set_light(light.level)


@router.put("/exposure", summary="Lock the exposure", responses=answers(RIG) | problems(409, 422, 503))
def lock_exposure(exposure: Annotated[ExposurePlan, Body(openapi_examples=EXPOSURES)], daemon: TheDaemon) -> RigStatus:
    """Fixes exposure time, gain and white balance; what is "auto" is measured first."""
    return daemon.hand.lock_exposure(exposure)
