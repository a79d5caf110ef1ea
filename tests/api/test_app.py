"""The application as a whole: no route without the guard, no path that leaves its folder, a document that is true."""

import asyncio
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from scanner.api.security import HEADERS
from scanner.capture.events import ScanStatus
from scanner.daemon import Daemon
from tests.api.client import Client

UNSAFE = {"post", "put", "delete"}

TARGETS = ["secret.jpg", "settings.json", "etc/passwd", "journal.jsonl"]
DOTS = ["../", "..%2f", "%2e%2e/", "%2e%2e%2f", "..%5c", "..\\", "%252e%252e%252f", "....//", "..%c0%af", "..;/", "/"]
ENDS = ["", "%00", "%00.jpg", "?", "#", "%0d%0a", "/.", "%20"]
TRAVERSAL = [
    f"{dots * depth}{target}{ENDS[i % len(ENDS)]}"
    for dots in DOTS
    for depth in (1, 3, 6)
    for i, target in enumerate(TARGETS)
]
PLACES = [
    "GET /api/v1/scans/{}",
    "GET /api/v1/scans/{}/manifest.json",
    "GET /api/v1/scans/{}/positions",
    "GET /api/v1/scans/{}/stacks.zip",
    "GET /api/v1/scans/{}/slices.zip",
    "GET /api/v1/scans/{}/positions/0/stack.jpg",
    "GET /api/v1/scans/{}/positions/0/slices/0.jpg",
    "GET /api/v1/scans/{}/positions/0/thumbnail.jpg",
    "GET /api/v1/scans/SCAN/stacks.zip?profile={}",
    "GET /api/v1/scans/{}/positions/0/mask.png",
    "GET /api/v1/scans/{}/positions/0/depth.png",
    "GET /api/v1/scans/SCAN/positions/{}/mask.png",
    "GET /api/v1/scans/SCAN/positions/{}/depth.png",
    "GET /api/v1/scans/SCAN/positions/{}/stack.jpg",
    "GET /api/v1/scans/SCAN/positions/{}/thumbnail.jpg",
    "GET /api/v1/scans/SCAN/positions/{}/slices/0.jpg",
    "GET /api/v1/scans/SCAN/positions/0/slices/{}.jpg",
    "DELETE /api/v1/scans/{}",
    "POST /api/v1/scans/{}/pause",
    "POST /api/v1/scans/{}/resume",
    "POST /api/v1/scans/{}/cancel",
    "POST /api/v1/rig/axes/{}/home",
    "POST /api/v1/rig/axes/{}/zero",
    "POST /api/v1/calibration/axes/{}",
    "PUT /api/v1/rig/axes/{}",
    "GET /ui/{}/app.js",
    "GET /ui/VERSION/{}",
]


def operations(app: FastAPI) -> list[tuple[str, str, dict[str, Any]]]:
    return [(verb, path, op) for path, verbs in app.openapi()["paths"].items() for verb, op in verbs.items()]


def tree(folder: Path) -> list[tuple[str, int]]:
    return sorted((str(path), path.stat().st_size) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("place", PLACES)
def test_no_path_leads_out_of_its_folder(app: FastAPI, scanned: ScanStatus, data: Path, place: str) -> None:
    method, path = place.replace("SCAN", scanned.id).split()
    before = tree(data.parent)

    async def ask_all() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://localhost") as client:
            return [await client.request(method, path.replace("{}", hostile)) for hostile in TRAVERSAL]

    for hostile, answer in zip(TRAVERSAL, asyncio.run(ask_all()), strict=True):
        harmless = answer.status_code == 200 and answer.headers["content-type"].startswith("text/html")
        assert answer.status_code in {404, 405, 422} or harmless, (hostile, answer)
        assert b"canary" not in answer.content
        assert b"root:" not in answer.content
    assert tree(data.parent) == before


def test_every_parameterised_route_is_tried(app: FastAPI) -> None:
    tried = {re.sub(r"\{\}|SCAN|\b0\b", "{}", place.split()[1]) for place in PLACES}
    for _, path, _ in operations(app):
        shape = re.sub(r"\{\w+\}", "{}", path)
        assert "{}" not in shape or shape in tried


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
    ],
)
def test_no_unsafe_operation_is_without_the_guard(
    app: FastAPI, client: Client, data: Path, headers: dict[str, str], code: int
) -> None:
    before = tree(data)
    for verb, path, _ in operations(app):
        if verb in UNSAFE:
            answer = client.request(
                verb.upper(), path, content=b"{}", headers={"Content-Type": "application/json"} | headers
            )
            assert answer.status_code == code, path
            assert answer.headers["content-type"] == "application/problem+json"
    assert tree(data) == before


def test_no_safe_operation_is_for_a_strange_host(app: FastAPI, client: Client) -> None:
    for verb, path, _ in operations(app):
        assert client.request(verb.upper(), path, headers={"Host": "evil.example"}).status_code == 421


def test_what_is_refused_is_protected_as_well(client: Client) -> None:
    for path in ("/nothing", "/api/v1/nothing", "/api/v1/scans/none", "/", "/healthz"):
        answer = client.get(path)
        for name, value in HEADERS.items():
            assert answer.headers[name] == value


@pytest.mark.parametrize(
    "path", ["/docs", "/redoc", "/openapi.json", "/api", "/api/v1", "/api/v1/", "/ui", "/api/v1/scans/"]
)
def test_pages_that_are_not_there(client: Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


def test_wrong_methods_are_told_the_right_ones(client: Client) -> None:
    answer = client.request("PATCH", "/api/v1/rig/focus")
    assert (answer.status_code, answer.json()["code"]) == (405, "method-not-allowed")
    assert "PUT" in answer.headers["allow"]


@pytest.mark.usefixtures("calibrated")
@pytest.mark.usefixtures("calibrated", "focus_scale")
def test_every_get_that_ends_by_itself_answers_head(app: FastAPI, client: Client, scanned: ScanStatus) -> None:
    endless = {"watch_status", "watch_preview"}
    gets = [path for verb, path, op in operations(app) if verb == "get" and op["operationId"] not in endless]
    assert len(gets) >= 15
    for place in [*gets, "/", "/api/v1/openapi.json"]:
        path = place.format(scan_id=scanned.id, position=0, index=0)
        answer = client.request("HEAD", path)
        assert (answer.status_code, answer.content) == (200, b""), path
        assert answer.headers["content-type"] == client.get(path).headers["content-type"]
        assert int(answer.headers["content-length"]) > 0


class TestDocument:
    """The OpenAPI document."""

    def test_it_is_served(self, app: FastAPI, client: Client) -> None:
        assert client.get("/api/v1/openapi.json").json() == app.openapi()

    def test_every_operation_is_described(self, app: FastAPI) -> None:
        for _, path, operation in operations(app):
            assert operation["summary"], path
            assert operation["tags"], path
            assert operation["operationId"] == operation["operationId"].lower()
        ids = [operation["operationId"] for _, _, operation in operations(app)]
        assert len(set(ids)) == len(ids)

    def test_every_body_has_an_example_that_is_taken(self, app: FastAPI) -> None:
        found = 0
        for _, path, operation in operations(app):
            if "requestBody" in operation:
                content = operation["requestBody"]["content"]["application/json"]
                examples = [content["example"]] if "example" in content else list(content.get("examples", {}).values())
                found += len(examples or content["schema"].get("examples", []))
                assert examples or content["schema"].get("examples"), path
        assert found >= 8

    def test_every_error_is_a_problem(self, app: FastAPI) -> None:
        for _, path, operation in operations(app):
            assert "default" in operation["responses"]
            for code, answer in operation["responses"].items():
                if code == "default" or (int(code) >= 400 and code != "416"):
                    assert list(answer["content"]) == ["application/problem+json"], (path, code)

    def test_every_reference_leads_somewhere(self, app: FastAPI) -> None:
        document = app.openapi()
        for name in re.findall(r'"#/components/schemas/([^"]+)"', str(document).replace("'", '"')):
            assert name in document["components"]["schemas"], name

    def test_units_are_in_it(self, app: FastAPI) -> None:
        near = app.openapi()["components"]["schemas"]["FocusMove"]["properties"]["position"]
        assert near["unit"] == "focus", "the unit of the drive in use: facts.focus.unit"


def test_the_examples_of_plans_can_be_estimated(app: FastAPI, client: Client) -> None:
    operation = app.openapi()["paths"]["/api/v1/scans"]["post"]
    for example in operation["requestBody"]["content"]["application/json"]["examples"].values():
        answer = client.post("/api/v1/scans/estimate", json=example["value"])
        assert answer.status_code == 200, answer.json()


def test_names_from_the_config_are_known(rig_daemon: Daemon, client: Client) -> None:
    assert client.get("/healthz", headers={"Host": "127.0.0.1:8080"}).status_code == 200
    assert rig_daemon.settings.server.names == ()
