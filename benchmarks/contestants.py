"""Who takes part: Focusrig, and every other stacker found, each as commands to run one after the other."""

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks import peers

Command = list[str]

OURS = "focusrig"
ENFUSE = "align + enfuse"
STACKMFF = "OpenFocus, StackMFF V3"

METHODS = ("weighted", "depth", "pyramid")
"""Of `StackingPlan.method`; the first is the default."""

ALIGN_OPTIONS = ("-m", "-c", "20")
"""Magnification is aligned too, on 20 points a cell: with the default of 8 it errs by up to a pixel at 12 MP."""

ENFUSE_OPTIONS = ("--exposure-weight=0", "--saturation-weight=0", "--contrast-weight=1", "--hard-mask",
                  "--contrast-window-size=15")  # fmt: skip
"""As its manual has it for focus stacks, with the window that did best on the stacks tried: 5, the default, is 1.3 dB
worse over all and 3 dB near edges."""


@dataclass(frozen=True)
class Contestant:
    """`geometry`: the slice whose geometry `result` has, None for the reference slice."""

    name: str
    commands: tuple[Command, ...]
    result: Path
    geometry: int | None = None


@dataclass(frozen=True)
class Job:
    """Slices to stack, nearest first, and a folder for what comes of it."""

    slices: tuple[Path, ...]
    reference: int
    work: Path

    @property
    def names(self) -> list[str]:
        return [str(path) for path in self.slices]

    @property
    def reference_first(self) -> list[str]:
        names = self.names
        return [names[self.reference], *names[: self.reference], *names[self.reference + 1 :]]


def contestants(job: Job) -> Iterator[Contestant]:
    """All that can take part here."""
    for method in METHODS:
        yield focusrig(job, method)
    if shutil.which("enfuse") and shutil.which("align_image_stack"):
        yield align_enfuse(job)
    yield openscan(job)
    for peer, entries in ((peers.PEERS[0], shinestacker(job)), (peers.PEERS[1], openfocus(job))):
        if peers.installed(peer):
            yield from entries


def floor(job: Job) -> Contestant:
    """Decode all, encode one."""
    result = job.work / "floor.jpg"
    script = str(Path(__file__).with_name("floor.py"))
    return Contestant("floor", ([sys.executable, script, str(result), *job.names],), result)


def focusrig(job: Job, method: str) -> Contestant:
    """The whole command, as anyone runs it on files."""
    result = job.work / f"focusrig_{method}.jpg"
    command = [sys.executable, "-m", "scanner.cli", "stack", *job.names, "-o", str(result)]
    chosen = [] if method == METHODS[0] else ["--method", method]
    name = OURS if method == METHODS[0] else f"{OURS}, method {method}"
    return Contestant(name, ([*command, "--reference", str(job.reference), *chosen],), result)


def align_enfuse(job: Job) -> Contestant:
    """The first picture's geometry is kept, so that the reference slice comes first."""
    result = job.work / "enfused.tif"
    aligned = [str(job.work / f"aligned_{k:04d}.tif") for k in range(len(job.slices))]
    align = ["align_image_stack", *ALIGN_OPTIONS, "-a", str(job.work / "aligned_"), *job.reference_first]
    return Contestant(ENFUSE, (align, ["enfuse", *ENFUSE_OPTIONS, "-o", str(result), *aligned]), result)


def openscan(job: Job) -> Contestant:
    result = job.work / "openscan.jpg"
    command = [sys.executable, "-m", "benchmarks.openscan", str(result), str(job.reference), *job.names]
    return Contestant("OpenScan3's method (our rendering)", (command,), result)


def shinestacker(job: Job) -> Iterator[Contestant]:
    python = str(peers.environment(peers.PEERS[0]) / "bin" / "python")
    drive = str(Path(__file__).with_name("drive_shinestacker.py"))
    for name, method in (("pyramid", "PyramidStack"), ("depth map", "DepthMapStack")):
        result = job.work / f"shinestacker_{method}.jpg"
        command = [python, drive, method, str(result), str(job.reference), *job.names]
        yield Contestant(f"shinestacker, {name}", (command,), result)


def openfocus(job: Job) -> Iterator[Contestant]:
    """Its registration goes from neighbour to neighbour, keeps the first slice's geometry and crops."""
    program = str(peers.environment(peers.PEERS[1]) / "bin" / "openfocus")
    for name, method in (("OpenFocus, guided filter", "guided_filter"), (STACKMFF, "stackmffv3")):
        result = job.work / f"openfocus_{method}.png"
        options = ["--method", method, "--align", "ecc", "--cpu"]
        yield Contestant(name, ([program, "-i", *job.names, "-o", str(result), *options],), result, geometry=0)
