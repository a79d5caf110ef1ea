"""Errors as RFC 9457 problem documents: the only place that knows status codes."""

import json
import logging
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import get_type_hints

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, ValidationError
from starlette.exceptions import HTTPException

from scanner.errors import (
    ConfigError,
    FixedFocus,
    FocusrigError,
    HardwareError,
    NoSpace,
    NoSwitch,
    NotFound,
    OutOfRange,
    PlanError,
    RigBusy,
    StackingError,
    StoreError,
    WrongState,
)
from scanner.validation import Complaint, complaints

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"

STATUS: Mapping[type[FocusrigError], HTTPStatus] = {
    FocusrigError: HTTPStatus.INTERNAL_SERVER_ERROR,
    ConfigError: HTTPStatus.UNPROCESSABLE_ENTITY,
    PlanError: HTTPStatus.UNPROCESSABLE_ENTITY,
    RigBusy: HTTPStatus.CONFLICT,
    WrongState: HTTPStatus.CONFLICT,
    HardwareError: HTTPStatus.SERVICE_UNAVAILABLE,
    FixedFocus: HTTPStatus.UNPROCESSABLE_ENTITY,
    NoSwitch: HTTPStatus.CONFLICT,
    OutOfRange: HTTPStatus.UNPROCESSABLE_ENTITY,
    StackingError: HTTPStatus.INTERNAL_SERVER_ERROR,
    StoreError: HTTPStatus.INTERNAL_SERVER_ERROR,
    NotFound: HTTPStatus.NOT_FOUND,
    NoSpace: HTTPStatus.INSUFFICIENT_STORAGE,
}
"""An error has the status of its nearest ancestor in this table."""


HINTS: Mapping[type[FocusrigError], str] = {
    FocusrigError: "The log of the daemon says more.",
    NotFound: "Load the page again, or look at /api/v1/status: it tells what there is.",
    PlanError: "Change the plan; /api/v1/rig tells what this rig can do.",
    WrongState: "Load the scan again: its state is another by now.",
}
"""What to do about an error that comes without a hint of its own; its nearest ancestor counts."""

REFUSALS: Mapping[int, tuple[str, str]] = {
    400: ("bad-request", "Correct the request; /api/v1/openapi.json describes it."),
    404: ("not-found", "/api/v1/openapi.json lists the paths that there are."),
    405: ("method-not-allowed", "/api/v1/openapi.json lists the methods of each path."),
    408: ("timeout", "Send the request again."),
    413: ("too-large", "Send less: no plan or setting needs as much."),
}
"""Code and hint of what the framework refuses."""

WORDS: Mapping[str, str] = {
    HTTPStatus.NOT_FOUND.phrase: "There is nothing at this path.",
    HTTPStatus.METHOD_NOT_ALLOWED.phrase: "This path does not take that method.",
}
"""What the framework only gives the title of."""


class Wrong(BaseModel):
    """One thing wrong in a request."""

    where: str = Field(description='The key, dotted, list places counted from 0; "" for the whole.')
    what: str


class ProblemDetails(BaseModel):
    """What every error answers (RFC 9457). `code` is for programs, `detail` and `hint` are for a person."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    hint: str
    errors: list[Wrong] | None = Field(default=None, description="Everything wrong with the request (422).")
    scan: str | None = Field(default=None, description="The scan that holds the rig (409, rig-busy).")


def status_of(error: FocusrigError) -> HTTPStatus:
    """The HTTP status of an error."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def problem(
    status: int,
    code: str,
    detail: str,
    hint: str,
    *,
    headers: Mapping[str, str] | None = None,
    errors: list[Wrong] | None = None,
    scan: str | None = None,
) -> Response:
    """A problem document as a response; the arguments are the members of `ProblemDetails`."""
    title = HTTPStatus(status).phrase
    details = ProblemDetails(
        title=title, status=int(status), detail=detail, code=code, hint=hint, errors=errors, scan=scan
    )
    # Escaped to ASCII: a lone surrogate in a key of the request has no other way back.
    body = json.dumps(details.model_dump(exclude_none=True))
    return Response(body, status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def of_error(error: FocusrigError) -> Response:
    """The problem that an error of ours is."""
    status = status_of(error)
    hint = error.hint or next(HINTS[kind] for kind in type(error).__mro__ if kind in HINTS)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.warning("%s: %s", error.code, error)
    if isinstance(error, RigBusy) and error.scan_id:
        scan = f"/api/v1/scans/{error.scan_id}"
        link = {"Link": f'<{scan}>; rel="related"'}
        return problem(status, error.code, error.message, hint, headers=link, scan=scan)
    return problem(status, error.code, error.message, hint)


def of_http(error: HTTPException) -> Response:
    """The problem that an error of the framework is: no such page, wrong method, unreadable body."""
    code, hint = REFUSALS.get(error.status_code, ("http", HINTS[FocusrigError]))
    detail = WORDS.get(error.detail, error.detail)
    return problem(error.status_code, code, detail, hint, headers=error.headers)


def of_validation(error: RequestValidationError, model: type[BaseModel] | None) -> Response:
    """The problem that a request is which does not hold what its operation takes; `model` is that of its body."""
    wrong = [Wrong(where=complaint.where, what=complaint.what) for complaint in _complaints(error, model)]
    first = f"{wrong[0].where}: {wrong[0].what}" if wrong[0].where else wrong[0].what
    rest = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
    return problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "invalid",
        f"{first}{rest}",
        "Correct the request; /api/v1/openapi.json describes it.",
        errors=wrong,
    )


def _complaints(error: RequestValidationError, model: type[BaseModel] | None) -> Iterable[Complaint]:
    details = error.errors()
    if details[0]["type"] == "json_invalid":
        return [Complaint("", f"the body is not JSON: {details[0]['ctx']['error']}")]
    if details[0]["loc"] == ("body",) and not isinstance(error.body, dict):
        return [Complaint("", "the body must be a JSON object, {} at least")]
    if model and details[0]["loc"][0] == "body":
        return _complaints_of_body(error.body, model)
    return [Complaint(".".join(map(str, detail["loc"][1:])), str(detail["msg"])) for detail in details]


def _complaints_of_body(body: object, model: type[BaseModel]) -> tuple[Complaint, ...]:
    """Validated once more, alone: the framework keeps only a list that has lost the model."""
    try:
        model.model_validate(body)
    except ValidationError as error:
        return complaints(error, model)
    raise AssertionError("the framework refused a body that its model takes")


def _model_of_body(request: Request) -> type[BaseModel] | None:
    hints = get_type_hints(request.scope["endpoint"])
    hints.pop("return", None)
    models = [hint for hint in hints.values() if isinstance(hint, type) and issubclass(hint, BaseModel)]
    return models[0] if models else None


def install(app: FastAPI) -> None:
    """Make every error of `app` a problem document."""

    @app.exception_handler(FocusrigError)
    async def focusrig_error(_request: Request, error: FocusrigError) -> Response:
        return of_error(error)

    @app.exception_handler(HTTPException)
    async def http_error(_request: Request, error: HTTPException) -> Response:
        return of_http(error)

    @app.exception_handler(RequestValidationError)
    async def validation_error(request: Request, error: RequestValidationError) -> Response:
        return of_validation(error, _model_of_body(request))

    @app.exception_handler(Exception)
    async def defect(_request: Request, _error: Exception) -> Response:
        detail = "Something went wrong inside Focusrig."
        return problem(500, "internal", detail, "The log of the daemon says what; please report it.")
