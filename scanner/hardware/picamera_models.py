"""Optics of the camera modules that Raspberry Pi and Arducam sell."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scanner.errors import ConfigError
from scanner.hardware.protocols import CameraFacts, LensFacts
from scanner.hardware.settings import CameraSettings
from scanner.units import Dioptres, Micrometres, Millimetres

ORDINARY_STEP: Dioptres = 0.03


@dataclass(frozen=True, slots=True)
class Module:
    """`focal_length_mm`, `f_number`: None where the lens is the user's. `lens_step`: what one DAC step moves."""

    focal_length_mm: Millimetres | None
    f_number: float | None
    pixel_pitch_um: Micrometres
    lens_step: Dioptres = ORDINARY_STEP


MODULES: Mapping[str, Module] = {
    "imx219": Module(3.04, 2.0, 1.12),
    "imx296": Module(None, None, 3.45),
    "imx477": Module(None, None, 1.55),
    "imx519": Module(4.28, 1.75, 1.22),
    "imx708": Module(4.74, 1.8, 1.4, 0.031),
    "imx708_wide": Module(2.75, 2.2, 1.4, 0.07),
    "ov5647": Module(3.6, 2.9, 1.4),
    "ov64a40": Module(5.1, 1.8, 1.0, 0.015),
}
"""From the makers' data sheets; `lens_step` from the maps of dioptres to DAC values in libcamera's tuning files."""

UNKNOWN = Module(None, None, 0.0)


def camera_facts(
    properties: Mapping[str, Any],
    controls: Mapping[str, Any],
    sensor: tuple[int, int],
    size: tuple[int, int],
    settings: CameraSettings,
) -> CameraFacts:
    """What the driver knows of a camera: the user's settings first, then the table, then what the sensor says.

    `properties`, `controls`: as the configured camera reports them. `sensor`, `size`: pixels of the sensor and of the
    picture, (width, height). Raises ConfigError where neither knows.
    """
    model = str(properties.get("Model", "unknown"))
    module = MODULES.get(model.removesuffix("_noir"), UNKNOWN)
    cell_um = properties.get("UnitCellSize", (0, 0))[0] / 1000
    pitch = settings.pixel_pitch_um or module.pixel_pitch_um or cell_um
    focal = settings.focal_length_mm or module.focal_length_mm
    f_number = settings.f_number or module.f_number
    if not (pitch and focal and f_number):
        raise ConfigError(
            f"The optics of the camera {model!r} are not known.",
            "Set rig.camera.focal_length_mm, rig.camera.f_number and rig.camera.pixel_pitch_um in the config.",
        )
    return CameraFacts(
        model=model,
        serial=settings.serial or "",
        width=size[0],
        height=size[1],
        focal_length_mm=focal,
        f_number=f_number,
        pixel_pitch_um=pitch * _seen_width(properties, sensor, size) / size[0],
        lens=lens_facts(controls, module.lens_step),
        hflip=settings.hflip,
        vflip=settings.vflip,
    )


def _seen_width(properties: Mapping[str, Any], sensor: tuple[int, int], size: tuple[int, int]) -> float:
    """Width of what the picture shows, in the sensor's own pixels: some modes see only the middle of the sensor, and
    libcamera cuts that to the shape of the picture."""
    width, height = properties.get("ScalerCropMaximum", (0, 0, *sensor))[2:]
    if not (width and height):
        width, height = sensor
    return min(float(width), float(height) * size[0] / size[1])


def lens_facts(controls: Mapping[str, Any], step: Dioptres) -> LensFacts | None:
    """The range that the camera reports, which differs between releases; None for fixed focus."""
    if "LensPosition" not in controls:
        return None
    far, near = controls["LensPosition"][:2]
    if near <= far:
        return None
    return LensFacts(far=float(far), near=float(near), step=step)
