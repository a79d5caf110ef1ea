"""A process that uses the camera, from its start to its end; and what the doctor finds."""

import subprocess
import sys

import pytest

from scanner.clock import SystemClock
from scanner.doctor.camera import check_camera
from scanner.doctor.findings import Level
from scanner.hardware.settings import RigSettings
from tests.libcamera.cameras import Bench, ReportingCamera
from tests.libcamera.conftest import Figure

USE = """
from scanner.errors import RigLost
from tests.libcamera.cameras import Bench
bench = Bench()
driver = bench.driver()
print(driver.capture().pixels.size, flush=True)
"""
LOSE = """
bench.freeze_all()
try:
    driver.capture()
except RigLost:
    raise SystemExit(75)
"""
ENDINGS = {
    "left open": ("", 0),
    "closed": ("driver.close()", 0),
    "exit": ("raise SystemExit(3)", 3),
    "lost": (LOSE, 75),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_process_ends_however_it_leaves_the_camera(ending: str) -> None:
    words, code = ENDINGS[ending]
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", USE + words], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stdout) == (code, "(1536, 864)\n"), ended.stderr


def test_the_doctor_examines_it(figure: Figure) -> None:
    bench = Bench(ReportingCamera)
    driver = bench.driver()
    rig = RigSettings.model_validate({"kind": "pi", "focus": {"drive": "fixed"}})
    found = {one.subject: one for one in check_camera(driver, rig, SystemClock(), {}, None)}
    bench.close()
    assert {found[name].level for name in ("camera", "exposure", "frame rate", "lens")} == {Level.OK}
    assert found["camera"].message.startswith("imx219, 1536 x 864 pixels, virtual")
    assert found["lens"].message == "fixed focus"
    figure(found["frame rate"].message)
