"""The one camera that all images of a scan follow: what EXIF, poses and depth maps say of it."""

import math

from pydantic import ValidationError

from scanner.capture.events import FocusScale, SweepFacts
from scanner.errors import CorruptState, WrongState
from scanner.hardware.protocols import CameraFacts, CameraNames, Exposure, FocusFacts
from scanner.hardware.settings import FocusSettings, RigGeometry
from scanner.plan.sweep import Optics
from scanner.store.manifest import Manifest
from scanner.units import Dioptres, FocusPosition, Frozen, Micrometres, Microseconds, Millimetres, Pixels

GUESSED = 0.1
"""Of a distance that nobody has measured: how far it may be wrong, as a share of it."""


class ScanCamera(Frozen):
    """The pinhole of a scan: that of its reference slice, at every position.

    `focal_length_mm`: effective, lens to sensor; `focal_px` the same in pixels. `cx`, `cy`: the middle of the picture,
    pixel centres at integers: where the axis of the lens meets it is not known. `focus`: the focus position of the
    reference slice, in `unit`. `in_focus_mm`: from the lens to what it shows sharp there. `distance_mm`: from the axis
    of the turntable to the lens, as measured, else that; `sigma_mm`: how well the poses are known. `geometry`: of the
    rig with the rail, where there is one, standing for the reference slice.
    """

    names: CameraNames
    width: Pixels
    height: Pixels
    pixel_pitch_um: Micrometres
    focal_length_mm: Millimetres
    focal_px: float
    cx: float
    cy: float
    f_number: float
    exposure_us: Microseconds
    iso: int
    reference: int
    focus: FocusPosition
    unit: str
    in_focus_mm: Millimetres
    distance_mm: Millimetres
    sigma_mm: Millimetres
    geometry: RigGeometry


def scan_camera(manifest: Manifest) -> ScanCamera:
    """The camera of a scan. Raises WrongState before its sweep is known, CorruptState where the manifest tells none."""
    if manifest.sweep is None or manifest.exposure is None:
        raise WrongState("The sweep of this scan is not measured yet.", "Wait until its first position is taken.")
    try:
        sweep = SweepFacts.model_validate(manifest.sweep)
        exposure = Exposure.model_validate(manifest.exposure)
        camera = CameraFacts.model_validate(manifest.rig["camera"])
        names = CameraNames.model_validate(manifest.rig.get("names") or _names_of(camera))
        geometry = RigGeometry.model_validate(manifest.rig.get("geometry") or {})
        drive = FocusFacts.model_validate(manifest.rig["focus"]) if "focus" in manifest.rig else None
        scale = None if manifest.focus_scale is None else FocusScale.model_validate(manifest.focus_scale)
    except (ValidationError, KeyError) as error:
        raise CorruptState(f"The manifest of {manifest.id} does not tell its camera.", "Start a new scan.") from error
    steps = max(sweep.count - 1, 1)
    focus = sweep.near + (sweep.far - sweep.near) * sweep.reference / steps
    dioptres = _dioptres(focus, drive, scale)
    optics = Optics(camera.focal_length_mm, camera.f_number, camera.pixel_pitch_um)
    focal_mm = optics.image_distance_mm(dioptres)
    in_focus_mm = 1000 / max(dioptres, 1e-3)
    geometry = _at(geometry, focus) if drive is not None and drive.drive == "rail" else geometry
    return ScanCamera(
        names=names,
        width=camera.width,
        height=camera.height,
        pixel_pitch_um=camera.pixel_pitch_um,
        focal_length_mm=focal_mm,
        focal_px=focal_mm * 1000 / camera.pixel_pitch_um,
        cx=(camera.width - 1) / 2,
        cy=(camera.height - 1) / 2,
        f_number=camera.f_number,
        exposure_us=exposure.time_us,
        iso=round(100 * exposure.gain),
        reference=sweep.reference,
        focus=focus,
        unit="D" if drive is None else drive.unit,
        in_focus_mm=in_focus_mm,
        distance_mm=geometry.distance_mm or in_focus_mm,
        sigma_mm=geometry.accuracy_mm if geometry.distance_mm else max(geometry.accuracy_mm, GUESSED * in_focus_mm),
        geometry=geometry,
    )


def _at(geometry: RigGeometry, rail_mm: Millimetres) -> RigGeometry:
    """Where the camera stands when the rail has carried it to `rail_mm`, away from the object along its own axis."""
    back, down = rail_mm - geometry.rail_mm, math.radians(geometry.down_deg)
    if geometry.distance_mm is None:
        return geometry
    moved = {
        "distance_mm": geometry.distance_mm + back * math.cos(down),
        "height_mm": geometry.height_mm + back * math.sin(down),
        "rail_mm": rail_mm,
    }
    return geometry.model_copy(update=moved)


def _names_of(camera: CameraFacts) -> dict[str, str]:
    """Scans of older versions kept the camera alone."""
    lens = f"{camera.focal_length_mm:g} mm f/{camera.f_number:g}"
    return {"make": "", "model": camera.model, "serial": camera.serial, "lens": lens}


def _dioptres(focus: FocusPosition, drive: FocusFacts | None, scale: FocusScale | None) -> Dioptres:
    """1 / distance, in metres, of what is in focus: of a lens by its scale, where that is calibrated."""
    if drive is not None and drive.drive != "lens":
        return 1000 / (drive.distance_mm or FocusSettings().distance_mm)  # older scans do not tell it
    return focus if scale is None else (focus - scale.offset) / scale.slope
