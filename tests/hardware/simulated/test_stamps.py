import numpy as np

from scanner.hardware.simulated import shape, stamps
from scanner.hardware.simulated.stamps import APART, Stamps

MADE = Stamps(np.random.default_rng(4))


def test_stamps_lie_on_the_surface_and_apart() -> None:
    centres = MADE._centres
    assert 25 < centres.shape[1] < 250
    assert np.abs(shape.field(centres)).max() < 0.02
    gaps = np.sqrt(np.square(centres[:, :, None] - centres[:, None]).sum(0))
    np.fill_diagonal(gaps, np.inf)
    assert gaps.min() > APART


def test_each_stamp_s_frame_touches_the_surface() -> None:
    frames = np.stack([MADE._right, MADE._up, MADE._normals])
    for i in range(3):
        assert np.abs(np.square(frames[i]).sum(0) - 1).max() < 1e-4
        assert np.abs((frames[i] * frames[(i + 1) % 3]).sum(0)).max() < 1e-4


def test_there_is_ink_at_the_stamps_and_none_between() -> None:
    rng = np.random.default_rng(1)
    away = rng.uniform(-1, 1, (2, 200, 1)).astype(np.float32) * 1.5
    near = MADE._centres[:, None] + MADE._right[:, None] * away[0] + MADE._up[:, None] * away[1]
    normals = np.broadcast_to(MADE._normals[:, None], near.shape)
    ink = MADE.ink(near.reshape(3, -1).copy(), normals.reshape(3, -1).copy()).reshape(200, -1)
    assert 0.1 < ink.mean() < 0.7
    assert (ink.max(0) > 0.9).mean() > 0.8
    far = (MADE._centres + MADE._right * np.float32(stamps.REACH * 1.05)).astype(np.float32)
    outside = MADE.ink(far, MADE._normals)
    assert (outside < 0.5).mean() > 0.85


def test_a_stamp_does_not_show_through_to_the_other_side() -> None:
    assert MADE.ink(MADE._centres.copy(), -MADE._normals).max() == 0


def test_the_inscription_closes_round_the_plinth() -> None:
    band = stamps.inscription(np.random.default_rng(2))
    assert band.shape == (56, 2241)
    assert (band[:, 0] == band[:, -1]).all()
    assert 0.05 < (band > 127).mean() < 0.5
    assert max(band.shape) < 32767
