"""The stacker alone, from planes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.judge import judge
from benchmarks.planes import breathing_of
from benchmarks.scenes import StackScene
from benchmarks.truth import KnownStack


def test_breathing_comes_out_as_rendered(scene: StackScene, known: KnownStack) -> None:
    breathing = breathing_of(known, scene.size)
    assert breathing is not None
    similarity = breathing.similarity(scene.lenses[0], scene.lenses[-1], scene.size)
    assert similarity.scale == pytest.approx(1.02, abs=1e-4)


def test_costs_are_told_apart_and_the_result_is_good(known: KnownStack, tmp_path: Path) -> None:
    result = tmp_path / "planes.jpg"
    command = [sys.executable, "-m", "benchmarks.planes", str(result), str(known.folder)]
    report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert report["breathing"] is True
    assert len(report["add"]) == 4
    assert report["finish"] < report["begin"] + sum(report["add"])
    assert judge(result, known).psnr_y > judge(known.slices[known.reference], known).psnr_y + 1.5
