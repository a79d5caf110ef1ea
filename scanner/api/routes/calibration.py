"""Calibrating: breathing (how the picture grows as the lens focuses nearer), the focus scale, steps per degree."""

from typing import Annotated

from fastapi import APIRouter, Body, Response
from fastapi.openapi.models import Example

from scanner.api.dependencies import AxisName, TheDaemon
from scanner.api.examples import BREATHING, CALIBRATING, FOCUS_SCALE, MEASURING_FOCUS, RIG, STEPS, answers
from scanner.api.openapi import problems
from scanner.capture.calibration_data import BreathingCalibration, CalibrationPlan
from scanner.capture.events import RigStatus
from scanner.capture.focus_scale import FocusCalibration, FocusTarget
from scanner.daemon.setup import AxisSteps, AxisTurned

router = APIRouter(prefix="/calibration", tags=["calibration"])

EXAMPLES: dict[str, Example] = {
    "default": {"summary": "Four positions, the range of focus found by itself", "value": {}},
    "given": {
        "summary": "Six positions, a sweep given by hand",
        "value": {"positions": 6, "near": 9.5, "far": 6.0, "count": 12},
    },
}


@router.head("/breathing", include_in_schema=False)
@router.get("/breathing", summary="The calibration of breathing", responses=answers(BREATHING) | problems(404))
def get_breathing(daemon: TheDaemon) -> BreathingCalibration:
    """What is known for the camera and size of picture in use. 404: not calibrated, or with another camera."""
    return daemon.calibrations.breathing.calibration()


@router.post(
    "/breathing",
    status_code=202,
    summary="Calibrate breathing",
    responses=answers(CALIBRATING, 202) | problems(409, 422, 503),
)
def calibrate_breathing(
    plan: Annotated[CalibrationPlan, Body(openapi_examples=EXAMPLES)], daemon: TheDaemon
) -> RigStatus:
    """Begins and returns at once; the rig is busy meanwhile.

    `activity` in the status of the rig says how far it is, and is empty at the end; `problem` then says why it failed.
    """
    return daemon.calibrations.breathing.calibrate(plan)


@router.delete(
    "/breathing",
    status_code=204,
    summary="Forget the calibration of breathing",
    response_class=Response,
    responses=problems(404),
)
def delete_breathing(daemon: TheDaemon) -> None:
    """From then on each position of a new scan is aligned on its own. Scans that began with it keep it."""
    daemon.calibrations.breathing.forget()


@router.head("/focus", include_in_schema=False)
@router.get("/focus", summary="The calibration of the focus scale", responses=answers(FOCUS_SCALE) | problems(404))
def get_focus_scale(daemon: TheDaemon) -> FocusCalibration:
    """The targets measured with this camera, and what its dioptres mean: offset + slope / distance in metres.

    The law is null until there are two distances. 404: uncalibrated.
    """
    return daemon.calibrations.focus.calibration()


@router.post(
    "/focus",
    status_code=202,
    summary="Measure a target for the focus scale",
    responses=answers(MEASURING_FOCUS, 202) | problems(409, 422, 503),
)
def calibrate_focus(
    target: Annotated[FocusTarget, Body(examples=[{"distance_mm": 120.0}])], daemon: TheDaemon
) -> RigStatus:
    """Begins to look for the lens position that is sharpest on a flat target in the middle of the picture.

    Each distance adds a point to what is known, or replaces the one measured there before.
    """
    return daemon.calibrations.focus.calibrate(target)


@router.delete(
    "/focus",
    status_code=204,
    summary="Forget the calibration of the focus scale",
    response_class=Response,
    responses=problems(404),
)
def delete_focus_scale(daemon: TheDaemon) -> None:
    """From then on distances are marked as uncalibrated."""
    daemon.calibrations.focus.forget()


@router.post(
    "/axes/{name}",
    summary="Calibrate the steps of an axis",
    responses=answers(STEPS) | problems(404, 409, 422, 503),
)
def calibrate_axis(
    name: AxisName,
    turned: Annotated[AxisTurned, Body(examples=[{"commanded": 360.0, "turned": 352.4}])],
    daemon: TheDaemon,
) -> AxisSteps:
    """Corrects steps per degree (per millimetre, of the rail) by how far the axis went when it was told to go so far.

    Kept as a setting. The rig is opened anew, so the axes have to be homed or zeroed.
    """
    return daemon.setup.calibrate_axis(name, turned)


@router.post("/cancel", status_code=202, summary="Cancel a calibration", responses=answers(RIG, 202) | problems(409))
def cancel_calibration(daemon: TheDaemon) -> RigStatus:
    """Takes effect before the next slice; what was known before stays."""
    return daemon.calibrations.cancel()
