"""What goes wrong with a simulated sensor."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SensorFaults:
    """Faults by chance, reproducible by `seed`. Chances are 0..1.

    `hang`: of each frame, that none follows until the camera is started anew. `hang_for_good`: the same until it is
    opened anew. `late`: of each frame, that it comes `late_s` late. `repeat`: of each request for a frame, that the one
    before is handed out again. `ignore_lens`: of each new lens position, that it is forgotten. `refuse`: of each
    request for a frame, that the camera raises RuntimeError. `hold_back`: in the dark, how many frames longer a lens
    position takes to reach the lens, and the metadata.
    """

    seed: int = 0
    hang: float = 0.0
    hang_for_good: float = 0.0
    late: float = 0.0
    late_s: float = 1.0
    repeat: float = 0.0
    ignore_lens: float = 0.0
    refuse: float = 0.0
    hold_back: int = 0


class Misfortune:
    """Throws the dice for faults; `now`: those that can happen at present, `count`: how many happened so far."""

    def __init__(self, faults: SensorFaults) -> None:
        self.count = 0
        self.become(faults)

    def become(self, faults: SensorFaults) -> None:
        """From now on these go wrong."""
        self.now = faults
        self._random = random.Random(faults.seed)  # noqa: S311  reproducible faults, no secrets

    def strikes(self, chance: float) -> bool:
        happens = chance > 0 and self._random.random() < chance
        self.count += happens
        return happens
