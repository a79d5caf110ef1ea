"""The stacker leaves the thread that owns the rig a core."""

import os
from collections.abc import Iterator

import cv2
import pytest

from scanner.stacking.cores import leave_one


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    before, cores = cv2.getNumThreads(), os.sched_getaffinity(0)
    yield
    os.sched_setaffinity(0, cores)
    cv2.setNumThreads(before)


def test_all_cores_but_one_are_used() -> None:
    cores = len(os.sched_getaffinity(0))
    assert leave_one() == max(1, cores - 1) == cv2.getNumThreads()


def test_a_single_core_is_shared() -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    assert leave_one() == 1
