"""The chart is flat, at a known distance, and as sharp as the lens makes it."""

import cv2
import numpy as np
import pytest

from scanner.errors import OutOfRange
from scanner.hardware.protocols import Exposure
from scanner.hardware.settings import SimulatedSettings
from scanner.hardware.simulated.chart import ChartScene, ChartView
from scanner.hardware.simulated.settings import SceneSettings
from scanner.slices import Planes
from tests.hardware.cameras import Bench

SETTINGS = SceneSettings(width=480, height=270, shake_px=0.0)


def chart(distance: float = 0.1, back_mm: float = 0.0) -> ChartView:
    return ChartScene(SETTINGS, distance).view(0.0, 0.0, back_mm)


def sharpness(planes: Planes) -> float:
    return float(cv2.Laplacian(planes.y.astype(np.float32), cv2.CV_32F).var())


def sharpest(view: ChartView, near: float) -> float:
    """Middle of the lens positions that show more than half of the best sharpness, looked for near to `near`."""
    lenses = np.arange(round(near) - 1.5, round(near) + 1.51, 0.25)
    seen = np.array([sharpness(view.slice(float(lens), frame=0)) for lens in lenses])
    return float(lenses[seen > seen.max() / 2].mean())


@pytest.mark.parametrize("distance", [0.075, 0.25])
def test_it_is_sharpest_at_its_own_distance(distance: float) -> None:
    assert sharpest(chart(distance), 1 / distance) == pytest.approx(1 / distance, abs=0.13)


def test_the_rail_carries_the_camera_away_from_it() -> None:
    assert sharpest(chart(0.1, back_mm=25.0), 8.0) == pytest.approx(1 / 0.125, abs=0.13)


def test_all_of_it_is_equally_sharp() -> None:
    planes = chart().slice(10.0, frame=0)
    parts = [sharpness(Planes(part, part, part)) for part in np.array_split(planes.y, 4, axis=1)]
    assert max(parts) / min(parts) < 1.2


def test_it_fills_the_frame_at_every_lens_position() -> None:
    for lens in (0.0, 15.0):
        y = chart().slice(lens, frame=0, shift_px=(5.0, -5.0)).y
        assert min(part.mean() for part in (y[0], y[-1], y[:, 0], y[:, -1])) > 80


def test_it_does_not_turn_and_shows_the_same_bytes_again() -> None:
    scene = ChartScene(SETTINGS, 0.1)
    one, two = (scene.view(*pose).slice(9.0, frame=3) for pose in ((0.0, 0.0), (90.0, 20.0)))
    assert (one.y == two.y).all()
    assert (one.y != scene.view(0.0, 0.0).slice(9.0, frame=4).y).any()


def test_it_breathes_like_the_lens() -> None:
    """Pattern of the far end, scaled about the middle by the breathing, is that of the near end."""
    far, near = (chart().slice(lens, frame=0).y.astype(np.float32) for lens in (7.0, 13.0))
    lens = ChartScene(SETTINGS, 0.1).lens
    scale = lens.scale(13.0) / lens.scale(7.0)
    move = cv2.getRotationMatrix2D((239.5, 134.5), 0, scale)
    likeness = [
        float(np.corrcoef(cv2.warpAffine(far, move_, (480, 270))[9:-9, 9:-9].ravel(), near[9:-9, 9:-9].ravel())[0, 1])
        for move_ in (move, np.eye(2, 3))
    ]
    assert likeness[0] > likeness[1] + 0.01


def test_sway_shifts_it() -> None:
    here, there = (chart().slice(10.0, frame=0, shift_px=shift).y.astype(np.float32) for shift in ((0, 0), (3.0, -2.0)))
    assert cv2.phaseCorrelate(here, there)[0] == pytest.approx((3.0, -2.0), abs=0.05)


def test_light_and_colour_follow_the_exposure() -> None:
    plain, bright, red = (
        chart().slice(10.0, frame=0, exposure=exposure, red_gain=gain)
        for exposure, gain in ((1.0, 1.0), (1.5, 1.0), (1.0, 1.5))
    )
    assert bright.y.mean() > plain.y.mean() + 10
    assert red.cr.mean() > plain.cr.mean() + 10
    assert plain.cr.mean() == pytest.approx(128, abs=1)


def test_through_the_driver_it_is_sharp_where_a_false_scale_says() -> None:
    """As `focusrig calibrate focus` sees it: 5 D are 2.5 + 0.8 x 5 = 6.5 on the scale."""
    false = SimulatedSettings(width=480, height=270, frame_rate=30, lens_lag_ms=5, lens_offset=2.5, lens_scale=0.8)
    camera = Bench(simulated=false, scene=lambda *size: ChartScene(SceneSettings(*size), 0.2)).camera()
    camera.lock(Exposure(time_us=10_000, gain=1.8, red_gain=1.8, blue_gain=1.5))
    seen = {}
    for lens in (5.3, 5.7, 6.1, 6.5, 6.9, 7.3, 7.7):
        camera.focus(lens)
        seen[lens] = sharpness(camera.capture().pixels)
    sharp = [lens for lens, value in seen.items() if value > max(seen.values()) / 2]
    assert len(sharp) < 7
    assert np.mean(sharp) == pytest.approx(6.5)


def test_a_camera_that_would_touch_it_is_refused() -> None:
    with pytest.raises(OutOfRange, match="touch the chart at -95 mm"):
        chart(0.1, back_mm=-95.0)
