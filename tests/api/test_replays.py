"""One key, one scan."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from scanner.api.replays import REMEMBERED, Replays
from scanner.capture.events import ScanStatus
from scanner.daemon import Daemon
from scanner.errors import NoSpace, RigBusy, WrongState
from scanner.plan.scan import ScanPlan
from tests.api.client import Client
from tests.api.scans import LONG_PLAN, finished

PLAN = ScanPlan()


class Scans:
    """Starts scans by counting them."""

    def __init__(self) -> None:
        self.count = 0

    def start(self, plan: ScanPlan) -> ScanStatus:
        self.count += 1
        return self.scan(f"{plan.name}-{self.count}")

    def scan(self, scan_id: str) -> ScanStatus:
        facts = {"id": scan_id, "name": "x", "created_at": "2026-01-01T00:00:00Z", "positions_total": 1}
        return ScanStatus.model_validate(facts | {"state": "running"})


def test_the_same_key_gives_the_same_scan() -> None:
    scans, replays = Scans(), Replays()
    ids = [replays.start(key, PLAN, scans.start, scans.scan).id for key in ("a", "a", "b", "a")]
    assert ids == ["scan-1", "scan-1", "scan-2", "scan-1"]
    assert scans.count == 2


def test_a_key_belongs_to_its_plan() -> None:
    scans, replays = Scans(), Replays()
    replays.start("a", PLAN, scans.start, scans.scan)
    with pytest.raises(WrongState, match="another plan"):
        replays.start("a", ScanPlan(name="other"), scans.start, scans.scan)
    assert scans.count == 1


def test_a_start_that_failed_may_be_tried_again() -> None:
    scans, replays = Scans(), Replays()

    def fail(_plan: ScanPlan) -> ScanStatus:
        raise NoSpace("Full.")

    with pytest.raises(NoSpace):
        replays.start("a", PLAN, fail, scans.scan)
    assert replays.start("a", PLAN, scans.start, scans.scan).id == "scan-1"


def test_memory_is_bounded() -> None:
    scans, replays = Scans(), Replays()
    for key in range(REMEMBERED + 1):
        replays.start(str(key), PLAN, scans.start, scans.scan)
    assert replays.start(str(REMEMBERED), PLAN, scans.start, scans.scan).id == f"scan-{REMEMBERED + 1}"
    assert replays.start("0", PLAN, scans.start, scans.scan).id == f"scan-{REMEMBERED + 2}"


def test_many_at_once_are_one_scan(client: Client, rig_daemon: Daemon) -> None:
    body = LONG_PLAN.model_dump(mode="json")

    def post(key: str | None) -> tuple[int, str]:
        answer = client.post("/api/v1/scans", json=body, headers={"Idempotency-Key": key} if key else {})
        return answer.status_code, answer.headers.get("location") or answer.json()["scan"]

    before = len(rig_daemon.scans())
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(post, ["mine"] * 8 + [None] * 8))
    locations = {location for _, location in answers}
    assert len(locations) == 1
    assert sorted({code for code, _ in answers}) in ([202, 409], [409])
    assert len([code for code, _ in answers[8:] if code == 202]) <= 1
    assert len(rig_daemon.scans()) == before + 1

    scan_id = locations.pop().rpartition("/")[2]
    with pytest.raises(RigBusy):
        rig_daemon.start_scan(LONG_PLAN)
    rig_daemon.cancel(scan_id)
    finished(rig_daemon, scan_id)
    rig_daemon.delete(scan_id)
