"""The strongest detail at each scale."""

import cv2
import numpy as np
import pytest

from scanner.slices import Plane, Planes
from scanner.stacking.methods import sums
from scanner.stacking.pyramid import LEVELS, PyramidPlanes, Scale, halved

RNG = np.random.default_rng(6)


def with_grey(y: Plane) -> Planes:
    shape = -(-y.shape[0] // 2), -(-y.shape[1] // 2)
    return Planes(y, *(np.full(shape, 1 << (8 * y.itemsize - 1), y.dtype),) * 2)


def rough(sigma: float, bits: int) -> Plane:
    """Noise in the upper half, of `sigma` grey levels of 8 bit; the lower half is plain."""
    values = 100 + RNG.normal(0, sigma, (130, 66))
    values[65:] = 100
    return values.astype(np.uint8) if bits == 8 else (257 * values).astype(np.uint16)


@pytest.mark.parametrize(("height", "width"), [(300, 64), (301, 63), (2, 2), (1, 5), (1, 1)])
def test_halved_is_the_mean_of_four(height: int, width: int) -> None:
    picture = RNG.integers(0, 256, (height, width)).astype(np.uint8)
    whole = np.pad(picture.astype(float), ((0, height % 2), (0, width % 2)), mode="edge")
    expected = whole.reshape(whole.shape[0] // 2, 2, whole.shape[1] // 2, 2).mean(axis=(1, 3))
    assert np.abs(halved(picture) - expected).max() < 1e-4


@pytest.mark.parametrize("bits", [8, 16])
def test_a_scale_holds_the_stronger_detail_and_gives_the_picture_back(bits: int) -> None:
    weak, strong = rough(2, bits), rough(20, bits)
    seen = np.ones((65, 33), np.uint8)
    for order in ((weak, strong), (strong, weak)):
        scale = Scale(weak.shape, bits)
        small = {id(picture): scale.add(picture, seen, 1.0) for picture in order}
        again = np.empty_like(weak)
        scale.onto(small[id(strong)], again)
        assert np.abs(again.astype(int) - strong).max() <= 1


def test_detail_that_is_not_seen_is_not_kept() -> None:
    noise, flat = RNG.integers(0, 256, (64, 64)).astype(np.uint8), np.full((64, 64), 100, np.uint8)
    half, whole = np.ones((32, 32), np.uint8), np.ones((32, 32), np.uint8)
    half[:, 16:] = 0
    for order in (((noise, half), (flat, whole)), ((flat, whole), (noise, half)), ((noise, half),)):
        scale = Scale(flat.shape, 8)
        for picture, seen in order:
            scale.add(picture, seen, 1.0)
        result = np.empty_like(flat)
        scale.onto(halved(flat), result)
        assert float(result[:, :30].std()) > 30
        assert (result[:, 34:] == 100).all()


def test_a_reference_sharp_all_over_is_not_taken_for_noise() -> None:
    """Its weakest detail is no noise; that shows when a blurred slice comes."""
    sharp = (100 + RNG.normal(0, 20, (96, 96))).clip(0, 255).astype(np.uint8)
    blurred = np.asarray(cv2.GaussianBlur(sharp, (0, 0), 4.0), np.uint8)
    total = PyramidPlanes(with_grey(sharp))
    for y in (sharp, blurred, blurred, blurred):
        total.add(with_grey(y), np.full((48, 48), 1e9 if y is sharp else 1, np.float32), 1.0)
    assert np.abs(total.mean().y.astype(int) - sharp).mean() < 1


def test_plain_parts_are_the_mean_of_all_slices() -> None:
    total = None
    for _ in range(8):
        y = (100 + RNG.normal(0, 4, (96, 96))).astype(np.uint8)
        y[:, 48:] = 40 + 150 * (np.indices((96, 48)).sum(axis=0) % 2)
        planes = with_grey(y)
        total = total or PyramidPlanes(planes)
        total.add(planes, np.ones((48, 48), np.float32), 1.0)
    assert total is not None
    assert float(total.mean().y[8:-8, 8:40].std()) < 4 / 8**0.5 * 1.2


def crossing() -> tuple[Plane, list[Planes]]:
    """Hairs across and, at another depth, down, over one plain ground: each sharp in one slice each."""
    across, down = np.zeros((120, 120), np.float32), np.zeros((120, 120), np.float32)
    across[8::16], down[:, 8::16] = 90, 90
    soft = [np.asarray(cv2.GaussianBlur(hairs, (0, 0), 4.0), np.float32) for hairs in (across, down)]
    layers = [(across, soft[1]), (soft[0], down), (across, down)]
    *slices, truth = (np.clip(40 + np.maximum(a, b), 0, 255).astype(np.uint8) for a, b in layers)
    return truth, [with_grey(y) for y in slices]


def test_hairs_of_two_depths_that_cross_both_stay() -> None:
    """Weights that favour one slice everywhere: the pyramid alone takes detail from the other too."""
    truth, slices = crossing()
    errors = {}
    for method in ("weighted", "depth", "pyramid"):
        total = sums(method, slices[0])
        total.add(slices[0], np.full((60, 60), 1e6, np.float32), 1.0)
        total.add(slices[1], np.full((60, 60), 1e4, np.float32), 1.0)
        errors[method] = float(np.abs(total.mean().y.astype(int) - truth).mean())
    assert errors["pyramid"] < 0.5 * min(errors["weighted"], errors["depth"])


def test_light_of_the_coarsest_scale_is_the_weighted_mean() -> None:
    """A blurred bright cloud, far larger than the coarsest detail, of little weight does not get in."""
    ground = np.full((256, 256), 60, np.uint8)
    y, x = np.mgrid[0:256, 0:256]
    cloud = (60 + 120 * np.exp(-((x - 128) ** 2 + (y - 128) ** 2) / (2 * 60**2))).astype(np.uint8)
    total = PyramidPlanes(with_grey(ground))
    total.add(with_grey(ground), np.full((128, 128), 1e6, np.float32), 1.0)
    total.add(with_grey(cloud), np.ones((128, 128), np.float32), 1.0)
    assert np.abs(total.mean().y.astype(int) - 60).max() <= 4


def test_what_it_keeps_does_not_grow_with_slices() -> None:
    like = with_grey(RNG.integers(0, 256, (96, 96)).astype(np.uint8))
    total = PyramidPlanes(like)
    before = kept_bytes(total)
    for _ in range(5):
        total.add(like, np.ones((48, 48), np.float32), 1.0)
    assert kept_bytes(total) == before
    luma = sum((2 + 2) / 4**level for level in range(LEVELS))  # detail, and two maps at half size
    assert before <= 96 * 96 * (luma + 2 * 2 / 4 + 4 / 4 + 8 / 64) + 100


def kept_bytes(thing: object) -> int:
    if isinstance(thing, np.ndarray):
        return thing.nbytes
    if isinstance(thing, list | tuple):
        return sum(kept_bytes(part) for part in thing)
    return sum(kept_bytes(part) for part in vars(thing).values()) if hasattr(thing, "__dict__") else 0
