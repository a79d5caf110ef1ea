"""How slices become one image, set in fields drawn from the schema of the API; what a plan keeps beside the images; and
the start that stays in sight."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from scanner.config import Settings
from scanner.plan.scan import ScanPlan
from scanner.plan.stacking import StackingPlan
from tests.web.conftest import Stage, Watch
from tests.web.hands import asked, finish, set_up
from tests.web.states import state as whole

pytestmark = pytest.mark.browser

SIXTH = 150
"""Pixels: of the height of the window."""
TAG = "stacking-fields"


def state(**stacking: Any) -> dict[str, Any]:
    """As much of the state of the page as the fields look at."""
    document = {"components": {"schemas": {"StackingPlan": StackingPlan.model_json_schema()}}}
    return {"document": document, "draft": {"stacking": stacking}}


def leave(field: Locator, value: str) -> None:
    field.fill(value)
    field.press("Tab")


def test_every_setting_of_a_stack_has_a_field_that_says_what_it_does(stage: Stage) -> None:
    fields = stage.draw(TAG, state(), [])
    expect(fields.locator("schema-field")).to_have_count(len(StackingPlan.model_fields))
    for name, field in StackingPlan.model_fields.items():
        control = fields.get_by_label(name.capitalize(), exact=True)
        expect(control).to_be_visible()
        assert field.description
        expect(control.locator("xpath=ancestor::schema-field")).to_contain_text(field.description)
    expect(fields.get_by_label("Quality")).to_have_value(str(StackingPlan().quality))
    expect(fields.get_by_label("Method").locator("option")).to_have_text(["weighted", "depth", "pyramid"])
    expect(fields.get_by_role("button", name="Back to the defaults")).to_be_hidden()
    assert stage.changes(TAG) == 0


def test_a_number_that_may_be_a_word_is_the_word_when_empty(stage: Stage) -> None:
    reference = stage.draw(TAG, state(), []).get_by_label("Reference")
    expect(reference).to_have_attribute("placeholder", "middle")
    expect(reference).to_have_value("")
    expect(reference.locator("xpath=ancestor::schema-field")).to_contain_text("Empty: middle.")
    leave(reference, "0")
    assert stage.sent() == [{"stacking": {"reference": 0}}]
    leave(reference, "")
    assert stage.sent()[-1] == {"stacking": {}}


def test_only_what_differs_from_the_defaults_is_sent(stage: Stage) -> None:
    fields = stage.draw(TAG, state(), [])
    leave(fields.get_by_label("Window"), "3.5")
    fields.get_by_label("Method").select_option(label="pyramid")
    assert stage.sent() == [{"stacking": {"window": 3.5}}, {"stacking": {"window": 3.5, "method": "pyramid"}}]
    leave(fields.get_by_label("Window"), "2.0")
    assert stage.sent()[-1] == {"stacking": {"method": "pyramid"}}
    fields.get_by_label("Method").select_option(label="weighted")
    assert stage.sent()[-1] == {"stacking": {}}


def test_what_was_set_before_is_shown_and_can_be_taken_back(stage: Stage) -> None:
    fields = stage.draw(TAG, state(window=3.5, unaligned="fail", reference=4), [])
    expect(fields.get_by_label("Window")).to_have_value("3.5")
    expect(fields.get_by_label("Reference")).to_have_value("4")
    expect(fields.get_by_label("Unaligned").locator("option:checked")).to_have_text("fail")
    fields.get_by_role("button", name="Back to the defaults").click()
    assert stage.sent() == [{"stacking": {}}]
    stage.update(TAG, state(), [])
    expect(fields.get_by_label("Window")).to_have_value("2")
    expect(fields.get_by_label("Reference")).to_have_value("")
    expect(fields.get_by_label("Unaligned").locator("option:checked")).to_have_text("leave-out")


def test_an_emptied_field_goes_back_to_its_default(stage: Stage) -> None:
    slab = stage.draw(TAG, state(slab=5), []).get_by_label("Slab")
    leave(slab, "")
    assert stage.sent() == [{"stacking": {}}]
    stage.update(TAG, state(), [])
    expect(slab).to_have_value("0")


def test_before_the_schema_has_come_there_is_no_field(stage: Stage) -> None:
    fields = stage.draw(TAG, {**state(), "document": None}, [])
    expect(fields.get_by_text("Reading what can be set…")).to_be_visible()
    expect(fields.locator("schema-field")).to_have_count(0)


def expect_above(error: Locator, bar: Locator) -> None:
    """What is wrong is not under the bar."""
    expect(bar).to_contain_text("Correct what is marked")
    said, over = error.bounding_box(), bar.bounding_box()
    assert said
    assert over
    assert said["y"] + said["height"] <= over["y"]


def test_what_is_wrong_comes_out_from_under_the_bar(page: Page, watch: Watch) -> None:
    """The window stands so that the field is just above the bar, and the words about it would be below."""
    watch.expected.append("422")
    page.get_by_text("Advanced", exact=True).click()
    window = page.locator(TAG).get_by_label("Window")
    bar = page.locator(".start-card")
    window.focus()
    field, over = window.bounding_box(), bar.bounding_box()
    assert field
    assert over
    page.evaluate("by => scrollBy(0, by)", field["y"] + field["height"] - over["y"] + 2)
    leave(window, "99")
    error = page.locator(TAG).locator(".field-error:visible")
    expect(error).to_have_text("Must be at most 16.0.")
    expect_above(error, bar)


def test_what_is_set_is_checked_and_reaches_the_scan(page: Page, watch: Watch) -> None:
    watch.expected.append("422")
    start, fields = page.get_by_role("button", name="Start the scan"), page.locator(TAG)
    set_up(page, positions=1, slices=2)
    expect(start).to_be_in_viewport(ratio=1)
    page.get_by_text("Advanced", exact=True).click()
    stays_in_sight(page, start)

    steepness = fields.get_by_label("Steepness")
    leave(steepness, "99")
    expect(steepness).to_have_attribute("aria-invalid", "true")
    error = fields.locator(".field-error:visible")
    expect(error).to_have_text("Must be at most 12.")
    expect_above(error, page.locator(".start-card"))
    expect(page.locator("scan-start")).to_contain_text("Correct what is marked in red first.")
    expect(start).to_be_disabled()
    page.reload()
    expect(steepness).to_be_visible()  # what is wrong is never folded away
    leave(steepness, "4")
    expect(steepness).not_to_have_attribute("aria-invalid", "true")
    fields.get_by_label("Method").select_option(label="depth")
    expect(page.locator("scan-setup summary .where")).to_have_text("stacking: 2 changed")
    plan = asked(page, f"scans/{finish(page)}/manifest.json")["scan"]["plan"]
    assert plan["stacking"] == StackingPlan(method="depth", steepness=4).model_dump()


def test_the_settings_say_where_the_camera_stands_and_what_exif_names(stage: Stage) -> None:
    view = {"settings": Settings().model_dump(mode="json"), "schema": Settings.model_json_schema(), "overridden": []}
    form = stage.draw("settings-form", whole(settings=view))
    for group in ("Camera", "Geometry"):
        form.locator("summary").filter(has_text=group).click()
    place = form.locator("details").filter(has_text="Where the camera stands.").last
    expect(place.locator("label")).to_have_text(["Distance", "Height", "Looks down", "Tilt axis", "Rail", "Accuracy"])
    expect(place.locator(".unit")).to_have_text(["mm", "mm", "°", "mm", "mm", "mm"])
    expect(place.get_by_label("Looks down")).to_be_visible()
    for label in ("Make", "Model", "Lens"):
        expect(form.get_by_label(label, exact=True)).to_have_attribute("placeholder", "none")


@pytest.mark.parametrize("wide", [1280, 360])
def test_masks_are_kept_and_depth_maps_are_not_unless_a_switch_says_so(stage: Stage, wide: int) -> None:
    stage.page.set_viewport_size({"width": wide, "height": 740})
    fields = stage.draw("output-fields", whole())
    masks, depth = fields.get_by_role("switch", name="Masks"), fields.get_by_role("switch", name="Depth maps")
    expect(masks).to_be_checked()
    expect(depth).not_to_be_checked()
    expect(masks).to_have_accessible_description(
        "The object, by what came into focus: photogrammetry then ignores the background."
    )
    depth.focus()
    stage.page.keyboard.press("Space")
    assert stage.sent() == [{"output": {"masks": True, "depth": True}}]
    stage.update("output-fields", whole(draft={"output": {"masks": True, "depth": True}}))
    masks.uncheck()
    assert stage.sent()[-1] == {"output": {"masks": False, "depth": True}}
    assert stage.page.evaluate("document.documentElement.scrollWidth") <= wide


def test_a_plan_of_the_page_is_one_of_the_daemon(stage: Stage) -> None:
    plan = stage.page.evaluate(
        """async (draft) => {
          const { toPlan } = await import(new URL("plan.js", document.baseURI));
          return toPlan(draft);
        }""",
        whole(draft={"output": {"masks": False, "depth": True}})["draft"],
    )
    assert ScanPlan.model_validate(plan).output.model_dump() == {"masks": False, "depth": True}


def stays_in_sight(page: Page, start: Locator) -> None:
    """The start stands at the foot of the window, and hides no field that has the focus."""
    fields = page.locator(TAG)
    expect(start).to_be_in_viewport(ratio=1)
    fields.get_by_label("Slab").focus()
    page.keyboard.press("Tab")
    expect(fields.get_by_label("Quality")).to_be_focused()
    field, card = fields.get_by_label("Quality").bounding_box(), page.locator(".start-card").bounding_box()
    assert field
    assert card
    assert field["y"] + field["height"] <= card["y"]
    assert card["height"] <= SIXTH
