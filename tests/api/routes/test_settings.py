"""The settings over HTTP."""

from typing import Any

import pytest
from fastapi import FastAPI

from scanner.config import Settings
from scanner.daemon import Daemon
from tests.api.client import Client
from tests.api.scans import running

SETTINGS = "/api/v1/settings"


@pytest.fixture
def now(client: Client) -> dict[str, Any]:
    """The settings in force."""
    found: dict[str, Any] = client.get(SETTINGS).json()["settings"]
    return found


def test_the_settings_come_with_their_schema(client: Client) -> None:
    view = client.get(SETTINGS).json()
    assert set(view) == {"settings", "schema", "overridden"}
    Settings.model_validate(view["settings"])
    assert set(view["schema"]["properties"]) == set(view["settings"])


def test_a_change_holds_and_is_told(client: Client, now: dict[str, Any]) -> None:
    changed = {**now, "storage": {**now["storage"], "reserve_mb": 7}}
    answer = client.put(SETTINGS, json=changed)
    assert answer.status_code == 200
    assert answer.json()["settings"]["storage"]["reserve_mb"] == 7
    assert answer.json()["overridden"] == ["storage.reserve_mb"]
    assert client.put(SETTINGS, json=now).json()["overridden"] == []


@pytest.mark.parametrize(
    ("body", "where", "what"),
    [
        ({"storag": {}}, "storag", "did you mean 'storage'"),
        ({"storage": {"reserve_mb": -1}}, "storage.reserve_mb", "must be at least 0"),
        ({"server": {"port": 0}}, "server.port", "must be at least 1"),
    ],
)
def test_a_wrong_setting_is_named(client: Client, now: dict[str, Any], body: object, where: str, what: str) -> None:
    answer = client.put(SETTINGS, json=body)
    assert answer.status_code == 422
    (wrong,) = answer.json()["errors"]
    assert wrong["where"] == where
    assert what in wrong["what"]
    assert client.get(SETTINGS).json()["settings"] == now


def test_the_examples_of_the_document_are_taken(client: Client, now: dict[str, Any], app: FastAPI) -> None:
    body = app.openapi()["paths"][SETTINGS]["put"]["requestBody"]["content"]["application/json"]
    assert set(body["examples"]) == {"default", "reserve"}
    for example in body["examples"].values():
        document = {**example["value"], "rig": now["rig"]}  # the rig of the tests, which is not opened anew then
        answer = client.put(SETTINGS, json=document)
        assert answer.status_code == 200, answer.json()
        assert answer.json()["settings"]["storage"]["data"] == now["storage"]["data"]
    assert answer.json()["settings"]["storage"]["reserve_mb"] == 500
    assert client.put(SETTINGS, json=now).json()["overridden"] == []


def test_no_change_while_a_scan_runs(client: Client, now: dict[str, Any], rig_daemon: Daemon) -> None:
    with running(rig_daemon):
        assert client.put(SETTINGS, json=now).status_code == 409
