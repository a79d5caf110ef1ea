"""Waiting until the rig stands still: measured on small pictures, not guessed.

Successive pictures of a rig that stands differ by noise alone. How much that is, is measured once, while the rig has
stood for a while; after a move, pictures are compared until they differ by no more.
"""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray

from scanner.clock import Clock
from scanner.hardware.protocols import Camera
from scanner.hardware.settings import SettleSettings
from scanner.plan.scan import SettlePlan
from scanner.slices import Planes
from scanner.units import Seconds

TILE = 32
"""Pixels across and down: small enough that an object fills some, large enough that their noise is steady."""

SHARE = 90.0
"""Percentile of the tiles: a tenth of the picture suffices to show a movement."""

FLOOR_PAIRS = 6
STEADY = 1.2
"""The largest difference of so many pairs against the smallest: noise is that even, and no sway is."""

LOUDER = 5.0
"""Noise of the brightest tiles against that of the darkest, at most; the picture of a large sway is even as well."""

FAINT = 1.5
"""Grey levels that are noise in any case: dark tiles may have none at all."""

STILL = 1.15
"""Times the noise floor that still counts as noise: the percentile itself varies by a few percent."""

ROUNDING = 0.3
"""Grey levels by which differences vary that are smaller than one: pictures are whole numbers. A twentieth of a pixel
of movement makes more on anything with texture."""

STILL_PAIRS = 2
"""In a row: at a turning point of a swing two pictures look alike."""


@dataclass(frozen=True, slots=True)
class Settled:
    """How a wait ended: after how long, and whether the rig was still then."""

    seconds: Seconds
    still: bool


def difference(before: Planes, after: Planes) -> float:
    """How much two pictures of one size differ, in grey levels rms, where they differ most; 0 for the same bytes.

    The mean of each tile is taken out: brightness that flickers is no movement.
    """
    return float(np.percentile(_spread(before, after), SHARE))


def _spread(before: Planes, after: Planes) -> NDArray[np.float32]:
    """By how much each tile changed, grey levels rms, its mean left out."""
    change = after.y.astype(np.float32) - before.y
    rows, columns = (max(1, length // TILE) for length in change.shape)
    height, width = (min(TILE, length) for length in change.shape)
    tiles = change[: rows * height, : columns * width].reshape(rows, height, columns, width)
    return np.asarray(tiles.std(axis=(1, 3)), np.float32)


class Settling:
    """Waits after moves, as the plan says: measured between the config's limits, or a fixed time."""

    def __init__(self, plan: SettlePlan, settings: SettleSettings, clock: Clock) -> None:
        self._fixed = None if plan.after_move_s == "auto" else plan.after_move_s
        self._settings = settings
        self._clock = clock
        self._floor = 0.0

    def listen(self, camera: Camera) -> None:
        """Measure the noise floor, once the differences are even; exposure has to be locked. Raises CameraTimeout.

        A rig that is not still within the longest wait has half the smallest difference for its floor: what is then
        called still is stiller than it ever was.
        """
        if self._fixed is not None:
            return
        until = self._clock.monotonic() + self._settings.most_s
        before, smallest = camera.look(), math.inf
        loud, quiet = deque[float](maxlen=FLOOR_PAIRS), deque[float](maxlen=FLOOR_PAIRS)
        while len(loud) < FLOOR_PAIRS or not (_is_noise(loud, quiet) or self._clock.monotonic() >= until):
            after = camera.look()
            spread = _spread(before, after)
            loud.append(float(np.percentile(spread, SHARE)))
            quiet.append(float(np.percentile(spread, 100 - SHARE)))
            smallest, before = min(smallest, loud[-1]), after
        self._floor = median(loud) if _is_noise(loud, quiet) else smallest / 2

    def wait(self, camera: Camera) -> Settled:
        """Wait after a move. Raises CameraTimeout."""
        if self._fixed is not None:
            self._clock.sleep(self._fixed)
            return Settled(self._fixed, still=True)
        began = self._clock.monotonic()
        self._clock.sleep(self._settings.least_s)
        before, alike = camera.look(), 0
        most = max(STILL * self._floor, self._floor + ROUNDING)
        while (elapsed := self._clock.monotonic() - began) < self._settings.most_s:
            after = camera.look()
            alike = alike + 1 if difference(before, after) <= most else 0
            if alike >= STILL_PAIRS:
                return Settled(self._clock.monotonic() - began, still=True)
            before = after
        return Settled(elapsed, still=False)


def _is_noise(loud: Sequence[float], quiet: Sequence[float]) -> bool:
    """Whether differences are even from pair to pair, and from tile to tile: no movement is both."""
    even = max(loud) <= max(STEADY * min(loud), min(loud) + ROUNDING)
    return even and median(loud) <= max(FAINT, LOUDER * median(quiet))
