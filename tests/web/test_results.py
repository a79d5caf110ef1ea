"""What a scan gives: downloads by program, a better sweep, mask and depth map over a stack."""

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Locator, Page, Route, expect

from scanner.api.examples import FINISHED, POSITIONS, RUNNING
from scanner.capture.events import Problem, ScanStatus
from scanner.config import Settings
from scanner.daemon import Daemon
from scanner.plan.scan import ScanPlan
from scanner.slices import StackQuality, SweepProposal
from scanner.store.journal import SliceRecord
from scanner.store.scan_folder import PositionImages
from scanner.store.scans import ScanStore
from tests.web.conftest import Stage
from tests.web.hands import FAR, NEAR
from tests.web.states import state
from tests.web.test_quality import facts

pytestmark = pytest.mark.browser

WIDTHS = pytest.mark.parametrize("wide", [1280, 360])
BETTER = SweepProposal(near=13.1, far=8.2, count=14)
USED: dict[str, Any] = {"near": 12.0, "far": 8.2, "count": 8, "reference": 4}
SHORT = Problem(
    code="near-not-covered",
    message="About 12% of the object lies nearer than the sweep reaches.",
    hint="Use near 13.1 D, far 8.2 D, 14 slices.",
)
FLICKER = Problem(code="flicker", message="Brightness varies by 4.0% from slice to slice.", hint="Check the lamp.")
GREY = 150
"""Of the stacked image."""


def told(scan: ScanStatus, **other: Any) -> dict[str, Any]:
    return scan.model_dump(mode="json") | other


def reports(*, mask: bool = True, depth: bool = False, certainty: float = 0.926) -> list[dict[str, Any]]:
    """On three positions."""
    quality = StackQuality(certainty=certainty)
    each = POSITIONS[0].model_copy(update={"quality": quality, "findings": (), "mask": mask, "depth": depth})
    return [each.model_copy(update={"index": n}).model_dump(mode="json") for n in range(3)]


def resize(stage: Stage, wide: int) -> None:
    stage.page.set_viewport_size({"width": wide, "height": 740 if wide < 600 else 900})


def fits(stage: Stage, wide: int) -> None:
    assert stage.page.evaluate("document.documentElement.scrollWidth") <= wide


def sizes(scan: ScanStatus, profile: str = "metashape") -> dict[str, Any]:
    return {"scan": scan.id, "profile": profile, "stacks": 84_300_000, "slices": 612_000_000}


@WIDTHS
def test_a_download_says_for_which_program_what_and_how_much(stage: Stage, wide: int) -> None:
    resize(stage, wide)
    card = stage.draw("scan-download", told(FINISHED), reports(), state(sizes=sizes(FINISHED)))
    images, slices = card.get_by_role("link").all()
    expect(images).to_have_accessible_name("Images for Metashape 3 images · with masks · 84 MB")
    expect(slices).to_have_accessible_name("All slices for Helicon Focus, Zerene · 612 MB")
    expect(images).to_have_attribute("href", f"api/v1/scans/{FINISHED.id}/stacks.zip?profile=metashape")
    expect(slices).to_have_attribute("href", f"api/v1/scans/{FINISHED.id}/slices.zip")
    expect(card).to_contain_text("{filename}_mask.png. All steps stand in README.txt.")
    assert stage.changes("scan-download") == 0
    fits(stage, wide)


def test_a_scan_that_runs_gives_what_is_there_so_far(stage: Stage) -> None:
    card = stage.draw("scan-download", told(RUNNING), None, state())
    expect(card.get_by_role("link").first).to_have_accessible_name("Images for Metashape 2 of 36 so far")
    stage.update("scan-download", told(FINISHED, stacked=2, positions_total=3), reports(mask=False), state())
    expect(card.get_by_role("link").first).to_have_accessible_name("Images for Metashape 2 of 3")
    expect(card).not_to_contain_text("mask")
    stage.update("scan-download", told(RUNNING, stacked=0), None, state())
    expect(card).to_be_hidden()


def test_another_program_is_chosen_by_keyboard_and_its_size_is_not_that_of_the_last(stage: Stage) -> None:
    card = stage.draw("scan-download", told(FINISHED), reports(), state(sizes=sizes(FINISHED)))
    program = card.get_by_label("Program")
    expect(program.locator("option")).to_have_text(["Metashape", "RealityScan", "COLMAP", "Meshroom"])
    program.focus()
    stage.page.keyboard.press("ArrowDown")
    stage.page.keyboard.press("ArrowDown")
    assert stage.heard()[-1] == ["choose-profile", {"profile": "colmap"}]
    stage.update("scan-download", told(FINISHED), reports(), state(profile="colmap", sizes=sizes(FINISHED)))
    images = card.get_by_role("link").first
    expect(images).to_have_accessible_name("Images for COLMAP 3 images · with masks")
    expect(images).to_have_attribute("href", f"api/v1/scans/{FINISHED.id}/stacks.zip?profile=colmap")


def test_the_program_chosen_last_is_remembered_and_an_unknown_one_is_not(stage: Stage) -> None:
    loaded = stage.page.evaluate(
        """async () => {
          const { loadProfile, saveProfile } = await import(new URL("profiles.js", document.baseURI));
          const found = [loadProfile()];
          for (const profile of ["meshroom", "nonsense"]) {
            saveProfile(profile);
            found.push(loadProfile());
          }
          localStorage.clear();
          return found;
        }"""
    )
    assert loaded == ["metashape", "meshroom", "metashape"]


def test_sizes_are_asked_again_when_the_scan_has_grown(stage: Stage) -> None:
    asked: list[tuple[str, str]] = []

    def answer(route: Route) -> None:
        asked.append((route.request.method, route.request.url.rsplit("/", 1)[1]))
        route.fulfill(headers={"Content-Length": "84300000"}, status=404 if "slices" in route.request.url else 200)

    stage.page.route("**/*.zip*", answer)
    pages = [detail(told(RUNNING, stacked=count)) for count in (0, 2, 2, 3)]
    found = stage.page.evaluate(
        """async (states) => {
          const { Reader } = await import(new URL("reading.js", document.baseURI));
          const found = [];
          let asked = null;
          const store = { change: ({ sizes }) => sizes && found.push(sizes) };
          const quietly = (name, act) => name === "load-sizes" && (asked = act());
          const reader = new Reader(store, { quietly });
          for (const state of states) {
            reader.follow(state);
            await asked;
          }
          return found;
        }""",
        pages,
    )
    stage.page.unroute("**/*.zip*", answer)
    assert asked == [("HEAD", "stacks.zip?profile=metashape"), ("HEAD", "slices.zip")] * 2
    assert found == [{"scan": RUNNING.id, "profile": "metashape", "stacks": 84_300_000, "slices": None}] * 2


def test_the_list_of_scans_downloads_for_the_program_chosen_last(stage: Stage) -> None:
    buttons = stage.draw("scan-buttons", told(FINISHED), state(profile="realityscan"), "list")
    images = buttons.get_by_role("link", name="Images for RealityScan")
    expect(images).to_have_attribute("href", f"api/v1/scans/{FINISHED.id}/stacks.zip?profile=realityscan")
    stage.update("scan-buttons", told(FINISHED), state(), "own")
    expect(buttons.get_by_role("link")).to_have_count(0)
    expect(buttons.get_by_role("button")).to_have_text(["Delete"])


@WIDTHS
def test_a_better_sweep_is_one_line_and_one_button(stage: Stage, wide: int) -> None:
    resize(stage, wide)
    proposal = stage.draw("sweep-proposal", BETTER.model_dump(), USED, "D")
    expect(proposal).to_contain_text("Use near 13.1 D, far 8.2 D, 14 slices.")
    expect(proposal).to_contain_text("1.1 D nearer, slices 0.38 D apart instead of 0.54 D.")
    fits(stage, wide)
    button = proposal.get_by_role("button", name="Use this sweep")
    button.focus()
    stage.page.keyboard.press("Enter")
    assert stage.heard() == [["use-sweep", {"near": 13.1, "far": 8.2, "count": 14}]]
    expect(proposal.get_by_role("status")).to_have_text("Set for the next scan.")
    assert stage.changes("sweep-proposal") == 0
    stage.update("sweep-proposal", {"near": 13.1, "far": 8.0, "count": 14}, USED, "D")
    expect(proposal.get_by_role("status")).to_have_text("")


@pytest.mark.parametrize(
    ("near", "far", "count", "gain"),
    [
        (12.0, 7.0, 10, "1.2 D farther."),
        (12.0, 8.2, 16, "Slices 0.25 D apart instead of 0.54 D."),
        (11.5, 8.2, 8, "0.5 D less near, slices 0.47 D apart instead of 0.54 D."),
        (12.0, 8.2, 7, "7 slices instead of 8."),
    ],
)
def test_what_the_better_sweep_gains_is_told(stage: Stage, near: float, far: float, count: int, gain: str) -> None:
    proposal = stage.draw("sweep-proposal", {"near": near, "far": far, "count": count}, USED, "D")
    expect(proposal.locator("span").first).to_have_text(gain)


def test_nothing_is_proposed_where_the_sweep_will_do_or_there_is_none(stage: Stage) -> None:
    proposal = stage.draw("sweep-proposal", None, USED, "D")
    expect(proposal).to_be_hidden()
    stage.update("sweep-proposal", BETTER.model_dump(), USED, "")
    expect(proposal).to_be_hidden()
    stage.update("sweep-proposal", BETTER.model_dump(), None, "mm")
    expect(proposal).to_contain_text("Use near 13.1 mm, far 8.2 mm, 14 slices.")


def detail(scan: dict[str, Any], listed: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """The page of a scan."""
    positions = {"scan": scan["id"], "list": listed or reports()}
    route = {"page": "scans", "id": scan["id"], "position": 0}
    return state(route=route, scans=[scan], positions=positions)


@WIDTHS
def test_the_page_of_a_scan_says_which_geometry_it_has_and_which_sweep_it_wants(stage: Stage, wide: int) -> None:
    resize(stage, wide)
    scan = told(FINISHED, geometry="calibrated", proposal=BETTER.model_dump())
    page = stage.draw("scan-detail", detail(scan))
    expect(page.get_by_text("One geometry for all positions (calibrated).")).to_be_visible()
    better = page.locator("sweep-proposal:visible")
    expect(better).to_have_count(1)
    expect(better).to_contain_text("For the whole scan: ")
    fits(stage, wide)
    one = reports()
    one[0]["quality"]["proposal"] = BETTER.model_dump()
    why = {"code": "calibration-failed", "message": "The picture shakes.", "hint": "Set the rig on firm ground."}
    stage.update("scan-detail", detail(scan | {"geometry": "each", "proposal": None, "uncalibrated": why}, one))
    expect(page.get_by_text("The picture shakes. Set the rig on firm ground.")).to_be_visible()
    expect(page.get_by_text("Each position aligned on its own")).to_be_visible()
    expect(better).to_have_count(1)
    expect(page.locator("stack-quality sweep-proposal")).to_contain_text("For this position: ")
    stage.update("scan-detail", detail(scan | {"geometry": "each", "sweep": USED | {"count": 1}}))
    expect(page.get_by_text("aligned on its own")).to_be_hidden()


def test_where_a_better_sweep_stands_findings_do_not_repeat_it(stage: Stage) -> None:
    quality = StackQuality(beyond_near=0.12, proposal=BETTER)
    one = POSITIONS[0].model_copy(update={"quality": quality, "findings": (SHORT, FLICKER)}).model_dump(mode="json")
    panel = stage.draw("stack-quality", one, USED, "D")
    expect(panel.locator(".findings > li")).to_have_text([SHORT.message, f"{FLICKER.message} {FLICKER.hint}"])
    stage.update("stack-quality", one | {"quality": StackQuality().model_dump()}, USED, "D")
    expect(panel.locator(".findings > li").first).to_have_text(f"{SHORT.message} {SHORT.hint}")
    listed = stage.draw("stack-grid", told(FINISHED, proposal=BETTER.model_dump()), [one], None)
    expect(listed.locator(".findings > li").first).to_contain_text(f"{SHORT.message} Position 0")
    stage.update("stack-grid", told(FINISHED), [one], None)
    expect(listed.locator(".findings > li").first).to_contain_text(f"{SHORT.message} {SHORT.hint}")


def test_while_a_scan_runs_the_first_page_already_proposes(stage: Stage) -> None:
    scan = told(RUNNING, proposal=BETTER.model_dump())
    status = state()["status"] | {"scan": scan}
    page = stage.draw("scan-page", state(status=status, watched=scan["id"]))
    expect(page.locator("sweep-proposal")).to_contain_text("Use near 13.1 D, far 8.2 D, 14 slices.")


def square(inside: int, outside: int, size: int = 80) -> NDArray[np.uint8]:
    """(size, size) uint8: a square in the middle, as wide as half the picture."""
    picture = np.full((size, size), outside, np.uint8)
    picture[size // 4 : -size // 4, size // 4 : -size // 4] = inside
    return picture


@pytest.fixture
def stacked(stage: Stage) -> Iterator[Stage]:
    """A stage on which every stacked image is grey, every slice black, and each mask and depth map a square."""
    pictures: dict[str, NDArray[np.uint8] | NDArray[np.uint16]] = {
        "stack.jpg": square(GREY, GREY),
        "mask.png": square(255, 0),
        "depth.png": square(200, 0).astype(np.uint16) * 257,
        "2.jpg": square(0, 0),
        "4.jpg": square(0, 0),
    }
    asked = "**/api/v1/scans/*/positions/**"

    def answer(route: Route) -> None:
        name = route.request.url.rsplit("/", 1)[1]
        route.fulfill(body=cv2.imencode(name[-4:], pictures[name])[1].tobytes(), content_type=f"image/{name[-3:]}")

    stage.page.route(asked, answer)
    yield stage
    stage.draw("path-map", [])
    stage.page.unroute(asked, answer)


def looks(view: Locator) -> tuple[float, float]:
    """How bright the stacked side of the view is, 0 to 255: on the object, and beside it."""
    view.page.wait_for_function("[...document.images].every(one => one.hidden || (one.complete && one.naturalWidth))")
    picture = cv2.imdecode(np.frombuffer(view.screenshot(), np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    height, width = picture.shape[:2]
    square = min(height, width)  # the picture is as high as the view
    middle = picture[
        height // 2 - square // 8 : height // 2 + square // 8, width // 2 + square // 8 : width // 2 + square // 5
    ]
    beside = picture[
        height // 2 - square // 8 : height // 2 + square // 8,
        width // 2 + 3 * square // 10 : width // 2 + 2 * square // 5,
    ]
    return float(middle.mean()), float(beside.mean())


@WIDTHS
def test_the_mask_dims_what_is_not_the_object(stacked: Stage, wide: int) -> None:
    resize(stacked, wide)
    compare = stacked.draw("stack-compare", told(FINISHED), 0, reports()[0], "D")
    view, mask = compare.locator(".view"), compare.get_by_role("button", name="Mask")
    expect(mask).to_have_attribute("aria-pressed", "false")
    expect(compare.get_by_text("93\xa0% sure")).to_be_visible()
    assert looks(view) == pytest.approx((GREY, GREY), abs=3)
    mask.focus()
    stacked.page.keyboard.press("Enter")
    expect(mask).to_have_attribute("aria-pressed", "true")
    expect(compare.get_by_alt_text("Mask of position 0")).to_be_visible()
    expect(compare.locator(".right")).to_have_text("Stacked, masked")
    inside, outside = looks(view)
    assert inside == pytest.approx(GREY, abs=3)
    assert outside < 0.6 * GREY
    fits(stacked, wide)
    stacked.update("stack-compare", told(FINISHED), 1, reports()[1], "D")
    expect(compare.get_by_alt_text("Mask of position 1")).to_be_visible()
    assert stacked.changes("stack-compare") == 0


@WIDTHS
def test_a_depth_map_takes_the_place_of_the_image(stacked: Stage, wide: int) -> None:
    resize(stacked, wide)
    compare = stacked.draw("stack-compare", told(FINISHED), 0, reports(mask=False, depth=True)[0], "D")
    expect(compare.get_by_role("button", name="Mask")).to_be_hidden()
    compare.get_by_role("button", name="Depth map").click()
    expect(compare.get_by_text("Bright is near")).to_be_visible()
    expect(compare.locator(".right")).to_have_text("Depth map")
    assert looks(compare.locator(".view")) == pytest.approx((200, 0), abs=3)
    fits(stacked, wide)


def test_where_there_is_no_map_no_switch_is_offered_and_none_is_asked_for(stacked: Stage) -> None:
    compare = stacked.draw("stack-compare", told(FINISHED), 0, None, "D")
    expect(compare.locator("stack-maps")).to_be_hidden()
    compare = stacked.draw("stack-compare", told(FINISHED), 0, reports(mask=True)[0], "D")
    compare.get_by_role("button", name="Mask").click()
    stacked.update("stack-compare", told(FINISHED), 1, reports(mask=False)[1], "D")
    expect(compare.locator("stack-maps")).to_be_hidden()
    expect(compare.locator(".dim")).to_be_hidden()
    expect(compare.locator(".right")).to_have_text("Stacked")


@pytest.fixture
def scanned(page: Page, daemon: Daemon, settings: Settings) -> str:
    """A scan of two positions with masks, one of which the sweep cut off near. Its id."""
    rig = daemon.status().rig.facts
    assert rig
    plan = ScanPlan.model_validate(
        {
            "path": {"kind": "rings", "rings": [{"tilt_deg": 0, "count": 2}]},
            "sweep": {"near": NEAR, "far": FAR, "count": 4},
        }
    )
    folder = ScanStore(settings.storage.data, daemon.clock).create(plan, rig.model_dump(mode="json"))
    picture = cv2.imencode(".jpg", square(GREY, GREY))[1].tobytes()
    images = PositionImages(picture, picture, mask=cv2.imencode(".png", square(255, 0))[1].tobytes())
    for position in plan.positions():
        records = [
            SliceRecord(**facts(k, 0.25).model_dump(), file=folder.write_slice(position.index, k, picture))
            for k in range(4)
        ]
        quality = StackQuality(beyond_near=0.18, proposal=BETTER) if position.index == 1 else StackQuality()
        folder.finish_position(position, records, images, took_s=8.3, quality=quality)
    folder.record_state("finished", "completed")
    page.reload()
    return folder.id


def test_what_is_downloaded_is_as_large_as_told_and_the_sweep_is_used(page: Page, scanned: str) -> None:
    page.evaluate("address => { location.hash = address }", f"#/scans/{scanned}/positions/1")
    card = page.locator("scan-download")
    card.get_by_label("Program").select_option(label="COLMAP")
    images = card.get_by_role("link", name="Images for COLMAP")
    expect(images).to_contain_text("2 images · with masks · ")
    archive = page.request.get(page.evaluate("link => link.href", images.element_handle())).body()
    expect(images).to_contain_text(f" · {-(-len(archive) // 1000)} kB")
    page.reload()
    expect(images).to_be_visible()
    page.get_by_role("button", name="Mask").click()
    expect(page.get_by_alt_text("Mask of position 1")).to_have_js_property("naturalWidth", 80)

    page.locator("stack-quality sweep-proposal").get_by_role("button", name="Use this sweep").click()
    near = page.get_by_label("Near", exact=True)
    expect(near).to_be_focused()
    expect(near).to_have_value("13.1")
    expect(near).to_be_in_viewport()
    expect(page.get_by_label("Far", exact=True)).to_have_value("8.2")
    expect(page.get_by_label("Slices at each position")).to_have_value("14")
    expect(page.locator("scan-start .costs")).to_contain_text("336 slices")
