"""What is scanned to be reconstructed: the rig of the config shows the scene that is known."""

import tomllib
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.reconstruction.scenes import FAR, NEAR, SCENES, E2EScene, centre, plan
from scanner.config import Settings
from scanner.slices import Position

SMALL = E2EScene("rich", "plain", seed=4, size=(160, 90))


@pytest.mark.parametrize("name", SCENES)
def test_the_rig_shows_what_is_known(name: str) -> None:
    scene = replace(SCENES[name], seed=7, size=(320, 180))
    wanted = Settings.model_validate(tomllib.loads(scene.config)).rig.simulated
    known = scene.settings
    for key in ("width", "height", "seed", "texture", "background", "breathing", "shake_px"):
        assert getattr(wanted, key) == getattr(known, key), key
    assert name == f"{wanted.texture}-{wanted.background}"


def test_there_is_a_weak_object_and_a_printed_wall() -> None:
    assert {(scene.texture, scene.background) for scene in SCENES.values()} == {
        ("rich", "plain"),
        ("weak", "plain"),
        ("rich", "textured"),
    }


@pytest.mark.parametrize(("count", "rings"), [(24, [12, 12]), (9, [5, 4]), (2, [1, 1])])
def test_positions_are_shared_between_two_rings(count: int, rings: list[int]) -> None:
    positions = plan(count).positions()
    tilts = [position.tilt for position in positions]
    assert [tilts.count(5), tilts.count(30)] == rings
    assert [position.index for position in positions] == list(range(count))


def test_nothing_is_left_to_the_scan_but_the_number_of_slices() -> None:
    """What is known is rendered where the sweep says, not where something was measured."""
    sweep = plan(24).sweep
    assert (sweep.near, sweep.far, sweep.count) == (NEAR, FAR, "auto")


@pytest.mark.parametrize(
    "position", [Position(index=0, turntable=180, tilt=30), Position(index=1, turntable=90, tilt=30)]
)
def test_the_sweep_reaches_all_there_is_to_see(position: Position) -> None:
    view = SMALL.known().view(position.turntable, position.tilt)
    assert FAR <= view.far < FAR + 0.8
    assert NEAR - 1.2 < view.near <= NEAR


@pytest.mark.parametrize(
    ("turntable", "tilt", "place"),
    [(0, 0, (0, -0.1, 0.0265)), (90, 0, (-0.1, 0, 0.0265)), (0, 30, (0, -0.0866, 0.0765))],
)
def test_the_camera_stands_where_the_pose_says(turntable: float, tilt: float, place: tuple[float, ...]) -> None:
    """The object turned anticlockwise by 90° is a camera gone clockwise, from the front to the left."""
    found = centre(SMALL.known(), Position(index=0, turntable=turntable, tilt=tilt))
    assert np.allclose(found, place, atol=1e-4)
