"""Who may ask, and for how much: pure ASGI, so that streams pass through unbuffered.

A scanner stands on a LAN without a name of its own, so the classic attack is a web page elsewhere that makes the
visitor's browser talk to it. The Host check stops DNS rebinding, the Origin check stops cross-site requests.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Iterable
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from scanner.api.problems import of_http, problem

MAX_BODY = 1 << 20
"""Bytes; the longest plan, 5000 explicit positions, takes about a third."""

BODY_TIMEOUT_S = 30.0

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data: blob:",
        "style-src 'self'",
        "script-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def own_names(more: Iterable[str] = ()) -> frozenset[str]:
    """The host names by which this machine is asked: localhost, its own, that in mDNS, and `more`."""
    name = socket.gethostname().lower()
    short = name.partition(".")[0]
    return frozenset({"localhost", name, short, f"{short}.local", *(_normal(other) for other in more)})


def host_allowed(host: str, names: frozenset[str]) -> bool:
    """Whether a Host header is an IP literal or one of `names`, with or without a port."""
    try:
        parts = urlsplit(f"//{host}")
        name, _port = parts.hostname, parts.port
    except ValueError:
        return False
    if not name or parts.netloc != host or "@" in host:
        return False
    return _normal(name) in names or _is_address(name)


def _normal(name: str) -> str:
    return name.lower().removesuffix(".")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class Guard:
    """Middleware that refuses what it should, bounds what it lets through, and adds the protective headers."""

    def __init__(self, app: ASGIApp, names: frozenset[str]) -> None:
        self._app = app
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        guarded = _with_headers(send)
        refusal = self._refusal(scope["method"], Headers(scope=scope))
        if refusal:
            await refusal(scope, receive, guarded)
        elif scope["method"] in SAFE_METHODS:
            await self._app(scope, receive, guarded)
        else:
            await self._app(scope, _bounded(receive), guarded)

    def _refusal(self, method: str, headers: Headers) -> Response | None:
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not host_allowed(hosts[0], self._names):
            return problem(
                HTTPStatus.MISDIRECTED_REQUEST,
                "unknown-host",
                "This scanner is not known by the host name of the request.",
                "Use its IP address, or add the name to server.names in the config.",
            )
        if method not in SAFE_METHODS:
            return _cross_site(headers, hosts[0]) or _not_json(headers)
        return None


def _cross_site(headers: Headers, host: str) -> Response | None:
    """A browser names the page that asks; a script or command line names none."""
    origins = headers.getlist("origin")
    same = all(_netloc(origin) == host.lower() for origin in origins)
    if same and headers.get("sec-fetch-site", "none") in {"same-origin", "none"}:
        return None
    return problem(
        HTTPStatus.FORBIDDEN, "cross-site", "A page of another site asked for this.", "Use the scanner's own page."
    )


def _netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _not_json(headers: Headers) -> Response | None:
    """Forms and plain text, which pages may send anywhere, are refused; so is a body over the limit."""
    has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
    kind = headers.get("content-type", "application/json" if not has_body else "")
    if kind.partition(";")[0].strip().lower() != "application/json":
        return problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "not-json",
            f"A body of type {kind!r} is not read here." if kind else "The body has no content type.",
            "Send JSON with Content-Type: application/json.",
        )
    length = headers.get("content-length", "0")
    if length.isdecimal() and len(length) < 20 and int(length) <= MAX_BODY:
        return None
    return of_http(HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _too_large()))


def _too_large() -> str:
    return f"The body is larger than {MAX_BODY} bytes."


def _bounded(receive: Receive) -> Receive:
    """`receive` with a limit on bytes and, until the body is complete, on waiting time."""
    received = 0
    complete = False

    async def bounded() -> Message:
        nonlocal received, complete
        if complete:
            return await receive()
        try:
            message = await asyncio.wait_for(receive(), BODY_TIMEOUT_S)
        except TimeoutError:
            detail = f"The body did not arrive within {BODY_TIMEOUT_S:.0f} s."
            raise HTTPException(HTTPStatus.REQUEST_TIMEOUT, detail, {"Connection": "close"}) from None
        received += len(message.get("body", b""))
        complete = not message.get("more_body", False)
        if received > MAX_BODY:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _too_large(), {"Connection": "close"})
        return message

    return bounded


def _with_headers(send: Send) -> Send:
    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return guarded
