"""Calibrating breathing over HTTP."""

import pytest

from scanner.capture.calibration_data import BreathingCalibration
from scanner.capture.events import RigStatus
from scanner.daemon import Daemon
from tests.api.client import Client
from tests.api.scans import SMALL_CALIBRATION, running, wait_until

PATH = "/api/v1/calibration"
PLAN = SMALL_CALIBRATION.model_dump(mode="json")


def idle(daemon: Daemon) -> RigStatus:
    """The rig once no calibration runs any more."""
    wait_until(daemon, lambda status: not status.rig.activity)
    return daemon.status().rig


def test_breathing_is_measured_told_and_forgotten(client: Client, rig_daemon: Daemon) -> None:
    begun = client.post(f"{PATH}/breathing", json=PLAN)
    assert begun.status_code == 202
    assert begun.json()["activity"].startswith("calibrating breathing: ")
    assert idle(rig_daemon).problem is None
    assert client.get("/api/v1/rig").json()["calibrated"] is True
    found = client.get(f"{PATH}/breathing")
    assert found.status_code == 200
    calibration = BreathingCalibration.model_validate(found.json())
    assert (calibration.positions, calibration.slices, calibration.sweep.near) == (2, 8, 12.6)
    assert calibration.camera.startswith("simulated, 480 x 270 px")
    assert 1 / calibration.power == pytest.approx(0.015 / 15, rel=0.4), "1.5 % over the 15 D of the simulated lens"

    assert client.request("DELETE", f"{PATH}/breathing").status_code == 204
    assert client.get("/api/v1/rig").json()["calibrated"] is False
    gone = client.get(f"{PATH}/breathing")
    assert (gone.status_code, gone.json()["code"]) == (404, "not-found")
    assert "focusrig calibrate breathing" in gone.json()["hint"]
    assert client.request("HEAD", f"{PATH}/breathing").status_code == 404
    assert client.request("DELETE", f"{PATH}/breathing").status_code == 404


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"positions": 1}, "invalid"),
        ({"positions": 25}, "invalid"),
        ({"near": 8, "far": 12}, "invalid"),
        ({"count": 1}, "invalid"),
        ({"tilt": 3}, "invalid"),
        ({"near": 99, "far": 9}, "plan"),
    ],
)
def test_what_cannot_be_calibrated_is_refused(client: Client, body: dict[str, float], code: str) -> None:
    answer = client.post(f"{PATH}/breathing", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.json()["detail"]


def test_a_cancelled_calibration_leaves_the_rig_and_what_was_known(client: Client, rig_daemon: Daemon) -> None:
    known = client.get(f"{PATH}/breathing").content
    assert client.post(f"{PATH}/breathing", json={**PLAN, "positions": 24}).status_code == 202
    for method, path, body in (
        ("POST", f"{PATH}/breathing", PLAN),
        ("PUT", "/api/v1/rig/focus", {"position": 8.0}),
        ("POST", "/api/v1/scans", {}),
    ):
        refused = client.request(method, path, json=body)
        assert (refused.status_code, refused.json()["code"]) == (409, "rig-busy")
        assert "calibrating breathing" in refused.json()["detail"]
        assert "scan" not in refused.json()
    assert client.post(f"{PATH}/cancel").status_code == 202
    assert idle(rig_daemon).problem is None
    assert client.get(f"{PATH}/breathing").content == known


def test_there_is_nothing_to_cancel(client: Client) -> None:
    answer = client.post(f"{PATH}/cancel")
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong-state")


def test_no_calibration_while_a_scan_runs(client: Client, rig_daemon: Daemon) -> None:
    with running(rig_daemon) as scan_id:
        answer = client.post(f"{PATH}/breathing", json=PLAN)
        assert (answer.status_code, answer.json()["code"]) == (409, "rig-busy")
        assert answer.json()["scan"].endswith(scan_id)
        assert client.post(f"{PATH}/cancel").status_code == 409
