import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.hardware.simulated import optics
from scanner.hardware.simulated.optics import Lens, lens_of
from scanner.hardware.simulated.settings import SceneSettings


def module_3(breathing: float = 0.015) -> Lens:
    return Lens(
        focal_length=4.74e-3,
        f_number=1.8,
        pitch=6.45e-3 / 1920,
        far=0.0,
        near=15.0,
        reference=10.0,
        breathing=breathing,
    )


def test_the_lens_of_a_scene_is_what_its_settings_say() -> None:
    lens = lens_of(SceneSettings(width=960, breathing=0.02, distance=0.125))
    assert lens == Lens(
        focal_length=4.74e-3, f_number=1.5, pitch=6.45e-3 / 960, far=0.0, near=15.0, reference=8.0, breathing=0.02
    )


def test_image_distance_is_the_focal_length_for_infinity() -> None:
    assert module_3().image_distance(0.0) == pytest.approx(4.74e-3)


def test_image_distance_solves_the_lens_equation() -> None:
    v = module_3().image_distance(10.0)
    assert 1 / v + 1 / 0.1 == pytest.approx(1 / 4.74e-3)


@given(st.floats(0.0, 0.05))
def test_breathing_over_the_range_is_what_was_set(breathing: float) -> None:
    lens = module_3(breathing)
    assert lens.scale(15.0) / lens.scale(0.0) - 1 == pytest.approx(breathing, abs=1e-12)
    assert lens.scale(10.0) == 1.0


def test_breathing_is_smooth_and_grows_towards_the_near_end() -> None:
    scales = [module_3().scale(x) for x in np.linspace(0, 15, 16)]
    steps = np.diff(scales)
    assert (steps > 0).all()
    assert (np.diff(steps) > 0).all()
    assert steps.max() / steps.min() < 1.3


@pytest.mark.parametrize(("depth", "lens"), [(12.5, 10.0), (8.3, 10.0), (10.0, 0.0), (10.0, 15.0)])
def test_circle_by_similar_triangles(depth: float, lens: float) -> None:
    """The cone from the aperture to the image of the point, cut by the sensor."""
    f, aperture = 4.74e-3, 4.74e-3 / 1.8
    sensor, image = 1 / (1 / f - lens), 1 / (1 / f - depth)
    diameter = aperture * (image - sensor) / image
    assert module_3().circle(lens, np.array(depth)) == pytest.approx(diameter / (6.45e-3 / 1920))


def test_circle_is_nothing_in_focus_and_positive_in_front() -> None:
    circle = module_3().circle(10.0, np.array([9.0, 10.0, 11.0]))
    assert circle[1] == 0
    assert circle[0] == pytest.approx(-circle[2])
    assert circle[2] == pytest.approx(3.9, abs=0.1)


@pytest.mark.parametrize("diameter", [1.0, 1.5, 3.0, 7.3, 20.0])
def test_disc_has_sum_one_and_the_right_width(diameter: float) -> None:
    kernel = optics.disc(diameter)
    axis = np.arange(kernel.shape[0]) - kernel.shape[0] // 2
    variance = float((kernel * axis[None, :] ** 2).sum())
    assert kernel.sum() == pytest.approx(1.0, abs=1e-5)
    assert kernel.shape[0] % 2 == 1
    if diameter >= 3:
        assert 4 * math.sqrt(variance) == pytest.approx(diameter, rel=0.04)


@pytest.mark.parametrize("diameter", [0.0, 1.0, 2.0, 5.5, 10.0, 18.0, 32.0])
def test_blur_keeps_energy_and_has_the_width_of_its_disc(diameter: float) -> None:
    planes = np.zeros((2, 120, 96), np.float32)
    planes[:, 60, 48] = (1.0, 0.5)
    blurred = optics.blur(planes, diameter)
    assert blurred.sum((1, 2)) == pytest.approx([1.0, 0.5], abs=0.002)
    y, x = np.mgrid[0:120, 0:96]
    centre = float((blurred[0] * x).sum()), float((blurred[0] * y).sum())
    assert centre == pytest.approx((48, 60), abs=1.6 if diameter > 9 else 0.01)
    if diameter >= 3:
        spread = math.sqrt(float((blurred[0] * np.square(x - centre[0])).sum()))
        assert 4 * spread == pytest.approx(diameter, rel=0.12)


def test_blur_of_an_even_field_is_even_inside() -> None:
    blurred = optics.blur(np.ones((1, 101, 99), np.float32), 24.0)
    assert blurred[0, 30:70, 30:70] == pytest.approx(1.0, abs=1e-4)


def test_srgb_there_and_back() -> None:
    light = np.linspace(0, 1, 4001)
    assert optics.linear_from_srgb(optics.srgb_from_linear(light)) == pytest.approx(light, abs=1e-6)


def test_srgb_knows_the_standard_s_own_points() -> None:
    assert optics.srgb_from_linear(np.array([0.0, 0.0031308, 0.2140411, 1.0])) == pytest.approx(
        [0.0, 0.0404499, 0.5, 1.0], abs=1e-5
    )


def test_encode_is_the_curve_and_clips() -> None:
    light = np.array([[-0.1, 0.0, 0.001, 0.2, 0.7, 1.0, 3.0]], np.float32)
    assert optics.encode(light)[0] == pytest.approx(255 * optics.srgb_from_linear(light)[0], abs=0.05)


def test_ycbcr_is_the_one_of_jpeg() -> None:
    """Against OpenCV's own full-range conversion."""
    rng = np.random.default_rng(1)
    small = rng.integers(0, 256, (6, 8, 3), np.uint8)
    colours = np.repeat(np.repeat(small, 2, 0), 2, 1)
    luma, cb, cr = optics.ycbcr(colours.astype(np.float32))
    expected = cv2.cvtColor(colours, cv2.COLOR_RGB2YCrCb)
    assert np.abs(luma - expected[..., 0]).max() < 1.0
    assert np.abs(cr - expected[::2, ::2, 1]).max() < 1.0
    assert np.abs(cb - expected[::2, ::2, 2]).max() < 1.0


def test_grey_has_no_chroma() -> None:
    luma, cb, cr = optics.ycbcr(np.full((4, 4, 3), 77, np.float32))
    assert luma == pytest.approx(77, abs=1e-3)
    assert cb == pytest.approx(128, abs=1e-3)
    assert cr == pytest.approx(128, abs=1e-3)
