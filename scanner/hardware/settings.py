"""The settings of a rig: part of the config file, and a form in the browser."""

from typing import Annotated, Literal

from pydantic import Field

from scanner.hardware.motion_settings import MotionSettings
from scanner.units import Frozen, Micrometres, Millimetres, Pixels, Seconds

Milliseconds = Annotated[float, Field(json_schema_extra={"unit": "ms"})]
FramesPerSecond = Annotated[float, Field(json_schema_extra={"unit": "1/s"})]


class CameraSettings(Frozen):
    """The camera: size of the picture, waits and deadlines, and the optics where a module does not tell them."""

    width: Pixels | None = Field(
        default=None, ge=64, le=16384, description="Width of the picture; unset: all that the sensor has."
    )
    height: Pixels | None = Field(
        default=None, ge=64, le=16384, description="Height of the picture; unset: all that the sensor has."
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
    fixed_focus: bool = Field(default=False, description="A camera without a lens drive.")


class RigSettings(Frozen):
    """Which rig: simulated (pictures are rendered, nothing moves), or a Raspberry Pi camera with motors."""

    kind: Literal["simulated", "pi"] = Field(
        default="simulated", description="A rig of software alone, or a Raspberry Pi camera and a motion controller."
    )
    camera: CameraSettings = Field(default=CameraSettings(), description="The camera.")
    motion: MotionSettings = Field(default=MotionSettings(), description="The motion controller (kind = pi).")
    simulated: SimulatedSettings = Field(default=SimulatedSettings(), description="The simulation (kind = simulated).")
