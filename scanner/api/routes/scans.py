"""Scans: start, watch, pause, resume, cancel, delete."""

from typing import Annotated

from fastapi import APIRouter, Body, Header, Response
from fastapi.openapi.models import Example

from scanner.api.dependencies import ScanId, TheDaemon, TheReplays, WantedProfile
from scanner.api.examples import CANCELLED, FINISHED, PAUSED, POSITIONS, RUNNING, answers
from scanner.api.openapi import problems
from scanner.capture.events import ScanStatus
from scanner.capture.forecast import PlanEstimate
from scanner.capture.positions import PositionReport
from scanner.delivery.manifest import DeliveryManifest
from scanner.plan.scan import ScanPlan

router = APIRouter(prefix="/scans", tags=["scans"])

EXAMPLES: dict[str, Example] = {
    "default": {"summary": "All defaults: one ring, the range of focus found by itself", "value": {}},
    "rings": {
        "summary": "Two rings, a sweep given by hand",
        "value": {
            "name": "vase",
            "path": {"kind": "rings", "rings": [{"tilt_deg": 0, "count": 36}, {"tilt_deg": 30, "count": 24}]},
            "sweep": {"near": 9.5, "far": 6.0, "count": 12},
            "exposure": {"time_us": 10000, "gain": 1.0},
        },
    },
    "stacking": {
        "summary": "How the slices become one image: the strongest detail at each scale, the nearest slice's geometry",
        "value": {
            "name": "fur",
            "sweep": {"near": 9.5, "far": 6.0, "count": 30},
            "stacking": {
                "method": "pyramid",
                "measure": "gradient",
                "window": 1.5,
                "reference": 0,
                "unaligned": "fail",
                "slab": 10,
                "quality": 98,
            },
        },
    },
    "sphere": {
        "summary": "60 positions spread evenly over a band",
        "value": {"name": "beetle", "path": {"kind": "sphere", "count": 60, "tilt_min_deg": 0, "tilt_max_deg": 60}},
    },
}

Plan = Annotated[ScanPlan, Body(openapi_examples=EXAMPLES)]

IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=200,
        description="Any text of the client's own. Sent again with the same plan, it starts no second scan.",
    ),
]


@router.post(
    "", status_code=202, summary="Start a scan", responses=answers(RUNNING, 202) | problems(409, 422, 503, 507)
)
def start_scan(
    plan: Plan, response: Response, daemon: TheDaemon, replays: TheReplays, idempotency_key: IdempotencyKey = None
) -> ScanStatus:
    """Starts a scan and returns at once. While another scan holds the rig, the 409 names it in `scan`."""
    if idempotency_key is None:
        scan = daemon.start_scan(plan)
    else:
        scan = replays.start(idempotency_key, plan, daemon.start_scan, daemon.scan)
    response.headers["Location"] = f"/api/v1/scans/{scan.id}"
    return scan


@router.post("/estimate", summary="Estimate a scan", responses=problems(422, 503))
def estimate_scan(plan: Plan, daemon: TheDaemon) -> PlanEstimate:
    """Positions, slices, duration and bytes of a plan, without starting it. Nothing moves."""
    return daemon.estimate(plan)


@router.head("", include_in_schema=False)
@router.get("", summary="List the scans", responses=answers((RUNNING, FINISHED)))
def list_scans(daemon: TheDaemon) -> tuple[ScanStatus, ...]:
    """All scans on disk, newest first."""
    return daemon.scans()


@router.head("/{scan_id}", include_in_schema=False)
@router.get("/{scan_id}", summary="One scan", responses=answers(FINISHED) | problems(404))
def get_scan(scan_id: ScanId, daemon: TheDaemon) -> ScanStatus:
    """How far the scan is."""
    return daemon.scan(scan_id)


@router.delete(
    "/{scan_id}", status_code=204, summary="Delete a scan", response_class=Response, responses=problems(404, 409)
)
def delete_scan(scan_id: ScanId, daemon: TheDaemon) -> None:
    """Deletes the scan and all its images. A scan that holds the rig must be cancelled first."""
    daemon.delete(scan_id)


@router.head("/{scan_id}/positions", include_in_schema=False)
@router.get("/{scan_id}/positions", summary="The positions of a scan", responses=answers(POSITIONS) | problems(404))
def list_positions(scan_id: ScanId, daemon: TheDaemon) -> tuple[PositionReport, ...]:
    """What became of each position that is stacked: its slices, the quality of its stack, and what to look at."""
    return daemon.files.positions(scan_id)


@router.head("/{scan_id}/manifest.json", include_in_schema=False)
@router.get(
    "/{scan_id}/manifest.json",
    summary="The manifest of a scan",
    response_model=DeliveryManifest,
    responses=problems(404, 422),
)
def get_manifest(scan_id: ScanId, daemon: TheDaemon, profile: WantedProfile = "metashape") -> Response:
    """All facts of the scan and of each position that is stacked so far, as the zip of that profile has them."""
    return Response(daemon.files.manifest(scan_id, profile).json_text(), media_type="application/json")


@router.post(
    "/{scan_id}/pause", status_code=202, summary="Pause a scan", responses=answers(PAUSED, 202) | problems(404, 409)
)
def pause_scan(scan_id: ScanId, daemon: TheDaemon) -> ScanStatus:
    """Takes effect before the next slice; the rig then stands still until the scan is resumed."""
    return daemon.pause(scan_id)


@router.post(
    "/{scan_id}/resume",
    status_code=202,
    summary="Resume a scan",
    responses=answers(RUNNING, 202) | problems(404, 409, 503, 507),
)
def resume_scan(scan_id: ScanId, daemon: TheDaemon) -> ScanStatus:
    """Goes on with the first position that is not done, also after a restart or a failure."""
    return daemon.resume(scan_id)


@router.post(
    "/{scan_id}/cancel",
    status_code=202,
    summary="Cancel a scan",
    responses=answers(CANCELLED, 202) | problems(404, 409),
)
def cancel_scan(scan_id: ScanId, daemon: TheDaemon) -> ScanStatus:
    """Ends the scan. What is stacked stays and can be downloaded."""
    return daemon.cancel(scan_id)
