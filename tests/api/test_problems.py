"""Every error is a problem document with the right status and words."""

import json
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.exceptions import HTTPException

from scanner import errors
from scanner.api import problems
from scanner.errors import FocusrigError
from scanner.plan.scan import ScanPlan
from tests.api.client import Client

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, FocusrigError)]

STATUS = {
    "error": 500,
    "config": 422,
    "plan": 422,
    "rig-busy": 409,
    "wrong-state": 409,
    "hardware": 503,
    "hardware-missing": 503,
    "rig-lost": 503,
    "camera": 503,
    "camera-timeout": 503,
    "lens-timeout": 503,
    "fixed-focus": 422,
    "motion": 503,
    "out-of-range": 422,
    "motion-timeout": 503,
    "controller-alarm": 503,
    "position-lost": 503,
    "no-switch": 409,
    "stacking": 500,
    "slices-differ": 500,
    "too-few-slices": 500,
    "alignment-failed": 500,
    "calibration-failed": 500,
    "store": 500,
    "not-found": 404,
    "no-space": 507,
    "image-unreadable": 500,
    "corrupt-state": 500,
}


class Fails:
    """An application whose one operation raises what it is told."""

    def __init__(self, error: Exception | None = None) -> None:
        self.app = FastAPI()
        problems.install(self.app)

        @self.app.post("/plan")
        def take_plan(plan: ScanPlan, size: int = 0) -> str:
            if error:
                raise error
            return f"{plan.name} {size}"

    def post(self, content: str | bytes, path: str = "/plan", code: int = 422) -> dict[str, Any]:
        client = Client(self.app, defects=False)
        answer = client.post(path, content=content, headers={"Content-Type": "application/json"})
        assert answer.status_code == code
        assert answer.headers["content-type"] == "application/problem+json"
        document: dict[str, Any] = answer.json()
        assert document["status"] == code
        assert document["type"] == "about:blank"
        return document


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_every_kind_of_error_is_a_problem(kind: type[FocusrigError]) -> None:
    document = Fails(kind("What was wrong.", "What to do.")).post("{}", code=STATUS[kind.code])
    assert (document["code"], document["detail"], document["hint"]) == (kind.code, "What was wrong.", "What to do.")


def test_the_table_names_every_kind() -> None:
    assert {kind.code for kind in KINDS} == set(STATUS)


def test_a_busy_rig_links_to_the_scan_that_holds_it() -> None:
    app = Fails(errors.RigBusy("The rig is busy.", scan_id="20260101-000000-vase")).app
    answer = Client(app).post("/plan", json={})
    assert answer.json()["scan"] == "/api/v1/scans/20260101-000000-vase"
    assert answer.headers["link"] == '</api/v1/scans/20260101-000000-vase>; rel="related"'


def test_a_defect_tells_nothing_of_the_inside() -> None:
    document = Fails(RuntimeError("secret/path")).post("{}", code=500)
    assert document["code"] == "internal"
    assert "secret" not in json.dumps(document)


BODIES = [
    ({"pth": 1}, "pth", "did you mean 'path'"),
    ({"path": {"rings": [{"count": 0}]}}, "path.rings.0.count", "must be at least 1"),
    ({"path": {"kind": "rings", "rings": [{"count": 0}]}}, "path.rings.0.count", "must be at least 1"),
    ({"sweep": {"near": 5, "far": 9}}, "sweep", "swap them"),
    ([], "", "a JSON object"),
]


@pytest.mark.parametrize(("body", "where", "what"), BODIES)
def test_a_wrong_body_is_told_in_words(body: object, where: str, what: str) -> None:
    document = Fails().post(json.dumps(body))
    assert document["code"] == "invalid"
    (wrong,) = document["errors"]
    assert wrong["where"] == where
    assert what in wrong["what"]
    assert document["detail"].startswith(f"{where}: " if where else wrong["what"])


def test_all_that_is_wrong_is_told_at_once() -> None:
    document = Fails().post(json.dumps({"nam": 1, "sweep": {"count": 1}}))
    assert {wrong["where"] for wrong in document["errors"]} == {"nam", "sweep.count"}
    assert document["detail"].endswith("(and 1 more)")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("", "the body must be a JSON object, {} at least"),
        ("{", "the body is not JSON: Expecting property name enclosed in double quotes"),
        ("[1,", "the body is not JSON: Expecting value"),
        ("null", "the body must be a JSON object, {} at least"),
    ],
)
def test_a_body_that_is_no_json_is_said_to_be_none(content: str, what: str) -> None:
    assert Fails().post(content)["errors"] == [{"where": "", "what": what}]


@pytest.mark.parametrize("content", [b"\xff\xfe", b"[" * 100_000, b'{"name":' + b"1" * 5000 + b"}"])
def test_a_body_that_no_parser_takes_is_refused(content: bytes) -> None:
    client = Client(Fails().app)
    answer = client.post("/plan", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code in {400, 422}
    assert answer.json()["code"] in {"bad-request", "invalid"}


@pytest.mark.parametrize("content", [r'{"\ud800": 1}', '{"name": "\\ud800"}', '{"sweep": {"near": NaN}}', '{"": 1}'])
def test_odd_text_in_a_body_comes_back_as_a_problem(content: str) -> None:
    assert Fails().post(content)["errors"]


def test_a_wrong_parameter_is_named() -> None:
    document = Fails().post("{}", path="/plan?size=x")
    assert document["errors"][0]["where"] == "size"


@pytest.mark.parametrize(
    ("method", "path", "code", "name"),
    [("GET", "/nothing", 404, "not-found"), ("DELETE", "/plan", 405, "method-not-allowed")],
)
def test_what_the_framework_refuses_is_a_problem_as_well(method: str, path: str, code: int, name: str) -> None:
    answer = Client(Fails().app).request(method, path)
    assert answer.status_code == code
    assert answer.json()["code"] == name
    assert answer.json()["hint"]
    assert answer.json()["detail"] != answer.json()["title"]
    assert code != 405 or answer.headers["allow"] == "POST"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_no_problem_is_without_a_hint(kind: type[FocusrigError]) -> None:
    assert Fails(kind("What was wrong.")).post("{}", code=STATUS[kind.code])["hint"]


@pytest.mark.parametrize("status", [400, 404, 405, 408, 413, 418])
def test_what_the_framework_refuses_comes_with_a_hint(status: int) -> None:
    assert Fails(HTTPException(status)).post("{}", code=status)["hint"]
