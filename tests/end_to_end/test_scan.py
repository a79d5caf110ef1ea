"""A whole scan on the simulated rig: the images in the zip against the known truth, through the real drivers."""

import time
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from scanner.capture.events import FinishReason, RunState, ScanStatus
from scanner.config import Settings
from scanner.daemon import Daemon
from scanner.hardware.simulated.scene import Scene, SceneSettings
from scanner.plan.scan import ScanPlan
from scanner.plan.sweep import Sweep
from scanner.slices import Plane
from scanner.store.images import decode_jpeg

PLAN = ScanPlan.model_validate(
    {
        "path": {"kind": "rings", "rings": [{"tilt_deg": 20, "count": 3}]},
        "sweep": {"near": 12.6, "far": 8.2, "count": 8},
        "settle": {"after_move_s": 0},
    }
)
QUICK = {
    "simulated": {"frame_rate": 200, "lens_lag_ms": 5},
    "camera": {"lens_settle_ms": 30},
}


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> tuple[ScanStatus, zipfile.ZipFile, zipfile.ZipFile]:
    """A finished scan of 2 MP pictures, with its stacks and its slices."""
    data = tmp_path_factory.mktemp("data")
    daemon = Daemon(Settings.model_validate({"rig": QUICK, "storage": {"data": data, "reserve_mb": 0}}))
    daemon.start()
    try:
        status = _finished(daemon, daemon.start_scan(PLAN).id)
        archives = (daemon.files.stacks_archive(status.id), daemon.files.slices_archive(status.id))
        stacks, slices = (zipfile.ZipFile(BytesIO(b"".join(archive.read()))) for archive in archives)
        return status, stacks, slices
    finally:
        daemon.close()


def _finished(daemon: Daemon, scan_id: str) -> ScanStatus:
    deadline = time.monotonic() + 240
    while daemon.scan(scan_id).state != RunState.FINISHED:
        assert time.monotonic() < deadline, daemon.scan(scan_id)
        time.sleep(0.05)
    return daemon.scan(scan_id)


def test_the_scan_completes_with_one_image_a_position(
    scan: tuple[ScanStatus, zipfile.ZipFile, zipfile.ZipFile],
) -> None:
    status, stacks, slices = scan
    assert status.problem is None
    assert (status.reason, status.stacked) == (FinishReason.COMPLETED, 3)
    assert stacks.testzip() is slices.testzip() is None
    images = [name for name in stacks.namelist() if name.startswith("images/")]
    assert images == [f"images/{status.id}_{i:04d}.jpg" for i in range(3)]
    assert len(slices.namelist()) == 3 * 8
    sizes = {decode_jpeg(stacks.read(name), name).size for name in images}
    assert sizes == {(1920, 1080)}


def test_each_image_is_6_db_closer_to_the_truth_than_the_best_slice(
    scan: tuple[ScanStatus, zipfile.ZipFile, zipfile.ZipFile],
) -> None:
    """Over the object, in luma; each slice against the truth in its own geometry, so that only focus counts."""
    status, stacks, slices = scan
    scene = Scene(SceneSettings())
    lenses = Sweep(12.6, 8.2, 8).focus_positions()
    for position in PLAN.positions()[:2]:
        view = scene.view(position.turntable, position.tilt)
        stem = f"{status.id}_{position.index:04d}"
        stack = _psnr(_luma(stacks, f"images/{stem}.jpg"), view.truth(lenses[4]).y, view.mask(lenses[4]))
        single = max(
            _psnr(_luma(slices, f"{stem}/slice_{k:02d}.jpg"), view.truth(lens).y, view.mask(lens))
            for k, lens in enumerate(lenses)
        )
        assert stack > 38, f"position {position.index}: {stack:.1f} dB"
        assert stack >= single + 6, f"position {position.index}: stack {stack:.1f} dB, best slice {single:.1f} dB"


def _luma(archive: zipfile.ZipFile, name: str) -> Plane:
    return decode_jpeg(archive.read(name), name).y


def _psnr(picture: Plane, truth: Plane, mask: NDArray[np.uint8]) -> float:
    """Over the object, after the one gain and offset that the locked exposure makes."""
    seen, known = picture[mask > 0].astype(np.float64), truth[mask > 0].astype(np.float64)
    gain, offset = np.polyfit(known, seen, 1)
    return float(10 * np.log10(255**2 / np.mean(((seen - offset) / gain - known) ** 2)))


def test_files_on_disk_are_what_the_zip_holds(
    scan: tuple[ScanStatus, zipfile.ZipFile, zipfile.ZipFile],
) -> None:
    _, stacks, _ = scan
    assert "manifest.json" in stacks.namelist()
    assert all(Path(name).name.isascii() for name in stacks.namelist())
