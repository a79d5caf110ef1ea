"""What there is to say of a stack, with files by their names."""

import dataclasses
import json
from pathlib import Path

import pytest

from scanner.batch import BatchOptions, stack_files
from scanner.batch.report import with_names
from scanner.plan.stacking import StackingPlan
from scanner.slices import StackQuality
from tests.batch.stacks import MemoryStacker, make_stack, run

NAMES = [f"{letter}.jpg" for letter in "abcdefghijkl"]


SAID = [
    ("Slice 3 does not fit the reference slice 5.", "Slice d.jpg does not fit the reference slice f.jpg."),
    ("Left out: slices 0, 10, no light.", "Left out: slices a.jpg, k.jpg, no light."),
    ("Left out: slice 2, white all over.", "Left out: slice c.jpg, white all over."),
    ("Apart: slices 3 and 4, 5 and 6; halfway", "Apart: slices d.jpg and e.jpg, f.jpg and g.jpg; halfway"),
    ("3 of 9 slices do not fit the reference slice 1.", "3 of 9 slices do not fit the reference slice b.jpg."),
    *((same, same) for same in ("A slice was shaken by 2.1 px.", "Parts of a slice lie 0.71 px beside the others.")),
]


@pytest.mark.parametrize(("said", "meant"), SAID)
def test_slices_are_called_by_their_files(said: str, meant: str) -> None:
    assert with_names(said, NAMES) == meant


def test_slices_left_out_are_named_by_file_and_say_why(tmp_path: Path) -> None:
    stack = make_stack(tmp_path / "vase")
    quality = StackQuality(left_out=(1, 4), gaps=(2,))
    stacker = MemoryStacker(quality=quality, left_out={1: "dark", 4: "unaligned"})
    report = stack_files(stack, tmp_path / "out.jpg", BatchOptions(), stacker)
    assert [(entry.index, entry.left_out) for entry in report.slices if entry.left_out] == [
        (1, "dark"),
        (4, "unaligned"),
    ]
    said = {finding["code"]: finding for finding in report.findings}
    assert said["left-out-dark"]["message"] == "Left out: slice IMG_9.JPG, no light."
    assert "IMG_12.JPG" in said["left-out-unaligned"]["message"]
    assert "IMG_10.JPG and IMG_11.JPG" in said["gaps"]["message"]
    assert all(finding["hint"] for finding in report.findings)


def test_the_report_holds_plan_and_quality_as_json(tmp_path: Path) -> None:
    stack = make_stack(tmp_path / "vase")
    quality = StackQuality(beyond_near=0.2, flicker=0.01, gaps=(2,))
    plan = StackingPlan(method="depth", window=3.0)
    stacker = MemoryStacker(quality=quality)
    report = stack_files(stack, tmp_path / "out.jpg", BatchOptions(plan), stacker)
    facts = json.loads(json.dumps(dataclasses.asdict(report), allow_nan=False))
    assert StackingPlan.model_validate(facts["plan"]) == plan
    assert StackQuality.model_validate(facts["quality"]) == quality
    assert facts["bits"] == 8
    assert {"likeness", "brightness", "shake_px", "left_out"} <= facts["slices"][0].keys()
    assert (facts["slices"][0]["likeness"], facts["slices"][0]["left_out"]) == (0.9, None)


def test_a_stack_as_it_should_be_has_nothing_to_say(tmp_path: Path) -> None:
    assert run(make_stack(tmp_path / "vase"), tmp_path / "out.jpg").findings == ()
