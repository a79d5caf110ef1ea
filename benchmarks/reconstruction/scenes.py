"""The scenes that are scanned: what there is to see on the object, and what stands behind it."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from benchmarks.reconstruction.geometry import Points
from scanner.hardware.simulated.scene import Scene, SceneSettings
from scanner.plan.scan import ScanPlan
from scanner.slices import Position

TILTS = (5.0, 30.0)
NEAR, FAR = 13.2, 8.1
"""What the rings show of the object lies between, in dioptres."""


@dataclass(frozen=True, slots=True)
class E2EScene:
    """One object on the simulated rig; `size`: (width, height) of the pictures."""

    texture: Literal["rich", "weak"]
    background: Literal["plain", "textured"]
    seed: int = 1
    size: tuple[int, int] = (1920, 1080)

    @property
    def name(self) -> str:
        return f"{self.texture}-{self.background}"

    @property
    def config(self) -> str:
        """TOML of a rig that shows it, with a lens that is quick."""
        return (
            "[rig.camera]\nlens_settle_ms = 30\n"
            "[rig.simulated]\nframe_rate = 200\nlens_lag_ms = 5\n"
            f"width = {self.size[0]}\nheight = {self.size[1]}\nseed = {self.seed}\n"
            f'texture = "{self.texture}"\nbackground = "{self.background}"\n'
        )

    @property
    def settings(self) -> SceneSettings:
        """The same for whoever wants to know the truth."""
        width, height = self.size
        return SceneSettings(width, height, seed=self.seed, texture=self.texture, background=self.background)

    def known(self) -> Scene:
        """What the rig shows, as it is."""
        return Scene(self.settings)


SCENES = {scene.name: scene for scene in (
    E2EScene("rich", "plain"), E2EScene("weak", "plain"), E2EScene("rich", "textured")
)}  # fmt: skip


def plan(positions: int) -> ScanPlan:
    """`positions` in two rings of the same number, or one more in the first."""
    counts = (positions - positions // 2, positions // 2)
    rings = [{"tilt_deg": tilt, "count": count} for tilt, count in zip(TILTS, counts, strict=True)]
    return ScanPlan.model_validate(
        {
            "path": {"kind": "rings", "rings": rings},
            "sweep": {"near": NEAR, "far": FAR},
            "settle": {"after_move_s": 0.5},
        }
    )


def centre(scene: Scene, position: Position) -> Points:
    """Where the camera stands, (3,), metres, in the frame of the turntable."""
    rotation, translation = scene.pose(position.turntable, position.tilt)
    return np.asarray(-rotation.T @ translation)
