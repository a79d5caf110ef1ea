"""Calibrating breathing: how much the picture grows as the lens focuses nearer."""

from typing import Annotated

from fastapi import APIRouter, Body, Response
from fastapi.openapi.models import Example

from scanner.api.dependencies import TheDaemon
from scanner.api.examples import BREATHING, CALIBRATING, RIG, answers
from scanner.api.openapi import problems
from scanner.capture.calibration_data import BreathingCalibration, CalibrationPlan
from scanner.capture.events import RigStatus

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
    return daemon.breathing.calibration()


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
    return daemon.breathing.calibrate(plan)


@router.delete(
    "/breathing",
    status_code=204,
    summary="Forget the calibration of breathing",
    response_class=Response,
    responses=problems(404),
)
def delete_breathing(daemon: TheDaemon) -> None:
    """From then on each position of a new scan is aligned on its own. Scans that began with it keep it."""
    daemon.breathing.forget()


@router.post("/cancel", status_code=202, summary="Cancel a calibration", responses=answers(RIG, 202) | problems(409))
def cancel_calibration(daemon: TheDaemon) -> RigStatus:
    """Takes effect before the next slice; what was known before stays."""
    return daemon.breathing.cancel()
