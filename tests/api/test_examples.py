"""The examples of answers in the OpenAPI document are what the operations answer."""

from typing import Any

import pytest
from fastapi import FastAPI
from pydantic import BaseModel, TypeAdapter

from scanner.api import examples
from scanner.capture.calibration_data import BreathingCalibration
from scanner.capture.events import RigStatus, ScanStatus, Status
from scanner.capture.positions import PositionReport
from scanner.config import Settings
from scanner.daemon import SettingsView
from scanner.units import Frozen
from tests.api.client import Client

MODELS: dict[str, type[BaseModel]] = {
    model.__name__: model for model in (Status, RigStatus, ScanStatus, BreathingCalibration)
}


def example(app: FastAPI, method: str, path: str, status: int = 200) -> Any:
    """The example of an answer, as a client reads it: without the keys that are null."""
    found = app.openapi()["paths"][f"/api/v1{path}"][method]["responses"][str(status)]["content"]["application/json"]
    return found["example"]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/status", Status),
        ("/rig", RigStatus),
        ("/scans", tuple[ScanStatus, ...]),
        ("/scans/{scan_id}", ScanStatus),
        ("/scans/{scan_id}/positions", tuple[PositionReport, ...]),
        ("/calibration/breathing", BreathingCalibration),
    ],
)
def test_the_example_of_a_get_is_one_of_its_answers(app: FastAPI, path: str, kind: type) -> None:
    assert TypeAdapter(kind).validate_python(example(app, "get", path), strict=False)


@pytest.mark.parametrize("method", ["get", "put"])
def test_the_example_of_the_settings(app: FastAPI, client: Client, method: str) -> None:
    shown = example(app, method, "/settings")
    assert set(shown) == set(client.get("/api/v1/settings").json())
    assert Settings.model_validate(shown["settings"]).storage.reserve_mb == 500
    assert shown["overridden"] == ["storage.reserve_mb"]


def test_every_answer_of_a_model_that_has_an_example_shows_it(app: FastAPI) -> None:
    for path, verbs in app.openapi()["paths"].items():
        for verb, operation in verbs.items():
            for status in ("200", "202"):
                content = operation["responses"].get(status, {}).get("content", {}).get("application/json", {})
                model = MODELS.get(content.get("schema", {}).get("$ref", "").rpartition("/")[2])
                assert model is None or model.model_validate(content["example"]), (verb, path)


@pytest.mark.parametrize(
    ("verb", "state", "reason"),
    [("pause", "paused", None), ("resume", "running", None), ("cancel", "finished", "cancelled")],
)
def test_what_becomes_of_a_scan(app: FastAPI, verb: str, state: str, reason: str | None) -> None:
    shown = example(app, "post", f"/scans/{{scan_id}}/{verb}", 202)
    assert (shown["state"], shown.get("reason")) == (state, reason)


def test_examples_of_running_scans_add_up() -> None:
    scan = examples.RUNNING
    assert scan.sweep is not None
    assert scan.slices_total == scan.positions_total * scan.sweep.count
    assert scan.positions_done * scan.sweep.count <= scan.slices_done
    assert len(scan.stacked_positions) == scan.stacked <= scan.positions_done


def test_the_documents_keep_aliases() -> None:
    (content,) = (answer["content"]["application/json"] for answer in examples.answers(examples.SETTINGS).values())
    assert "schema" in content["example"]
    assert "schema_" in SettingsView.model_fields


def test_several_are_a_list() -> None:
    class Small(Frozen):
        value: int

    shown = examples.answers((Small(value=1), Small(value=2)), 202)
    assert shown == {202: {"content": {"application/json": {"example": [{"value": 1}, {"value": 2}]}}}}
