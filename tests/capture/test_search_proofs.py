"""Near and far of the simulated cat, before either background, in paths of several kinds, against its true depth."""

from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from scanner.capture.search import find_ends
from scanner.hardware.simulated.scene import Scene, SceneSettings
from scanner.hardware.simulated.view import View
from scanner.plan.path import Ring, RingsPath, SpherePath, positions
from scanner.slices import Plane, Position
from tests.capture.fakes import Log
from tests.capture.search_rig import seeing

Texture = Literal["rich", "weak"]
Background = Literal["plain", "textured"]
Ends = tuple[float, float]

HALF = 0.22
"""Half a depth of field, dioptres, of the simulated camera at its own 1920 pixels."""

LEFT = 0.03
"""Share of the object that a position may have beyond either end."""

SMALL = Scene(SceneSettings(width=160, height=120))


class Truth(NamedTuple):
    """Of the worst position: shares nearer and farther than found by more than `HALF`; how much longer than needed."""

    nearer: float
    farther: float
    spare: float


def rings(*rings: tuple[int, float]) -> tuple[Position, ...]:
    return positions(RingsPath(rings=tuple(Ring(count=count, tilt_deg=tilt) for count, tilt in rings)))


@lru_cache(maxsize=256)
def depths(turntable: float, tilt: float) -> NDArray[np.float32]:
    """Dioptres of all that is seen of the object."""
    depth = SMALL.view(turntable, tilt).depth(SMALL.lens.reference)
    return depth[np.isfinite(depth)]


def judged(found: Ends, path: tuple[Position, ...]) -> Truth:
    near, far = found
    seen = [depths(position.turntable, position.tilt) for position in path]
    needed = max(np.quantile(each, 1 - LEFT) for each in seen) - min(np.quantile(each, LEFT) for each in seen)
    return Truth(
        max(float((each > near + HALF).mean()) for each in seen),
        max(float((each < far - HALF).mean()) for each in seen),
        float(near - far - needed),
    )


def searched(width: int, texture: Texture, background: Background, path: tuple[Position, ...], log: Log) -> Ends:
    scene = Scene(SceneSettings(width=width, height=width * 9 // 16, texture=texture, background=background))

    @lru_cache(maxsize=1)
    def view(turntable: float, tilt: float) -> View:
        return scene.view(turntable, tilt)

    def sees(turntable: float, tilt: float, focus: float) -> Plane:
        return view(turntable, tilt).slice(focus, frame=round(100 * focus)).y

    return find_ends(seeing(sees, log), path, (15.0, 0.0), lambda: None)


PATHS = {
    "two rings": rings((4, 5), (3, 30)),
    "ring of 6": rings((6, 0)),
    "ring of 24": rings((24, 0)),
    "ring of 12 from above": rings((12, 30)),
    "rings far apart": rings((12, 5), (12, 45)),
    "sphere of 30": positions(SpherePath(kind="sphere", count=30)),
}


@pytest.mark.slow
@pytest.mark.parametrize("background", ["plain", "textured"])
@pytest.mark.parametrize("texture", ["rich", "weak"])
@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS.keys())
def test_every_position_of_a_path_is_held(path: tuple[Position, ...], texture: Texture, background: Background) -> None:
    log = Log()
    truth = judged(searched(960, texture, background, path, log), path)
    assert truth.nearer < LEFT
    assert truth.farther < LEFT
    assert -0.3 < truth.spare < 1.1
    assert len(log.values("capture")) <= 68
