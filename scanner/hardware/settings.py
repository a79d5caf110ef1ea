"""The settings of a rig: part of the config file, and a form in the browser."""

import re
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from scanner.hardware.motion_settings import MotionSettings
from scanner.units import Degrees, Dioptres, Frozen, Micrometres, Millimetres, Pixels, Seconds

Milliseconds = Annotated[float, Field(json_schema_extra={"unit": "ms"})]
FramesPerSecond = Annotated[float, Field(json_schema_extra={"unit": "1/s"})]


class CameraSettings(Frozen):
    """The camera: size of the picture, waits and deadlines, and the optics where a module does not tell them."""

    driver: Literal["picamera2", "gphoto2"] = Field(
        default="picamera2",
        description="How the camera is reached: a Raspberry Pi camera, or a DSLR on USB (pip install focusrig[dslr]).",
    )
    serial: str | None = Field(
        default=None,
        min_length=1,
        max_length=80,
        description="Serial number, by which calibrations are kept; unset: as the camera tells, else its connector.",
    )
    make: str | None = Field(
        default=None, min_length=1, max_length=60, description="Maker as EXIF names it; unset: as known for the driver."
    )
    model: str | None = Field(
        default=None, min_length=1, max_length=60, description="Model as EXIF names it; unset: as the camera tells."
    )
    lens: str | None = Field(
        default=None, min_length=1, max_length=60, description="Lens as EXIF names it; unset: its focal length."
    )
    width: Pixels | None = Field(
        default=None, ge=64, le=16384, description="Width of the picture; unset: all that the sensor has."
    )
    height: Pixels | None = Field(
        default=None, ge=64, le=16384, description="Height of the picture; unset: all that the sensor has."
    )
    format: Literal["YUV420", "RGB888"] = Field(
        default="YUV420", description="Form of the pictures in memory: RGB888 takes twice the bytes of YUV420."
    )
    sensor_mode: str | None = Field(
        default=None,
        max_length=11,
        description="Mode of the sensor by its size, such as 4608x2592; unset: the one that libcamera chooses.",
    )
    preview_width: Pixels = Field(default=800, ge=320, le=1920, description="Width of the live picture on the page.")
    hflip: bool = Field(default=False, description="Mirror the picture left to right.")
    vflip: bool = Field(default=False, description="Mirror the picture top to bottom.")
    tuning_file: str | None = Field(
        default=None,
        max_length=500,
        description="Path of a libcamera tuning file (JSON), as Arducam gives for imx519.",
        json_schema_extra={"readOnly": True},
    )
    lens_settle_ms: Milliseconds = Field(
        default=100.0,
        ge=0,
        le=5000,
        description="How long the lens swings after it was driven; no slice is exposed before that.",
    )
    lens_timeout_s: Seconds = Field(
        default=2.0, ge=0.1, le=60, description="How long the lens may take to arrive, beside twelve frames."
    )
    timeout_s: Seconds = Field(
        default=4.0, ge=0.1, le=60, description="How long a frame may take before the camera is started again."
    )
    mains_hz: Literal[50, 60, 0] = Field(
        default=50,
        description="Mains frequency: a measured exposure is whole waves of its flicker. 0: lamps do not flicker.",
    )
    focal_length_mm: Millimetres | None = Field(
        default=None, gt=0, le=500, description="Focal length; unset: as known for the module."
    )
    f_number: float | None = Field(default=None, ge=0.5, le=64, description="F-number; unset: as known for the module.")
    pixel_pitch_um: Micrometres | None = Field(
        default=None, ge=0.3, le=30, description="Pitch of the sensor's own pixels; unset: as known for the module."
    )

    @field_validator("sensor_mode")
    @classmethod
    def _a_size(cls, mode: str | None) -> str | None:
        if mode is not None and not re.fullmatch(r"[1-9]\d{1,4}x[1-9]\d{1,4}", mode):
            raise ValueError("give the size of the mode as width x height, such as 4608x2592")
        return mode


class FocusSettings(Frozen):
    """The focus drive: what brings another depth into focus."""

    drive: Literal["lens", "rail", "fixed"] = Field(
        default="lens",
        description="The lens of the camera, a rail that carries the camera (rig.motion.rail), or none. "
        "A camera without a lens drive counts as fixed.",
    )
    distance_mm: Millimetres = Field(
        default=100.0,
        ge=5,
        le=5000,
        description="With a rail, or fixed: from the lens to what it shows sharp. A rail's depth of field follows.",
    )


class RigGeometry(Frozen):
    """Where the camera stands, turntable and tilt at zero: for the poses beside the images."""

    distance_mm: Millimetres | None = Field(
        default=None,
        ge=5,
        le=5000,
        description="From the axis of the turntable to the lens, level; unset: about where the images are in focus.",
    )
    height_mm: Millimetres = Field(
        default=30.0, ge=-2000, le=2000, description="Height of the lens above the plate of the turntable."
    )
    down_deg: Degrees = Field(default=0.0, ge=-90, le=90, description="How far the camera looks down.")
    pivot_mm: Millimetres = Field(
        default=0.0, ge=-1000, le=1000, description="Height of the axis of tilt above the plate."
    )
    rail_mm: Millimetres = Field(
        default=0.0,
        ge=-5000,
        le=5000,
        description="With a rail: where it stood when distance and height were measured.",
    )
    accuracy_mm: Millimetres = Field(
        default=5.0, gt=0, le=500, description="How well these are known: the standard deviation of the poses."
    )


class SettleSettings(Frozen):
    """How the rig waits until it stands still after a move: it compares small pictures until they stop changing."""

    least_s: Seconds = Field(default=0.1, ge=0, le=60, description="Always waited.")
    most_s: Seconds = Field(
        default=3.0,
        ge=0,
        le=60,
        description="Waited at most; a position that is not still by then is taken all the same, and marked.",
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.least_s > self.most_s:
            raise ValueError("least_s must not exceed most_s")
        return self


class SimulatedSettings(Frozen):
    """The simulated rig: its camera renders a known object."""

    width: Pixels = Field(default=1920, ge=160, le=9248, multiple_of=2, description="Width of the sensor.")
    height: Pixels = Field(default=1080, ge=120, le=6944, multiple_of=2, description="Height of the sensor.")
    seed: int = Field(default=1, ge=0, le=2**31, description="Which object: the same seed gives the same pictures.")
    frame_rate: FramesPerSecond = Field(default=60.0, ge=1, le=1000, description="Frames a second.")
    breathing: float = Field(
        default=0.015, ge=0, le=0.1, description="How much larger the picture is at the nearest lens position."
    )
    shake_px: float = Field(
        default=0.01, ge=0, le=10, description="Standard deviation of the shake between frames, in pixels."
    )
    lens_lag_ms: Milliseconds = Field(
        default=30.0, ge=0.1, le=1000, description="Time constant of the lens: how slowly it swings in."
    )
    texture: Literal["rich", "weak"] = Field(
        default="rich", description="How much there is to see on the object: weak has large plain parts."
    )
    background: Literal["plain", "textured"] = Field(
        default="plain", description="What stands behind the object and does not turn: a plain wall, or a printed one."
    )
    fixed_focus: bool = Field(default=False, description="A camera without a lens drive.")
    sway_px: float = Field(
        default=2.0, ge=0, le=100, description="How far the picture sways after a move, in pixels; it dies away."
    )
    sway_ms: Milliseconds = Field(
        default=60.0, ge=1, le=5000, description="Time constant with which the sway dies away."
    )
    switches: bool = Field(default=True, description="The axes have limit switches, so that they home by themselves.")
    chart_mm: Millimetres | None = Field(
        default=None,
        ge=20,
        le=2000,
        description="A flat chart stands at this distance instead of the object, as for focusrig calibrate focus.",
    )
    lens_offset: Dioptres = Field(
        default=0.0,
        ge=-5,
        le=5,
        description="What the lens scale shows at infinity; 0 for a lens that tells the truth.",
    )
    lens_scale: float = Field(
        default=1.0, ge=0.2, le=5, description="What the lens scale shows for one dioptre; 1 for a lens without error."
    )


class RigSettings(Frozen):
    """Which rig: simulated (pictures are rendered, nothing moves), or a Raspberry Pi camera with motors."""

    kind: Literal["simulated", "pi"] = Field(
        default="simulated", description="A rig of software alone, or a Raspberry Pi camera and a motion controller."
    )
    camera: CameraSettings = Field(default=CameraSettings(), description="The camera.")
    focus: FocusSettings = Field(default=FocusSettings(), description="The focus drive.")
    geometry: RigGeometry = Field(default=RigGeometry(), description="Where the camera stands.")
    settle: SettleSettings = Field(default=SettleSettings(), description="Waiting until the rig stands still.")
    motion: MotionSettings = Field(default=MotionSettings(), description="The motion controller.")
    simulated: SimulatedSettings = Field(default=SimulatedSettings(), description="The simulation (kind = simulated).")

    @model_validator(mode="after")
    def _rail_has_its_own_letter(self) -> Self:
        others = [self.motion.turntable.letter] + [self.motion.tilt.letter] * self.motion.tilt.fitted
        if self.focus.drive == "rail" and self.motion.rail.letter in others:
            raise ValueError("the rail needs another letter than turntable and tilt")
        return self
