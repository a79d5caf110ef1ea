import cv2
import numpy as np
import pytest

from scanner.hardware.simulated import layers
from scanner.hardware.simulated.layers import Sheet
from scanner.hardware.simulated.noise import noise_of_code
from scanner.hardware.simulated.optics import LINEAR_OF_CODE
from scanner.slices import Planes
from tests.hardware.simulated.scenes import MIDDLE, STILL, psnr, scene, view


def solid_mask(turntable: float, tilt: float, lens: float, margin: int = 3, **changes: object) -> np.ndarray:
    mask = view(turntable, tilt, **changes).mask(lens)
    return cv2.erode(mask, np.ones((margin, margin), np.uint8)) > 0


def test_planes_are_half_size_in_chroma() -> None:
    planes = view(40, 20).slice(10.0, frame=0)
    assert planes.shapes == ((270, 480), (135, 240))
    assert planes.cr.shape == planes.cb.shape
    assert {plane.dtype for plane in (planes.y, planes.cb, planes.cr)} == {np.dtype(np.uint8)}


def test_the_object_fills_the_frame_without_touching_its_border() -> None:
    for position in ((0, 0), (40, 20), (190, 60)):
        mask = view(*position).mask(10.0)
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        assert rows.size > 130
        assert columns.size > 120
        assert 0 < rows[0] < rows[-1] < 269
        assert 0 < columns[0] < columns[-1] < 479


def test_near_and_far_are_those_of_the_depth_map() -> None:
    seen = view(40, 20)
    depth = seen.depth(10.0)
    assert np.nanmax(depth) == pytest.approx(seen.near, abs=1e-3)
    assert np.nanmin(depth) == pytest.approx(seen.far, abs=1e-3)
    assert 7.5 < seen.far < seen.near < 13.5


def test_the_object_hides_parts_of_itself() -> None:
    """A step in depth well inside the outline: chest before tail, legs before belly."""
    depth = view(40, 20).depth(10.0)
    inner = cv2.erode(view(40, 20).mask(10.0), np.ones((9, 9), np.uint8)) > 0
    step = np.abs(np.diff(depth, axis=1))
    assert (step[inner[:, 1:]] > 0.5).sum() > 20


def test_depth_and_mask_agree() -> None:
    depth, mask = view(40, 20).depth(9.0), view(40, 20).mask(9.0)
    assert (np.isfinite(depth) <= (mask > 0)).mean() > 0.999
    assert np.isfinite(depth).sum() > 0.97 * (mask > 0).sum()


@pytest.mark.parametrize("breathing", [0.005, 0.03])
def test_breathing_scales_about_the_principal_point(breathing: float) -> None:
    """Of several magnifications about several points, the one asked for explains the pictures of both ends best."""
    made, seen = scene(breathing=breathing, **STILL), view(40, 20, breathing=breathing, **STILL)
    camera = made.intrinsics(10.0)
    far, near = seen.truth(0.0).y, seen.truth(15.0).y
    inner = solid_mask(40, 20, 15.0, 9, breathing=breathing, **STILL)

    def likeness(change: float, cx: float, cy: float) -> float:
        scale = 1 + change
        move = np.array([[scale, 0, cx * (1 - scale)], [0, scale, cy * (1 - scale)]])
        return psnr(cv2.warpAffine(far, move, (480, 270), flags=cv2.INTER_CUBIC), near, inner)

    right = likeness(breathing, camera.cx, camera.cy)
    assert right > 33
    assert right > likeness(breathing - 0.001, camera.cx, camera.cy)
    assert right > likeness(breathing + 0.001, camera.cx, camera.cy)
    for dx, dy in ((6, 0), (-6, 0), (0, 6), (0, -6)):
        assert right > likeness(breathing, camera.cx + dx, camera.cy + dy)


def test_truth_breathes_like_its_intrinsics() -> None:
    """The picture at one lens position, scaled by the ratio of focal lengths, is the picture at another."""
    made, seen = scene(**MIDDLE, **STILL), view(40, 20, **MIDDLE, **STILL)
    a, b = made.intrinsics(8.0), made.intrinsics(12.5)
    scale = b.focal_px / a.focal_px
    move = np.array([[scale, 0, a.cx * (1 - scale)], [0, scale, a.cy * (1 - scale)]])
    one, two = seen.truth(8.0).y, seen.truth(12.5).y
    moved = cv2.warpAffine(one, move, (960, 540), flags=cv2.INTER_LANCZOS4)
    inner = solid_mask(40, 20, 12.5, 9, **MIDDLE, **STILL)
    assert psnr(moved, two, inner) > 38
    assert psnr(one, two, inner) < 34


def test_the_same_frame_gives_the_same_bytes_and_another_does_not() -> None:
    seen = view(40, 20)
    one, same, other = (seen.slice(10.0, frame=frame) for frame in (3, 3, 4))
    assert (one.y == same.y).all()
    assert (one.cb == same.cb).all()
    assert (one.y != other.y).mean() > 0.3


def test_a_focused_slice_of_a_still_rig_is_the_truth_but_for_noise() -> None:
    """A flat part of the sweep: where depth is within a tenth of a dioptre of the focus."""
    seen = view(40, 20, **STILL)
    depth = seen.depth(11.0)
    focused = (np.abs(depth - 11.0) < 0.1) & solid_mask(40, 20, 11.0, 7, **STILL)
    frames = [seen.slice(11.0, frame=frame).y.astype(np.float64) for frame in range(8)]
    truth = seen.truth(11.0).y
    assert psnr(frames[0], truth, focused) > 38
    assert psnr(np.mean(frames, 0), truth, focused) > 44


def test_noise_shrinks_with_light() -> None:
    """On the plain wall and on the object, noise in linear light grows slower than the light."""
    seen = view(40, 20, well_depth=25.0, **STILL)
    inner = solid_mask(40, 20, 10.0, 15, **STILL)
    relative = []
    for exposure in (0.25, 1.0):
        one, two = (seen.slice(10.0, frame=i, exposure=exposure).y.astype(np.float64) for i in (1, 2))
        relative.append((one - two)[inner].std() / np.sqrt(2) / one[inner].mean())
    assert relative[0] > 1.25 * relative[1]


def test_noise_is_what_the_settings_ask_for() -> None:
    """4500 electrons at white on a pixel of 480 across 6.45 mm."""
    noisy = STILL | {"well_depth": 4500.0 / (6450 / 480) ** 2}
    seen = view(40, 20, **noisy)
    one, two = (seen.slice(10.0, frame=i).y.astype(np.float64) for i in (1, 2))
    level = ((one + two) / 2).round().astype(int)
    flat = (level > 60) & (level < 100) & solid_mask(40, 20, 10.0, 5, **STILL)
    expected = 0.668 * np.sqrt(np.mean(noise_of_code(4500.0, 3.0)[level[flat]] ** 2) + 2 / 12 / 2 / 0.668**2)
    assert (one - two)[flat].std() / np.sqrt(2) == pytest.approx(expected, rel=0.1)


def test_exposure_multiplies_linear_light_and_clips() -> None:
    seen = view(40, 20, well_depth=25.0, **STILL)
    inner = solid_mask(40, 20, 10.0, 15, **STILL)
    dim, full = (LINEAR_OF_CODE[seen.slice(10.0, frame=0, exposure=e).y][inner].mean() for e in (0.5, 1.0))
    assert full / dim == pytest.approx(2.0, rel=0.05)
    assert (seen.slice(10.0, frame=0, exposure=200.0).y[inner] == 255).mean() > 0.95


def test_gains_shift_the_colour() -> None:
    seen = view(40, 20, well_depth=25.0, **STILL)
    inner = solid_mask(40, 20, 10.0, 15, **STILL)[::2, ::2]
    plain, red, blue = (
        seen.slice(10.0, frame=0, red_gain=r, blue_gain=b) for r, b in ((1.0, 1.0), (2.0, 1.0), (1.0, 2.0))
    )
    assert red.cr[inner].mean() > plain.cr[inner].mean() + 5
    assert blue.cb[inner].mean() > plain.cb[inner].mean() + 5


def test_shake_moves_the_picture_a_little_and_differently() -> None:
    seen = view(40, 20, width=480, height=270, shake_px=1.5, well_depth=1e9, read_noise=0.0)
    truth = seen.truth(0.0).y.astype(np.float32)
    blurred = [seen.slice(10.0, frame=frame).y.astype(np.float32) for frame in range(6)]
    shifts = np.array([cv2.phaseCorrelate(blurred[0], other)[0] for other in blurred[1:]])
    assert truth.shape == blurred[0].shape
    assert 0.5 < np.abs(shifts).mean() < 4
    assert np.unique(shifts.round(2), axis=0).shape[0] == 5


def test_sway_moves_the_picture_as_far_as_it_says_and_nothing_else() -> None:
    seen = view(40, 20, well_depth=1e9, read_noise=0.0, **STILL)
    still, same, swayed = (
        seen.slice(10.0, frame=3, shift_px=shift) for shift in ((0.0, 0.0), (-0.0, 0.0), (2.5, -1.5))
    )
    assert (still.y == same.y).all()
    back = cv2.warpAffine(swayed.y, np.array([[1, 0, -2.5], [0, 1, 1.5]]), (480, 270), flags=cv2.INTER_CUBIC)
    inner = solid_mask(40, 20, 10.0, 9, well_depth=1e9, read_noise=0.0, **STILL)
    assert psnr(back, still.y, inner) > 38
    assert psnr(swayed.y, still.y, inner) < 30


def sweep(count: int) -> tuple[list[Planes], np.ndarray, Planes]:
    """Slices without breathing or shake, the focus of each, and the truth."""
    seen = view(40, 20, **MIDDLE, **STILL, breathing=0.0)
    lenses = np.linspace(seen.near, seen.far, count)
    return [seen.slice(float(lens), frame=i) for i, lens in enumerate(lenses)], lenses, seen.truth(10.0)


def test_stacking_is_worth_it() -> None:
    """Taking each pixel from the slice focused nearest to its depth beats the best single slice by 6 dB and more."""
    changes = {**MIDDLE, **STILL, "breathing": 0.0}
    slices, lenses, truth = sweep(8)
    depth = view(40, 20, **changes).depth(10.0)
    inner = solid_mask(40, 20, 10.0, 3, **changes) & np.isfinite(depth)
    best = np.abs(np.nan_to_num(depth)[None] - lenses[:, None, None]).argmin(0)
    stacked = np.take_along_axis(np.stack([planes.y for planes in slices]), best[None], 0)[0]
    single = max(psnr(planes.y, truth.y, inner) for planes in slices)
    assert psnr(stacked, truth.y, inner) > single + 6


def test_the_ends_of_the_sweep_are_blurred_elsewhere() -> None:
    """The nearest slice is sharp in front and soft behind, the farthest the other way round."""
    slices, _, truth = sweep(8)
    changes = {**MIDDLE, **STILL, "breathing": 0.0}
    depth = view(40, 20, **changes).depth(10.0)
    front, behind = depth > np.nanpercentile(depth, 85), depth < np.nanpercentile(depth, 15)
    assert psnr(slices[0].y, truth.y, front) > psnr(slices[0].y, truth.y, behind) + 3
    assert psnr(slices[-1].y, truth.y, behind) > psnr(slices[-1].y, truth.y, front) + 3


@pytest.mark.parametrize("lens", [8.5, 10.0, 12.0])
def test_painted_white_the_object_stays_white_inside_its_outline(lens: float) -> None:
    """No dark fringe where one part of it is blurred before another."""
    picture = view(40, 20, **MIDDLE, **STILL)._picture
    white = [
        Sheet(np.full_like(sheet.colour, 255) * (sheet.depth > 0), sheet.depth)
        for sheet in (picture.front, picture.back)
    ]
    depth = layers.dioptres_of(np.arange(256) * 256 + 128, picture.far, picture.near)
    circles = scene(**MIDDLE, **STILL).lens.circle(lens, depth)
    strips = [light[:, layers.HALO : -layers.HALO] for _, light in layers.composite(white, picture.inset, circles)]
    margin = layers.margin_of(circles)
    light = np.concatenate(strips, 1)[0, margin:-margin, margin:-margin]
    inside = light[picture.inset > np.abs(circles).max() / 2 + 2]
    assert np.percentile(inside, 0.1) > 0.98
    assert inside.min() > 0.85
    assert inside.max() < 1.001


@pytest.mark.parametrize("seed", [1, 2, 5])
def test_the_whole_object_is_in_the_frame_for_other_seeds_too(seed: int) -> None:
    for tilt in (0.0, 20.0):
        mask = scene(seed=seed).view(20.0, tilt).mask(15.0)
        assert not mask[[0, 1, -2, -1]].any()


def test_the_background_is_plain_and_dark() -> None:
    truth, mask = view(40, 20).truth(10.0), view(40, 20).mask(10.0)
    wall = cv2.dilate(mask, np.ones((9, 9), np.uint8)) == 0
    assert truth.y[wall].std() < 0.5
    assert 5 < truth.y[wall].mean() < 25


def test_the_object_is_textured_everywhere() -> None:
    """Features for photogrammetry: most small patches of the object hold contrast well above the noise."""
    truth = view(40, 20, **MIDDLE, **STILL).truth(10.0).y.astype(np.float32)
    inner = solid_mask(40, 20, 10.0, 15, **MIDDLE, **STILL)
    mean = cv2.blur(truth, (15, 15))
    contrast = np.sqrt(np.maximum(cv2.blur(truth * truth, (15, 15)) - mean * mean, 0))
    assert np.percentile(contrast[inner], 10) > 3.5
    corners = cv2.goodFeaturesToTrack(truth, 5000, 0.01, 3, mask=inner.astype(np.uint8))
    assert len(corners) > 1000
