"""Fixtures that many tests share: a daemon on a small simulated rig, in the process and behind a real port."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from scanner.api.app import create_app
from scanner.config import Settings
from scanner.daemon import Daemon


def small_settings(data: Path) -> Settings:
    """A simulated rig with small pictures and no waiting for a lamp or a slow table."""
    return Settings.model_validate(
        {
            "rig": {"simulated": {"width": 480, "height": 270, "frame_rate": 120}, "camera": {"lens_settle_ms": 20}},
            "storage": {"data": data, "reserve_mb": 0},
        }
    )


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return small_settings(tmp_path / "data")


@pytest.fixture
def daemon(settings: Settings) -> Iterator[Daemon]:
    """A started daemon, closed at the end."""
    daemon = Daemon(settings)
    daemon.start()
    yield daemon
    daemon.close()


@pytest.fixture
def daemon_url(daemon: Daemon) -> Iterator[str]:
    """The base address, without a slash at the end, of a running daemon."""
    server = uvicorn.Server(uvicorn.Config(create_app(daemon), port=0, log_level="warning", lifespan="on"))
    sockets = [server.config.bind_socket()]
    thread = threading.Thread(target=server.run, args=(sockets,))
    thread.start()
    port = sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    server.force_exit = True
    thread.join()
