"""COLMAP on known truth: where the cameras stood and what they saw comes out."""

from dataclasses import replace
from pathlib import Path

import cv2
import pytest

from benchmarks.reconstruction import colmap
from benchmarks.reconstruction.figures import figures
from benchmarks.reconstruction.scenes import E2EScene, centre
from scanner.slices import Position
from scanner.store.images import encode_jpeg

SCENE = E2EScene("rich", "plain", size=(960, 540))
POSITIONS = tuple(Position(index=i, turntable=15.0 * i, tilt=tilt) for i, tilt in enumerate((5.0, 30.0) * 5))


@pytest.mark.slow
def test_known_truth_is_found_again(tmp_path: Path) -> None:
    """Without EXIF each picture has a camera of its own; the errors are those of features half a pixel off."""
    pytest.importorskip("pycolmap", reason="pip install focusrig[e2e]")
    scene = SCENE.known()
    images, masks = tmp_path / "images", tmp_path / "masks"
    images.mkdir()
    masks.mkdir()
    for position in POSITIONS:
        view = scene.view(position.turntable, position.tilt)
        (images / f"{position.index:02d}.jpg").write_bytes(encode_jpeg(view.truth(10.0), 96))
        cv2.imwrite(str(masks / f"{position.index:02d}.jpg.png"), view.mask(10.0))
    colmap.find_matches(images, masks, tmp_path / "matches.db")
    model = colmap.reconstruct(images, tmp_path / "matches.db", tmp_path / "models" / "1", seed=1)
    centres = {f"{position.index:02d}.jpg": centre(scene, position) for position in POSITIONS}
    told = figures(model, centres, scene.distance, 0.1)
    assert (told.given, told.registered, told.cameras) == (10, 10, 10)
    assert told.points > 300
    assert told.shape_um < 500
    again = colmap.reconstruct(images, tmp_path / "matches.db", tmp_path / "models" / "2", seed=1)
    assert figures(again, centres, scene.distance, 0.1) == replace(told), "the same seed gives the same figures"
