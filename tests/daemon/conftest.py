"""The rig that answers at once, and a daemon on it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from scanner.config import Settings
from scanner.daemon import Daemon
from tests.capture.fakes import FakeRig
from tests.daemon.runs import running


@pytest.fixture
def rig() -> FakeRig:
    return FakeRig()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.model_validate({"storage": {"data": tmp_path / "data", "reserve_mb": 0}})


@pytest.fixture
def daemon(rig: FakeRig, settings: Settings) -> Iterator[Daemon]:
    yield from running(rig, settings)
