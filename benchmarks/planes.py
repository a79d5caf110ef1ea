"""The stacker alone, as on a rig: from planes, breathing known, nothing decoded or imported while it is measured.

`python -m benchmarks.planes RESULT FOLDER` stacks the slices of a folder with known truth twice, takes the cheaper
run, and prints CPU seconds (user + system, all threads) as JSON: `begin`, `add` of each slice, `finish`.
"""

import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks import truth
from scanner.errors import CalibrationFailed
from scanner.plan.stacking import StackingPlan
from scanner.slices import Slice, Stacked
from scanner.stacking.breathing import Breathing, Measured, calibrate
from scanner.stacking.geometry import Matrix, Similarity
from scanner.stacking.stacker import Stacker
from scanner.store.images import encode_jpeg, read_image

RUNS = 2


@dataclass(frozen=True)
class Cost:
    """CPU seconds."""

    begin: float
    add: tuple[float, ...]
    finish: float

    @property
    def total(self) -> float:
        return self.begin + sum(self.add) + self.finish


def breathing_of(known: truth.KnownStack, size: tuple[int, int]) -> Breathing | None:
    """What a calibration would have found, from the true transforms; None where lens positions are not known."""
    if not known.lenses:
        return None
    reference = known.lenses[known.reference]
    told = [
        Measured(lens, reference, _similarity(matrix, size))
        for lens, matrix in zip(known.lenses, known.transforms, strict=True)
    ]
    try:
        return calibrate(told, size).breathing
    except CalibrationFailed:
        return None


def _similarity(matrix: Matrix, size: tuple[int, int]) -> Similarity:
    stretch, turn = matrix[0, 0] - 1, matrix[1, 0]
    still = Similarity(float(stretch), float(turn)).matrix(size)
    return Similarity(float(stretch), float(turn), *(float(v) for v in matrix[:, 2] - still[:, 2]))


def stacked(known: truth.KnownStack, breathing: Breathing | None) -> tuple[Cost, Stacked]:
    order = [known.reference, *(k for k in range(len(known.slices)) if k != known.reference)]
    costs = []

    def slice_at(index: int) -> Slice:
        lens = known.lenses[index] if known.lenses else None
        return Slice(index, read_image(known.slices[index]), focus=lens)

    first = slice_at(order[0])
    start = time.process_time()
    builder = Stacker(StackingPlan(), breathing).begin(first)
    begin = time.process_time() - start
    del first
    for index in order[1:]:
        slice_ = slice_at(index)
        start = time.process_time()
        builder.add(slice_)
        costs.append(time.process_time() - start)
        del slice_
    start = time.process_time()
    result = builder.finish()
    return Cost(begin, tuple(costs), time.process_time() - start), result


def main() -> None:
    known = truth.read(Path(sys.argv[2]))
    breathing = breathing_of(known, read_image(known.slices[0]).size)
    runs = [stacked(known, breathing) for _ in range(RUNS)]
    cost, result = min(runs, key=lambda run: run[0].total)
    Path(sys.argv[1]).write_bytes(encode_jpeg(result.pixels, StackingPlan().quality))
    print(json.dumps(asdict(cost) | {"breathing": breathing is not None}))


if __name__ == "__main__":
    main()
