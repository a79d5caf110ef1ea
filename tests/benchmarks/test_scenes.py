"""Rendered stacks."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.scenes import FAR, NEAR, StackScene


def test_the_same_seed_gives_the_same_pixels(scene: StackScene) -> None:
    again = replace(scene)
    assert np.array_equal(scene.slice(1).pixels.y, again.slice(1).pixels.y)
    assert not np.array_equal(scene.slice(1).pixels.y, replace(scene, seed=4).slice(1).pixels.y)


def test_lens_positions_are_even_from_near_to_far(scene: StackScene) -> None:
    assert scene.lenses[0] == NEAR
    assert scene.lenses[-1] == FAR
    assert np.allclose(np.diff(scene.lenses), (FAR - NEAR) / 4)
    assert np.allclose(scene.place(np.array([NEAR, FAR], np.float32)), [0, 4], atol=1e-5)


def test_the_reference_slice_does_not_move(scene: StackScene) -> None:
    motion = scene.motion(scene.reference)
    assert motion.gain == 1
    assert np.array_equal(motion.matrix, np.eye(2, 3))


def test_breathing_is_the_asked_share_from_end_to_end(scene: StackScene) -> None:
    ends = [float(np.hypot(*scene.motion(k).matrix[:, 0])) for k in (0, 4)]
    assert ends[0] / ends[1] == pytest.approx(1.02, abs=1e-4)
    still = replace(scene, breathing=0.0, shake=0.0).motion(0).matrix
    assert float(np.hypot(*still[:, 0])) == pytest.approx(1.0)


def test_shake_and_flicker_are_of_the_asked_size(scene: StackScene) -> None:
    motions = [replace(scene, count=200, breathing=0.0).motion(k) for k in range(200)]
    centre = np.array([scene.size[0] * 0.507, scene.size[1] * 0.49])
    shifts = [m.matrix[:, :2] @ centre + m.matrix[:, 2] - centre for m in motions]
    assert np.std(shifts) == pytest.approx(1.0, rel=0.15)
    assert np.std([m.gain for m in motions]) == pytest.approx(0.02, rel=0.15)
