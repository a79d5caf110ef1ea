"""A store, and a scan in it."""

from pathlib import Path

import pytest

from scanner.store.scan_folder import ScanFolder
from scanner.store.scans import ScanStore
from tests.store.examples import PLAN, store_at


@pytest.fixture
def store(tmp_path: Path) -> ScanStore:
    return store_at(tmp_path)


@pytest.fixture
def folder(store: ScanStore) -> ScanFolder:
    return store.create(PLAN, {"description": "a rig"})
