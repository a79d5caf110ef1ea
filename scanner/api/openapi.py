"""The OpenAPI document: what FastAPI derives, with the answers it does not know of."""

from http import HTTPStatus
from typing import Any, TypeAlias

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from scanner.api.problems import MEDIA_TYPE, ProblemDetails

Responses: TypeAlias = dict[int | str, dict[str, Any]]

_PROBLEM = {"$ref": "#/components/schemas/ProblemDetails"}

DESCRIPTION = """Plans, scans and images of one scanner rig.

Positions and slices count from 0. Every error is a problem document (RFC 9457) with a `code` for programs and
`detail` and `hint` for people.
"""

TAGS = [
    {"name": "scans", "description": "Start and control scans."},
    {"name": "images", "description": "Download what a scan has made."},
    {"name": "live", "description": "Status and preview."},
    {"name": "rig", "description": "Move the rig by hand."},
    {"name": "calibration", "description": "Measure what the lens does, once, for all scans with it."},
    {"name": "settings", "description": "How the scanner is set up."},
]


def problems(*statuses: int) -> Responses:
    """Responses of an operation that are problem documents."""
    return {status: _problem(HTTPStatus(status).phrase) for status in statuses}


def binary(media_type: str, *, ranges: bool = False) -> Responses:
    """The response of an operation that answers bytes, in parts as well where `ranges`."""
    content = {"content": {media_type: {"schema": {"type": "string", "format": "binary"}}}}
    responses: Responses = {200: {"description": "The bytes.", **content}}
    if ranges:
        responses[206] = {"description": "The part asked for by Range.", **content}
        responses[304] = {"description": "Not modified: If-None-Match names the present ETag."}
        responses[416] = {"description": "The range lies outside; Content-Range tells the size."}
    return responses


def headers() -> Responses:
    """The response of HEAD where GET answers bytes in parts."""
    return {
        200: {"description": "The headers that GET answers, with Content-Length and ETag."},
        304: {"description": "Not modified: If-None-Match names the present ETag."},
    }


def _problem(description: str) -> dict[str, Any]:
    return {"description": description, "content": {MEDIA_TYPE: {"schema": _PROBLEM}}}


def install(app: FastAPI) -> None:
    """Make `app` answer with our document."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = document(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # the way the framework documents


def document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of `app`: every operation may answer a problem, and no error has another form."""
    schema = get_openapi(title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes, tags=TAGS)
    schemas = schema.setdefault("components", {}).setdefault("schemas", {})
    problem = ProblemDetails.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= problem.pop("$defs")
    schemas["ProblemDetails"] = problem
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for operation in (operation for path in schema["paths"].values() for operation in path.values()):
        responses = operation["responses"]
        if "422" in responses:
            responses["422"] = _problem(HTTPStatus.UNPROCESSABLE_ENTITY.phrase)
        responses["default"] = _problem("Refused, or something went wrong.")
    return schema
