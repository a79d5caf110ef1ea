"""Poses against the scene that the simulated rig photographs, and by hand."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from scanner.capture.scan_camera import ScanCamera, scan_camera
from scanner.delivery.poses import CameraPose, pose_of
from scanner.hardware.settings import RigGeometry
from scanner.hardware.simulated.scene import Scene, SceneSettings
from tests.delivery.scans import GEOMETRY, new_scan

PLAIN = RigGeometry(distance_mm=200, height_mm=0, pivot_mm=0)


def camera_at(root: Path, geometry: RigGeometry) -> ScanCamera:
    camera = scan_camera(new_scan(root).manifest)
    return camera.model_copy(update={"geometry": geometry, "distance_mm": geometry.distance_mm})


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> ScanCamera:
    return camera_at(tmp_path_factory.mktemp("camera"), GEOMETRY)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> ScanCamera:
    return camera_at(tmp_path_factory.mktemp("plain"), PLAIN)


def seen(pose: CameraPose, point: tuple[float, float, float]) -> NDArray[np.float64]:
    """A point of the object frame in the camera frame, metres."""
    rotation, offset = np.array(pose.rotation, np.float64), np.array(point, np.float64) - np.array(pose.centre)
    return np.asarray(rotation @ offset, np.float64)


def test_poses_are_those_of_the_simulated_scene(camera: ScanCamera) -> None:
    scene = Scene(SceneSettings(width=160, height=120))
    for turntable, tilt in itertools.product((-725.0, -31.7, 0.0, 45.0, 90.0, 123.4, 359.9), (-20.0, 0.0, 12.5, 70.0)):
        rotation, translation = scene.pose(turntable, tilt)
        pose = pose_of(camera, turntable, tilt)
        assert np.abs(np.array(pose.rotation) - rotation).max() < 1e-11
        assert np.abs(np.array(pose.centre) + rotation.T @ translation).max() < 1e-9


def test_at_rest_the_camera_stands_at_minus_y_and_looks_along_y(plain: ScanCamera) -> None:
    pose = pose_of(plain, 0, 0)
    assert pose.centre == (0.0, -0.2, 0.0)
    assert pose.rotation == ((1.0, 0.0, 0.0), (0.0, 0.0, -1.0), (0.0, 1.0, 0.0))


def test_turning_the_object_anticlockwise_takes_the_camera_clockwise(plain: ScanCamera) -> None:
    assert pose_of(plain, 90, 0).centre == pytest.approx((-0.2, 0, 0), abs=1e-12)
    assert seen(pose_of(plain, 90, 0), (0, 0.01, 0)) == pytest.approx((-0.01, 0, 0.2))  # what lay behind is now left


def test_tilting_shows_the_object_from_above(plain: ScanCamera) -> None:
    assert pose_of(plain, 0, 90).centre == pytest.approx((0, 0, 0.2), abs=1e-12)
    assert seen(pose_of(plain, 0, 30), (0, 0, 0.05))[2] < 0.2  # its top comes nearer


def test_the_point_about_which_it_tilts_stays_where_it_is(tmp_path: Path) -> None:
    camera = camera_at(tmp_path, RigGeometry(distance_mm=150, height_mm=80, pivot_mm=40, down_deg=10))
    still = [seen(pose_of(camera, turn, tilt), (0, 0, 0.04)) for turn, tilt in ((0, 0), (77, 35), (200, -15))]
    assert np.ptp(still, axis=0).max() < 1e-11


def test_a_camera_that_looks_down_sees_what_lies_lower_in_the_middle(tmp_path: Path) -> None:
    camera = camera_at(tmp_path, RigGeometry(distance_mm=100, height_mm=100, down_deg=45))
    assert seen(pose_of(camera, 10, 0), (0, 0, 0)) == pytest.approx((0, 0, np.hypot(0.1, 0.1)), abs=1e-12)


@settings(max_examples=40)
@given(turntable=st.floats(-3600, 3600), tilt=st.floats(-90, 90), down=st.floats(-90, 90))
def test_rotations_are_proper_and_distances_hold(
    camera: ScanCamera, turntable: float, tilt: float, down: float
) -> None:
    geometry = GEOMETRY.model_copy(update={"down_deg": down})
    pose = pose_of(camera.model_copy(update={"geometry": geometry}), turntable, tilt)
    rotation = np.array(pose.rotation)
    assert np.abs(rotation @ rotation.T - np.eye(3)).max() < 1e-11
    assert np.linalg.det(rotation) == pytest.approx(1)
    assert np.linalg.norm(np.array(pose.centre) - (0, 0, 0.0265)) == pytest.approx(0.1)
    assert not any(str(value) == "-0.0" for row in (*pose.rotation, pose.centre) for value in row)
