"""The daemon that scans for the judge."""

from pathlib import Path

import pytest

from benchmarks.reconstruction import served
from benchmarks.reconstruction.scenes import E2EScene, plan


def test_a_daemon_that_does_not_start_says_why(tmp_path: Path) -> None:
    with (
        pytest.raises(RuntimeError, match=r"does not start.*\n?.*widht"),
        served.daemon("[rig.simulated]\nwidht = 320\n", tmp_path),
    ):
        pass


@pytest.mark.slow
def test_what_is_downloaded_lies_unpacked(tmp_path: Path) -> None:
    done = served.scan(E2EScene("rich", "plain", size=(320, 180)).config, plan(4), tmp_path, within_s=300)
    images = sorted(path.name for path in (tmp_path / "stacks" / "images").iterdir())
    assert images == [f"{done.id}_{i:04d}.jpg" for i in range(4)]
    assert sorted(path.name for path in (tmp_path / "stacks" / "masks").iterdir()) == [f"{name}.png" for name in images]
    assert done.sweep is not None
    assert len(list((tmp_path / "slices").glob("*/slice_*.jpg"))) == 4 * done.sweep.count
