from functools import lru_cache

import cv2
import numpy as np
import pytest

from scanner.clock import FakeClock
from scanner.hardware.rig import simulated_camera
from scanner.hardware.settings import RigSettings, SimulatedSettings
from scanner.hardware.simulated.layers import SOFTNESS
from scanner.hardware.simulated.optics import disc, linear_from_srgb
from scanner.hardware.simulated.posters import DOT, posters
from scanner.hardware.simulated.view import View
from scanner.hardware.simulated.wall import BEHIND, KEPT, Wall
from scanner.slices import Planes
from tests.hardware.simulated.scenes import SMALL, STILL, psnr, scene, view

PRINTED = {"background": "textured", **STILL}
WALL_AT = 0.1 + BEHIND


@lru_cache(maxsize=1)
def wall() -> Wall:
    return Wall(1, scene().lens, scene().intrinsics(10.0).focal_px, (239.0, 134.0))


def printed(turntable: float = 40, tilt: float = 20, back_mm: float = 0.0, **changes: object) -> View:
    return view(turntable, tilt, back_mm, **PRINTED, **changes)


def off_object(*views: View, lens: float = 10.0, reach: int = 31) -> np.ndarray:
    """Pixels so far from the object that its blur does not touch them."""
    union = np.maximum.reduce([seen.mask(lens) for seen in views])
    return np.asarray(cv2.dilate(union, np.ones((reach, reach), np.uint8)) == 0)


# ------------------------------------------------------- the wall by itself


def test_it_is_seen_as_large_as_its_distance_makes_it() -> None:
    """One dot is f / Z of its size, and the middle of the print lies on the optical axis."""
    near, far = (wall().seen(10.0, distance) for distance in (0.16, 0.32))
    focal = scene().intrinsics(10.0).focal_px
    assert near.move[0, 0] == near.move[1, 1] == pytest.approx(focal * DOT / 160)
    assert near.move[0, 0] == pytest.approx(2 * far.move[0, 0])
    height, width = near.light.shape[:2]
    assert near.move @ ((width - 1) / 2, (height - 1) / 2, 1) == pytest.approx((239.0, 134.0))


def test_its_blur_is_that_of_its_own_depth() -> None:
    """Sharp where the lens focuses on it; away from there contrast falls on both sides."""
    contrast = [wall().seen(lens, WALL_AT).light.std() for lens in (12.0, 8.4, 1 / WALL_AT, 3.0, 0.0)]
    assert contrast[2] == max(contrast)
    assert contrast[0] < contrast[1] < contrast[2] > contrast[3] > contrast[4]


def test_its_disc_is_as_large_as_the_aperture_makes_it() -> None:
    """On the wall a point of light through the aperture A spreads over A |Z / Z_focus - 1|, by similar triangles."""
    dots = 4.74 / 1.5 * abs(160 / 100 - 1) / DOT
    light = wall().seen(10.0, WALL_AT).light[100:200, 100:300] / 65535
    softness = SOFTNESS / (scene().intrinsics(10.0).focal_px * DOT / 160)
    paper = (0.6 * linear_from_srgb(posters(1) / 255.0)).astype(np.float32)
    misfits = []
    for share in (0.85, 1.0, 1.15):
        blurred = cv2.GaussianBlur(cv2.filter2D(paper, -1, disc(share * dots)), (0, 0), softness)
        misfits.append(np.abs(blurred[100:200, 100:300] - light).max())
    assert misfits[1] < 1e-3
    assert min(misfits[0], misfits[2]) > 0.02


def test_out_of_focus_it_is_no_darker() -> None:
    light = [wall().seen(lens, WALL_AT).light.mean() for lens in (6.25, 8.4, 12.0, 15.0)]
    assert light == pytest.approx([light[0]] * 4, rel=2e-3)


def test_the_blurred_print_has_no_seam() -> None:
    light = wall().seen(12.0, WALL_AT).light.astype(np.float64)
    for axis in (0, 1):
        border = np.abs(light.take(0, axis) - light.take(-1, axis)).mean()
        assert border < 2 * np.abs(np.diff(light, axis=axis)).mean()


def test_the_prints_of_a_sweep_are_kept_and_no_more() -> None:
    made = wall()
    assert made.seen(9.0, WALL_AT).light is made.seen(9.000001, WALL_AT).light
    first = made.seen(9.0, WALL_AT).light
    for lens in np.linspace(10.0, 12.0, KEPT):
        made.seen(float(lens), WALL_AT)
    again = made.seen(9.0, WALL_AT).light
    assert again is not first
    assert (again == first).all()


# ------------------------------------------------------- behind the object


def test_it_stands_still_while_the_object_turns() -> None:
    one, two = printed(40, 20), printed(200, 20)
    still = off_object(one, two)
    assert still.mean() > 0.3
    assert np.abs(one.truth(10.0).y.astype(int) - two.truth(10.0).y)[still].max() <= 2


def test_it_fills_the_frame_to_the_border_at_every_lens_position() -> None:
    """Beside the plain one, no strip of dark wall is left anywhere, whichever way the picture breathes and sways."""
    for lens in (0.0, 10.0, 15.0):
        y = printed().slice(lens, frame=0, shift_px=(5.0, -5.0)).y
        assert min(part.mean() for part in (y[0], y[-1], y[:, 0], y[:, -1])) > 60


def test_it_changes_nothing_about_the_object() -> None:
    """Well inside the outline the bytes of a slice are those before the plain wall; mask and depth are the same."""
    bare, seen = view(40, 20, **STILL), printed()
    inside = cv2.erode(bare.mask(10.0), np.ones((31, 31), np.uint8)) > 0
    assert inside.sum() > 2000
    one, two = (made.slice(10.0, frame=1).y.astype(int) for made in (bare, seen))
    assert np.abs(one - two)[inside].max() <= 1
    assert (bare.mask(9.0) == seen.mask(9.0)).all()
    assert np.array_equal(bare.depth(9.0), seen.depth(9.0), equal_nan=True)


def test_the_object_hides_it() -> None:
    """A camera focused on the rim of the object: inside the outline there is object, outside there is wall."""
    bare, seen = view(40, 20, **STILL), printed()
    plain, before = bare.truth(10.0).y.astype(int), seen.truth(10.0).y.astype(int)
    mask = bare.mask(10.0)
    assert np.abs(plain - before)[cv2.erode(mask, np.ones((7, 7), np.uint8)) > 0].max() <= 1
    assert np.abs(plain - before)[off_object(bare, reach=7)].mean() > 60


def test_at_a_blurred_rim_object_and_wall_mix_as_much_as_before_a_plain_wall() -> None:
    """Light = object + (1 - coverage) wall: before white, black and print, the object's own share is the same."""
    bare, seen, lens = view(40, 20, **STILL), printed(), 8.0
    light = []
    for made in (bare, seen):
        flat = made.slice(lens, frame=0, exposure=0.5).y.astype(np.float32)
        light.append(np.power(flat / 255, 2.2))
    rim = cv2.morphologyEx(bare.mask(lens), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    far = off_object(bare, lens=lens, reach=61)
    share = (light[1] - light[0])[rim].mean() / (light[1] - light[0])[far].mean()
    assert share == pytest.approx(0.5, abs=0.12)


def test_it_breathes_with_the_lens() -> None:
    """Focused 3 D nearer and 3 D farther than the wall it is blurred alike: only the magnification differs."""
    made, seen = scene(**PRINTED), printed()
    lenses = (1 / WALL_AT + 3.0, 1 / WALL_AT - 3.0)
    near, far = (seen.truth(lens).y for lens in lenses)
    camera = made.intrinsics(10.0)
    scale = made.lens.scale(lenses[0]) / made.lens.scale(lenses[1])
    move = np.array([[scale, 0, camera.cx * (1 - scale)], [0, scale, camera.cy * (1 - scale)]])
    away = off_object(seen, lens=lenses[0])
    away[:6], away[-6:], away[:, :6], away[:, -6:] = False, False, False, False
    moved = cv2.warpAffine(far, move, (480, 270), flags=cv2.INTER_CUBIC)
    assert psnr(moved, near, away) > psnr(far, near, away) + 3


def test_a_rail_carries_the_camera_away_from_it() -> None:
    """40 mm farther back the wall is 200 mm away: the same print, 160 / 200 as large about the optical axis."""
    here, back = (printed(40, 20, mm).truth(10.0).y for mm in (0.0, 40.0))
    camera = scene(**PRINTED).intrinsics(10.0)
    move = np.array([[0.8, 0, 0.2 * camera.cx], [0, 0.8, 0.2 * camera.cy]])
    away = off_object(printed(), printed(40, 20, 40.0), reach=15)
    away &= cv2.warpAffine(np.ones((270, 480), np.uint8), move, (480, 270)) > 0
    smaller = cv2.warpAffine(here, move, (480, 270), flags=cv2.INTER_AREA)
    assert np.corrcoef(smaller[away], back[away])[0, 1] > 0.8
    assert np.corrcoef(here[away], back[away])[0, 1] < 0.3


def test_sway_moves_it_with_the_object() -> None:
    here, there = (printed().slice(10.0, frame=0, shift_px=shift).y for shift in ((0.0, 0.0), (2.5, -1.5)))
    back = cv2.warpAffine(there, np.array([[1, 0, -2.5], [0, 1, 1.5]]), (480, 270), flags=cv2.INTER_CUBIC)
    inner = np.zeros(here.shape, bool)
    inner[8:-8, 8:-8] = True
    assert psnr(back, here, inner) > psnr(there, here, inner) + 10


def test_light_on_it_follows_the_exposure() -> None:
    away = off_object(printed())
    full, half = (printed().slice(10.0, frame=0, exposure=exposure).y[away].mean() for exposure in (1.0, 0.5))
    assert 0.65 < half / full < 0.85


def test_the_picture_of_another_size_shows_the_same_wall() -> None:
    """The preview and the pictures of a scan are made by two scenes."""
    small, large = (printed(**size).truth(10.0).y for size in ({"width": 320, "height": 180}, SMALL))
    away = off_object(printed(width=320, height=180))
    assert psnr(cv2.resize(large, (320, 180), interpolation=cv2.INTER_AREA), small, away) > 28


@pytest.mark.slow
@pytest.mark.parametrize(("turntable", "tilt"), [(0, 0), (40, 20), (190, 40)])
def test_there_is_more_to_lock_onto_than_on_the_object(turntable: float, tilt: float) -> None:
    """At 1280 x 720, focused on the middle: what makes photogrammetry fail without masks."""
    seen = printed(turntable, tilt, width=1280, height=720)
    sift = cv2.SIFT_create()  # type: ignore[attr-defined]  # the library's stubs lack it
    found = sift.detect(seen.slice((seen.near + seen.far) / 2, frame=0).y, None)
    mask = seen.mask(10.0)
    on_object = sum(bool(mask[round(point.pt[1]), round(point.pt[0])]) for point in found)
    assert on_object > 1000
    assert len(found) - on_object > on_object


# ------------------------------------------------------- wired


def look(**simulated: object) -> Planes:
    settings = RigSettings(simulated=SimulatedSettings.model_validate({"width": 160, "height": 120, **simulated}))
    camera = simulated_camera(settings, FakeClock(), lambda: (40.0, 20.0))
    try:
        return camera.look()
    finally:
        camera.close()


def test_texture_and_background_are_settings_of_the_simulated_rig() -> None:
    plain, weak, printed_wall = look(), look(texture="weak"), look(background="textured")
    corner = (slice(0, plain.y.shape[0] // 5),) * 2
    assert printed_wall.y[corner].std() > 20
    assert max(plain.y[corner].std(), weak.y[corner].std()) < 5
    assert np.abs(weak.y.astype(int) - plain.y).mean() > 0.5
