"""One daemon on the simulated rig for all tests of the API, with one small scan that is finished."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from scanner.api.app import create_app
from scanner.api.examples import FOCUS_SCALE
from scanner.capture.calibration_data import BreathingCalibration
from scanner.capture.events import FinishReason, ScanStatus
from scanner.capture.focus_scale import FocusCalibration
from scanner.daemon import Daemon
from scanner.store.calibrations import CalibrationStore
from tests.api.client import Client
from tests.api.scans import SMALL_PLAN, calibrate, finished
from tests.conftest import small_settings


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of the shared daemon, beside a file that is none of its business."""
    folder = tmp_path_factory.mktemp("api")
    (folder / "secret.jpg").write_text("canary")
    return folder / "data"


@pytest.fixture(scope="session")
def rig_daemon(data: Path) -> Iterator[Daemon]:
    daemon = Daemon(small_settings(data))
    daemon.start()
    yield daemon
    daemon.close()


@pytest.fixture(scope="session")
def scanned(rig_daemon: Daemon) -> ScanStatus:
    """A finished scan of 2 positions with 2 slices each."""
    scan = finished(rig_daemon, rig_daemon.start_scan(SMALL_PLAN).id)
    assert scan.reason == FinishReason.COMPLETED, scan.problem
    return scan


@pytest.fixture(scope="session")
def calibrated(rig_daemon: Daemon) -> BreathingCalibration:
    """Breathing, measured at 2 positions with 5 slices each."""
    return calibrate(rig_daemon)


@pytest.fixture(scope="session")
def focus_scale(rig_daemon: Daemon, data: Path) -> FocusCalibration:
    """What the lens scale means, as if it had been measured."""
    room = rig_daemon.calibrations.focus
    found = FOCUS_SCALE.model_copy(update={"camera": room.camera})
    CalibrationStore(data).save(room.camera, found.model_dump(mode="json"))
    rig_daemon.calibrations.look()
    return found


@pytest.fixture(scope="session")
def app(rig_daemon: Daemon) -> FastAPI:
    return create_app(rig_daemon)


@pytest.fixture(scope="session")
def client(app: FastAPI) -> Client:
    return Client(app)
