"""What every way of making one picture of slices must hold, and what tells them apart."""

from typing import get_args

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from scanner.plan.stacking import Method
from scanner.slices import Plane, Planes
from scanner.stacking.chosen import ChosenPlanes
from scanner.stacking.focus import STRONGEST
from scanner.stacking.fuse import WeightedPlanes
from scanner.stacking.methods import Sums, sums
from scanner.stacking.pyramid import PyramidPlanes

EVERY: tuple[Method, ...] = get_args(Method)
ALL = pytest.mark.parametrize("method", EVERY)
RNG = np.random.default_rng(4)


def texture(height: int, width: int, bits: int = 8, chroma: int = 2, seed: int = 1) -> Planes:
    """Fine texture over half the range, in colour."""
    rng = np.random.default_rng(seed)
    small = (-(-height // chroma), -(-width // chroma))
    return Planes(*(_noise(rng, shape, bits) for shape in ((height, width), small, small)))


def _noise(rng: np.random.Generator, shape: tuple[int, int], bits: int) -> Plane:
    smooth = cv2.GaussianBlur(rng.normal(size=shape).astype(np.float32), (0, 0), 1.0).reshape(shape)
    values = (1 << bits) * (0.5 + 0.1 * smooth / max(float(smooth.std()), 1e-6)).clip(0.05, 0.95)
    return values.astype(np.uint8 if bits == 8 else np.uint16)


def weights(planes: Planes, value: float = 1.0) -> NDArray[np.float32]:
    return np.full((-(-planes.height // 2), -(-planes.width // 2)), value, np.float32)


def differ(a: Planes, b: Planes) -> float:
    """The greatest difference, in steps of their own depth."""
    pairs = ((a.y, b.y), (a.cb, b.cb), (a.cr, b.cr))
    return max(float(np.abs(x.astype(np.int64) - y).max()) for x, y in pairs)


def fused(method: Method, slices: list[tuple[Planes, NDArray[np.float32]]], brightness: float = 1.0) -> Planes:
    total = sums(method, slices[0][0])
    for planes, weight in slices:
        total.add(planes, weight.copy(), brightness)
    return total.mean()


def blurred(plane: Plane, sigma: float) -> Plane:
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma), plane.dtype)


def halves(bits: int, height: int = 160, width: int = 240) -> tuple[Planes, list[tuple[Planes, NDArray[np.float32]]]]:
    """A picture, and two slices of it: the left half sharp in one, the right half in the other."""
    truth = texture(height, width, bits)
    soft = blurred(truth.y, 3.0)
    slices = []
    for side in (slice(0, width // 2), slice(width // 2, width)):
        y, weight = soft.copy(), weights(truth)
        y[:, side] = truth.y[:, side]
        weight[:, side.start // 2 : side.stop // 2] = 1e12
        slices.append((Planes(y, truth.cb, truth.cr), weight))
    return truth, slices


def test_each_method_has_its_class() -> None:
    like = texture(8, 8)
    kinds = {method: type(sums(method, like)) for method in EVERY}
    assert kinds == {"weighted": WeightedPlanes, "depth": ChosenPlanes, "pyramid": PyramidPlanes}
    total: Sums = sums("weighted", like)
    assert total is not sums("weighted", like)


@ALL
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize(("height", "width", "chroma"), [(301, 95, 2), (300, 64, 1), (17, 16, 2), (1, 1, 2), (2, 3, 1)])
def test_one_slice_comes_back_as_it_was(method: Method, bits: int, height: int, width: int, chroma: int) -> None:
    planes = texture(height, width, bits, chroma)
    for value in (1.0, STRONGEST):
        again = fused(method, [(planes, weights(planes, value))])
        assert again.shapes == planes.shapes
        assert again.bits == bits
        assert differ(again, planes) <= 1


@ALL
@pytest.mark.parametrize("bits", [8, 16])
def test_equal_slices_give_that_slice_back(method: Method, bits: int) -> None:
    planes = texture(130, 62, bits)
    many = [(planes, (weights(planes) * RNG.uniform(1, 1e3)).astype(np.float32)) for _ in range(12)]
    assert differ(fused(method, many), planes) <= (1 if bits == 8 else 8)


@ALL
@pytest.mark.parametrize("bits", [8, 16])
def test_of_two_slices_each_gives_what_is_sharp_in_it(method: Method, bits: int) -> None:
    truth, slices = halves(bits)
    result = fused(method, slices)
    error = np.abs(result.y.astype(float) - truth.y) / (1 << (bits - 8))
    soft = np.abs(slices[0][0].y.astype(float) - truth.y) / (1 << (bits - 8))
    assert error.mean() < 0.1 * soft.mean()
    inner = np.delete(error, slice(100, 140), axis=1)
    assert inner.mean() < 0.5
    assert differ(Planes(truth.y, result.cb, result.cr), truth) <= 1


@ALL
def test_16_bit_slices_give_what_their_8_bit_copies_give_only_finer(method: Method) -> None:
    _, slices = halves(8)
    deep = [(Planes(*(p.astype(np.uint16) * 257 for p in (s.y, s.cb, s.cr))), w) for s, w in slices]
    coarse, fine = fused(method, slices), fused(method, deep)
    assert np.abs(fine.y / 257 - coarse.y).max() <= 1
    assert np.abs(fine.cb / 257 - coarse.cb).max() <= 1


@ALL
def test_the_order_of_slices_hardly_matters(method: Method) -> None:
    _, slices = halves(8)
    third = texture(160, 240, seed=9)
    slices.append((third, (weights(third) * RNG.uniform(1, 1e12, weights(third).shape)).astype(np.float32)))
    forth, back = fused(method, slices), fused(method, slices[::-1])
    apart = np.abs(forth.y.astype(int) - back.y)
    assert np.mean(apart > 1) < 0.05
    assert apart.mean() < 0.2


@ALL
def test_what_was_not_seen_does_not_count(method: Method) -> None:
    """A slice full of strong detail that covers the left half only."""
    like = Planes(np.full((96, 128), 90, np.uint8), *(np.full((48, 64), 120, np.uint8),) * 2)
    other = Planes(RNG.integers(0, 256, (96, 128)).astype(np.uint8), *(np.full((48, 64), 200, np.uint8),) * 2)
    unseen = weights(like, STRONGEST)
    unseen[:, 32:] = 0
    for order in ([(like, weights(like)), (other, unseen)], [(other, unseen), (like, weights(like))]):
        result = fused(method, order)
        assert np.abs(result.y[:, 80:].astype(int) - 90).max() <= 1
        assert np.abs(result.cb[:, 40:].astype(int) - 120).max() <= 1
        assert differ(Planes(result.y[:, :48], result.cb[:, :24], result.cr[:, :24]),
                      Planes(other.y[:, :48], other.cb[:, :24], other.cr[:, :24])) <= 1  # fmt: skip


@ALL
def test_what_no_slice_shows_is_what_they_repeat_and_never_black(method: Method) -> None:
    planes = Planes(
        *(np.full(shape, value, np.uint8) for shape, value in (((64, 64), 90), ((32, 32), 70), ((32, 32), 150)))
    )
    result = fused(method, [(planes, weights(planes, 0)), (planes, weights(planes, 0))])
    assert differ(result, planes) <= 1
    seen = Planes(planes.y + np.uint8(100), planes.cb, planes.cr)
    result = fused(method, [(planes, weights(planes, 0)), (seen, weights(seen, 1)), (planes, weights(planes, 0))])
    assert differ(result, seen) <= 1


@ALL
@pytest.mark.parametrize("bits", [8, 16])
def test_brightness_is_evened_out(method: Method, bits: int) -> None:
    planes = texture(64, 64, bits)
    half = 1 << (bits - 1)
    brighter = Planes(*(np.rint(zero + 1.2 * (p.astype(float) - zero)).clip(0, 2 * half - 1).astype(p.dtype)
                        for p, zero in ((planes.y, 0), (planes.cb, half), (planes.cr, half))))  # fmt: skip
    result = fused(method, [(brighter, weights(planes))], brightness=1 / 1.2)
    inside = brighter.y < 2 * half - 1
    assert np.abs(result.y.astype(int) - planes.y)[inside].max() <= 1
    assert np.abs(result.cb.astype(int) - planes.cb).max() <= 1 + (half >> 4)


@ALL
def test_a_slice_far_too_dark_is_lifted_without_a_fold(method: Method) -> None:
    """Strong detail times four does not fit a grey level any more: it ends at black and white."""
    planes = Planes(*(np.full((64, 64), 0, np.uint8), *(np.full((32, 32), 128, np.uint8),) * 2))
    planes.y[::2, ::2] = 255
    result = fused(method, [(planes, weights(planes))], brightness=4.0)
    assert (result.y[::2, ::2] > 200).all()
    assert (result.y[1::2, 1::2] < 120).all()


@ALL
@pytest.mark.parametrize("value", [0, 255])
def test_black_and_white_stay_what_they_are(method: Method, value: int) -> None:
    planes = Planes(np.full((50, 70), value, np.uint8), *(np.full((25, 35), 128, np.uint8),) * 2)
    for brightness in (0.9, 1.0, 1.1) if value == 0 else (1.0, 1.1):
        result = fused(method, [(planes, weights(planes)), (planes, weights(planes, STRONGEST))], brightness)
        assert differ(result, planes) == 0
