"""Where the camera stood for each image, as seen from the object: turntable and tilt undone."""

import math
from typing import Annotated, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from scanner.capture.scan_camera import ScanCamera
from scanner.slices import Row
from scanner.units import Degrees, Frozen

Matrix: TypeAlias = NDArray[np.float64]

DIGITS = 12
"""Decimals of what is written, so that -1e-17 does not stand for 0."""

FRAME = (
    "Object frame: that of the turntable. Metres, right-handed, origin on its axis at the plate, z up along the axis. "
    "At turntable 0 and tilt 0 the camera stands at -y and looks along +y, x to its right. Camera frame: x right, "
    "y down, z forward, origin in the lens. camera = rotation @ (object - centre)."
)


class CameraPose(Frozen):
    """Of a camera in the object frame (see `frame`)."""

    rotation: Annotated[tuple[Row, Row, Row], Field(description="3 x 3, rows, object frame to camera frame.")]
    centre: Annotated[Row, Field(description="Of the lens, in the object frame.", json_schema_extra={"unit": "m"})]


def pose_of(camera: ScanCamera, turntable: Degrees, tilt: Degrees) -> CameraPose:
    """The pose of the camera of a scan at these angles.

    The camera stands at (0, -distance, height), pitched down; the object is turned anticlockwise about z as seen from
    above, then leant towards the camera about a level axis through the pivot.
    """
    geometry = camera.geometry
    looks = _looking(math.radians(geometry.down_deg))
    leans, turns = _about_x(math.radians(tilt)), _about_z(math.radians(turntable % 360.0))
    stands = np.array([0.0, -camera.distance_mm, geometry.height_mm]) / 1000
    pivot = np.array([0.0, 0.0, geometry.pivot_mm]) / 1000
    centre = turns.T @ (pivot + leans.T @ (stands - pivot))
    first, second, third = looks @ leans @ turns
    return CameraPose(rotation=(_row(first), _row(second), _row(third)), centre=_row(centre))


def _row(values: Matrix) -> Row:
    x, y, z = (round(float(value), DIGITS) + 0.0 for value in values)
    return x, y, z


def _looking(down: float) -> Matrix:
    """Rotation to the frame of a camera that looks along +y, `down` radians below the level."""
    sine, cosine = math.sin(down), math.cos(down)
    return np.array([[1, 0, 0], [0, -sine, -cosine], [0, cosine, -sine]], np.float64)


def _about_x(angle: float) -> Matrix:
    """What stands upright leans towards -y."""
    sine, cosine = math.sin(angle), math.cos(angle)
    return np.array([[1, 0, 0], [0, cosine, -sine], [0, sine, cosine]], np.float64)


def _about_z(angle: float) -> Matrix:
    sine, cosine = math.sin(angle), math.cos(angle)
    return np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]], np.float64)
