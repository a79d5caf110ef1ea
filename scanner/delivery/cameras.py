"""The camera as each program reads it: camera.json, calibration.xml, reference.csv and the XMP beside an image."""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from scanner.capture.scan_camera import ScanCamera
from scanner.delivery.poses import FRAME, CameraPose
from scanner.units import Degrees, Frozen

COLUMNS = ("label", "x", "y", "z", "sigma_x", "sigma_y", "sigma_z", "turntable_deg", "tilt_deg")
"""Of reference.csv: name of the image with .jpg, its centre and standard deviations in metres, angles in degrees."""

_FILM_MM = 36.0
"""Width of a 35 mm film frame: what a focal length in 35 mm film refers to."""


class PosedImage(Frozen):
    """One image, with where its camera stood. `label`: its name without folder."""

    label: str
    turntable: Degrees
    tilt: Degrees
    pose: CameraPose


class CameraFile(Frozen):
    """What camera.json holds: one pinhole without distortion for all images, and the pose of each."""

    format: Literal[1] = 1
    model: Literal["pinhole"] = "pinhole"
    frame: str = FRAME
    camera: ScanCamera
    sigma: Annotated[float, Field(description="How well a centre is known, each way.", json_schema_extra={"unit": "m"})]
    images: tuple[PosedImage, ...]


def camera_json(camera: ScanCamera, images: tuple[PosedImage, ...]) -> str:
    """The text of camera.json."""
    return CameraFile(camera=camera, sigma=camera.sigma_mm / 1000, images=images).model_dump_json(indent=1) + "\n"


def calibration_xml(camera: ScanCamera) -> str:
    """The text of calibration.xml, in the format of Agisoft.

    `f` in pixels; `cx`, `cy` are offsets, in pixels, from the middle of the picture (Metashape user manual, Camera
    models). Distortion is left out: it is not known, and read as none.
    """
    cx, cy = _offset(camera)
    lines = (
        '<?xml version="1.0" encoding="UTF-8"?>',
        "<calibration>",
        "  <projection>frame</projection>",
        f"  <width>{camera.width}</width>",
        f"  <height>{camera.height}</height>",
        f"  <f>{camera.focal_px:.6f}</f>",
        f"  <cx>{cx:.6f}</cx>",
        f"  <cy>{cy:.6f}</cy>",
        "</calibration>",
    )
    return "\n".join(lines) + "\n"


def reference_csv(camera: ScanCamera, images: tuple[PosedImage, ...]) -> str:
    """The text of reference.csv: a line of column names, then a line an image, lengths in metres."""
    sigma = camera.sigma_mm / 1000
    rows = (
        (image.label, *(f"{value:.7f}" for value in (*image.pose.centre, sigma, sigma, sigma)),
         f"{image.turntable:.4f}", f"{image.tilt:.4f}")
        for image in images
    )  # fmt: skip
    return "".join(",".join(row) + "\n" for row in (COLUMNS, *rows))


def sidecar_xmp(camera: ScanCamera, pose: CameraPose) -> str:
    """The text of the XMP beside an image, for RealityScan: its pose and its calibration, as a first guess.

    Rotation by rows, world to a camera with x right, y down, z forward; position of the centre; focal length as for a
    longer side of 36 mm; principal point as an offset from the middle, in longer sides. All images share calibration
    and distortion (group 0). Sources: RealityScan help, XMP metadata files; RealityCapture XMP camera math.
    """
    longer = max(camera.width, camera.height)
    u, v = (value / longer for value in _offset(camera))
    facts = {
        "Version": "3",
        "PosePrior": "initial",
        "Coordinates": "absolute",
        "DistortionModel": "brown3",
        "DistortionCoeficients": "0 0 0 0 0 0",  # the name is RealityScan's
        "FocalLength35mm": f"{camera.focal_px / longer * _FILM_MM:.9g}",
        "Skew": "0",
        "AspectRatio": "1",
        "PrincipalPointU": f"{u:.9g}",
        "PrincipalPointV": f"{v:.9g}",
        "CalibrationPrior": "initial",
        "CalibrationGroup": "0",
        "DistortionGroup": "0",
        "InTexturing": "1",
        "InMeshing": "1",
    }
    attributes = "".join(f'\n        xcr:{key}="{value}"' for key, value in facts.items())
    lines = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">',
        '  <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">',
        f'    <rdf:Description xmlns:xcr="http://www.capturingreality.com/ns/xcr/1.1#"{attributes}>',
        f"      <xcr:Rotation>{_numbers(value for row in pose.rotation for value in row)}</xcr:Rotation>",
        f"      <xcr:Position>{_numbers(pose.centre)}</xcr:Position>",
        "    </rdf:Description>",
        "  </rdf:RDF>",
        "</x:xmpmeta>",
    )
    return "\n".join(lines) + "\n"


def _offset(camera: ScanCamera) -> tuple[float, float]:
    """The principal point from the middle of the picture, in pixels, right and down."""
    return camera.cx + 0.5 - camera.width / 2, camera.cy + 0.5 - camera.height / 2


def _numbers(values: Iterable[float]) -> str:
    return " ".join(f"{value:.12g}" for value in values)
