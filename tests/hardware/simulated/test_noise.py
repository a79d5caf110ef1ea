import numpy as np
import pytest

from scanner.hardware.simulated.noise import NoiseField, noise_of_code
from scanner.hardware.simulated.optics import encode, linear_from_srgb

FIELD = NoiseField(3)


def pieces(count: int, height: int = 128, width: int = 300) -> np.ndarray:
    return np.stack([FIELD.piece(np.random.default_rng(i), height, width) for i in range(count)])


def test_noise_is_centred_and_of_unit_size() -> None:
    drawn = pieces(8)
    assert drawn.mean() == pytest.approx(0.0, abs=0.01)
    assert drawn.std() == pytest.approx(1.0, abs=0.01)


def test_frames_are_independent_so_that_averaging_helps() -> None:
    drawn = pieces(16)
    assert drawn.mean(0).std() == pytest.approx(0.25, abs=0.01)
    assert np.abs(np.corrcoef(drawn.reshape(16, -1)) - np.eye(16)).max() < 0.03


def test_neighbouring_pixels_are_independent() -> None:
    one = pieces(1)[0]
    assert abs(float((one[:, 1:] * one[:, :-1]).mean())) < 0.02
    assert abs(float((one[1:] * one[:-1]).mean())) < 0.02


def test_a_piece_may_be_wider_than_the_field() -> None:
    wide = FIELD.piece(np.random.default_rng(5), 256, 4608)
    assert wide.shape == (256, 4608)
    assert wide.std() == pytest.approx(1.0, abs=0.01)


def test_the_same_seed_draws_the_same() -> None:
    one, two = (NoiseField(9).piece(np.random.default_rng(2), 40, 60) for _ in range(2))
    assert (one == two).all()


@pytest.mark.parametrize("code", [20, 60, 128, 200, 250])
def test_the_table_agrees_with_electrons_counted_one_by_one(code: int) -> None:
    rng = np.random.default_rng(code)
    light = linear_from_srgb(np.array(code / 255)).item()
    electrons = rng.poisson(light * 4500, 40_000) + rng.normal(0, 3, 40_000)
    seen = encode((electrons / 4500).astype(np.float32)[None])
    assert noise_of_code(4500, 3)[code] == pytest.approx(seen.std(), rel=0.06)


def test_a_clipped_pixel_has_no_noise() -> None:
    assert noise_of_code(4500, 3)[255] == 0


def test_more_electrons_less_noise() -> None:
    assert (noise_of_code(9000, 3)[:255] < noise_of_code(4500, 3)[:255]).all()
