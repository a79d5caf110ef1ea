import numpy as np

from scanner.hardware.simulated import render, shape, trace
from tests.hardware.simulated.scenes import scene, view


def camera(reach: float = 10.0) -> render.Camera:
    rotation, translation = scene().pose(40, 20)
    focal, cx, cy = scene().intrinsics(10.0)
    return render.Camera(rotation, translation * 1e3, focal, (cx, cy), (480, 270), reach)


def test_rays_go_through_their_pixels() -> None:
    made = camera()
    x, y = np.array([0.0, 239.0, 400.5]), np.array([0.0, 100.0, 269.0])
    points = trace.points(made.origin, made.ways(x, y), np.full(3, 120.0, np.float32))
    seen = made.rotation @ points + made.translation[:, None]
    assert np.abs(seen[2] - 120.0).max() < 1e-3
    assert np.abs(made.centre[0] + made.focal_px * seen[0] / seen[2] - x).max() < 1e-3
    assert np.abs(made.centre[1] + made.focal_px * seen[1] / seen[2] - y).max() < 1e-3


def test_the_window_holds_the_whole_object() -> None:
    picture = view(40, 20)._picture
    there = picture.front.depth > 0
    assert not there[[0, -1]].any()
    assert not there[:, [0, -1]].any()
    assert picture.inset.shape == there.shape == picture.back.depth.shape


def test_there_are_no_holes() -> None:
    """Rays that skim an edge must not slip through: background inside the outline comes in pieces, not in dust."""
    import cv2

    for position in ((0, 0), (40, 20), (190, 60)):
        there = view(*position)._picture.front.depth > 0
        count, _, stats, _ = cv2.connectedComponentsWithStats((~there).astype(np.uint8), connectivity=4)
        dust = [stats[i, cv2.CC_STAT_AREA] for i in range(1, count) if stats[i, cv2.CC_STAT_AREA] < 3]
        assert len(dust) <= 12


def test_the_hidden_sheet_lies_behind_the_front() -> None:
    picture = view(40, 20)._picture
    both = picture.back.depth > 0
    assert both.sum() > 300
    assert (picture.front.depth[both] > 0).all()
    assert (picture.back.depth[both] <= picture.front.depth[both]).mean() > 0.999
    assert (picture.back.colour[:, both].max(0) > 0).mean() > 0.99


def test_hidden_surface_is_looked_for_within_reach_of_an_edge() -> None:
    """A bar in front of a plate: the zone lies on the bar, and grows with the reach."""
    depth = np.full((120, 200), 110, np.float32)
    depth[:, 60:140] = 90
    for reach in (4.0, 16.0):
        zone = render._edges(depth, reach)[60]
        assert zone[62:66].all()
        assert not zone[90:110].any()
        assert zone[60:100].sum() >= reach
    assert not render._edges(np.full((80, 80), 100, np.float32), 9.0).any()


def test_colour_is_there_where_depth_is() -> None:
    front = view(40, 20)._picture.front
    assert (front.colour[:, front.depth == 0] == 0).all()
    assert (front.colour[:, front.depth > 0].max(0) > 4).mean() > 0.99


def test_the_lamp_does_not_turn_with_the_object() -> None:
    """The left of the picture is lit from every side of the object, the right lies in shade."""
    for turntable in (0, 90, 180, 270):
        picture = view(turntable, 0)._picture
        there = picture.front.depth > 0
        light = picture.front.colour[1].astype(float)
        columns = np.flatnonzero(there.any(0))
        third = (columns[-1] - columns[0]) // 3
        rows = slice(there.shape[0] // 2, None)
        left, right = slice(columns[0], columns[0] + third), slice(columns[-1] - third, columns[-1])
        assert light[rows, left][there[rows, left]].mean() > light[rows, right][there[rows, right]].mean()


def test_the_object_stays_inside_the_depths_that_are_traced() -> None:
    made = camera()
    _, _, _, _, near, far = render._window(made)
    assert near > 60
    assert far - near < 2.2 * np.hypot(shape.RADIUS, shape.HEIGHT / 2)
