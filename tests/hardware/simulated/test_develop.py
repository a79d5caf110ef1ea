import numpy as np
import pytest

from scanner.hardware.simulated.develop import WALL, Developer, Exposed
from scanner.hardware.simulated.layers import Backdrop
from scanner.hardware.simulated.noise import NoiseField
from scanner.hardware.simulated.optics import srgb_from_linear
from scanner.hardware.simulated.settings import SceneSettings

PLAIN = Exposed(np.ones(3, np.float32), None)


def developer(width: int = 320, height: int = 600) -> Developer:
    return Developer(SceneSettings(width=width, height=height), NoiseField(1))


def at(x: float, y: float, scale: float = 1.0) -> np.ndarray:
    return np.array([[scale, 0, x], [0, scale, y]], np.float64)


def grey(level: float, height: int = 50, width: int = 40) -> np.ndarray:
    return np.full((height, width, 3), round(level * 65535), np.uint16)


def wall_luma() -> float:
    return float(255 * srgb_from_linear(WALL) @ (0.299, 0.587, 0.114))


@pytest.mark.parametrize(("x", "y"), [(100, 200), (101, 255), (0, 0), (280, 550), (-20, -30), (300, 580)])
def test_a_picture_lands_where_it_is_moved(x: int, y: int) -> None:
    planes = developer().develop(grey(0.2), at(x, y), PLAIN)
    bright = np.argwhere(planes.y > 60)
    assert bright.min(0).tolist() == [max(y, 0), max(x, 0)]
    assert bright.max(0).tolist() == [min(y + 49, 599), min(x + 39, 319)]


def test_around_the_picture_is_wall() -> None:
    planes = developer().develop(grey(0.2), at(100, 200), PLAIN)
    assert planes.y[0, 0] == pytest.approx(wall_luma(), abs=0.6)
    assert planes.y[599, 319] == planes.y[300, 10] == planes.y[0, 0]
    assert planes.cb[0, 0] in (128, 129)
    assert planes.cr[0, 0] in (127, 128)


def test_grey_comes_out_as_its_code() -> None:
    planes = developer().develop(grey(0.2), at(100, 200), PLAIN)
    assert planes.y[225, 120] == pytest.approx(255 * srgb_from_linear(np.array(0.2)).item(), abs=0.6)
    assert planes.cb[112, 60] == planes.cr[112, 60] == 128


def test_gains_multiply_light() -> None:
    exposed = Exposed(np.full(3, 2.0, np.float32), None)
    planes = developer().develop(grey(0.2), at(100, 200), exposed)
    assert planes.y[225, 120] == pytest.approx(255 * srgb_from_linear(np.array(0.4)).item(), abs=0.6)


def test_too_much_light_clips_to_white_without_noise() -> None:
    exposed = Exposed(np.full(3, 9.0, np.float32), np.random.default_rng(1))
    planes = developer().develop(grey(0.2), at(100, 200), exposed)
    assert (planes.y[210:240, 110:130] == 255).all()


def test_the_seams_of_the_strips_do_not_show() -> None:
    """A slope over the whole frame, with a shift of part of a pixel."""
    slope = np.repeat(np.linspace(2000, 50_000, 600).astype(np.uint16)[:, None, None], 320, 1).repeat(3, 2)
    luma = developer().develop(slope, at(0.3, 0.4), PLAIN).y.astype(int)
    steps = np.diff(luma[5:-5, 160])
    assert steps.min() >= 0
    assert steps.max() <= 2


def test_noise_is_everywhere_and_differs_from_frame_to_frame() -> None:
    made = developer()
    frames = [
        made.develop(grey(0.2), at(100, 200), Exposed(np.ones(3, np.float32), np.random.default_rng(i))).y
        for i in range(2)
    ]
    assert (frames[0] != frames[1]).mean() > 0.2
    assert frames[0][:100].std() > 0.25
    assert frames[0].mean() == pytest.approx(frames[1].mean(), abs=0.1)


def test_a_small_frame_and_an_odd_last_strip_are_whole() -> None:
    planes = developer(64, 270).develop(grey(0.2, 270, 64), at(0, 0), PLAIN)
    assert planes.y.shape == (270, 64)
    assert planes.cr.shape == (135, 32)
    assert planes.y[4:-4, 4:-4].std() == 0


def printed(scale: float = 1.0) -> Backdrop:
    """Bright and dark stripes of 20 dots, softly, over and over."""
    wave = 0.3 + 0.2 * np.sin(np.arange(40) / 40 * 2 * np.pi)
    light = np.rint(np.tile(wave[None, :, None], (8, 1, 3)) * 65535).astype(np.uint16)
    return Backdrop(light, np.array([[scale, 0, 0], [0, scale, 0]]))


def code_of(light: np.ndarray) -> np.ndarray:
    return 255 * srgb_from_linear(light)


def test_around_the_picture_is_what_is_behind_it() -> None:
    planes = developer().develop(grey(0.2), at(100, 200), PLAIN, printed())
    expected = code_of(np.tile(printed().light[0, :, 0] / 65535, 8))
    for row in (0, 150, 255, 256, 599):
        assert planes.y[row] == pytest.approx(expected, abs=0.6)
    assert planes.y[225, 105:135] == pytest.approx(code_of(np.array(0.2)), abs=0.6)
    assert (planes.cb == 128).all()


def test_a_picture_that_holds_the_wall_has_no_seam() -> None:
    """As it does: the light of the window shows the same wall as what is around it, here moved by part of a pixel."""
    behind = printed().moved(at(30.4, 0.3))
    window = printed().rows(0, 80, 120)
    planes = developer().develop(window, at(30.4 + 40, 0.3 + 48), PLAIN, behind)
    alone = developer().develop(grey(0.2, 4, 4), at(-50, -50), PLAIN, behind)
    assert np.abs(planes.y.astype(int) - alone.y).max() <= 1


def test_what_is_behind_is_exposed_and_noisy_like_the_rest() -> None:
    bright = Exposed(np.full(3, 1.5, np.float32), None)
    planes = developer().develop(grey(0.2), at(100, 200), bright, printed())
    assert planes.y[0] == pytest.approx(code_of(1.5 * np.tile(printed().light[0, :, 0] / 65535, 8)), abs=0.6)
    few = Developer(SceneSettings(width=320, height=600, well_depth=5.0), NoiseField(1))
    noisy = few.develop(grey(0.2), at(100, 200), Exposed(np.ones(3, np.float32), np.random.default_rng(1)), printed())
    around, inside = noisy.y[:150, :].astype(float).std(0).mean(), noisy.y[205:245, 105:135].astype(float).std()
    assert around > 1
    assert around == pytest.approx(inside, rel=0.25)


@pytest.mark.parametrize(("x", "y"), [(-20, -30), (300, 580), (-60, 20), (400, 20)])
def test_a_picture_partly_or_all_outside_the_frame_leaves_the_wall(x: int, y: int) -> None:
    """Near its own border, within the reach of the interpolation, the wall is shown."""
    planes = developer().develop(grey(0.9), at(x, y), PLAIN, printed())
    frame = np.zeros((600, 320), bool)
    frame[max(y + 6, 0) : max(y + 44, 0), max(x + 6, 0) : max(x + 34, 0)] = True
    assert (planes.y[frame] > 230).all()
    frame[max(y, 0) : max(y + 50, 0), max(x, 0) : max(x + 40, 0)] = True
    assert (planes.y[~frame] < 200).all()
