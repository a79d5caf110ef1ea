"""What is asked of a scan's zip: each thing can be missed."""

from dataclasses import replace

import pytest

from benchmarks.reconstruction.figures import Figures
from benchmarks.reconstruction.report import Runs, table, verdicts

TRUTH = Figures(24, 24, 1, 9000, 16.0, 0.050, 0.02, 0.28)
STACKED = replace(TRUTH, shape_um=17.0, centres_pct=0.055, size_pct=0.08)
SINGLE = replace(TRUTH, shape_um=29.0, centres_pct=0.12, size_pct=0.30)
NONE = Figures(24, 0, 1, 0)


def runs(stacked: Figures = STACKED, single: Figures = SINGLE) -> Runs:
    return {"truth": [TRUTH] * 3, "stacked": [stacked] * 3, "single": [single] * 3}


def missed(told: Runs) -> list[str]:
    return [verdict.text.split()[0] for verdict in verdicts(told) if not verdict.met]


def test_a_good_scan_misses_nothing() -> None:
    assert missed(runs()) == []
    assert [str(verdict) for verdict in verdicts(runs())] == [
        "met     registered 24 of 24 (all)",
        "met     cameras 1 (1)",
        "met     shape 1.06 x truth (at most 1.10)",
        "met     shape 0.59 x single shots (below 1)",
        "met     centres 1.10 x truth (at most 1.20)",
        "met     size 0.060 points off truth (at most 0.10)",
    ]


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        ({"registered": 23}, ["registered"]),
        ({"cameras": 24}, ["cameras"]),
        ({"shape_um": 17.7}, ["shape"]),
        ({"shape_um": 30.0}, ["shape", "shape"]),
        ({"centres_pct": 0.061}, ["centres"]),
        ({"size_pct": -0.09}, ["size"]),
    ],
)
def test_each_thing_can_be_missed(fault: dict[str, float], named: list[str]) -> None:
    assert missed(runs(replace(STACKED, **fault))) == named


def test_one_run_that_loses_an_image_or_splits_the_camera_is_enough() -> None:
    told = {**runs(), "stacked": [STACKED, replace(STACKED, registered=22, cameras=2), STACKED]}
    assert missed(told) == ["registered", "cameras"]


def test_what_was_not_reconstructed_misses_all_but_the_camera() -> None:
    assert missed(runs(NONE)) == ["registered", "shape", "shape", "centres", "size"]


def test_single_shots_that_fail_are_beaten() -> None:
    assert missed(runs(single=NONE)) == []


def test_the_table_has_a_row_for_each_set() -> None:
    varied = [replace(STACKED, shape_um=shape, registered=count) for shape, count in ((16, 24), (17, 23), (20, 24))]
    lines = table({"rich-plain": {**runs(), "stacked": varied}, "weak-plain": runs(NONE)}).splitlines()
    assert len(lines) == 2 + 3 + 3
    assert {line.count("|") for line in lines} == {10}
    assert (
        "| rich-plain | stacked | 23 of 24 | 1 | 9000 | 17.00 ± 2.00 | 0.0550 ± 0.0000 | +0.080 ± 0.000 |" in lines[3]
    )
    assert "| weak-plain | stacked | 0 of 24 |" in lines[6]


def test_where_there_is_no_model_there_are_no_figures() -> None:
    last = table({"rich-textured": {"unmasked": [NONE] * 2}}).splitlines()[-1]
    assert last == "| rich-textured | unmasked | 0 of 24 | 1 | 0 |  |  |  |  |"
