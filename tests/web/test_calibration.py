"""The page calibrates breathing: what it says in each state, and a real calibration from the button to the figures."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from scanner.api.examples import BREATHING, CALIBRATING, RIG, STATUS
from scanner.capture.events import Problem, RigStatus
from tests.web.conftest import Stage
from tests.web.hands import LONG_MS, asked, set_up

pytestmark = pytest.mark.browser

ALONE = "Not calibrated: each position is aligned on its own."
UNKNOWN = RIG.model_copy(update={"calibrated": False})
FAILED = Problem(
    code="calibration-failed", message="The slices do not breathe as a lens does.", hint="Check the object."
)


def state(rig: RigStatus, *, calibrated: bool = False, outliers: int = 0, busy: tuple[str, ...] = ()) -> dict[str, Any]:
    """As much of the state of the page as the card looks at."""
    found = BREATHING.model_copy(update={"outliers": outliers})
    return {
        "status": STATUS.model_copy(update={"rig": rig}).model_dump(mode="json"),
        "calibration": found.model_dump(mode="json") if calibrated else None,
        "link": "live",
        "busy": list(busy),
    }


def test_without_a_calibration_it_says_what_that_means_and_offers_one(stage: Stage) -> None:
    card = stage.draw("breathing-card", state(UNKNOWN))
    expect(card.locator("summary")).to_have_text("Lens breathingnot calibrated")
    card.locator("summary").click()
    expect(card.get_by_text(ALONE)).to_be_visible()
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
    held = stage.draw("breathing-card", state(CALIBRATING, busy=("calibration",)))
    expect(held.get_by_role("button")).to_be_disabled()


def change(stage: Stage, told: dict[str, Any]) -> None:
    """Another state, for the card that is there."""
    update = "told => document.querySelector('breathing-card').update({ ...told, busy: new Set(told.busy) })"
    stage.page.evaluate(update, told)


def test_the_focus_goes_to_the_button_that_takes_the_place_of_the_pressed_one(stage: Stage) -> None:
    card = stage.draw("breathing-card", state(UNKNOWN))
    card.locator("summary").click()
    card.get_by_role("button", name="Calibrate").focus()
    for rig, busy, name in (
        (UNKNOWN, ("calibration",), None),
        (CALIBRATING, ("calibration",), None),
        (CALIBRATING, (), "Cancel"),
        (RIG, (), "Calibrate again"),
    ):
        change(stage, state(rig, calibrated=rig.calibrated, busy=busy))
        stage.page.evaluate("new Promise(requestAnimationFrame)")
        if name:
            expect(card.get_by_role("button", name=name)).to_be_focused()
    card.locator("summary").focus()
    change(stage, state(CALIBRATING))
    expect(card.locator("summary")).to_be_focused()


def test_a_failure_is_told_in_words(stage: Stage) -> None:
    card = stage.draw("breathing-card", state(UNKNOWN.model_copy(update={"problem": FAILED})))
    card.locator("summary").click()
    expect(card.locator(".field-error")).to_have_text(f"{FAILED.message} {FAILED.hint}")
    expect(card.get_by_role("button", name="Calibrate")).to_be_enabled()
    again = stage.draw("breathing-card", state(CALIBRATING.model_copy(update={"problem": FAILED})))
    expect(again.locator(".field-error")).to_be_hidden()


def test_a_camera_with_fixed_focus_has_nothing_to_calibrate(stage: Stage) -> None:
    assert RIG.facts
    camera = RIG.facts.camera.model_copy(update={"lens": None})
    fixed = RIG.model_copy(update={"facts": RIG.facts.model_copy(update={"camera": camera})})
    expect(stage.draw("breathing-card", state(fixed))).to_be_hidden()


def test_breathing_is_calibrated_and_forgotten(page: Page) -> None:
    set_up(page, slices=3)
    card = page.locator("breathing-card")
    card.locator("summary").click()
    card.get_by_role("button", name="Calibrate").click()
    card.get_by_role("button", name="Cancel").click()
    expect(card.get_by_role("button", name="Calibrate")).to_be_visible(timeout=LONG_MS)
    expect(card.get_by_text(ALONE)).to_be_visible()
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

    card.get_by_role("button", name="Forget").click()
    page.get_by_role("dialog").get_by_role("button", name="Keep").click()
    expect(card.locator("summary")).to_have_text("Lens breathingcalibrated")
    card.get_by_role("button", name="Forget").click()
    page.get_by_role("dialog").get_by_role("button", name="Forget").click()
    expect(card.get_by_text(ALONE)).to_be_visible()
