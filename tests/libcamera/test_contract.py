"""What every camera promises, on real picamera2 over real libcamera: without a look of its own, and with one lent."""

from collections.abc import Iterator

import pytest

from tests.contracts.test_camera import *  # noqa: F403  every promise, those to come as well
from tests.contracts.test_camera import RealWorld, World
from tests.libcamera.cameras import QUICK, Bench, ReportingCamera, VirtualCamera


@pytest.fixture(params=[VirtualCamera, ReportingCamera], ids=["as it is", "with exposure"])  # type: ignore[no-redef]
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """In place of the worlds that the promises are kept in elsewhere."""
    bench = Bench(request.param)
    yield RealWorld(bench.load, QUICK)
    bench.close()
