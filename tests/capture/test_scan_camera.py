"""The one camera of a scan, from its manifest: focal length, distance, and how well that is known."""

import pytest

from scanner.capture.events import SweepFacts
from scanner.capture.scan_camera import scan_camera
from scanner.errors import CorruptState, WrongState
from scanner.hardware.settings import RigGeometry
from scanner.units import Millimetres
from tests.capture.fakes import LOOK, FakeRig
from tests.capture.manifests import NAMES, SWEEP, manifest


def test_it_is_the_pinhole_of_the_reference_slice() -> None:
    camera = scan_camera(manifest())
    assert (camera.reference, camera.focus, camera.unit) == (2, 10.0, "D")
    assert 1 / camera.focal_length_mm == pytest.approx(1 / 4.74 - 10 / 1000)  # thin lens: 1/v = 1/f - D
    assert camera.focal_px == pytest.approx(camera.focal_length_mm * 1000 / 20)
    assert (camera.width, camera.height, camera.cx, camera.cy) == (320, 240, 159.5, 119.5)
    assert (camera.f_number, camera.exposure_us, camera.iso) == (1.8, LOOK.time_us, 100)
    assert camera.names == NAMES


def test_another_reference_slice_is_another_pinhole() -> None:
    nearest = scan_camera(manifest(sweep=SWEEP.model_copy(update={"reference": 0})))
    assert nearest.focus == 12.0
    assert nearest.focal_length_mm > scan_camera(manifest()).focal_length_mm


@pytest.mark.parametrize(
    ("geometry", "distance", "sigma"),
    [(RigGeometry(), 100.0, 10.0), (RigGeometry(distance_mm=140, accuracy_mm=2), 140.0, 2.0)],
)
def test_the_distance_is_measured_or_guessed_from_the_focus(
    geometry: RigGeometry, distance: Millimetres, sigma: Millimetres
) -> None:
    camera = scan_camera(manifest(geometry=geometry))
    assert (camera.distance_mm, camera.sigma_mm) == pytest.approx((distance, sigma))


def test_a_calibrated_lens_scale_tells_the_true_distance() -> None:
    camera = scan_camera(manifest(focus_scale={"offset": 2.0, "slope": 1.6}))
    assert camera.in_focus_mm == pytest.approx(1000 / 5)
    assert 1 / camera.focal_length_mm == pytest.approx(1 / 4.74 - 5 / 1000)


def test_a_rail_is_in_focus_where_it_always_is() -> None:
    sweep = SweepFacts(near=20, far=10, count=6, reference=3)
    camera = scan_camera(manifest(rig=FakeRig(drive="rail"), sweep=sweep))
    assert (camera.focus, camera.unit, camera.in_focus_mm) == (14.0, "mm", 100.0)


@pytest.mark.parametrize(("down", "distance", "height"), [(0, 96.0, 30.0), (90, 100.0, 26.0)])
def test_a_rail_carries_the_camera_from_where_it_was_measured(down: float, distance: float, height: float) -> None:
    geometry = RigGeometry(distance_mm=100, height_mm=30, rail_mm=18, down_deg=down)
    sweep = SweepFacts(near=20, far=10, count=6, reference=3)
    camera = scan_camera(manifest(rig=FakeRig(drive="rail"), sweep=sweep, geometry=geometry))
    assert camera.distance_mm == pytest.approx(distance)
    assert camera.geometry.height_mm == pytest.approx(height)


def test_fixed_focus_has_one_slice() -> None:
    camera = scan_camera(manifest(rig=FakeRig(drive="fixed"), sweep=SweepFacts(near=0, far=0, count=1, reference=0)))
    assert (camera.focus, camera.unit, camera.in_focus_mm) == (0.0, "", 100.0)


def test_a_scan_of_an_older_version_has_a_camera_too() -> None:
    known = manifest()
    old = known.model_copy(update={"rig": {"camera": known.rig["camera"]}})
    camera = scan_camera(old)
    assert (camera.names.model, camera.names.make, camera.unit) == ("fake", "", "D")
    assert camera.distance_mm == pytest.approx(100)


def test_before_the_sweep_is_known_there_is_none() -> None:
    with pytest.raises(WrongState, match="not measured yet"):
        scan_camera(manifest(sweep=None))


def test_a_manifest_that_tells_no_camera_is_named() -> None:
    with pytest.raises(CorruptState, match="20261122-120000-vase does not tell its camera"):
        scan_camera(manifest().model_copy(update={"rig": {}}))


def test_a_rail_of_an_older_version_is_no_lens() -> None:
    known = manifest(rig=FakeRig(drive="rail"), sweep=SweepFacts(near=20, far=10, count=6, reference=3))
    focus = known.rig["focus"]
    assert isinstance(focus, dict)
    old = known.model_copy(update={"rig": known.rig | {"focus": {**focus, "distance_mm": None}}})
    assert scan_camera(old).in_focus_mm == 100.0
