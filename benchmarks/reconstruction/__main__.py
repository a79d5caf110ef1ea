"""Is a scan ready for photogrammetry? `make e2e`, or `python -m benchmarks.reconstruction`.

A daemon of its own scans a known object on the simulated rig and its zip is reconstructed by COLMAP, which takes the
camera from EXIF alone; so are the known truth and one shot a position, under the same names, EXIF and masks.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

from benchmarks.reconstruction import colmap, report, served
from benchmarks.reconstruction.figures import Figures, figures
from benchmarks.reconstruction.scenes import SCENES, E2EScene, centre, plan
from benchmarks.reconstruction.sets import ImageSet, image_sets

WITHIN_S = 7200.0


def main(argv: Sequence[str] | None = None) -> int:
    wanted = _arguments(argv)
    results = {}
    with ExitStack() as stack:
        keep = wanted.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="focusrig-e2e-")))
        size = (wanted.size, wanted.size * 9 // 16 // 2 * 2)
        for name in wanted.scene or SCENES:
            scene = replace(SCENES[name], seed=wanted.seed, size=size)
            results[name] = judge(scene, wanted.positions, wanted.seeds, keep / name, wanted.jobs)
            _say("\n".join(f"{name}: {verdict}" for verdict in report.verdicts(results[name])))
    whole = report.table(results)
    if wanted.output:
        wanted.output.write_text(f"{whole}\n")
    _say(f"\n{whole}")
    met = all(verdict.met for runs in results.values() for verdict in report.verdicts(runs))
    return 0 if met or wanted.report else 1


def judge(scene: E2EScene, positions: int, seeds: int, folder: Path, jobs: int) -> report.Runs:
    """Scan and reconstruct. What is made stays in `folder`, which must be new."""
    folder.mkdir(parents=True)
    wanted = plan(positions)
    _say(f"{scene.name}: scanning {positions} positions, {scene.size[0]} x {scene.size[1]}")
    done = served.scan(scene.config, wanted, folder, WITHIN_S)
    if done.sweep is None:
        raise RuntimeError("The scan is complete, but tells no sweep.")
    sets = image_sets(scene, wanted.positions(), done.sweep, folder)
    _say(f"{scene.name}: reconstructing {', '.join(each.name for each in sets)}")
    with ProcessPoolExecutor(jobs) as pool:
        found = {}
        all_runs = pool.map(partial(_reconstructed, scene, positions, seeds, folder), sets)
        for each, runs in zip(sets, all_runs, strict=True):
            found[each.name] = runs
            _say(report.row(scene.name, each.name, runs))
    return found


def _reconstructed(scene: E2EScene, positions: int, seeds: int, folder: Path, images: ImageSet) -> list[Figures]:
    known = scene.known()
    names = sorted(path.name for path in images.images.glob("*.jpg"))
    centres = {name: centre(known, position) for name, position in zip(names, plan(positions).positions(), strict=True)}
    database = folder / f"{images.name}.db"
    colmap.find_matches(images.images, images.masks, database)
    runs = []
    for seed in range(1, seeds + 1):
        model = colmap.reconstruct(images.images, database, folder / "models" / f"{images.name}-{seed}", seed)
        runs.append(figures(model, centres, known.distance, known.settings.distance))
    return runs


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reconstruction", description=__doc__)
    parser.add_argument("--scene", action="append", choices=tuple(SCENES), help="only this one; may be given again")
    parser.add_argument("--positions", type=int, default=24, metavar="N", help="of the scan, in two rings (24)")
    parser.add_argument("--size", type=int, default=1920, metavar="PX", help="width of the pictures, 16:9 (1920)")
    parser.add_argument("--seed", type=int, default=1, help="which object (1)")
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="reconstructions of each set (3)")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="sets that are reconstructed at a time (2)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="new folder for all that is made; unset: thrown away")
    parser.add_argument("--output", type=Path, metavar="FILE", help="also write the table there, as Markdown")
    parser.add_argument("--report", action="store_true", help="tell what is missed, but do not fail for it")
    return parser.parse_args(argv)


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
