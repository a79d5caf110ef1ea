"""The application: routes, guard, problems and page around one daemon."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

import scanner
from scanner.api import assets, openapi, problems
from scanner.api.replays import Replays
from scanner.api.routes import calibration, images, live, rig, scans, settings
from scanner.api.security import Guard, own_names
from scanner.api.stream import Streams
from scanner.daemon import Daemon

PREFIX = "/api/v1"


def create_app(daemon: Daemon, web: Path | None = None) -> FastAPI:
    """The ASGI application that speaks for `daemon`, which the caller starts and closes.

    `web`: the folder of the page, by default the one that came with this package. Raises ConfigError.
    """
    streams = Streams(daemon)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        streams.open()
        yield
        streams.close()

    app = FastAPI(
        title="Focusrig",
        version=scanner.__version__,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        generate_unique_id_function=_operation_id,
    )
    app.state.daemon = daemon
    app.state.streams = streams
    app.state.replays = Replays()
    problems.install(app)
    openapi.install(app)
    app.include_router(_api(), prefix=PREFIX)
    app.include_router(_health())
    app.include_router(assets.router(assets.load(web or assets.find_web())))
    app.add_middleware(Guard, names=own_names(daemon.settings.server.names))
    return app


def _operation_id(route: APIRoute) -> str:
    return f"head_{route.name}" if route.methods == {"HEAD"} else route.name


def _api() -> APIRouter:
    api = APIRouter()
    for resource in (scans, images, live, rig, calibration, settings):
        api.include_router(resource.router)
    return api


def _health() -> APIRouter:
    health = APIRouter()

    @health.head("/healthz", include_in_schema=False)
    @health.get("/healthz", summary="Is it alive?", tags=["live"])
    async def get_health() -> dict[str, str]:
        return {"status": "ok", "version": scanner.__version__}

    return health
