"""Parts of pictures beside each other."""

import numpy as np

from benchmarks.crops import GAP, LABEL, part, sheet


def test_a_part_is_cut_around_its_middle() -> None:
    picture = np.arange(100 * 80, dtype=np.uint32).reshape(80, 100)[..., None].astype(np.uint8).repeat(3, 2)
    assert np.array_equal(part(picture, (50, 40), (20, 10)), picture[35:45, 40:60])


def test_a_part_at_the_border_is_whole() -> None:
    picture = np.zeros((80, 100, 3), np.uint8)
    assert part(picture, (0, 79), (20, 10)).shape == (10, 20, 3)


def test_a_sheet_has_a_row_for_each_place_and_a_column_for_each_picture() -> None:
    pictures = [(name, np.full((80, 100, 3), shade, np.uint8)) for name, shade in (("a", 10), ("b", 200))]
    made = sheet(pictures, [(20, 20), (50, 50)], (30, 20))
    assert made.shape == (2 * (20 + LABEL), 2 * 30 + GAP, 3)
    assert made[LABEL + 5, 5].tolist() == [10, 10, 10]
    assert made[-5, -5].tolist() == [200, 200, 200]
