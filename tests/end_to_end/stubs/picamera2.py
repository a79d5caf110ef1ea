"""What `import picamera2` finds in tests of a whole rig: the simulated sensor under picamera2's name, in real time.

While the file named by FOCUSRIG_TEST_DEAD_CAMERA exists, the camera gives no frames, however often it is opened.
"""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scanner.clock import SystemClock
from scanner.hardware.settings import SimulatedSettings
from scanner.hardware.simulated.scene import Scene, SceneSettings
from scanner.hardware.simulated.sensor import SimulatedRequest, SimulatedSensor, Surroundings

SETTINGS = SimulatedSettings(width=320, height=180, frame_rate=120, lens_lag_ms=5, sway_px=0)
CONNECTOR = "/base/soc/i2c0mux/i2c@1/imx708@1a"


class Picamera2(SimulatedSensor):
    """A Camera Module 3 that sees the known object, which does not turn."""

    def __init__(self, tuning: object = None) -> None:
        assert tuning is None
        around = Surroundings(scene=lambda width, height: Scene(SceneSettings(width, height)), pose=lambda: (0.0, 20.0))
        super().__init__(around, SystemClock(), SETTINGS)

    @staticmethod
    def global_camera_info() -> list[dict[str, Any]]:
        return [{"Model": "imx708", "Id": CONNECTOR, "Num": 0, "Location": 2, "Rotation": 180}]

    @property
    def camera_properties(self) -> Mapping[str, Any]:
        return {**super().camera_properties, "Model": "imx708"}

    def capture_request(self, *, wait: float) -> SimulatedRequest:
        if Path(os.environ["FOCUSRIG_TEST_DEAD_CAMERA"]).exists():
            time.sleep(wait)
            raise TimeoutError
        return super().capture_request(wait=wait)
