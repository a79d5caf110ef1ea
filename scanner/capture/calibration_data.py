"""Calibrating breathing as data: what is asked for, and what was found."""

from typing import Annotated

from pydantic import AwareDatetime, Field

from scanner.capture.events import SweepFacts
from scanner.hardware.protocols import CameraFacts
from scanner.hardware.settings import RigSettings
from scanner.plan.path import Ring, RingsPath
from scanner.plan.scan import ScanPlan
from scanner.plan.sweep import Sweep, SweepPlan
from scanner.units import Degrees, Dioptres, Frozen

EXTRAPOLATED = 0.5
"""Beyond the lens positions where it was measured a law holds for so much of their span."""


class CalibrationPlan(SweepPlan):
    """A sweep, and at how many positions, evenly around the turntable, it is captured."""

    positions: Annotated[int, Field(ge=2, le=24, description="Positions of the turntable, spread over the turn.")] = 4

    def scan_plan(self, tilt: Degrees = 0.0) -> ScanPlan:
        """The scan of which the slices are measured; exposure and settling are a scan's own."""
        return ScanPlan(
            name="calibration",
            path=RingsPath(rings=(Ring(tilt_deg=tilt, count=self.positions),)),
            sweep=SweepPlan.model_validate(self.model_dump(exclude={"positions"})),
        )


class BreathingCalibration(Frozen):
    """Breathing as it was measured, for one camera in one mode.

    `power`, in dioptres, and `centre`, in shares of the width from the middle of the picture, are the law: the scale at
    D dioptres against D_ref is (power - D_ref) / (power - D). `scale_error_ppm`: its standard error, ppm a dioptre.
    `residual_px`: what the law leaves of the measured places, pixels rms. `slices`: how many were measured, `outliers`:
    how many of them contradict the others. `camera`: what it holds for.
    """

    power: Dioptres
    centre: tuple[float, float]
    scale_error_ppm: Annotated[float, Field(json_schema_extra={"unit": "ppm/D"})]
    residual_px: Annotated[float, Field(json_schema_extra={"unit": "px"})]
    slices: int
    outliers: int
    positions: int
    sweep: SweepFacts
    measured_at: AwareDatetime
    camera: str

    def holds_for(self, sweep: Sweep) -> bool:
        """Whether `sweep` stays close enough to where it was measured: within half its own span at either end."""
        more = EXTRAPOLATED * (self.sweep.near - self.sweep.far)
        return sweep.near <= self.sweep.near + more and sweep.far >= self.sweep.far - more


def camera_key(camera: CameraFacts, settings: RigSettings) -> str:
    """What a calibration holds for: model and serial number, size, mirroring, focal length and drive, in words.

    The simulated camera is another one when it is set to breathe otherwise.
    """
    words = [
        camera.model,
        *([camera.serial] if camera.serial else []),
        f"{camera.width} x {camera.height} px",
        f"{camera.focal_length_mm:g} mm",
    ]
    words += [name for name, on in (("hflip", camera.hflip), ("vflip", camera.vflip)) if on]
    words += ["on a rail"] if settings.focus.drive == "rail" else []
    breathing = [f"breathing {settings.simulated.breathing:g}"] if settings.kind == "simulated" else []
    return ", ".join(words + breathing)
