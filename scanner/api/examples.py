"""What answers look like, for the OpenAPI document: made of the models themselves, so that no example can be wrong."""

from datetime import UTC, datetime

from pydantic import BaseModel, JsonValue

from scanner import __version__
from scanner.api.openapi import Responses
from scanner.capture.calibration_data import BreathingCalibration
from scanner.capture.events import (
    FinishReason,
    FocusScale,
    Problem,
    RigStatus,
    RunState,
    ScanStatus,
    Status,
    SweepFacts,
)
from scanner.capture.focus_scale import FocusCalibration, FocusPoint
from scanner.capture.positions import PositionReport
from scanner.config import Settings, StorageSettings
from scanner.daemon import SettingsView
from scanner.daemon.setup import AxisSteps
from scanner.hardware.protocols import AxisFacts, CameraFacts, Exposure, FocusFacts, LensFacts, RigFacts
from scanner.slices import StackQuality, SweepProposal
from scanner.store.journal import SliceFacts

EXPOSURE = Exposure(time_us=10000, gain=1.0, red_gain=1.9, blue_gain=1.6)

RIG = RigStatus(
    facts=RigFacts(
        simulated=False,
        description="Camera imx519, motors at /dev/ttyUSB0 (Grbl 1.1h).",
        camera=CameraFacts(
            model="imx519",
            width=4656,
            height=3496,
            focal_length_mm=4.28,
            f_number=1.75,
            pixel_pitch_um=1.22,
            lens=LensFacts(far=0.0, near=15.0, step=0.01),
        ),
        focus=FocusFacts(drive="lens", unit="D", far=0.0, near=15.0, step=0.01, coarse=1.0, depth_of_field=0.233),
        axes=(
            AxisFacts(name="turntable", low=-360.0, high=360.0, step=0.1, can_home=False),
            AxisFacts(name="tilt", low=-10.0, high=90.0, step=0.1, can_home=True),
        ),
        light=True,
    ),
    focus=8.5,
    axes={"turntable": 30.0, "tilt": 0.0},
    light=1.0,
    exposure=EXPOSURE,
    calibrated=True,
    focus_scale=FocusScale(offset=0.12, slope=0.97),
)

CALIBRATING = RIG.model_copy(update={"calibrated": False, "activity": "calibrating breathing: position 2 of 4"})

MEASURING_FOCUS = RIG.model_copy(update={"activity": "calibrating focus: looking for the target"})

STEPS = AxisSteps(name="turntable", before=8.88889, after=9.08059)

RUNNING = ScanStatus(
    id="20261122-051130-my-vase",
    name="My vase",
    created_at=datetime(2026, 11, 22, 5, 11, 30, tzinfo=UTC),
    state=RunState.RUNNING,
    activity="capturing",
    positions_total=36,
    positions_done=2,
    slices_total=288,
    slices_done=18,
    stacked=2,
    stacked_positions=(0, 1),
    flagged=(0,),
    sweep=SweepFacts(near=9.5, far=6.0, count=8, reference=4),
    exposure=EXPOSURE,
    eta_s=620.0,
    elapsed_s=41.5,
)

PAUSED = RUNNING.model_copy(update={"state": RunState.PAUSED, "activity": ""})

CANCELLED = PAUSED.model_copy(update={"state": RunState.FINISHED, "reason": FinishReason.CANCELLED, "eta_s": None})

FINISHED = ScanStatus(
    id="20261121-160402-beetle",
    name="Beetle",
    created_at=datetime(2026, 11, 21, 16, 4, 2, tzinfo=UTC),
    state=RunState.FINISHED,
    reason=FinishReason.COMPLETED,
    positions_total=3,
    positions_done=3,
    slices_total=24,
    slices_done=24,
    stacked=3,
    stacked_positions=(0, 1, 2),
    sweep=SweepFacts(near=9.5, far=6.0, count=8, reference=4),
    exposure=EXPOSURE,
    elapsed_s=55.0,
)

POSITIONS = (
    PositionReport(
        index=0,
        turntable=0.0,
        tilt=0.0,
        took_s=7.4,
        slices=(
            SliceFacts(
                index=0,
                focus_asked=9.5,
                focus=9.5,
                exposure_us=10000,
                gain=1.0,
                transform=((1.0061, 0.0, -14.2), (0.0, 1.0061, -10.7)),
                residual_px=0.08,
                share=0.21,
                likeness=0.97,
                brightness=1.003,
                shake_px=0.12,
            ),
        ),
        quality=StackQuality(
            beyond_near=0.12,
            near_needed=10.1,
            residual_px=0.08,
            motion_px=0.12,
            flicker=0.002,
            proposal=SweepProposal(near=10.2, far=6.0, count=10),
        ),
        findings=(
            Problem(
                code="near-not-covered",
                message="About 12% of the object lies nearer than the sweep reaches.",
                hint="Use near 10.2 D, far 6 D, 10 slices.",
            ),
        ),
    ),
)

FOCUS_SCALE = FocusCalibration(
    camera="focus scale, imx519, /base/soc/i2c0mux/i2c@1/imx519@1a",
    points=(FocusPoint(distance_mm=90.0, focus=10.9), FocusPoint(distance_mm=200.0, focus=4.97)),
    offset=0.12,
    slope=0.97,
    residual=0.0,
    measured_at=datetime(2026, 11, 22, 9, 30, 0, tzinfo=UTC),
)

BREATHING = BreathingCalibration(
    power=232.9,
    centre=(0.004, -0.011),
    scale_error_ppm=6.2,
    residual_px=0.11,
    slices=28,
    outliers=0,
    positions=4,
    sweep=SweepFacts(near=9.5, far=6.0, count=8, reference=4),
    measured_at=datetime(2026, 11, 20, 9, 3, 12, tzinfo=UTC),
    camera="imx519, 4656 x 3496 px, 4.28 mm",
)

STATUS = Status(version=__version__, rig=RIG, scan=RUNNING, scans_revision=4, disk_free_bytes=21_500_000_000)

SETTINGS = SettingsView(
    settings=Settings(storage=StorageSettings(reserve_mb=500)),
    schema_={"title": "Settings", "type": "object", "properties": {"rig": {}, "server": {}, "storage": {}}},
    overridden=("storage.reserve_mb",),
)


def answers(example: BaseModel | tuple[BaseModel, ...], status: int = 200) -> Responses:
    """The response of an operation with an example of what it answers: one document, or a list of them."""
    shown: JsonValue = [_plain(each) for each in example] if isinstance(example, tuple) else _plain(example)
    return {status: {"content": {"application/json": {"example": shown}}}}


def _plain(model: BaseModel) -> JsonValue:
    plain: JsonValue = model.model_dump(mode="json", by_alias=True)
    return plain
