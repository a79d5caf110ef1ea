"""Maps enlarged in strips are maps enlarged at once, in register with the plane."""

import numpy as np
import pytest

from scanner.stacking.strips import STRIP, bands, spread, strips

RNG = np.random.default_rng(2)


def test_spreading_in_strips_is_spreading_at_once() -> None:
    weights = RNG.uniform(0, 1, (40, 30)).astype(np.float32)
    whole = spread(weights, 0, 40, 2, 2)
    parts = [spread(weights, top, top + 10, 2, 2) for top in range(0, 40, 10)]
    assert whole.shape == (80, 60)
    assert np.allclose(np.vstack(parts), whole)


@pytest.mark.parametrize(("columns", "rows"), [(1, 1), (2, 2), (4, 2)])
def test_strips_cover_a_plane_of_any_size_once(columns: int, rows: int) -> None:
    weights = RNG.uniform(0, 1, (301, 11)).astype(np.float32)
    shape = (301 * rows - rows // 2, 11 * columns - columns // 2)
    seen = np.zeros(shape, int)
    for part, weight in strips(weights, columns, rows, shape):
        seen[part] += 1
        assert weight.shape == seen[part].shape
    assert (seen == 1).all()


@pytest.mark.parametrize("height", [1, STRIP - 1, STRIP, 3 * STRIP + 5])
def test_bands_cover_a_plane_once(height: int) -> None:
    seen = np.zeros((height, 3), int)
    for rows in bands(seen.shape):
        seen[rows] += 1
        assert 0 < rows.stop - rows.start <= STRIP
    assert (seen == 1).all()


def test_enlarged_samples_are_centred_on_the_pixels_they_stand_for() -> None:
    """A ramp stays the same ramp: sample i at 2 i + 1/2."""
    ramp = np.tile(np.arange(20, dtype=np.float32) * 2 + 0.5, (4, 1))
    assert np.allclose(spread(ramp, 0, 4, 2, 2)[:, 1:-1], np.arange(1, 39))
