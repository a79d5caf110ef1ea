"""The sharpest slice alone."""

import cv2
import numpy as np

from scanner.slices import Planes
from scanner.stacking.chosen import ChosenPlanes


def grey(value: int, height: int = 64, width: int = 64) -> Planes:
    return Planes(np.full((height, width), value, np.uint8), *(np.full((height // 2, width // 2), 128, np.uint8),) * 2)


def test_a_slice_a_little_sharper_gives_nearly_all_and_one_as_sharp_half() -> None:
    """Weights are a sixth power of sharpness: 1.3 times as sharp, 4.8 times the weight."""
    for ratio, share in ((1.0, 0.5), (1.3**6, 0.998), (1e20, 1.0)):
        total = ChosenPlanes(grey(0))
        total.add(grey(0), np.ones((32, 32), np.float32), 1.0)
        total.add(grey(200), np.full((32, 32), ratio, np.float32), 1.0)
        assert (total.mean().y == round(200 * share)).all()


def test_noise_of_the_sharpest_slice_is_kept_and_that_of_plain_places_averaged() -> None:
    rng = np.random.default_rng(1)
    slices = [Planes(rng.normal(100, 8, (64, 64)).astype(np.uint8), grey(0).cb, grey(0).cr) for _ in range(8)]
    total = ChosenPlanes(slices[0])
    for index, planes in enumerate(slices):
        weight = np.ones((32, 32), np.float32)
        weight[:16] = 1e9 if index == 3 else 1e6
        total.add(planes, weight, 1.0)
    result = total.mean().y
    assert np.array_equal(result[:30], slices[3].y[:30])
    assert float(result[34:].std()) < 4


def test_a_seam_is_crossed_within_two_pixels() -> None:
    total = ChosenPlanes(grey(0))
    left, right = np.ones((32, 32), np.float32), np.ones((32, 32), np.float32)
    left[:, :16], right[:, 16:] = 1e12, 1e12
    total.add(grey(40), left, 1.0)
    total.add(grey(200), right, 1.0)
    row = total.mean().y[20].astype(int)
    assert (row[:31] == 40).all()
    assert (row[33:] == 200).all()
    assert (np.diff(row) >= 0).all()
    assert 40 < row[31] < row[32] < 200


def test_a_seam_aslant_has_no_steps() -> None:
    """Along a line that rises one half-size pixel in four, the edge moves by less than a pixel from row to row."""
    y, x = np.mgrid[0:32, 0:32].astype(np.float32)
    total = ChosenPlanes(grey(0))
    total.add(grey(0), np.exp(2 * (16 + y / 4 - x)).astype(np.float32), 1.0)
    total.add(grey(200), np.ones((32, 32), np.float32), 1.0)
    edge = (total.mean().y < 100).sum(axis=1)[4:-4]
    assert np.abs(np.diff(edge)).max() <= 1
    assert edge[-1] - edge[0] == round((len(edge) - 1) / 4)


def test_the_order_of_three_decided_slices_does_not_matter() -> None:
    rng = np.random.default_rng(3)
    slices = [grey(value) for value in (30, 120, 210)]
    smooth = [cv2.GaussianBlur(rng.normal(size=(32, 32)).astype(np.float32), (0, 0), 3.0) for _ in slices]
    weights = [np.exp(12 * field / float(field.std())).astype(np.float32) + 1 for field in smooth]
    results = []
    for order in ((0, 1, 2), (2, 1, 0), (1, 2, 0)):
        total = ChosenPlanes(slices[0])
        for index in order:
            total.add(slices[index], weights[index].copy(), 1.0)
        results.append(total.mean().y.astype(int))
    assert np.abs(results[0] - results[1]).mean() < 2
    assert np.abs(results[0] - results[2]).mean() < 2
