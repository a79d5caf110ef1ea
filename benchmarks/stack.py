"""Stacks with known truth through our stacker and every peer on this machine: one table.

`python -m benchmarks.stack [--size 2] [--seeds 1 2]`. Every contestant is a child process that reads JPEGs and writes
a picture; its CPU seconds (user + system) are given as a multiple of the floor, a process that decodes the slices and
encodes one, and its memory as peak resident size.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.judge import judge
from benchmarks.scenes import SIZES, StackScene
from scanner.store.images import encode_jpeg

Command = list[str]
HEAD = f"{'':24}{'psnr_y':>8}{'edge':>8}{'halo':>8}{'gain':>8}{'shift':>8}{'CPU':>8}{'RSS MB':>8}"


def contestants(folder: Path, slices: list[Path], reference: int) -> dict[str, tuple[list[Command], Path]]:
    """Name -> (commands to run one after the other, what they write)."""
    ours, theirs = folder / "ours.jpg", folder / "enfused.tif"
    order = [str(p) for p in (slices[reference], *slices[:reference], *slices[reference + 1 :])]
    found = {"focusrig": ([[sys.executable, "-m", "benchmarks.child", "stack", str(ours), *order]], ours)}
    if shutil.which("enfuse") and shutil.which("align_image_stack"):
        aligned = [str(folder / f"aligned_{k:04d}.tif") for k in range(len(slices))]
        align = ["align_image_stack", "-m", "-i", "-a", str(folder / "aligned_"), *order]
        weights = ["--exposure-weight=0", "--saturation-weight=0", "--contrast-weight=1", "--hard-mask"]
        found["align + enfuse"] = ([align, ["enfuse", *weights, "-o", str(theirs), *aligned]], theirs)
    return found


def run(commands: list[Command]) -> tuple[float, float]:
    """CPU seconds and the largest peak resident size in MB, of commands one after the other."""
    cpu, rss = 0.0, 0.0
    for command in commands:
        report = subprocess.run(
            [sys.executable, "-m", "benchmarks.measure", *command], check=True, capture_output=True, text=True
        )
        seconds, megabytes = (float(v) for v in report.stdout.split()[-2:])
        cpu, rss = cpu + seconds, max(rss, megabytes)
    return cpu, rss


def bench(size: str, seed: int, folder: Path) -> None:
    scene = StackScene(SIZES[size], seed)
    slices = [folder / f"slice_{k:02d}.jpg" for k in range(scene.count)]
    for index, path in enumerate(slices):
        path.write_bytes(encode_jpeg(scene.slice(index).pixels, 95))
    floor_s, _ = run([[sys.executable, "-m", "benchmarks.child", "floor", str(folder / "f.jpg"), *map(str, slices)]])
    print(f"\nseed {seed}, {SIZES[size][0]}x{SIZES[size][1]}, {scene.count} slices; floor {floor_s:.2f} CPU s")
    print(HEAD)
    for name, (commands, result) in contestants(folder, slices, scene.reference).items():
        cpu, rss = run(commands)
        print(f"{name:24}{judge(result, scene).line()}{cpu / floor_s:7.1f}x{rss:8.0f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=SIZES, default="2", help="megapixels")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()
    for seed in options.seeds:
        with tempfile.TemporaryDirectory() as folder:
            bench(options.size, seed, Path(folder))


if __name__ == "__main__":
    main()
