"""The page in a real browser, against a real daemon on the simulated rig."""

import re
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page, expect

from scanner.config import Settings
from scanner.daemon import Daemon
from scanner.plan.scan import ScanPlan
from scanner.store.scans import ScanStore
from tests.web.conftest import Watch
from tests.web.hands import FAR, LONG_MS, NEAR, finished_scan, listed, progress, set_up, start

pytestmark = pytest.mark.browser

TAP = 44


def told_in_words(page: Page) -> None:
    """Watch a scan of 3 positions by 3 slices to its end."""
    expect(page.locator("scan-setup")).to_be_hidden()
    expect(progress(page).locator(".badge")).to_have_text("Running")
    expect(progress(page).locator("[aria-live]")).to_contain_text("of 3 positions done")
    expect(progress(page).locator(".left")).to_contain_text(re.compile("time left: known after|about .* left"))
    expect(progress(page).locator(".badge")).to_have_text("Complete", timeout=LONG_MS)
    expect(progress(page).locator(".where")).to_have_text("3 of 3 positions, 9 of 9 slices")
    expect(progress(page).locator(".left")).to_contain_text("took")
    expect(page.locator("scan-page stack-grid").get_by_role("listitem")).to_have_count(3)


def picture(data: bytes) -> NDArray[np.uint8]:
    """(height, width, 3) uint8."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    return np.asarray(pixels, np.uint8)


def sharpness(pixels: NDArray[np.uint8], mask: NDArray[np.bool_]) -> float:
    """Variance of the Laplacian of luma inside the mask."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    return float(cv2.Laplacian(grey, cv2.CV_64F)[mask].var())


def object_in(pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where the object is: what stands out from the dark background."""
    grey = cv2.GaussianBlur(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), (0, 0), 2)
    return np.asarray(cv2.morphologyEx((grey > 40).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((15, 15))) > 0)


@pytest.mark.parametrize("width", [960])  # fine enough that no single slice is sharp over the whole object
def test_a_scan_from_the_first_click_to_the_images_in_the_zip(
    page: Page, daemon_url: str, width: int, tmp_path: Path
) -> None:
    set_up(page, positions=3, slices=3)
    start(page)
    told_in_words(page)
    scan = str(listed(page)[0]["id"])

    with page.expect_download() as download:
        progress(page).get_by_role("link", name="Images for Metashape").click()
    download.value.save_as(tmp_path / "stacks.zip")
    assert download.value.suggested_filename == f"{scan}_photogrammetry.zip"

    with zipfile.ZipFile(tmp_path / "stacks.zip") as archive:
        assert archive.testzip() is None
        names = sorted(name for name in archive.namelist() if name.startswith("images/"))
        stacks = [picture(archive.read(name)) for name in names]
    assert len(stacks) == 3
    for n, stack in enumerate(stacks):
        assert stack.shape == (width * 9 // 16, width, 3)
        address = f"{daemon_url}/api/v1/scans/{scan}/positions/{n}/slices"
        slices = [picture(page.request.get(f"{address}/{k}.jpg").body()) for k in range(3)]
        mask = object_in(stack)
        assert 0.05 < mask.mean() < 0.5
        assert sharpness(stack, mask) > max(sharpness(one, mask) for one in slices)


def test_a_scan_pauses_resumes_and_is_cancelled_after_asking(page: Page) -> None:
    set_up(page, positions=200)
    start(page)
    badge = progress(page).locator(".badge")
    expect(progress(page).locator(".where")).to_have_text(re.compile(r", [1-9]\d* of 600 slices"), timeout=LONG_MS)
    progress(page).get_by_role("button", name="Pause").click()
    expect(badge).to_have_text("Paused")
    expect(progress(page).locator(".left")).to_have_text("paused")
    expect(page.locator("rig-preview figcaption")).to_contain_text("turntable 0°")
    assert listed(page)[0]["state"] == "paused"
    progress(page).get_by_role("button", name="Resume").click()
    expect(badge).to_have_text("Running")

    progress(page).get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Keep scanning").click()
    expect(badge).to_have_text("Running")
    progress(page).get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Cancel the scan").click()
    expect(badge).to_have_text("Cancelled", timeout=LONG_MS)
    assert [scan["reason"] for scan in listed(page)] == ["cancelled"]


def test_deleting_asks_first(page: Page) -> None:
    finished_scan(page)
    page.get_by_role("link", name="Scans", exact=True).click()
    row = page.get_by_role("listitem").filter(has_text="beetle")
    row.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog")).to_contain_text("cannot be undone")
    page.keyboard.press("Escape")
    expect(row).to_be_visible()
    assert len(listed(page)) == 1

    row.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("There are no scans yet.")).to_be_visible()
    assert listed(page) == []


@pytest.fixture
def interrupted(page: Page, daemon: Daemon, settings: Settings) -> Page:
    """The page after a restart of a scanner that was stopped in the first of two positions."""
    facts = daemon.status().rig.facts
    assert facts
    plan = ScanPlan.model_validate(
        {
            "name": "beetle",
            "path": {"kind": "rings", "rings": [{"tilt_deg": 0, "count": 2}]},
            "sweep": {"near": NEAR, "far": FAR, "count": 2},
        }
    )
    ScanStore(settings.storage.data, daemon.clock).create(plan, facts.model_dump(mode="json"))
    page.reload()
    return page


def test_an_interrupted_scan_is_offered_and_resumed(interrupted: Page) -> None:
    notice = interrupted.locator("scan-page > .notice")
    expect(notice).to_contain_text("“beetle” was interrupted with 0 of 2 positions done.")
    notice.get_by_role("button", name="Resume").click()
    expect(progress(interrupted).locator(".badge")).to_have_text("Complete", timeout=LONG_MS)
    expect(notice).to_be_hidden()


def test_an_interrupted_scan_can_be_deleted(interrupted: Page) -> None:
    interrupted.get_by_role("link", name="Scans", exact=True).click()
    row = interrupted.get_by_role("listitem").filter(has_text="beetle")
    expect(row).to_contain_text("no image yet, 2 positions planned")
    expect(row.locator(".picture")).to_be_hidden()
    expect(row.get_by_role("button")).to_have_text(["Resume", "Delete"])
    row.get_by_role("button", name="Delete").click()
    interrupted.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(interrupted.get_by_text("There are no scans yet.")).to_be_visible()
    interrupted.get_by_role("link", name="Scan", exact=True).click()
    expect(interrupted.locator("scan-page > .notice")).to_be_hidden()


def test_a_double_click_starts_one_scan_and_a_busy_rig_says_so(page: Page, watch: Watch) -> None:
    watch.expected.append("409")
    set_up(page, positions=200)
    page.get_by_role("button", name="Start the scan").dblclick()
    expect(progress(page).locator(".badge")).to_have_text("Running")
    assert len(listed(page)) == 1
    page.evaluate("document.dispatchEvent(new CustomEvent('start-scan'))")
    expect(page.get_by_role("alert").get_by_role("link", name="Show the running scan")).to_be_in_viewport()
    assert len(listed(page)) == 1


def test_a_stack_is_compared_with_its_slices(page: Page) -> None:
    scan = finished_scan(page, positions=2)
    progress(page).get_by_role("link", name="View").click()
    expect(page).to_have_url(re.compile(f"#/scans/{scan}$"))
    view = page.locator("stack-compare")
    expect(view.get_by_alt_text("Stacked image of position 0")).to_have_js_property("naturalWidth", 480)

    divider = view.get_by_role("slider", name="Divider")
    divider.focus()
    page.keyboard.press("ArrowLeft")
    expect(divider).to_have_attribute("aria-valuenow", "48")
    page.keyboard.press("End")
    expect(divider).to_have_attribute("aria-valuenow", "100")
    box = view.locator(".view").bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] - 2, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4, middle)
    page.mouse.up()
    expect(divider).to_have_attribute("aria-valuenow", "25")

    slices = view.get_by_label("Compare with slice")
    slices.fill("0")
    expect(view.get_by_alt_text("Slice 0 of position 0")).to_have_attribute("src", re.compile("/slices/0.jpg$"))
    expect(slices).to_have_attribute("aria-valuetext", re.compile(r"^slice 0 \(0 to 1\)"))
    view.get_by_role("button", name="1:1").click()
    expect(view.locator(".ratio")).to_have_text("100 %")
    view.get_by_role("link", name="Next position").click()
    expect(page).to_have_url(re.compile("/positions/1$"))
    expect(view.get_by_role("heading")).to_have_text("Position 1")


def test_the_lens_is_moved_and_gives_the_range(page: Page) -> None:
    slider = page.get_by_label("Lens position")
    expect(slider).to_be_visible()
    low, high = (float(slider.get_attribute(name) or "nan") for name in ("min", "max"))
    near = round(low + 0.7 * (high - low), 1)
    far = round(low + 0.4 * (high - low), 1)
    slider.fill(str(near))
    page.get_by_role("button", name="Set near").click()
    slider.fill(str(far))
    page.get_by_role("button", name="Set far").click()
    expect(page.get_by_label("Near", exact=True)).to_have_value(f"{near:g}")
    expect(page.get_by_label("Far", exact=True)).to_have_value(f"{far:g}")
    expect(page.locator("sweep-fields")).to_contain_text("so that their depths of field overlap")
    expect(page.locator("scan-start .costs")).to_contain_text("slices")
    page.reload()
    expect(page.get_by_label("Near", exact=True)).to_have_value(f"{near:g}")


def test_the_start_speaks_of_the_fields_as_they_stand(page: Page) -> None:
    start_card, button = page.locator("scan-start"), page.get_by_role("button", name="Start the scan")
    near = page.get_by_label("Near", exact=True)
    page.get_by_label("Far", exact=True).fill("8")
    near.fill("5")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Near must have more dioptres than far.")).to_be_visible()
    expect(start_card).to_contain_text("Correct what is marked in red")
    expect(button).to_be_disabled()
    near.fill("40")
    page.keyboard.press("Tab")
    expect(page.locator("sweep-fields .field-error:visible")).to_have_text(["This lens reaches from 0 to 15 D."])
    expect(near).to_have_value("40")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    near.fill("10")
    page.keyboard.press("Tab")
    expect(page.locator("sweep-fields .field-error:visible")).to_have_count(0)
    expect(start_card).to_contain_text("slices")
    near.fill("")
    page.keyboard.press("Tab")
    expect(page.locator("sweep-fields")).to_contain_text("found when the scan starts")
    expect(button).to_be_enabled()


def test_a_number_that_is_none_stays_marked_until_it_is_mended(page: Page) -> None:
    positions = page.get_by_label("Positions", exact=True).first
    positions.fill("0")
    page.keyboard.press("Tab")
    expect(positions).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("At least 1.")).to_be_visible()
    expect(page.locator("scan-start")).to_contain_text("Correct what is marked in red")
    page.get_by_role("button", name="turntable +10 degrees").click()  # a new snapshot arrives
    expect(page.locator("axis-jog").first.get_by_role("status")).to_have_text("10°")
    expect(positions).to_have_value("0")
    positions.fill("24")
    page.keyboard.press("Tab")
    expect(positions).not_to_have_attribute("aria-invalid", "true")
    expect(page.locator("scan-start")).to_contain_text("24 positions")


def test_a_ring_out_of_reach_is_marked_at_its_tilt(page: Page) -> None:
    ring = page.locator("ring-row").first
    ring.get_by_label("Tilt").fill("85")
    page.keyboard.press("Tab")
    expect(ring.get_by_label("Tilt")).to_have_attribute("aria-invalid", "true")
    expect(ring).to_contain_text("This rig tilts from −20° to 70°.")
    expect(ring).to_contain_text("one every 15°")
    page.get_by_role("group", name="Path").get_by_role("radio", name="Sphere").check()
    page.get_by_label("Highest tilt").fill("85")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Highest tilt")).to_have_attribute("aria-invalid", "true")
    page.get_by_role("group", name="Path").get_by_role("radio", name="List").check()
    positions = page.get_by_label("Positions in the order of capture")
    positions.fill('[{"turntable_deg": 0, "tilt_deg": -30}]')
    page.keyboard.press("Tab")
    expect(page.locator("path-fields")).to_contain_text("Position 0 of the list is out of reach.")
    positions.fill('[{"turntable_deg": 0, "tilt_deg": 10}]')
    page.keyboard.press("Tab")
    expect(page.locator("scan-start")).to_contain_text("1 position")
    expect(page.get_by_role("button", name="Start the scan")).to_be_enabled()


def test_the_rig_is_moved_by_hand(page: Page) -> None:
    turntable = page.locator("axis-jog").filter(has_text="Turntable")
    turntable.get_by_role("button", name="turntable +10 degrees").click()
    expect(turntable.get_by_role("status")).to_have_text("10°")
    turntable.get_by_label("Turntable", exact=True).fill("-20")
    page.keyboard.press("Enter")
    expect(turntable.get_by_role("status")).to_have_text("340°")
    tilt = page.locator("axis-jog").filter(has_text="Tilt")
    expect(tilt.get_by_role("button", name="tilt +10 degrees")).to_be_enabled()
    tilt.get_by_label("Tilt", exact=True).fill("70")
    page.keyboard.press("Enter")
    expect(tilt.get_by_role("status")).to_have_text("70°")
    expect(tilt.get_by_role("button", name="tilt +10 degrees")).to_be_disabled()
    turntable.get_by_role("button", name="Set zero").click()
    expect(turntable.get_by_role("status")).to_have_text("0°")
    page.get_by_role("button", name="Release motors").click()
    expect(turntable.get_by_role("status")).to_have_text("unknown")
    looked_at_closely(page)


def looked_at_closely(page: Page) -> None:
    """A place near a corner of the picture, 1:1."""
    preview = page.locator("rig-preview")
    box = preview.locator(".frame").bounding_box()
    assert box
    preview.locator(".frame").click(position={"x": 0.9 * box["width"], "y": 0.1 * box["height"]})
    view = re.compile(r"\?t=\d+&loupe_x=0\.(90|89)\d\d&loupe_y=0\.(10|09)\d\d$")
    expect(preview.locator("img:visible")).to_have_attribute("src", view)
    expect(preview.locator("img:visible")).to_have_js_property("naturalWidth", 480)  # all there is


def test_a_locked_exposure_goes_into_the_plan(page: Page) -> None:
    exposure = page.locator("exposure-fields")
    exposure.get_by_role("radio", name="Locked").check()
    expect(exposure.get_by_text("Every slice is taken with")).to_be_visible()
    expect(exposure.get_by_label("Time")).to_have_value(re.compile(r"^\d+$"))
    exposure.get_by_role("radio", name="Automatic").check()
    expect(exposure.get_by_text("Measured once before the first position")).to_be_visible()


def test_the_page_says_that_the_rig_is_simulated(page: Page) -> None:
    banner = page.locator("app-banner")
    expect(banner).to_contain_text("This rig is simulated. Pictures are rendered, nothing moves.")
    expect(banner).to_contain_text("480 × 270 px")


def test_a_lost_connection_is_said_and_found_again(page: Page, watch: Watch) -> None:
    watch.expected.append("ERR_INTERNET_DISCONNECTED")
    expect(page.get_by_text("Connected", exact=True)).to_be_visible()
    page.context.set_offline(True)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.get_by_role("alert")).to_contain_text("The connection to the scanner is lost.")
    expect(page.get_by_role("button", name="Start the scan")).to_be_disabled()
    page.context.set_offline(False)
    expect(page.get_by_text("Connected", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Start the scan")).to_be_enabled()


def test_the_settings_form_gives_back_what_it_was_given(page: Page) -> None:
    page.get_by_role("link", name="Settings").click()
    save = page.get_by_role("button", name="Save")
    expect(save).to_be_disabled()
    page.get_by_label("Reserve").fill("77")
    expect(save).to_be_enabled()
    page.get_by_role("button", name="Undo changes").click()
    expect(save).to_be_disabled()
    expect(page.get_by_text("Set in the config file.").last).to_be_visible()
    expect(page.get_by_text("0 to 1,000,000 MB.")).to_be_visible()
    shown = page.evaluate("document.querySelector('settings-form schema-field').read()")
    assert shown == page.evaluate("fetch('api/v1/settings').then(answer => answer.json())")["settings"]


def test_a_wrong_setting_is_marked_at_its_field_and_a_right_one_saved(page: Page, watch: Watch) -> None:
    watch.expected.append("422")
    page.get_by_role("link", name="Settings").click()
    field = page.get_by_label("Reserve")
    field.fill("-5")
    page.get_by_role("button", name="Save").click()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    expect(page.locator("schema-field").filter(has=field).last.locator(".field-error")).not_to_be_empty()
    failed = page.get_by_text("Not saved. Reserve must be at least 0.")
    expect(failed).to_be_in_viewport()
    field.fill("77")
    expect(field).not_to_have_attribute("aria-invalid", "true")
    expect(failed).to_have_count(0)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Settings saved.")).to_be_in_viewport()
    expect(field).not_to_have_attribute("aria-invalid", "true")
    assert (
        page.evaluate("fetch('api/v1/settings').then(answer => answer.json())")["settings"]["storage"]["reserve_mb"]
        == 77
    )


def test_nothing_is_too_wide_or_too_small_on_a_phone(page: Page) -> None:
    scan = finished_scan(page, name="Carabus_auratus_without_a_place_to_break_the_line")
    page.set_viewport_size({"width": 360, "height": 740})
    page.evaluate("address => { location.hash = address }", f"#/scans/{scan}")
    expect(page.locator("stack-compare")).to_be_visible()
    tops = [page.locator(f"scan-detail {part}").bounding_box() for part in ("stack-compare", ".facts", "scan-buttons")]
    assert [box["y"] for box in tops if box] == sorted(box["y"] for box in tops if box)
    page.evaluate("location.hash = '#/scan'")
    progress(page).get_by_role("button", name="New scan").click()
    for address in ("#/scan", "#/scans", f"#/scans/{scan}", "#/settings"):
        page.evaluate("address => { location.hash = address }", address)
        expect(page.locator("main > :not([hidden])")).to_have_count(1)
        page.wait_for_function("document.querySelector('main > :not([hidden])').checkVisibility()")
        page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true })")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, address
        assert small_targets(page) == [], address


def small_targets(page: Page) -> list[str]:
    """The controls one can see that are lower than a fingertip; a radio or check box counts with its label."""
    found = page.evaluate(
        """tap => [...document.querySelectorAll("main button, main select, main summary, main .button,"
            + " main .choice label, nav a, main input:not([type=radio], [type=checkbox])")]
          .filter(one => one.checkVisibility() && one.getBoundingClientRect().height < tap)
          .map(one => one.outerHTML)""",
        TAP,
    )
    assert isinstance(found, list)
    return found
