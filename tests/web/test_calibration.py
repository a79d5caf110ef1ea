"""The page calibrates: what it says of breathing and of the focus scale in each state, and both from the button on."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from scanner.api.examples import BREATHING, CALIBRATING, FOCUS_SCALE, MEASURING_FOCUS, RIG
from scanner.capture.events import FocusScale, Problem, RigStatus
from scanner.capture.focus_scale import FocusPoint
from tests.web import states
from tests.web.conftest import Stage
from tests.web.hands import LONG_MS, asked, set_up
from tests.web.states import UNCALIBRATED

pytestmark = pytest.mark.browser

NOT_YET = "Not calibrated: a scan of more than a few positions begins with it."
UNKNOWN = RIG.model_copy(update={"calibrated": False})
FAILED = Problem(
    code="calibration-failed", message="The slices do not breathe as a lens does.", hint="Check the object."
)


ONE = FOCUS_SCALE.model_copy(update={"points": FOCUS_SCALE.points[:1], "offset": None, "slope": None, "residual": None})
THREE = FOCUS_SCALE.model_copy(
    update={"points": (*FOCUS_SCALE.points, FocusPoint(distance_mm=400.0, focus=2.5)), "residual": 0.034}
)


def state(rig: RigStatus, *, calibrated: bool = False, outliers: int = 0, **other: Any) -> dict[str, Any]:
    """The state of the page with this rig; `calibrated`: with the calibration of its breathing read."""
    found = BREATHING.model_copy(update={"outliers": outliers})
    return states.state(rig, calibration=found.model_dump(mode="json") if calibrated else None, **other)


def test_without_a_calibration_it_says_what_that_means_and_offers_one(stage: Stage) -> None:
    card = stage.draw("breathing-card", state(UNKNOWN))
    expect(card.locator("summary")).to_have_text("Lens breathingnot calibrated")
    card.locator("summary").click()
    expect(card.get_by_text(NOT_YET)).to_be_visible()
    expect(card.get_by_text("photogrammetry measures by")).to_be_visible()
    expect(card.get_by_role("button")).to_have_text(["Calibrate"])
    assert stage.changes("breathing-card") == 0


def test_a_calibration_is_dated_and_its_exactness_told(stage: Stage) -> None:
    card = stage.draw("breathing-card", state(RIG, calibrated=True))
    card.locator("summary").click()
    told = card.locator(".standing")
    expect(told).to_have_text(re.compile(r"^Calibrated Nov 20, 2026, .* from 28 slices at 4 positions\. "))
    expect(told).to_have_text(re.compile(r"known to 6\.2 ppm a dioptre; slices lie within 0\.11 px of the law\.$"))
    expect(card.get_by_role("button")).to_have_text(["Calibrate again", "Forget"])
    told = stage.draw("breathing-card", state(RIG, calibrated=True, outliers=1)).locator(".standing")
    expect(told).to_have_text(re.compile(r"1 slice contradicted the others and had no say\.$"))


def test_while_it_runs_it_says_how_far_it_is_and_can_be_cancelled(stage: Stage) -> None:
    card = stage.draw("breathing-card", state(CALIBRATING))
    expect(card.get_by_role("status")).to_have_text("calibrating breathing: position 2 of 4")
    expect(card.get_by_role("status")).to_be_visible()
    expect(card.locator("summary")).to_contain_text("in progress")
    expect(card.get_by_role("button")).to_have_text(["Cancel"])
    expect(card.get_by_role("button")).to_be_enabled()
    held = stage.draw("breathing-card", state(CALIBRATING, busy=["calibration"]))
    expect(held.get_by_role("button")).to_be_disabled()


def test_the_focus_goes_to_the_button_that_takes_the_place_of_the_pressed_one(stage: Stage) -> None:
    card = stage.draw("breathing-card", state(UNKNOWN))
    card.locator("summary").click()
    card.get_by_role("button", name="Calibrate").focus()
    for rig, busy, name in (
        (UNKNOWN, ["calibration"], None),
        (CALIBRATING, ["calibration"], None),
        (CALIBRATING, [], "Cancel"),
        (RIG, [], "Calibrate again"),
    ):
        stage.update("breathing-card", state(rig, calibrated=rig.calibrated, busy=busy))
        stage.page.evaluate("new Promise(requestAnimationFrame)")
        if name:
            expect(card.get_by_role("button", name=name)).to_be_focused()
    card.locator("summary").focus()
    stage.update("breathing-card", state(CALIBRATING))
    expect(card.locator("summary")).to_be_focused()


def test_a_failure_is_told_in_words(stage: Stage) -> None:
    card = stage.draw("breathing-card", state(CALIBRATING.model_copy(update={"problem": FAILED})))
    expect(card.locator(".field-error")).to_be_hidden()
    stage.update("breathing-card", state(UNKNOWN.model_copy(update={"problem": FAILED})))
    expect(card.locator(".field-error")).to_have_text(f"{FAILED.message} {FAILED.hint}")
    expect(card.get_by_role("button", name="Calibrate")).to_be_enabled()


def test_the_scale_is_measured_at_a_distance(stage: Stage) -> None:
    card = stage.draw("focus-card", state(UNCALIBRATED))
    expect(card.locator("summary")).to_have_text("Focus scaleuncalibrated")
    card.locator("summary").click()
    expect(card.locator(".standing")).to_contain_text("distances can be far off")
    measure = card.get_by_role("button", name="Measure")
    measure.click()
    expect(card.locator(".ready .field-error")).to_have_text("How far from the lens is the target?")
    target = card.get_by_label("Distance from the lens to the target")
    target.fill("5")
    measure.click()
    expect(card.locator(".ready .field-error")).to_have_text("At least 10.")
    target.fill("120")
    measure.click()
    assert stage.heard() == [["calibrate-focus", {"distance_mm": 120}]]
    expect(card.get_by_role("button")).to_have_text(["Measure"])
    assert stage.changes("focus-card") == 0


def test_what_is_known_of_the_scale_is_told_with_its_targets(stage: Stage) -> None:
    for known, standing, words in (
        (ONE, "uncalibrated", "at 1 distance. One more, well nearer or farther, makes the scale."),
        (
            FOCUS_SCALE,
            "calibrated, 2 distances",
            "0.970 × 1000 mm / distance + 0.12 D. A third distance would prove it.",
        ),
        (THREE, "calibrated, 3 distances", "the targets lie 0.03 D beside that (rms)."),
    ):
        rig = UNCALIBRATED if known is ONE else RIG
        card = stage.draw("focus-card", state(rig, scale=known.model_dump(mode="json")))
        card.locator("summary").click()
        expect(card.locator("summary .where")).to_have_text(standing)
        expect(card.locator(".standing")).to_have_text(re.compile(rf"^Measured Nov 22, 2026, .*{re.escape(words)}$"))
        expect(card.get_by_role("button")).to_have_text(["Measure", "Forget"])
    expect(card.get_by_role("listitem")).to_have_text(
        ["90 mm: sharp at 10.90 D", "200 mm: sharp at 4.97 D", "400 mm: sharp at 2.50 D"]
    )


def test_each_card_tells_of_its_own_calibration(stage: Stage) -> None:
    after = RIG.model_copy(update={"problem": FAILED, "focus_scale": FocusScale(offset=0.0, slope=1.0)})
    other = stage.draw("breathing-card", state(MEASURING_FOCUS))
    expect(other.locator(".activity")).to_be_hidden()
    other.locator("summary").click()
    expect(other.get_by_role("button", name="Calibrate again")).to_be_disabled()
    stage.update("breathing-card", state(after))
    expect(other.locator(".field-error")).to_be_hidden()
    card = stage.draw("focus-card", state(MEASURING_FOCUS))
    expect(card.locator(".activity")).to_have_text("calibrating focus: looking for the target")
    expect(card.get_by_role("button")).to_have_text(["Cancel"])
    card.get_by_role("button", name="Cancel").click()
    assert stage.heard() == [["cancel-calibration", {}]]
    stage.update("focus-card", state(after))
    expect(card.locator("details > .field-error")).to_have_text(f"{FAILED.message} {FAILED.hint}")
    expect(card.get_by_role("button", name="Measure")).to_be_enabled()


def test_breathing_is_calibrated_and_forgotten(page: Page) -> None:
    set_up(page, slices=3)
    card = page.locator("breathing-card")
    card.locator("summary").click()
    card.get_by_role("button", name="Calibrate").click()
    card.get_by_role("button", name="Cancel").click()
    expect(card.get_by_role("button", name="Calibrate")).to_be_visible(timeout=LONG_MS)
    expect(card.get_by_text(NOT_YET)).to_be_visible()
    expect(card.locator(".field-error")).to_be_hidden()

    with page.expect_request("**/calibration/breathing") as request:
        card.get_by_role("button", name="Calibrate").click()
    assert request.value.post_data_json == {"near": 12.8, "far": 9.4, "count": 3}
    expect(card.get_by_role("status")).to_contain_text("calibrating breathing")
    start = page.get_by_role("button", name="Start the scan")
    expect(start).to_be_disabled()
    expect(page.locator("scan-start")).to_contain_text("The rig is busy: calibrating breathing")
    expect(page.get_by_role("button", name="Set near")).to_be_disabled()
    expect(page.get_by_role("button", name="turntable +10 degrees")).to_be_disabled()
    expect(card.locator("summary")).to_have_text("Lens breathingcalibrated", timeout=LONG_MS)
    expect(card.locator(".standing")).to_contain_text("from 8 slices at 4 positions.")
    known = asked(page, "calibration/breathing")
    expect(card.locator(".standing")).to_contain_text(f"within {known['residual_px']:.2f} px of the law")
    expect(start).to_be_enabled()

    scale = page.locator("focus-card")
    scale.locator("summary").click()
    scale.get_by_label("Distance from the lens to the target").fill("120")
    with page.expect_request("**/calibration/focus") as request:
        scale.get_by_role("button", name="Measure").click()
    assert request.value.post_data_json == {"distance_mm": 120}
    expect(scale.get_by_role("status")).to_contain_text("calibrating focus")
    scale.get_by_role("button", name="Cancel").click()
    expect(scale.get_by_role("button", name="Measure")).to_be_enabled(timeout=LONG_MS)
    expect(scale.locator("summary .where")).to_have_text("uncalibrated")

    card.get_by_role("button", name="Forget").click()
    page.get_by_role("dialog").get_by_role("button", name="Keep").click()
    expect(card.locator("summary")).to_have_text("Lens breathingcalibrated")
    card.get_by_role("button", name="Forget").click()
    page.get_by_role("dialog").get_by_role("button", name="Forget").click()
    expect(card.get_by_text(NOT_YET)).to_be_visible()


def chart_at(page: Page, daemon_url: str, distance_mm: int) -> None:
    """Put a chart before the camera, whose lens errs by 0.3 D and a fifth."""
    settings = asked(page, "settings")["settings"]
    settings["rig"]["simulated"] |= {"chart_mm": distance_mm, "lens_offset": 0.3, "lens_scale": 1.2}
    answer = page.request.put(f"{daemon_url}/api/v1/settings", data=settings)
    assert answer.ok, answer.text()


@pytest.mark.slow
@pytest.mark.parametrize("width", [960])
def test_the_scale_of_a_lens_is_measured_until_its_distances_are_true(page: Page, daemon_url: str) -> None:
    card, slider = page.locator("focus-card"), page.locator("focus-slider")
    card.locator("summary").click()
    for distance_mm, standing in ((100, "uncalibrated"), (200, "calibrated, 2 distances")):
        chart_at(page, daemon_url, distance_mm)
        card.get_by_label("Distance from the lens to the target").fill(str(distance_mm))
        card.get_by_role("button", name="Measure").click()
        expect(card.get_by_text(f"{distance_mm} mm: sharp at")).to_be_visible(timeout=LONG_MS)
        expect(card.locator("summary .where")).to_have_text(standing)
    page.reload()
    expect(slider.get_by_text("uncalibrated")).to_be_hidden()
    slider.get_by_label("Lens position").fill("8.1")
    true_mm = 1200 / (8.1 - 0.3)
    told = slider.get_by_role("status").inner_text()
    assert float(told.split(" · ")[1].removesuffix(" mm")) == pytest.approx(true_mm, rel=0.02)
    card.locator("summary").click()
    card.get_by_role("button", name="Forget").click()
    page.get_by_role("dialog").get_by_role("button", name="Forget").click()
    expect(slider.get_by_text("uncalibrated")).to_be_visible()
    expect(card.get_by_role("listitem")).to_have_count(0)
