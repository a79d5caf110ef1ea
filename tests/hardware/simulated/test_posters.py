from itertools import pairwise

import cv2
import numpy as np

from scanner.hardware.simulated.posters import DOT, SIZE, posters


def test_one_seed_prints_the_same_wall_again_and_another_a_different_one() -> None:
    one = posters(1)
    posters.cache_clear()
    same, other = posters(1), posters(2)
    assert same is not one
    assert one.shape == (*SIZE, 3)
    assert one.dtype == np.uint8
    assert (one == same).all()
    assert (one != other).any(2).mean() > 0.5


def test_the_wall_is_papered_over() -> None:
    """Of the bare grey wall next to nothing is left."""
    assert (posters(1) == 128).all(2).mean() < 0.02


def test_it_goes_on_without_a_seam() -> None:
    """Across its own border neighbouring dots differ no more than anywhere else."""
    wall = posters(1).astype(np.float32)
    for axis in (0, 1):
        inside = np.abs(np.diff(wall, axis=axis)).mean()
        border = np.abs(wall.take(0, axis) - wall.take(-1, axis)).mean()
        assert border < 1.6 * inside


def test_there_is_something_to_see_at_several_scales() -> None:
    """Contrast that remains between discs of 1, 3 and 10 mm: what defocus leaves to lock onto."""
    grey = cv2.cvtColor(posters(1), cv2.COLOR_RGB2GRAY).astype(np.float32)
    soft = [cv2.GaussianBlur(grey, (0, 0), mm / DOT / 4) for mm in (1.0, 3.0, 10.0, 30.0)]
    for fine, coarse in pairwise(soft):
        assert (fine - coarse).std() > 10
