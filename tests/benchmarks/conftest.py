"""One small stack with known truth."""

from pathlib import Path

import pytest

from benchmarks import truth
from benchmarks.scenes import StackScene

SIZE = (640, 360)


@pytest.fixture(scope="session")
def scene() -> StackScene:
    return StackScene(SIZE, seed=3, count=5, breathing=0.02, shake=1.0, flicker=0.02)


@pytest.fixture(scope="session")
def known(scene: StackScene, tmp_path_factory: pytest.TempPathFactory) -> truth.KnownStack:
    folder: Path = tmp_path_factory.mktemp("stack")
    return truth.write(scene, folder)
