"""Scans over HTTP: their whole life, and what is refused in each state."""

import pytest
from fastapi import FastAPI
from pydantic import TypeAdapter

from scanner.capture.events import FinishReason, RunState, ScanStatus, Status
from scanner.capture.positions import PositionReport
from scanner.daemon import Daemon
from scanner.delivery.manifest import DeliveryManifest
from tests.api.client import Client
from tests.api.scans import LONG_PLAN, SMALL_PLAN, finished, running, wait_until

SCANS = "/api/v1/scans"


def test_the_life_of_a_scan(client: Client, rig_daemon: Daemon) -> None:
    started = client.post(SCANS, json=LONG_PLAN.model_dump(mode="json"))
    assert started.status_code == 202
    scan = ScanStatus.model_validate(started.json())
    path = f"{SCANS}/{scan.id}"
    assert started.headers["location"] == path
    assert client.get(path).json()["id"] == scan.id
    assert client.get(SCANS).json()[0]["id"] == scan.id

    assert client.request("DELETE", path).status_code == 409
    paused = client.post(f"{path}/pause")
    assert (paused.status_code, paused.json()["state"]) == (202, "paused")
    assert client.post(f"{path}/pause").json()["code"] == "wrong-state"
    resumed = client.post(f"{path}/resume")
    assert (resumed.status_code, resumed.json()["state"]) == (202, "running")
    assert client.post(f"{path}/cancel").status_code == 202
    assert finished(rig_daemon, scan.id).reason == FinishReason.CANCELLED

    assert client.post(f"{path}/resume").status_code == 409
    assert client.post(f"{path}/cancel").status_code == 409
    deleted = client.request("DELETE", path)
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert "content-type" not in deleted.headers
    assert client.get(path).status_code == 404


def test_a_second_scan_is_refused_with_a_link_to_the_first(client: Client, rig_daemon: Daemon) -> None:
    with running(rig_daemon) as scan_id:
        answer = client.post(SCANS, json={})
        assert answer.status_code == 409
        assert answer.json()["scan"] == f"{SCANS}/{scan_id}"
        assert f"<{SCANS}/{scan_id}>" in answer.headers["link"]
        assert len([scan for scan in client.get(SCANS).json() if scan["state"] != "finished"]) == 1


def test_progress_is_seen(client: Client, rig_daemon: Daemon) -> None:
    def one_stacked(status: Status) -> bool:
        return status.scan is not None and status.scan.stacked >= 1

    with running(rig_daemon) as scan_id:
        wait_until(rig_daemon, one_stacked)
        scan = ScanStatus.model_validate(client.get(f"{SCANS}/{scan_id}").json())
        assert scan.state == RunState.RUNNING
        assert scan.stacked_positions[0] == 0
        assert scan.sweep is not None


def test_a_finished_scan(client: Client, scanned: ScanStatus) -> None:
    scan = ScanStatus.model_validate(client.get(f"{SCANS}/{scanned.id}").json())
    assert (scan.positions_done, scan.stacked, scan.reason) == (2, 2, FinishReason.COMPLETED)
    assert scanned.id in {listed["id"] for listed in client.get(SCANS).json()}


def test_its_manifest(client: Client, scanned: ScanStatus) -> None:
    manifest = DeliveryManifest.model_validate(client.get(f"{SCANS}/{scanned.id}/manifest.json").json())
    assert manifest.scan.plan == SMALL_PLAN
    assert manifest.scan.slice_count == 2
    assert [each.image.name for each in manifest.positions] == [f"images/{scanned.id}_000{i}.jpg" for i in range(2)]
    colmap = DeliveryManifest.model_validate(client.get(f"{SCANS}/{scanned.id}/manifest.json?profile=colmap").json())
    assert colmap.profile == "colmap"


def test_an_estimate_starts_nothing(client: Client) -> None:
    before = client.get(SCANS).json()
    estimate = client.post(f"{SCANS}/estimate", json=SMALL_PLAN.model_dump(mode="json"))
    assert estimate.status_code == 200
    assert estimate.json()["slices"] == 4
    assert estimate.json()["positions"] == 2
    assert client.get(SCANS).json() == before


@pytest.mark.parametrize("path", [SCANS, f"{SCANS}/estimate"])
@pytest.mark.parametrize(
    ("plan", "code", "words"),
    [
        ({"path": {"kind": "rings", "rings": [{"tilt_deg": 89}]}}, "plan", "tilt"),
        ({"sweep": {"near": 99, "far": 1}}, "plan", "this lens reaches"),
        ({"sweep": {"count": 2}, "stacking": {"reference": 7}}, "plan", "reference slice 7"),
        ({"pth": {}}, "invalid", "did you mean 'path'"),
        ({"settle": {"after_move_s": "soon"}}, "invalid", "settle.after_move_s"),
    ],
)
def test_a_plan_the_rig_cannot_run_is_refused_in_words(
    client: Client, path: str, plan: dict[str, object], code: str, words: str
) -> None:
    before = len(client.get(SCANS).json())
    answer = client.post(path, json=plan)
    assert answer.status_code == 422
    assert answer.json()["code"] == code
    assert words in answer.json()["detail"]
    assert len(client.get(SCANS).json()) == before


@pytest.mark.parametrize("scan_id", ["nothing", "20260101-000000-none", "20260101-000000", "x" * 3000, "%00", "🦋"])
@pytest.mark.parametrize(
    ("method", "rest"),
    [
        ("GET", ""),
        ("DELETE", ""),
        ("GET", "/manifest.json"),
        ("POST", "/pause"),
        ("POST", "/resume"),
        ("POST", "/cancel"),
    ],
)
def test_no_such_scan(client: Client, scan_id: str, method: str, rest: str) -> None:
    answer = client.request(method, f"{SCANS}/{scan_id}{rest}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


def test_the_positions_of_a_scan(client: Client, scanned: ScanStatus) -> None:
    answer = client.get(f"{SCANS}/{scanned.id}/positions")
    assert answer.status_code == 200
    positions = TypeAdapter(tuple[PositionReport, ...]).validate_python(answer.json())
    assert [report.index for report in positions] == [0, 1]
    assert [report.turntable for report in positions] == [0, 180]
    for report, document in zip(positions, answer.json(), strict=True):
        assert [slice_.focus_asked for slice_ in report.slices] == [9, 8]
        assert "file" not in document["slices"][0]
        assert all(finding.message and finding.hint for finding in report.findings)
    assert scanned.flagged == tuple(report.index for report in positions if report.findings)
    assert client.get(f"{SCANS}/{scanned.id}").json()["flagged"] == list(scanned.flagged)


def test_a_running_scan_has_the_positions_that_are_stacked(client: Client, rig_daemon: Daemon) -> None:
    with running(rig_daemon) as scan_id:
        wait_until(rig_daemon, lambda _: rig_daemon.scan(scan_id).stacked >= 1)
        assert client.get(f"{SCANS}/{scan_id}/positions").json()[0]["index"] == 0
    assert client.get(f"{SCANS}/{scan_id}/positions").status_code == 404


@pytest.mark.parametrize(
    ("stacking", "where"),
    [
        ({"method": "magic"}, "stacking.method"),
        ({"measure": "guess"}, "stacking.measure"),
        ({"window": 0}, "stacking.window"),
        ({"steepness": 13}, "stacking.steepness"),
        ({"reference": -1}, "stacking.reference"),
        ({"reference": "last"}, "stacking.reference"),
        ({"unaligned": "ignore"}, "stacking.unaligned"),
        ({"slab": 201}, "stacking.slab"),
        ({"quality": 101}, "stacking.quality"),
        ({"colour": 1}, "stacking.colour"),
    ],
)
def test_how_to_stack_is_checked(client: Client, stacking: dict[str, object], where: str) -> None:
    answer = client.post(SCANS, json={"stacking": stacking})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert where in {wrong["where"] for wrong in answer.json()["errors"]}


def test_a_reference_slice_beyond_the_sweep_is_refused(client: Client) -> None:
    plan = {"sweep": {"near": 9, "far": 8, "count": 4}, "stacking": {"reference": 4}}
    answer = client.post(SCANS, json=plan)
    assert (answer.status_code, answer.json()["code"]) == (422, "plan")
    assert "0 to 3" in answer.json()["hint"]


def test_how_to_stack_stands_in_the_document_with_words_and_limits(app: FastAPI) -> None:
    stacking = app.openapi()["components"]["schemas"]["StackingPlan"]["properties"]
    of_files = {"method", "measure", "window", "steepness", "reference", "unaligned", "slab", "quality"}
    assert of_files | {"breathing"} == set(stacking)
    assert all(part["description"] for part in stacking.values())
    assert (stacking["window"]["unit"], stacking["window"]["minimum"]) == ("px", 0.5)
    shown = app.openapi()["paths"]["/api/v1/scans"]["post"]["requestBody"]["content"]["application/json"]["examples"]
    assert set(shown["stacking"]["value"]["stacking"]) >= {"method", "measure", "reference", "unaligned", "slab"}
