"""What is said of a stack: nothing when it is as it should be, else what was found, where, and what to do."""

import re
from dataclasses import replace

import pytest

from scanner.slices import LeftOut, SliceReport, StackQuality, SweepProposal
from scanner.stacking.findings import findings
from scanner.stacking.parts import UNKNOWN

WIDER = SweepProposal(near=13.1, far=8.25, count=14)
USE = "Use near 13.1 D, far 8.25 D, 14 slices."
SAME = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))


def report(index: int, left_out: LeftOut | None = None, residual: float = 0.02) -> SliceReport:
    return SliceReport(index, SAME, residual, 0.1, left_out=left_out)


def test_a_good_stack_needs_no_words() -> None:
    quality = StackQuality(beyond_near=0.03, idle=(0, 9), residual_px=0.1, motion_px=0.8, flicker=0.01, certainty=0.9)
    assert findings(quality, [report(k) for k in range(10)]) == ()


@pytest.mark.parametrize(
    ("quality", "code", "words", "hint"),
    [
        (StackQuality(beyond_near=0.12, proposal=WIDER), "near-not-covered", "12% .*nearer", USE),
        (StackQuality(beyond_far=0.3, proposal=WIDER), "far-not-covered", "30% .*farther", USE),
        (StackQuality(beyond_far=0.3), "far-not-covered", "30%", "Move far, with"),
        (StackQuality(gaps=(3, 5)), "gaps", "3 and 4, 5 and 6", "more slices"),
        (StackQuality(gaps=(3,), proposal=WIDER), "gaps", "3 and 4;", USE),
        (StackQuality(gaps=(0, 1, 2, 3, 4)), "gaps", "0 and 1, 1 and 2 .and 3 more pairs.;", "more slices"),
        (StackQuality(duplicates=(4,)), "duplicates", "slice 4", "focus moves"),
        (StackQuality(duplicates=tuple(range(1, 181))), "duplicates", "1, 2, 3, 4, 5, 6 .and 174 more.", "focus moves"),
        (StackQuality(duplicates=(1, 2, 3, 4), idle=(0, 1, 2, 3)), "duplicates", "1, 2, 3, 4", "focus moves"),
        (StackQuality(idle=(0, 1, 2)), "overshoot", "slices 0, 1, 2", "closer"),
        (StackQuality(motion_px=3.1), "motion", "3.1 px", "settle"),
        (StackQuality(flicker=0.051), "flicker", "5.1%", "lamp"),
        (StackQuality(certainty=0.31), "mask", "31%", "texture"),
    ],
)  # fmt: skip
def test_each_fault_is_said_with_its_figure_and_its_cure(
    quality: StackQuality, code: str, words: str, hint: str
) -> None:
    (found,) = findings(quality, [report(0)])
    assert found.code == code
    assert re.search(words, found.message)
    assert hint in found.hint


@pytest.mark.parametrize(
    ("why", "words"),
    [("unaligned", "does not fit"), ("dark", "no light"), ("saturated", "white"), ("blurred", "nothing is sharp")],
)
def test_slices_left_out_are_named_with_the_reason(why: LeftOut, words: str) -> None:
    (found,) = findings(StackQuality(left_out=(2, 5)), [report(0), report(2, why), report(5, why)])
    assert found.code == f"left-out-{why}"
    assert "slices 2, 5" in found.message
    assert words in found.message
    assert found.hint


def test_the_slice_that_was_shaken_is_named() -> None:
    told = [replace(report(k), shake_px=9.0 if k == 4 else 0.3) for k in range(6)]
    told[2] = replace(told[2], left_out="unaligned", shake_px=50.0)
    assert findings(StackQuality(motion_px=9.0), told)[-1].message.startswith("Slice 4 was shaken by 9.0 px")


def test_the_slice_of_which_parts_lie_beside_is_named() -> None:
    told = [report(0), report(1, residual=0.6), report(2, residual=0.8), report(3, "dark", residual=3.0)]
    found = findings(StackQuality(residual_px=0.8), told)[-1]
    assert found.code == "residual"
    assert found.message.startswith("Parts of slice 2 lie 0.80 px")


@pytest.mark.parametrize("pixels", [1, 4])
def test_a_residual_that_was_not_measured_is_not_told(pixels: int) -> None:
    unknown = UNKNOWN * pixels
    assert findings(StackQuality(residual_px=unknown), [report(0, residual=0.0), report(1, residual=unknown)]) == ()
    (found,) = findings(StackQuality(residual_px=unknown), [report(0, residual=unknown), report(1, residual=0.7)])
    assert "slice 1 lie 0.70 px" in found.message


@pytest.mark.parametrize(("light", "words"), [(1.1, "10% brighter"), (0.92, "8% darker")])
@pytest.mark.parametrize("count", [10, 30])
def test_one_slice_of_another_brightness_is_named(count: int, light: float, words: str) -> None:
    told = [replace(report(k), brightness=light if k == 3 else 1.0) for k in range(count)]
    (found,) = findings(StackQuality(flicker=0.02), told)
    assert found.code == "flicker"
    assert f"Slice 3 is {words}" in found.message


def test_the_gravest_comes_first() -> None:
    quality = StackQuality(left_out=(1,), gaps=(0,), flicker=0.2, certainty=0.1)
    codes = [found.code for found in findings(quality, [report(0), report(1, "unaligned")])]
    assert codes == ["left-out-unaligned", "gaps", "flicker", "mask"]
