"""The rig by hand over HTTP."""

import pytest

from scanner.capture.events import RigStatus
from scanner.daemon import Daemon
from tests.api.client import Client
from tests.api.scans import running

RIG = "/api/v1/rig"


def test_the_rig_tells_its_limits(client: Client) -> None:
    rig = RigStatus.model_validate(client.get(RIG).json())
    assert rig.facts is not None
    assert rig.facts.simulated
    assert {axis.name for axis in rig.facts.axes} == {"turntable", "tilt"}


def test_the_lens_goes_where_it_is_sent(client: Client) -> None:
    answer = client.put(f"{RIG}/focus", json={"position": 8.0})
    assert answer.status_code == 200
    assert answer.json()["focus"] == pytest.approx(8.0, abs=0.05)


def test_an_axis_is_homed_and_turned(client: Client) -> None:
    assert client.post(f"{RIG}/axes/turntable/home").json()["axes"]["turntable"] == pytest.approx(0, abs=0.1)
    answer = client.put(f"{RIG}/axes/turntable", json={"angle": 30})
    assert answer.json()["axes"]["turntable"] == pytest.approx(30, abs=0.1)


def test_the_light(client: Client) -> None:
    assert client.put(f"{RIG}/light", json={"level": 1.0}).json()["light"] == 1.0
    assert client.put(f"{RIG}/light", json={"level": 0.0}).json()["light"] == 0.0


@pytest.mark.parametrize("plan", [{}, {"time_us": 20000, "gain": 2.0, "red_gain": 2.0, "blue_gain": 1.5}])
def test_the_exposure_is_locked(client: Client, plan: dict[str, float]) -> None:
    exposure = client.put(f"{RIG}/exposure", json=plan).json()["exposure"]
    assert set(exposure) == {"time_us", "gain", "red_gain", "blue_gain"}
    assert exposure["gain"] == pytest.approx(plan.get("gain", exposure["gain"]), rel=0.05)


REFUSED = [
    ("focus", {"position": 99.0}, 422, "out-of-range"),
    ("focus", {"position": 1001.0}, 422, "invalid"),
    ("focus", {"place": 1.0}, 422, "invalid"),
    ("focus", {}, 422, "invalid"),
    ("axes/tilt", {"angle": 9000.0}, 422, "out-of-range"),
    ("axes/rail", {"angle": 1.0}, 404, "not-found"),
    ("axes/turntable", {"angle": "far"}, 422, "invalid"),
    ("light", {"level": 1.5}, 422, "invalid"),
    ("exposure", {"time_us": 0}, 422, "invalid"),
]


@pytest.mark.parametrize(("rest", "body", "status", "code"), REFUSED)
def test_what_the_rig_cannot_do_is_refused(
    client: Client, rest: str, body: dict[str, object], status: int, code: str
) -> None:
    answer = client.put(f"{RIG}/{rest}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["detail"]


def test_no_such_axis_to_home(client: Client) -> None:
    assert client.post(f"{RIG}/axes/rail/home").status_code == 404


BUSY = [
    ("PUT", "focus", {"position": 8.0}),
    ("PUT", "axes/turntable", {"angle": 1.0}),
    ("POST", "axes/turntable/home", None),
    ("PUT", "light", {"level": 0.5}),
    ("PUT", "exposure", {}),
]


def test_nobody_moves_a_rig_that_scans(client: Client, rig_daemon: Daemon) -> None:
    with running(rig_daemon) as scan_id:
        for method, rest, body in BUSY:
            answer = (
                client.request(method, f"{RIG}/{rest}", json=body) if body is not None else client.post(f"{RIG}/{rest}")
            )
            assert (answer.status_code, answer.json()["code"]) == (409, "rig-busy")
            assert answer.json()["scan"].endswith(scan_id)


def test_stopping_a_rig_at_rest_is_harmless(client: Client) -> None:
    answer = client.post(f"{RIG}/stop")
    assert answer.status_code == 200
    assert answer.json()["axes"].keys() == {"turntable", "tilt"}
