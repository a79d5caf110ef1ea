"""From a frame to planes: what a view is asked for, and how often a scene is."""

from dataclasses import replace

import pytest

from scanner.hardware.simulated.sensor_exposure import Look
from scanner.hardware.simulated.sensor_frames import Frame, Place, Renderer, Surroundings
from scanner.slices import Planes
from tests.hardware.cameras import CodedScene, CodedView, brightness_in, lens_in, shift_in, turntable_in

FRAME = Frame(
    index=7,
    ended=1.5,
    completed=1.52,
    duration=0.04,
    look=Look(time_us=18_000, gain=1.0, red_gain=1.8, blue_gain=1.5),
    lamp=1.0,
    lens=9.25,
    place=Place(33.0, 0.0),
    shift=(1.0, -0.5),
    reported_lens=9.5,
)


class CountingScene(CodedScene):
    """Writes down where it was looked at from."""

    def __init__(self, width: int, height: int) -> None:
        super().__init__(width, height)
        self.places: list[tuple[float, float, float]] = []

    def view(self, turntable_deg: float, tilt_deg: float, back_mm: float = 0.0) -> CodedView:
        self.places.append((turntable_deg, tilt_deg, back_mm))
        return super().view(turntable_deg, 0.0)


def rendered(frame: Frame, scale: float = 1.0) -> Planes:
    return Renderer(CodedScene(160, 120), scale).render(frame)


def test_a_picture_shows_lens_pose_and_light_of_its_frame() -> None:
    planes = rendered(FRAME)
    assert (lens_in(planes), turntable_in(planes), brightness_in(planes)) == (9.25, 33, 1.0)


@pytest.mark.parametrize("scale", [1.0, 0.5, 0.25])
def test_sway_is_as_large_as_the_stream(scale: float) -> None:
    assert shift_in(rendered(FRAME, scale)) == pytest.approx((scale, -0.5 * scale), abs=0.026)


def test_a_pose_is_looked_at_once() -> None:
    scene = CountingScene(160, 120)
    renderer = Renderer(scene, 1.0)
    there = Place(33.0, 2.0, 1.5)
    for place in (FRAME.place, FRAME.place, there, there, FRAME.place):
        renderer.render(replace(FRAME, place=place))
    assert scene.places == [(33.0, 0.0, 0.0), (33.0, 2.0, 1.5), (33.0, 0.0, 0.0)]


def test_metadata_bear_the_names_of_libcamera() -> None:
    assert FRAME.metadata() == {
        "SensorTimestamp": 1_500_000_000,
        "ExposureTime": 18_000,
        "FrameDuration": 40_000,
        "AnalogueGain": 1.0,
        "DigitalGain": 1.0,
        "ColourGains": (1.8, 1.5),
        "LensPosition": 9.5,
    }
    assert "LensPosition" not in replace(FRAME, reported_lens=None).metadata()
    assert replace(FRAME, control_list=0).metadata()["ControlListSequence"] == 0


def test_without_a_rail_the_camera_stands() -> None:
    assert Surroundings(scene=CodedScene, pose=lambda: (1.0, 2.0)).place() == Place(1.0, 2.0, 0.0)
    around = Surroundings(scene=CodedScene, pose=lambda: (1.0, 2.0), rail=lambda: -3.0)
    assert around.place() == Place(1.0, 2.0, -3.0)
