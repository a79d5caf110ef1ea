"""Calibrating over HTTP: breathing, the focus scale, the steps of an axis."""

from collections.abc import Iterator

import pytest

from scanner.api.app import create_app
from scanner.capture.calibration_data import BreathingCalibration
from scanner.capture.events import FocusScale, RigStatus
from scanner.capture.focus_scale import FocusCalibration
from scanner.clock import SystemClock
from scanner.config import Settings
from scanner.daemon import Daemon
from tests.api.client import Client
from tests.api.scans import SMALL_CALIBRATION, running, wait_until
from tests.capture.fakes import FakeRig
from tests.capture.flat import FlatRig

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


@pytest.fixture
def flat() -> FlatRig:
    return FlatRig()


def on(rig: FakeRig, settings: Settings) -> Daemon:
    """A started daemon on a rig that answers at once."""
    daemon = Daemon(settings, SystemClock(), lambda _settings, _clock: rig.open())
    daemon.start()
    return daemon


@pytest.fixture
def bench(flat: FlatRig, settings: Settings) -> Iterator[Daemon]:
    daemon = on(flat, settings)
    yield daemon
    daemon.close()


def test_the_focus_scale_is_measured_told_and_forgotten(bench: Daemon, flat: FlatRig) -> None:
    client = Client(create_app(bench))
    unknown = client.get(f"{PATH}/focus")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not-found")
    assert "focusrig calibrate focus" in unknown.json()["hint"]
    for distance in (120.0, 300.0):
        flat.target(distance)
        begun = client.post(f"{PATH}/focus", json={"distance_mm": distance})
        assert (begun.status_code, begun.json()["activity"][:18]) == (202, "calibrating focus:")
        assert idle(bench).problem is None
    found = FocusCalibration.model_validate(client.get(f"{PATH}/focus").json())
    assert [point.distance_mm for point in found.points] == [120, 300]
    scale = FocusScale.model_validate(client.get("/api/v1/rig").json()["focus_scale"])
    assert scale == found.scale
    assert scale.slope == pytest.approx(1.3, rel=0.01)

    assert client.request("DELETE", f"{PATH}/focus").status_code == 204
    assert client.get("/api/v1/rig").json()["focus_scale"] is None
    assert client.request("HEAD", f"{PATH}/focus").status_code == 404
    assert client.request("DELETE", f"{PATH}/focus").status_code == 404


@pytest.mark.parametrize("body", [{}, {"distance_mm": 9}, {"distance_mm": 10001}, {"distance_mm": "near"}, {"mm": 90}])
def test_distances_that_are_none_are_refused(client: Client, body: dict[str, object]) -> None:
    answer = client.post(f"{PATH}/focus", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert answer.json()["detail"]


def test_a_rig_without_a_lens_drive_has_no_scale(settings: Settings) -> None:
    daemon = on(FakeRig(drive="fixed"), settings)
    try:
        answer = Client(create_app(daemon)).post(f"{PATH}/focus", json={"distance_mm": 90})
    finally:
        daemon.close()
    assert (answer.status_code, answer.json()["code"]) == (422, "plan")
    assert "does not focus by a lens" in answer.json()["detail"]


def test_the_steps_of_an_axis_are_corrected(bench: Daemon) -> None:
    client = Client(create_app(bench))
    answer = client.post(f"{PATH}/axes/turntable", json={"commanded": 360, "turned": 352.4})
    assert answer.status_code == 200
    assert answer.json()["name"] == "turntable"
    assert answer.json()["after"] == pytest.approx(answer.json()["before"] * 360 / 352.4, abs=1e-6)
    assert bench.settings.rig.motion.turntable.steps_per_degree == answer.json()["after"]


@pytest.mark.parametrize(
    ("axis", "body", "status"),
    [
        ("focus", {"commanded": 10, "turned": 9}, 404),
        ("lens", {"commanded": 10, "turned": 9}, 404),
        ("tilt", {"commanded": 10}, 422),
        ("tilt", {"commanded": 0, "turned": 9}, 422),
        ("tilt", {"commanded": 10, "turned": -9}, 422),
        ("tilt", {"commanded": 36000, "turned": 0.5}, 422),
    ],
)
def test_an_axis_that_cannot_be_corrected_stays_as_it_is(
    client: Client, rig_daemon: Daemon, axis: str, body: dict[str, float], status: int
) -> None:
    before = rig_daemon.settings
    answer = client.post(f"{PATH}/axes/{axis}", json=body)
    assert answer.status_code == status, answer.json()
    assert answer.json()["detail"]
    assert rig_daemon.settings == before


def test_no_other_calibration_while_a_scan_runs(client: Client, rig_daemon: Daemon) -> None:
    with running(rig_daemon):
        for path, body in (("focus", {"distance_mm": 90}), ("axes/tilt", {"commanded": 10, "turned": 9})):
            answer = client.post(f"{PATH}/{path}", json=body)
            assert (answer.status_code, answer.json()["code"]) == (409, "rig-busy")
