"""A client that asks an application directly, without a server between."""

import asyncio
from typing import Any

import httpx
from starlette.types import ASGIApp


class Client:
    """Each call runs one request to its end. `defects`: whether the application's own defects are raised here."""

    def __init__(self, app: ASGIApp, *, defects: bool = True) -> None:
        self._transport = httpx.ASGITransport(app=app, raise_app_exceptions=defects)

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(transport=self._transport, base_url="http://localhost") as client:
                return await client.request(method, path, **more)

        return asyncio.run(ask())

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.request("GET", path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self.request("POST", path, **more)

    def put(self, path: str, **more: Any) -> httpx.Response:
        return self.request("PUT", path, **more)
