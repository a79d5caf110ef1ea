"""The plain baseline."""

from pathlib import Path

import cv2
import numpy as np

from benchmarks.judge import judge
from benchmarks.openscan import calibrated, stacked
from benchmarks.truth import KnownStack


def test_it_is_better_than_the_slice_at_the_end_alone(known: KnownStack, tmp_path: Path) -> None:
    names = [str(path) for path in known.slices]
    result = tmp_path / "stacked.png"
    cv2.imwrite(str(result), stacked(names, calibrated(names, known.reference)))
    assert judge(result, known).psnr_y > judge(known.slices[0], known, geometry=0).psnr_y + 1


def test_transforms_are_in_pixels_of_the_whole_picture(known: KnownStack) -> None:
    names = [str(path) for path in known.slices]
    found = calibrated(names, known.reference)
    corner = np.array([630.0, 350.0, 1.0])
    for matrix, true in zip(found, known.transforms, strict=True):
        assert np.hypot(*(matrix @ corner - true @ corner)) < 2
