"""The judge: faults of known size come out as what they are."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.judge import judge, sharpest_alone
from benchmarks.truth import KnownStack


def written(folder: Path, picture: NDArray[np.uint8]) -> Path:
    path = folder / "result.png"
    cv2.imwrite(str(path), picture)
    return path


def truth_of(known: KnownStack) -> NDArray[np.uint8]:
    return known.truth(known.reference)


def test_the_truth_itself_is_beyond_reproach(known: KnownStack, tmp_path: Path) -> None:
    quality = judge(written(tmp_path, truth_of(known)), known)
    assert quality.psnr_y > 55
    assert quality.edge > 55
    assert quality.halo < 0.5
    assert quality.gain == pytest.approx(1, abs=0.002)
    assert quality.shift < 0.01


def test_noise_is_measured_in_decibels(known: KnownStack, tmp_path: Path) -> None:
    """Noise of 5 steps on all colours alike is 20 log10(255 / 5) = 34.15 dB."""
    noise = np.random.default_rng(1).normal(0, 5, truth_of(known).shape[:2])[..., None]
    noisy = np.clip(truth_of(known) + noise, 0, 255).astype(np.uint8)
    quality = judge(written(tmp_path, noisy), known)
    assert quality.psnr_y == pytest.approx(34.15, abs=0.5)


def test_a_shift_is_measured_and_taken_out(known: KnownStack, tmp_path: Path) -> None:
    moved = np.roll(truth_of(known), (-1, 2), axis=(0, 1))
    quality = judge(written(tmp_path, moved), known)
    assert quality.shift == pytest.approx(np.hypot(1, 2), abs=0.1)
    assert quality.psnr_y > 40


def test_brightness_and_contrast_are_taken_out(known: KnownStack, tmp_path: Path) -> None:
    dimmed = np.rint(truth_of(known) * 0.8 + 10).astype(np.uint8)
    assert judge(written(tmp_path, dimmed), known).psnr_y > 50


def test_blur_costs_gain(known: KnownStack, tmp_path: Path) -> None:
    blurred = np.asarray(cv2.GaussianBlur(truth_of(known), (0, 0), 1.5), np.uint8)
    quality = judge(written(tmp_path, blurred), known)
    assert quality.gain < 0.9
    assert quality.psnr_y < 40


def test_light_beside_the_object_is_halo(known: KnownStack, tmp_path: Path) -> None:
    lit = truth_of(known).copy()
    lit[known.regions(known.reference).background] += 12
    quality = judge(written(tmp_path, lit), known)
    assert quality.halo == pytest.approx(12, rel=0.2)
    assert quality.psnr_y > 45


def test_a_cropped_picture_is_put_where_it_fits(known: KnownStack, tmp_path: Path) -> None:
    quality = judge(written(tmp_path, truth_of(known)[12:-12, 16:-8]), known)
    assert quality.shift < 0.02
    assert quality.psnr_y > 50


def test_a_result_in_another_geometry_is_judged_there(known: KnownStack, tmp_path: Path) -> None:
    quality = judge(written(tmp_path, known.truth(0)), known, geometry=0)
    assert quality.shift < 0.02
    assert quality.psnr_y > 50


def test_a_result_that_was_not_written_is_named(known: KnownStack, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="was not written"):
        judge(tmp_path / "none.png", known)


def test_the_best_slice_alone_is_one_inside_the_sweep(known: KnownStack) -> None:
    assert sharpest_alone(known) in (1, 2, 3)
