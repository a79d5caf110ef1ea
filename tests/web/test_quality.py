"""What the page says of the quality of stacks, from hand-made reports; and of a scan that goes on after a stop."""

import re
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from scanner.api.examples import FINISHED
from scanner.capture.events import FinishReason, Problem
from scanner.capture.positions import PositionReport
from scanner.config import Settings
from scanner.daemon import Daemon
from scanner.plan.scan import ScanPlan
from scanner.slices import LeftOut, StackQuality
from scanner.store.journal import SliceFacts, SliceRecord
from scanner.store.scan_folder import PositionImages
from scanner.store.scans import ScanStore
from tests.web.conftest import Stage
from tests.web.hands import FAR, LONG_MS, NEAR, asked, progress

pytestmark = pytest.mark.browser

CUT_OFF = Problem(
    code="near-not-covered",
    message="About 18% of the object lies nearer than the sweep reaches.",
    hint="Move near to 13.10 D or beyond, with as many more slices.",
)
MOVED = Problem(
    code="left-out-unaligned",
    message="Left out: slice 2, does not fit the reference slice.",
    hint="Check that nothing moved, then take this position again.",
)
SWEEP: dict[str, Any] = {"near": 13.0, "far": 9.0, "count": 5, "reference": 2}
SHARES = (0.05, 0.25, 0.4, 0.2, 0.1)
TOLERANCE_PX = 1.0


def facts(index: int, share: float, left_out: LeftOut | None = None, focus: float | None = None) -> SliceFacts:
    """A slice; `focus`: where the camera says it was, with 12 D as what was asked for."""
    return SliceFacts(
        index=index,
        focus_asked=12.0,
        focus=focus,
        exposure_us=10000,
        gain=1.0,
        transform=((1.0, 0.0, 0.0), (0.0, 1.0, 0.0)),
        residual_px=0.05,
        share=share,
        left_out=left_out,
    )


def report(
    index: int = 0,
    *findings: Problem,
    quality: StackQuality | None = None,
    shares: tuple[float, ...] = SHARES,
    left_out: int | None = None,
    settle_s: float | None = None,
    still: bool = True,
) -> dict[str, Any]:
    """What the API tells of a position."""
    slices = (facts(k, share, "unaligned" if k == left_out else None, 13.0 - k) for k, share in enumerate(shares))
    told = PositionReport(
        index=index,
        turntable=45.0,
        tilt=-10.0,
        took_s=8.3,
        slices=tuple(slices),
        quality=quality or StackQuality(residual_px=0.0749, motion_px=0.31, flicker=0.0042, certainty=0.926),
        findings=findings,
        settle_s=settle_s,
        still=still,
    )
    return told.model_dump(mode="json")


def scan(*flagged: int) -> dict[str, Any]:
    """A finished scan of three positions, as the API tells it."""
    return FINISHED.model_copy(update={"flagged": flagged}).model_dump(mode="json")


def heights(stage: Stage) -> list[float]:
    """Of the bars, as shares of the highest."""
    found = stage.page.evaluate("[...document.querySelectorAll('.fill')].map(one => one.offsetHeight)")
    return [height / max(found) for height in found]


def test_figures_have_units_and_say_what_they_mean(stage: Stage) -> None:
    quality = stage.draw("stack-quality", report(), SWEEP, "D")
    expect(quality.get_by_role("heading")).to_have_text("Quality of this stack")
    expect(quality).to_contain_text("Position 0 · turntable 45° · tilt −10° · took 8 s")
    expect(quality.locator("dt:visible")).to_have_text(["Misplacement", "Shake", "Flicker", "Certainty"])
    expect(quality.locator("dd .value:visible")).to_have_text(["0.07 px", "0.31 px", "0.4 %", "93 %"])
    assert all(text.endswith(".") for text in quality.locator("dd .hint").all_inner_texts())
    expect(quality.get_by_text("Nothing to complain of.")).to_be_visible()
    expect(quality.get_by_role("list", name="Findings")).to_be_hidden()
    stage.update("stack-quality", report(quality=StackQuality(disagreement_px=1.28)), SWEEP, "D")
    expect(quality.locator("dt:visible")).to_have_text(["Misplacement", "Shake", "Breathing", "Flicker", "Certainty"])
    expect(quality.locator("dd .value:visible").nth(2)).to_have_text("1.28 px")


def test_how_long_the_rig_took_to_stand_still_is_told(stage: Stage) -> None:
    quality = stage.draw("stack-quality", report(settle_s=0.312), SWEEP, "D")
    expect(quality).to_contain_text("took 8 s · stood still after 0.3 s")
    stage.update("stack-quality", report(settle_s=3.0, still=False), SWEEP, "D")
    expect(quality).to_contain_text("took 8 s · still moved after 3.0 s")


def test_a_rail_is_told_in_millimetres_and_one_picture_has_no_sweep(stage: Stage) -> None:
    expect(stage.draw("stack-quality", report(), SWEEP, "mm")).to_contain_text("near, 13.00 mm")
    quality = stage.draw("stack-quality", report(shares=(1.0,)), SWEEP, "")
    expect(quality.locator("sweep-chart")).to_be_hidden()
    expect(quality.locator("dl")).to_be_visible()


def test_findings_stand_before_the_chart_with_what_to_do(stage: Stage) -> None:
    quality = stage.draw("stack-quality", report(3, CUT_OFF, MOVED), SWEEP, "D")
    findings = quality.get_by_role("list", name="Findings").get_by_role("listitem")
    expect(findings).to_have_text([f"{each.message} {each.hint}" for each in (CUT_OFF, MOVED)])
    expect(findings.locator("svg")).to_have_count(2)
    expect(quality.get_by_text("Nothing to complain of.")).to_be_hidden()
    above, below = findings.last.bounding_box(), quality.locator("sweep-chart").bounding_box()
    assert above
    assert below
    assert above["y"] + above["height"] < below["y"]


def test_while_the_report_is_on_its_way_nothing_is_claimed(stage: Stage) -> None:
    quality = stage.draw("stack-quality", None, None, "D")
    expect(quality.get_by_text("Reading…")).to_be_visible()
    expect(quality.get_by_text("Nothing to complain of.")).to_be_hidden()
    assert stage.changes("stack-quality") == 0


def test_bars_are_as_high_as_the_shares(stage: Stage) -> None:
    chart = stage.draw("sweep-chart", report(), 2, "D")
    highest = max(SHARES)
    assert heights(stage) == pytest.approx([share / highest for share in SHARES], abs=0.02)
    expect(chart.locator(".number")).to_have_text(["5", "25", "40", "20", "10"])
    expect(chart.locator(".name")).to_have_text(["0", "1", "2", "3", "4"])
    expect(chart).to_contain_text("near, 13.00 D")
    expect(chart).to_contain_text("far, 9.00 D")
    expect(chart).to_contain_text("Slice 2 is the reference slice.")
    words = "From near to far: slice 0, 13.00 D: 5\xa0%; slice 1, 12.00 D: 25\xa0%; slice 2, 11.00 D: 40\xa0%"
    expect(chart.get_by_role("img")).to_have_attribute("aria-label", re.compile(re.escape(words)))


def test_what_lies_beyond_the_sweep_is_a_bar_beyond_its_end(stage: Stage) -> None:
    quality = StackQuality(beyond_near=0.2, beyond_far=0.001)
    chart = stage.draw("sweep-chart", report(quality=quality), None, "D")
    expect(chart.locator(".bar")).to_have_count(len(SHARES) + 1)
    expect(chart.locator(".bar").first).to_have_class("bar beyond")
    assert heights(stage)[0] == pytest.approx(0.2 / (0.8 * 0.4 / 0.95), abs=0.02)
    expect(chart.locator(".number")).to_have_text(["20", "", "21", "34", "17", "8"])  # 100 % together
    expect(chart).to_contain_text("Hatched: estimated, beyond the end of the sweep.")
    expect(chart.get_by_role("img")).to_have_attribute(
        "aria-label", re.compile("nearer than the sweep reaches: about 20\xa0%")
    )


def test_a_slice_left_out_is_crossed_and_says_why(stage: Stage) -> None:
    chart = stage.draw("sweep-chart", report(left_out=2), None, "D")
    expect(chart.locator(".left-out")).to_have_count(1)
    expect(chart.locator(".left-out .number")).to_have_text("×")
    expect(chart).to_contain_text("× Slice 2 is left out: it does not fit the reference slice.")
    expect(chart.get_by_role("img")).to_have_attribute("aria-label", re.compile("slice 2, 11.00 D: left out, it does"))


def test_idle_slices_are_dotted_and_named(stage: Stage) -> None:
    quality = StackQuality(idle=(0, 4))
    chart = stage.draw("sweep-chart", report(quality=quality, shares=(0.0, 0.3, 0.4, 0.3, 0.0)), None, "D")
    expect(chart.locator(".idle .name")).to_have_text(["0", "4"])
    expect(chart.locator(".idle .fill").first).to_have_css("border-top-style", "dotted")
    expect(chart).to_contain_text("Dotted: nowhere the sharpest (slices 0, 4).")
    expect(chart.locator(".left-out")).to_have_count(0)


def test_lens_positions_are_those_asked_for_where_the_camera_tells_none(stage: Stage) -> None:
    told = report()
    told["slices"] = [{**each, "focus": None, "focus_asked": 5.0 - each["index"]} for each in told["slices"]]
    expect(stage.draw("sweep-chart", told, None, "D")).to_contain_text("near, 5.00 D")
    told["slices"] = [{**each, "focus_asked": None} for each in told["slices"]]
    chart = stage.draw("sweep-chart", told, None, "D")
    expect(chart.locator(".row span")).to_have_text(["near", "far"])


def test_a_long_sweep_fits_on_a_phone(stage: Stage) -> None:
    stage.page.set_viewport_size({"width": 360, "height": 740})
    count = 40
    quality = stage.draw("stack-quality", report(1, CUT_OFF, shares=(1 / count,) * count), SWEEP, "D")
    expect(quality.locator(".bar")).to_have_count(count)
    assert stage.page.evaluate("document.documentElement.scrollWidth") <= 360
    bars = stage.page.evaluate(
        "[...document.querySelectorAll('.bar')].map(bar => bar.getBoundingClientRect()).map(at => [at.left, at.right])"
    )
    assert all(before[1] <= after[0] + TOLERANCE_PX for before, after in pairwise(bars))
    assert min(right - left for left, right in bars) > 3


def test_flagged_positions_have_a_mark_and_their_findings_in_words(stage: Stage) -> None:
    reports = [report(0, CUT_OFF), report(1), report(2, MOVED, CUT_OFF)]
    grid = stage.draw("stack-grid", scan(0, 2), reports, 2)
    marks = grid.locator(".stacks .flag")
    expect(marks.nth(0)).to_be_visible()
    expect(marks.nth(1)).to_be_hidden()
    expect(grid.get_by_role("link", name="Stacked image of position 0 worth a look")).to_be_visible()
    expect(grid.get_by_role("link", name="Stacked image of position 1", exact=True)).to_be_visible()
    expect(grid).to_contain_text("2 positions are marked with a triangle")
    findings = grid.locator(".findings > li")
    expect(findings).to_have_count(2)
    expect(findings.first).to_contain_text(f"{CUT_OFF.message} {CUT_OFF.hint}")
    expect(findings.first.locator(".at")).to_have_text("Position 0; likewise at 2")
    expect(findings.last.locator(".at")).to_have_text("Position 2")
    expect(findings.last.get_by_role("link")).to_have_attribute("href", f"#/scans/{FINISHED.id}/positions/2")


def test_one_thing_found_at_many_positions_stays_one_entry(stage: Stage) -> None:
    found = stage.draw("finding-list", "a", [report(n, CUT_OFF) for n in range(200)], False)
    expect(found.get_by_role("listitem")).to_have_count(1)
    expect(found.get_by_role("link")).to_have_count(12)
    expect(found.locator(".at")).to_contain_text(", 11, and at 188 more")


def test_marks_stand_before_the_words_arrive(stage: Stage) -> None:
    grid = stage.draw("stack-grid", scan(1), None, None)
    expect(grid.locator(".stacks .flag").nth(1)).to_be_visible()
    expect(grid).to_contain_text("1 position is marked with a triangle")
    expect(grid.locator(".findings > li")).to_have_count(0)


@pytest.mark.parametrize(
    ("tag", "snapshot"),
    [
        ("stack-quality", (report(0, CUT_OFF, left_out=1), SWEEP, "D")),
        ("sweep-chart", (report(quality=StackQuality(beyond_far=0.3)), 2, "D")),
        ("finding-list", ("a", [report(0, MOVED), report(1, MOVED)], False)),
        ("stack-grid", (scan(0), [report(0, CUT_OFF)], 0)),
    ],
)
def test_the_same_snapshot_again_changes_nothing(stage: Stage, tag: str, snapshot: tuple[object, ...]) -> None:
    stage.draw(tag, *snapshot)
    assert stage.changes(tag) == 0


def test_words_of_the_daemon_are_never_markup(stage: Stage) -> None:
    wild = Problem(code="wild", message="<img src=x onerror=alert(1)>", hint="<b>bold</b>")
    quality = stage.draw("stack-quality", report(0, wild), SWEEP, "D")
    expect(quality.locator(".findings")).to_contain_text("<img src=x onerror=alert(1)> <b>bold</b>")
    expect(quality.locator(".findings :is(img, b)")).to_have_count(0)


@pytest.fixture
def flagged(page: Page, daemon: Daemon, settings: Settings) -> str:
    """A scan of three positions that stopped after two; in the first the near end is cut off, a slice moved in the
    second. Its id."""
    rig = daemon.status().rig.facts
    assert rig
    plan = ScanPlan.model_validate(
        {
            "name": "beetle",
            "path": {"kind": "rings", "rings": [{"tilt_deg": 0, "count": 3}]},
            "sweep": {"near": NEAR, "far": FAR, "count": 4},
        }
    )
    folder = ScanStore(settings.storage.data, daemon.clock).create(plan, rig.model_dump(mode="json"))
    grey = cv2.imencode(".jpg", np.full((90, 160), 99, np.uint8))[1].tobytes()
    found: list[tuple[StackQuality, int | None]] = [
        (StackQuality(beyond_near=0.18, near_needed=13.1, residual_px=0.12), None),
        (StackQuality(left_out=(2,)), 2),
    ]
    for position, (quality, moved) in zip(plan.positions(), found, strict=False):
        records = [
            SliceRecord(
                **facts(k, 0.25, "unaligned" if k == moved else None, 13.0 - k).model_dump(),
                file=folder.write_slice(position.index, k, grey),
            )
            for k in range(4)
        ]
        folder.finish_position(position, records, PositionImages(grey, grey), took_s=8.3, quality=quality)
    page.reload()
    return folder.id


def test_flagged_positions_are_told_while_the_scan_runs_and_one_by_one(page: Page, flagged: str) -> None:
    page.locator("scan-page > .notice").get_by_role("button", name="Resume").click()
    grid = page.locator("scan-page stack-grid")
    expect(grid.locator(".stacks .flag:visible").nth(1)).to_be_visible()
    expect(grid).to_contain_text("About 18% of the object lies nearer than the sweep reaches. Move near")
    expect(progress(page).locator(".badge")).to_have_text("Complete", timeout=LONG_MS)
    grid.get_by_role("link", name="Position 0", exact=True).click()
    quality = page.locator("stack-quality")
    expect(page).to_have_url(re.compile(f"{flagged}/positions/0$"))
    expect(quality).to_contain_text("Position 0 · turntable 0° · tilt 0° · took 8 s")
    expect(quality.locator(".findings > li")).to_have_count(1)
    expect(quality.locator(".bar.beyond")).to_have_count(1)
    expect(quality.locator("dd .value").first).to_have_text("0.12 px")
    page.get_by_role("link", name="Stacked image of position 1").click()
    expect(quality.locator(".findings")).to_contain_text("Left out: slice 2, does not fit the reference slice.")
    expect(quality.locator(".bar.left-out")).to_have_count(1)
    page.get_by_role("link", name="Stacked image of position 2").click()
    expect(quality).to_contain_text("Position 2 · turntable 240°")
    shown = asked(page, f"scans/{flagged}/positions")[2]["quality"]
    expect(quality.locator("dd .value").last).to_have_text(f"{100 * shown['certainty']:.0f} %")


@pytest.mark.parametrize(("code", "offered"), [("plan", False), ("lens-timeout", True)])
def test_a_scan_whose_plan_is_at_fault_is_not_offered_to_resume(stage: Stage, code: str, *, offered: bool) -> None:
    problem = Problem(code=code, message="The reference slice 99 is not among the 8 slices.")
    failed = FINISHED.model_copy(update={"reason": FinishReason.FAILED, "problem": problem})
    state: dict[str, Any] = {"busy": [], "link": "live", "status": None, "profile": "metashape"}
    buttons = stage.draw("scan-buttons", failed.model_dump(mode="json"), state, "list")
    expect(buttons.get_by_role("button", name="Resume")).to_have_count(int(offered))


def test_the_list_of_scans_tells_how_many_positions_are_flagged(stage: Stage) -> None:
    told = {
        "scans": [scan(0, 2), scan() | {"id": "other"}],
        "status": None,
        "busy": [],
        "link": "live",
        "profile": "metashape",
    }
    rows = stage.draw("scan-list", told).locator(".scan-row")
    expect(rows.first.locator(".flagged")).to_have_text("2 positions are worth a look")
    expect(rows.last.locator(".flagged")).to_be_hidden()
