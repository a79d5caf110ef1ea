"""What goes wrong with a simulated sensor."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SensorFaults:
    """Faults by chance, reproducible by `seed`. Chances are 0..1.

    `hang`: of each frame, that none follows until the camera is started anew. `hang_for_good`: the same until it is
    opened anew. `late`: of each frame, that it comes `late_s` late. `repeat`: of each request for a frame, that the one
    before is handed out again. `ignore_lens`: of each new lens position, that it is forgotten. `refuse`: of each
    request for a frame, that the camera raises RuntimeError.
    """

    seed: int = 0
    hang: float = 0.0
    hang_for_good: float = 0.0
    late: float = 0.0
    late_s: float = 1.0
    repeat: float = 0.0
    ignore_lens: float = 0.0
    refuse: float = 0.0
