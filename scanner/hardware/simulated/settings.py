"""Settings of the simulated camera."""

from dataclasses import dataclass
from typing import Literal

from scanner.errors import PlanError


@dataclass(frozen=True, slots=True)
class SceneSettings:
    """The camera and the conditions; what is not a length of the object.

    `breathing`: magnification at `lens_near` over that at `lens_far`, minus 1. `shake_px`, `roll_deg`: standard
    deviations of a frame's random shift (each axis) and roll. `well_depth`: electrons at white on a square micrometre
    of sensor, 4500 on a pixel of 1.4 µm: larger pixels are less noisy. `read_noise`: electrons. `distance`: metres
    from lens to the middle of the object. `lens_*`: dioptres. `texture`: weak leaves most of the object plain.
    `background`: a dark plain wall, or a printed one that does not turn with the object.
    """

    width: int = 1920
    height: int = 1080
    seed: int = 1
    breathing: float = 0.015
    shake_px: float = 0.01
    roll_deg: float = 0.0002
    focal_length_mm: float = 4.74
    f_number: float = 1.5
    sensor_width_mm: float = 6.45
    well_depth: float = 2300.0
    read_noise: float = 3.0
    distance: float = 0.1
    lens_far: float = 0.0
    lens_near: float = 15.0
    texture: Literal["rich", "weak"] = "rich"
    background: Literal["plain", "textured"] = "plain"

    @property
    def pixel_pitch(self) -> float:
        """Metres from pixel to pixel of the delivered picture."""
        return self.sensor_width_mm * 1e-3 / self.width

    @property
    def full_well(self) -> float:
        """Electrons at white in one pixel."""
        return self.well_depth * (self.sensor_width_mm * 1e3 / self.width) ** 2

    def __post_init__(self) -> None:
        if self.width % 2 or self.height % 2 or min(self.width, self.height) < 64:
            raise PlanError(
                f"The simulated camera cannot make pictures of {self.width} x {self.height} pixels.",
                "Choose an even width and height of at least 64.",
            )
