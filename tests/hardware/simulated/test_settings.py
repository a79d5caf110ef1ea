import pytest

from scanner.errors import PlanError
from scanner.hardware.simulated.settings import SceneSettings


def test_the_defaults_are_a_module_3_at_two_megapixels() -> None:
    settings = SceneSettings()
    assert (settings.width, settings.height) == (1920, 1080)
    assert settings.focal_length_mm == 4.74
    assert 0.005 <= settings.breathing <= 0.03
    assert (settings.texture, settings.background) == ("rich", "plain")


@pytest.mark.parametrize(("width", "height"), [(481, 270), (480, 271), (32, 18), (0, 0)])
def test_a_size_that_cannot_be_halved_is_refused(width: int, height: int) -> None:
    with pytest.raises(PlanError, match=f"{width} x {height}"):
        SceneSettings(width=width, height=height)


def test_pixels_are_as_large_as_the_sensor_allows() -> None:
    assert SceneSettings(width=1920).pixel_pitch == pytest.approx(6.45e-3 / 1920)
    assert SceneSettings(width=960).pixel_pitch == 2 * SceneSettings(width=1920).pixel_pitch
    assert SceneSettings(width=960).full_well == pytest.approx(4 * SceneSettings(width=1920).full_well)
