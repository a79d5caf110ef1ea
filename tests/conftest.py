"""Fixtures that many tests share: a daemon on a small simulated rig, in the process and behind a real port."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from scanner.api.app import create_app
from scanner.config import Settings
from scanner.daemon import Daemon
from tests.api.servers import serving


def small_settings(data: Path) -> Settings:
    """A simulated rig with small pictures and no waiting for a lamp or a slow table."""
    return Settings.model_validate(
        {
            "rig": {
                "simulated": {"width": 480, "height": 270, "frame_rate": 120, "lens_lag_ms": 5},
                "camera": {"lens_settle_ms": 20},
            },
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
    with serving(create_app(daemon)) as (_server, (host, port)):
        yield f"http://{host}:{port}"
