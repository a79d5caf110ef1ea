"""The table of a run, and what was asked beside what was reached."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from benchmarks.reconstruction.figures import Figures, median, spread

Runs: TypeAlias = Mapping[str, Sequence[Figures]]
"""Of one scene: each set of images, reconstructed with several seeds."""

SHAPE, CENTRES, SIZE = 1.10, 1.20, 0.10
"""At most: shape and centre errors as multiples of the truth's, the size off the truth's in percentage points."""

HEAD = (
    "| scene | images given | registered | cameras | points | shape, µm | centres, % of orbit | size, % | "
    "reprojection, px |\n|---|---|---|---|---|---|---|---|---|"
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One thing asked for: what was found, and whether it is enough."""

    text: str
    met: bool

    def __str__(self) -> str:
        return f"{'met' if self.met else 'MISSED':8}{self.text}"


def table(results: Mapping[str, Runs]) -> str:
    """Markdown: a row for each scene and set, medians over the seeds and half the range of what errors there are."""
    rows = [row(scene, name, runs) for scene, sets in results.items() for name, runs in sets.items()]
    return "\n".join((HEAD, *rows))


def row(scene: str, name: str, runs: Sequence[Figures]) -> str:
    """Of one scene and set."""
    mid, half = median(runs), spread(runs)
    cells = (
        scene,
        name,
        f"{min(run.registered for run in runs):.0f} of {mid.given:.0f}",
        f"{max(run.cameras for run in runs):.0f}",
        f"{mid.points:.0f}",
    )
    found = (
        f"{mid.shape_um:.2f} ± {half.shape_um:.2f}",
        f"{mid.centres_pct:.4f} ± {half.centres_pct:.4f}",
        f"{mid.size_pct:+.3f} ± {half.size_pct:.3f}",
        f"{mid.reprojection_px:.3f}",
    )
    return f"| {' | '.join((*cells, *(found if mid.points else ('',) * len(found))))} |"


def verdicts(runs: Runs) -> tuple[Verdict, ...]:
    """Of one scene, which has the sets "stacked", "truth" and "single". A figure that is missing misses."""
    ours, truth, single = (median(runs[name]) for name in ("stacked", "truth", "single"))
    registered = min(run.registered for run in runs["stacked"])
    cameras = max(run.cameras for run in runs["stacked"])
    shape, centres = ours.shape_um / truth.shape_um, ours.centres_pct / truth.centres_pct
    beside = ours.shape_um / single.shape_um
    size = abs(ours.size_pct - truth.size_pct)
    return (
        Verdict(f"registered {registered:.0f} of {ours.given:.0f} (all)", registered == ours.given),
        Verdict(f"cameras {cameras:.0f} (1)", cameras == 1),
        Verdict(f"shape {shape:.2f} x truth (at most {SHAPE:.2f})", shape <= SHAPE),
        Verdict(f"shape {beside:.2f} x single shots (below 1)", beside < 1 or single.registered < single.given),
        Verdict(f"centres {centres:.2f} x truth (at most {CENTRES:.2f})", centres <= CENTRES),
        Verdict(f"size {size:.3f} points off truth (at most {SIZE:.2f})", size <= SIZE),
    )
