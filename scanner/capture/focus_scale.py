"""What the scale of a lens means: measured on targets at known distances, since dioptres of modules are best effort.

One module was sharp at 300 mm with 7.82 D instead of 3.33 D (picamera2, issue 978).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Annotated

import numpy as np
from pydantic import AwareDatetime, Field

from scanner.capture import engine
from scanner.capture.calibration import Steps
from scanner.capture.events import FocusScale
from scanner.capture.preparation import lock_exposure
from scanner.capture.preview import PreviewFeed
from scanner.clock import Clock
from scanner.errors import CalibrationFailed, PlanError
from scanner.hardware.protocols import CameraFacts, FocusFacts, RigFacts
from scanner.hardware.rig import Rig
from scanner.hardware.settings import RigSettings
from scanner.plan.scan import ExposurePlan
from scanner.slices import Plane
from scanner.stacking.focus_range import FocusRange
from scanner.units import Dioptres, FocusPosition, Frozen, Millimetres

FINE_STEPS = 10
"""Of the second sweep, in one step of the first."""

AROUND = 1.2
"""How far the second sweep reaches around the peak of the first, in steps of the first."""

LEAST_TILES = 20
"""Of the middle of the picture that must have come into focus: fewer are dust on the target, or its edge."""

SPREAD: Dioptres = 0.5
"""Between the peaks of tiles, from quartile to quartile, beyond which the target is not flat or not square."""

SAME_MM: Millimetres = 0.5
"""Distances this close are one target, measured again."""

Distance = Annotated[Millimetres, Field(ge=10, le=10_000, description="From the lens to the target.")]


class FocusTarget(Frozen):
    """A flat target with fine texture, square to the lens, at a known distance."""

    distance_mm: Distance


class FocusPoint(Frozen):
    """Where the lens was sharpest on one target."""

    distance_mm: Distance
    focus: Dioptres


class FocusCalibration(Frozen):
    """The targets measured so far, and the law once they stand at two distances.

    `residual`: what the law leaves of the points, dioptres rms. `camera`: what it holds for.
    """

    camera: str
    points: tuple[FocusPoint, ...]
    offset: Dioptres | None = None
    slope: float | None = None
    residual: Dioptres | None = None
    measured_at: AwareDatetime

    @property
    def scale(self) -> FocusScale | None:
        """The law, once it is known."""
        if self.offset is None or self.slope is None:
            return None
        return FocusScale(offset=self.offset, slope=self.slope)


@dataclass(frozen=True, slots=True)
class FocusMeasurement:
    """Finds where the lens is sharpest on one target in the middle of the picture."""

    target: FocusTarget
    feed: PreviewFeed
    clock: Clock
    name: str = "focus"

    def measure(self, rig: Rig, steps: Steps) -> FocusPoint:
        """Sweep over all the lens reaches, then closely around the peak. Raises CalibrationFailed, HardwareError."""
        facts = require_lens(rig.facts)
        steps.tell("locking the exposure")
        engine.bring_into_focus(rig, min(max(1000 / self.target.distance_mm, facts.far), facts.near), None)
        steps.seen(lock_exposure(rig, ExposurePlan()))
        steps.tell("looking for the target")
        about = self._peak(rig, (facts.near, facts.far), facts.coarse, steps)
        steps.tell("measuring")
        reach = AROUND * facts.coarse
        ends = min(about + reach, facts.near), max(about - reach, facts.far)
        return FocusPoint(
            distance_mm=self.target.distance_mm, focus=self._peak(rig, ends, facts.coarse / FINE_STEPS, steps)
        )

    def _peak(self, rig: Rig, ends: tuple[Dioptres, Dioptres], step: Dioptres, steps: Steps) -> Dioptres:
        near, far = ends
        looked = FocusRange()
        last: FocusPosition | None = None
        for focus in np.linspace(near, far, max(4, round((near - far) / step) + 1)).tolist():
            steps.between()
            engine.bring_into_focus(rig, focus, last)
            last = focus
            pixels = rig.camera.capture().pixels
            looked.add(focus, _middle(pixels.y))
            self.feed.show_slice(pixels)
            steps.seen()
        return _agreed(looked.found().tolist(), ends)


def require_lens(facts: RigFacts) -> FocusFacts:
    """The lens drive of a rig. Raises PlanError for a rail and for fixed focus: they have no scale to calibrate."""
    if facts.focus.drive != "lens":
        raise PlanError(
            "This rig does not focus by a lens, so there is no scale to calibrate.", "Nothing need be done."
        )
    return facts.focus


def with_point(known: Sequence[FocusPoint], point: FocusPoint, camera: str, clock: Clock) -> FocusCalibration:
    """The calibration with one more point, in place of an earlier one at the same distance.

    offset + slope / distance is fitted by least squares. Raises CalibrationFailed where the scale does not grow towards
    near: then points were mixed up.
    """
    others = [other for other in known if abs(other.distance_mm - point.distance_mm) > SAME_MM]
    points = tuple(sorted((*others, point), key=lambda each: each.distance_mm))
    if len(points) < 2:
        return FocusCalibration(camera=camera, points=points, measured_at=clock.now())
    true = np.array([1000 / each.distance_mm for each in points])
    shown = np.array([each.focus for each in points])
    slope, offset = np.polyfit(true, shown, 1)
    if slope <= 0:
        raise CalibrationFailed(
            f"At {point.distance_mm:g} mm the lens is sharpest at {point.focus:.2f} D: "
            "that does not grow towards near, together with what was measured before.",
            "Check the distances; forget the calibration and measure again.",
        )
    residual = float(np.sqrt(np.mean((shown - offset - slope * true) ** 2)))
    return FocusCalibration(
        camera=camera,
        points=points,
        offset=float(offset),
        slope=float(slope),
        residual=residual,
        measured_at=clock.now(),
    )


def focus_key(camera: CameraFacts, settings: RigSettings) -> str:
    """What a focus scale holds for, in words: model and serial number; the simulated lens as it is set to err."""
    words = ["focus scale", camera.model, *([camera.serial] if camera.serial else [])]
    if settings.kind == "simulated":
        words += [f"offset {settings.simulated.lens_offset:g}", f"scale {settings.simulated.lens_scale:g}"]
    return ", ".join(words)


def _middle(luma: Plane) -> Plane:
    """The middle half of a picture, both ways: lenses are flat there."""
    height, width = luma.shape
    return luma[height // 4 : height - height // 4, width // 4 : width - width // 4]


def _agreed(peaks: Sequence[Dioptres], ends: tuple[Dioptres, Dioptres]) -> Dioptres:
    near, far = ends
    if len(peaks) < LEAST_TILES:
        raise CalibrationFailed(
            f"Nothing in the middle of the picture comes into focus between {near:.2f} D and {far:.2f} D.",
            "Put a flat target with fine texture there, printed text for example, square to the lens and well lit.",
        )
    low, high = np.percentile(peaks, (25, 75))
    if high - low > SPREAD:
        raise CalibrationFailed(
            f"Parts of the target are sharp from {low:.2f} D to {high:.2f} D: it is not flat, or not square.",
            "Use a flat target that fills the middle of the picture.",
        )
    return float(median(peaks))
