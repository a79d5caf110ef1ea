"""What counts as sharp, and how much weight it gets."""

from dataclasses import replace
from typing import get_args

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from scanner.plan.stacking import Measure
from scanner.slices import Plane
from scanner.stacking import focus
from scanner.stacking.focus import Weighing
from scanner.stacking.strips import Map

MEASURES: tuple[Measure, ...] = get_args(Measure)
RNG = np.random.default_rng(5)
TEXTURE = RNG.integers(60, 190, (120, 160)).astype(np.uint8)
PLAIN = Weighing()


def blurred(sigma: float) -> NDArray[np.uint8]:
    return np.asarray(cv2.GaussianBlur(TEXTURE, (0, 0), sigma), np.uint8)


def even(energy: float, height: int = 16, width: int = 16) -> Map:
    return np.full((height, width), energy, np.float32)


@pytest.mark.parametrize("measure", MEASURES)
def test_more_blur_is_less_detail(measure: Measure) -> None:
    weighing = Weighing(measure)
    energies = [float(focus.detail(blurred(sigma), weighing).mean()) for sigma in (0.5, 1.0, 2.0, 4.0)]
    assert energies == sorted(energies, reverse=True)
    assert energies[0] > 10 * energies[-1]


@pytest.mark.parametrize("measure", MEASURES)
def test_detail_is_counted_in_steps_of_8_bit(measure: Measure) -> None:
    """A picture of 16 bit is as sharp as its copy of 8 bit, noise and all."""
    weighing = Weighing(measure)
    eight = focus.detail(blurred(1.0), weighing)
    sixteen = focus.detail(blurred(1.0).astype(np.uint16) * np.uint16(257), weighing)
    assert np.allclose(eight, sixteen, rtol=1e-4, atol=1e-4)
    assert focus.noise(eight) == pytest.approx(focus.noise(sixteen), rel=1e-4)


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("level", [0, 90, 255])
@pytest.mark.parametrize("shape", [(1, 1), (8, 8), (3, 17)])
def test_a_constant_picture_has_no_detail(measure: Measure, level: int, shape: tuple[int, int]) -> None:
    energy = focus.detail(np.full(shape, level, np.uint8), Weighing(measure))
    assert energy.dtype == np.float32
    assert float(energy.max()) < 1e-6
    assert focus.noise(energy) == focus.ROUNDING


def test_detail_of_twice_the_contrast_is_four_times_as_much() -> None:
    small, large = np.zeros((2, 40, 40), np.uint8)
    small[20, 20], large[20, 20] = 60, 120
    assert focus.detail(large, PLAIN)[20, 20] == pytest.approx(4 * focus.detail(small, PLAIN)[20, 20], rel=1e-4)


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("window", [0.5, 2.0, 16.0])
def test_detail_has_no_seams_between_bands(measure: Measure, window: float) -> None:
    weighing = Weighing(measure, window)
    tall = np.vstack([TEXTURE] * 3)
    turned = np.ascontiguousarray(tall[::-1])
    assert tall.shape[0] > 2 * focus.BAND
    assert np.allclose(focus.detail(tall, weighing), focus.detail(turned, weighing)[::-1], rtol=1e-3, atol=1e-3)


def test_a_wider_window_carries_detail_farther() -> None:
    half = np.zeros((60, 60), np.uint8)
    half[:, :30] = 200
    near, far = (focus.detail(half, Weighing(window=window)) for window in (1.0, 4.0))
    assert near[30, 36] < far[30, 36]
    assert near[30, 30] > far[30, 30]


@pytest.mark.parametrize(("shape", "half"), [((8, 6), (4, 3)), ((9, 7), (5, 4)), ((1, 1), (1, 1))])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_shrinking_keeps_the_last_row_and_column(
    shape: tuple[int, int], half: tuple[int, int], dtype: type[np.uint8 | np.uint16]
) -> None:
    plane: Plane = np.zeros(shape, dtype)
    plane[-1, -1] = 200
    small = focus.shrunk(plane, 2, 2)
    assert small.shape == half
    assert small.dtype == dtype
    assert small[-1, -1] >= 50


def test_noise_is_what_is_there_without_detail_and_never_nothing() -> None:
    assert focus.noise(even(0.0)) == focus.ROUNDING
    grain = np.rint(30 + RNG.normal(0, 2, (120, 160))).astype(np.uint8)
    energy = focus.detail(grain, PLAIN)
    assert 0.4 * float(energy.mean()) < focus.noise(energy) < float(energy.mean())
    half_textured = np.hstack([grain, TEXTURE])
    assert focus.noise(focus.detail(half_textured, PLAIN)) < 1.2 * focus.noise(energy)


def test_rounding_to_8_bit_is_below_the_least_noise() -> None:
    ramp = np.rint(np.linspace(20, 40, 400)[None] + np.linspace(0, 9, 300)[:, None]).astype(np.uint8)
    assert np.quantile(focus.detail(ramp, PLAIN), 0.9) < focus.ROUNDING


def weighed(energy: float, weighing: Weighing = PLAIN) -> float:
    return float(focus.weight(even(energy), 1.0, weighing)[0, 0])


def test_in_the_noise_slices_weigh_about_the_same() -> None:
    assert weighed(0.5) < weighed(1.5) < 2.5 * weighed(0.5)


def test_weight_grows_soon_above_the_noise() -> None:
    assert weighed(12) > 20 * weighed(6)


@pytest.mark.parametrize("steepness", [1, 2, 6, 12])
@pytest.mark.parametrize("energy", [500, 2500])
def test_weight_is_as_steep_as_asked(steepness: int, energy: float) -> None:
    """Even where detail is strong, a slice that is twice as sharp as another stands out."""
    weighing = replace(PLAIN, steepness=steepness)
    ratio = weighed(2 * energy, weighing) / weighed(energy, weighing)
    assert np.log2(ratio) == pytest.approx(1.5 * steepness, rel=0.01)


@pytest.mark.parametrize("steepness", [1, 2, 6, 12])
def test_the_strongest_weight_still_adds_up_in_float32(steepness: int) -> None:
    weighing = replace(PLAIN, steepness=steepness)
    weight = focus.weight(even(1e7), focus.ROUNDING, weighing)
    assert weight.max() <= focus.STRONGEST * 1.001
    assert np.isfinite(weight * np.float32(65535 * 1000)).all()
    assert weight.dtype == np.float32
    assert focus.weight(even(0), focus.ROUNDING, weighing)[0, 0] == pytest.approx(focus.WEAKEST, rel=1e-3)


def test_weights_are_made_in_place_of_energies_in_every_band() -> None:
    energy = RNG.uniform(0, 500, (203, 31)).astype(np.float32)
    expected = focus.WEAKEST * (1 + (energy / 12) ** 1.5) ** 6
    weight = focus.weight(energy, 2.0, PLAIN)
    assert weight is energy
    assert np.allclose(weight, expected, rtol=1e-3, atol=0)


def test_surroundings_reach_over_plain_places() -> None:
    energy = even(0.0, 128, 130)
    energy[:, 80:] = 3000
    around = focus.surroundings(energy, PLAIN.reach)
    assert around.shape == (64, 65)
    assert around[32, 33] > 300 > around[32, 10]


@pytest.mark.parametrize("shape", [(1, 1), (3, 2), (17, 9)])
def test_surroundings_of_a_tiny_picture(shape: tuple[int, int]) -> None:
    around = focus.surroundings(even(7.0, *shape), PLAIN.reach)
    assert around.shape == tuple(-(-side // 2) for side in shape)
    assert np.allclose(around, 7)
