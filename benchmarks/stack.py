"""Stacks with known truth through our stacker and every other found on this machine: one table each.

`python -m benchmarks.stack [--size 2] [--seeds 1 2] [--slices 10]` renders stacks; `--folder DIR...` takes ready ones.
Every contestant is a child process that reads JPEGs and writes a picture; its CPU seconds (user + system) are given as
a multiple of the floor, a process that decodes the slices and encodes one, the cheaper of two runs; its memory as peak
resident size. `--peers` also installs and runs those of the Python package index.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from benchmarks import peers, table, truth
from benchmarks.contestants import OURS, Command, Contestant, Job, contestants, floor
from benchmarks.judge import judge, sharpest_alone
from benchmarks.planes import Cost
from benchmarks.scenes import SIZES, StackScene
from benchmarks.table import Row


@dataclass(frozen=True)
class Result:
    """Of one stack. `planes`: what our stacker alone costs from planes, None where that was not measured."""

    stack: str
    slices: int
    pixels: int
    floor_s: float
    rows: tuple[Row, ...]
    planes: Cost | None


def run(commands: Sequence[Command]) -> tuple[float, float]:
    """CPU seconds and the largest peak resident size in MB, of commands one after the other."""
    cpu, rss = 0.0, 0.0
    for command in commands:
        report = subprocess.run(
            [sys.executable, "-m", "benchmarks.measure", *command], check=True, capture_output=True, text=True
        )
        seconds, megabytes = (float(v) for v in report.stdout.split()[-2:])
        cpu, rss = cpu + seconds, max(rss, megabytes)
    return cpu, rss


def bench(name: str, known: truth.KnownStack, work: Path, only: str) -> Result:
    """Measure all contestants whose name holds `only`, telling how they do as they go."""
    job = Job(known.slices, known.reference, work)
    least = floor(job)
    floors = [run(least.commands)[0] for _ in range(2)]
    height, width = known.truth(known.reference).shape[:2]
    print(f"\n{name}: {width}x{height}, {len(known.slices)} slices; floor {min(floors):.2f} CPU s\n{table.HEAD}")
    rows = list(_measured(known, job, min(floors), only))
    planes = from_planes(known, work) if only in OURS else None
    if planes:
        rows.append(Row(f"{OURS}, planes, breathing known", judge(work / "planes.jpg", known)))
        print(table.line(rows[-1]))
        print(told(planes, min(floors)))
    return Result(name, len(known.slices), width * height, min(floors), tuple(rows), planes)


def _measured(known: truth.KnownStack, job: Job, floor_s: float, only: str) -> Iterator[Row]:
    alone = sharpest_alone(known)
    yield _told(Row(f"slice {alone} alone, the best", judge(known.slices[alone], known, alone)))
    for contestant in contestants(job):
        if only in contestant.name:
            row = _row(contestant, known, floor_s)
            if row:
                yield _told(row)


def _row(contestant: Contestant, known: truth.KnownStack, floor_s: float) -> Row | None:
    try:
        cpu, rss = run(contestant.commands)
    except subprocess.CalledProcessError as error:
        print(f"{contestant.name:36}failed: {(error.stderr.strip().splitlines() or ['without a word'])[-1]}")
        return None
    return Row(contestant.name, judge(contestant.result, known, contestant.geometry), cpu / floor_s, rss)


def _told(row: Row) -> Row:
    print(table.line(row), flush=True)
    return row


def from_planes(known: truth.KnownStack, work: Path) -> Cost:
    command = [sys.executable, "-m", "benchmarks.planes", str(work / "planes.jpg"), str(known.folder)]
    report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return Cost(report["begin"], tuple(report["add"]), report["finish"])


def told(cost: Cost, floor_s: float) -> str:
    per_slice = f"{1000 * min(cost.add):.0f} to {1000 * max(cost.add):.0f} ms a slice"
    return (
        f"stacker alone, from planes: {cost.total:.2f} CPU s, {cost.total / floor_s:.2f} x the floor; "
        f"begin {1000 * cost.begin:.0f} ms, {per_slice}, finish {cost.finish / cost.total:.0%}"
    )


def summary(results: Sequence[Result]) -> Iterator[str]:
    """Of each kind of stack (size and number of slices) the mean, and what was aimed at; then memory against slices."""
    for kind in dict.fromkeys((result.pixels, result.slices) for result in results):
        same = [result for result in results if (result.pixels, result.slices) == kind]
        rows = table.mean([result.rows for result in same])
        if len(same) > 1:
            yield f"\nmean of {len(same)} stacks of {kind[1]} slices, {kind[0] / 1e6:.0f} MP\n{table.HEAD}"
            yield from (table.line(row) for row in rows)
        costs = [result.planes.total / result.floor_s for result in same if result.planes]
        verdicts = table.verdicts(rows, sum(costs) / len(costs) if costs else None, kind[0])
        if verdicts:
            yield f"\naims, {kind[0] / 1e6:.0f} MP, {kind[1]} slices"
        yield from verdicts
    yield from _memory(results)


def _memory(results: Sequence[Result]) -> Iterator[str]:
    for pixels in dict.fromkeys(result.pixels for result in results):
        peaks = {r.slices: row.rss_mb for r in results if r.pixels == pixels for row in r.rows if row.name == OURS}
        if len(peaks) > 1:
            listed = ", ".join(f"{peak:.0f} MB at {count} slices" for count, peak in sorted(peaks.items()))
            yield f"\npeak RSS of {OURS}, {pixels / 1e6:.0f} MP: {listed}"


@contextmanager
def rendered(options: argparse.Namespace, seed: int, count: int) -> Iterator[truth.KnownStack]:
    scene = StackScene(SIZES[options.size], seed, count)
    scene = replace(scene, breathing=options.breathing, shake=options.shake, flicker=options.flicker)
    with tempfile.TemporaryDirectory() as folder:
        yield truth.write(scene, Path(folder))


def stacks(options: argparse.Namespace) -> Iterator[tuple[str, truth.KnownStack]]:
    for folder in options.folder:
        yield folder.name, truth.read(folder)
    if not options.folder:
        for count in options.slices:
            for seed in options.seeds:
                with rendered(options, seed, count) as known:
                    yield f"seed {seed}", known


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=SIZES, default="2", help="megapixels")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--slices", type=int, nargs="+", default=[10], help="how many, as 5 10 30")
    parser.add_argument("--breathing", type=float, default=0.012, help="share, nearest against farthest slice")
    parser.add_argument("--shake", type=float, default=0.35, help="standard deviation, pixels")
    parser.add_argument("--flicker", type=float, default=0.004, help="standard deviation of exposure, share")
    parser.add_argument("--folder", type=Path, nargs="+", default=[], help="stacks with known truth, instead of own")
    parser.add_argument("--peers", action="store_true", help="install and run stackers of the Python package index")
    parser.add_argument("--only", default="", metavar="NAME", help="contestants whose name holds this")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was measured; benchmarks.plot reads it")
    return parser


def main() -> None:
    options = arguments().parse_args()
    for peer in peers.PEERS:
        if options.peers and (why_not := peers.install(peer)):
            print(f"{peer.package} does not take part: {why_not}.")
        elif not peers.installed(peer):
            print(f"{peer.package} does not take part: not asked for; --peers installs it.")
    results = []
    for name, known in stacks(options):
        with tempfile.TemporaryDirectory() as work:
            results.append(bench(name, known, Path(work), options.only))
        if options.json:
            options.json.write_text(json.dumps([asdict(result) for result in results], indent=1) + "\n")
    print("\n".join(summary(results)))


if __name__ == "__main__":
    main()
