"""What the scale of a lens means: measured on targets at known distances, since dioptres of modules are best effort.

One module was sharp at 300 mm with 7.82 D instead of 3.33 D (picamera2, issue 978).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
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
from scanner.stacking.focus_range import sharpness
from scanner.units import Dioptres, FocusPosition, Frozen, Millimetres

FIELDS = 4
"""The middle of the picture is judged in so many fields across, and down."""

CONTRAST = 3.0
"""How far the sharpest picture of a field must stand above its median one to count as having come into focus."""

LEAST_FIELDS = 8
"""Of the middle of the picture that must have come into focus: fewer are dust on the target, or its edge."""

FINE = 25
"""Pictures of the second sweep."""

SPREAD: Dioptres = 0.5
"""Between the peaks of fields, from quartile to quartile, beyond which the target is not flat or not square."""

APART: Dioptres = 1.0
"""From the nearest target to the farthest, at least: closer together, small errors turn the law by much."""

MISFIT: Dioptres = 0.5
"""What a law may leave of its points, rms: more is no error of a lens, but of a distance."""

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
    """The targets measured so far, and the law once they stand at two distances, APART or more.

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
    moves: bool = False

    def measure(self, rig: Rig, steps: Steps) -> FocusPoint:
        """Sweep over all the lens reaches, then closely around the peak. Raises CalibrationFailed, HardwareError."""
        facts = require_lens(rig.facts)
        steps.tell("locking the exposure")
        engine.bring_into_focus(rig, min(max(1000 / self.target.distance_mm, facts.far), facts.near), None)
        steps.seen(lock_exposure(rig, ExposurePlan()))
        steps.tell("looking for the target")
        coarse = self._sweep(
            rig, facts.near, facts.far, max(4, round((facts.near - facts.far) / facts.coarse) + 1), steps
        )
        strong = _in_focus(coarse)
        near, far = _around(coarse.places, coarse.curves[:, strong].T, facts)
        steps.tell("measuring")
        fine = self._sweep(rig, near, far, FINE, steps)
        return FocusPoint(distance_mm=self.target.distance_mm, focus=_agreed(fine.places, fine.curves[:, strong].T))

    def _sweep(self, rig: Rig, near: Dioptres, far: Dioptres, count: int, steps: Steps) -> "Swept":
        places: list[Dioptres] = []
        curves: list[NDArray[np.float64]] = []
        last: FocusPosition | None = None
        for focus in np.linspace(near, far, count).tolist():
            steps.between()
            engine.bring_into_focus(rig, focus, last)
            last = focus
            taken = rig.camera.capture()
            places.append(focus if taken.lens is None else taken.lens)
            curves.append(_fields(taken.pixels.y))
            self.feed.show_slice(taken.pixels)
            steps.seen()
        order = np.argsort(places)
        return Swept(np.array(places)[order], np.array(curves)[order])


@dataclass(frozen=True, slots=True)
class Swept:
    """Lens positions of a sweep, dioptres, growing, and for each of them (row) how sharp each field was (column)."""

    places: NDArray[np.float64]
    curves: NDArray[np.float64]


def require_lens(facts: RigFacts) -> FocusFacts:
    """The lens drive of a rig. Raises PlanError for a rail and for fixed focus: they have no scale to calibrate."""
    if facts.focus.drive != "lens":
        raise PlanError(
            "This rig does not focus by a lens, so there is no scale to calibrate.", "Nothing need be done."
        )
    return facts.focus


def with_point(known: Sequence[FocusPoint], point: FocusPoint, camera: str, clock: Clock) -> FocusCalibration:
    """The calibration with one more point, in place of an earlier one at the same distance.

    offset + slope / distance is fitted by least squares once the points reach over APART. Raises CalibrationFailed
    where they contradict each other: then distances were mixed up.
    """
    others = [other for other in known if abs(other.distance_mm - point.distance_mm) > SAME_MM]
    points = tuple(sorted((*others, point), key=lambda each: each.distance_mm))
    found = FocusCalibration(camera=camera, points=points, measured_at=clock.now())
    true = np.array([1000 / each.distance_mm for each in points])
    shown = np.array([each.focus for each in points])
    if np.ptp(true) < APART:
        return found
    slope, offset = (float(number) for number in np.polyfit(true, shown, 1))
    residual = float(np.sqrt(np.mean((shown - offset - slope * true) ** 2)))
    if slope <= 0 or residual > MISFIT:
        raise CalibrationFailed(
            f"At {point.distance_mm:g} mm the lens is sharpest at {point.focus:.2f} D: "
            "that contradicts what was measured at other distances.",
            "Check the distances; forget the calibration and measure again.",
        )
    return found.model_copy(update={"offset": offset, "slope": slope, "residual": residual})


def focus_key(camera: CameraFacts, settings: RigSettings) -> str:
    """What a focus scale holds for, in words: model and serial number; the simulated lens as it is set to err."""
    words = ["focus scale", camera.model, *([camera.serial] if camera.serial else [])]
    if settings.kind == "simulated":
        words += [f"offset {settings.simulated.lens_offset:g}", f"scale {settings.simulated.lens_scale:g}"]
    return ", ".join(words)


def _fields(luma: Plane) -> NDArray[np.float64]:
    """How sharp each field is in the middle half of a picture, both ways: lenses are flat there."""
    height, width = luma.shape
    middle = luma[height // 4 : height - height // 4, width // 4 : width - width // 4]
    rows = np.array_split(sharpness(middle), FIELDS)
    return np.array([float(field.mean()) for row in rows for field in np.array_split(row, FIELDS, axis=1)])


def _in_focus(swept: Swept) -> NDArray[np.bool_]:
    """The fields that came into focus. Raises CalibrationFailed where they are too few."""
    strong: NDArray[np.bool_] = swept.curves.max(axis=0) > CONTRAST * np.median(swept.curves, axis=0)
    if strong.sum() < LEAST_FIELDS:
        raise CalibrationFailed(
            "Nothing in the middle of the picture comes into focus "
            f"between {swept.places[-1]:.2f} D and {swept.places[0]:.2f} D.",
            "Put a flat target with fine texture there, printed text for example, square to the lens and well lit.",
        )
    return strong


def _around(places: NDArray[np.float64], curves: NDArray[np.float64], facts: FocusFacts) -> tuple[Dioptres, Dioptres]:
    """(near, far) that hold the peaks of all fields (a row of `curves` each), as far as the lens reaches."""
    flanks = [_flanks(places, curve) for curve in curves]
    near = max(facts.near if high is None else high for _, high in flanks)
    far = min(facts.far if low is None else low for low, _ in flanks)
    return min(near + facts.coarse / 2, facts.near), max(far - facts.coarse / 2, facts.far)


def _flanks(places: NDArray[np.float64], curve: NDArray[np.float64]) -> tuple[Dioptres | None, Dioptres | None]:
    """Where a curve falls to half its peak, below and above it; None where the sweep ends before that.

    In between is the middle of the peak, also where small pictures are equally sharp over a whole range.
    """
    above = np.flatnonzero(curve > curve.max() / 2)
    first, last = int(above[0]), int(above[-1])
    return _crossing(places, curve, first, first - 1), _crossing(places, curve, last, last + 1)


def _crossing(places: NDArray[np.float64], curve: NDArray[np.float64], inside: int, outside: int) -> Dioptres | None:
    """Between two neighbouring samples, by a straight line."""
    if not 0 <= outside < len(curve):
        return None
    share = (curve[inside] - curve.max() / 2) / (curve[inside] - curve[outside])
    return float(places[inside] + share * (places[outside] - places[inside]))


def _agreed(places: NDArray[np.float64], curves: NDArray[np.float64]) -> Dioptres:
    """The peak that the fields (a row of `curves` each) agree on. Raises CalibrationFailed where they do not."""
    peaks: list[Dioptres] = []
    for curve in curves:
        low, high = _flanks(places, curve)
        if low is None or high is None:
            end = places[0 if low is None else -1]
            raise CalibrationFailed(
                f"The target is still sharp at {end:.2f} D, where the sweep ends.",
                f"Put it {'nearer to' if low is None else 'farther from'} the lens, and measure the distance again.",
            )
        peaks.append((low + high) / 2)
    least, most = np.percentile(peaks, (25, 75))
    if most - least > SPREAD:
        raise CalibrationFailed(
            f"Parts of the target are sharp from {least:.2f} D to {most:.2f} D: it is not flat, or not square.",
            "Use a flat target that fills the middle of the picture, square to the lens.",
        )
    return float(median(peaks))
