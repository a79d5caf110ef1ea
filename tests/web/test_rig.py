"""What the page says of the rig: its focus drive, axes, motors, what is missing; and the live view."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import cv2
import numpy as np
import pytest
from playwright.sync_api import Locator, Route, expect

from scanner.api.examples import FINISHED, MEASURING_FOCUS, PAUSED, RIG, RUNNING, STATUS
from scanner.capture.events import Problem, ScanStatus, SweepFacts
from tests.web.conftest import Stage
from tests.web.states import FIXED_FOCUS, ON_RAIL, UNCALIBRATED, UNPLUGGED, state

pytestmark = pytest.mark.browser

LOST = RIG.model_copy(update={"axes": {"turntable": None, "tilt": None}})
MISSING = RIG.model_copy(update={"facts": None, "focus": None, "axes": {}, "problem": UNPLUGGED})
FOUND: dict[str, Any] = {"positions": 24, "slices": 192, "duration_s": 400.0, "bytes_needed": 5e8, "bytes_free": 2e10}


def watching(scan: ScanStatus) -> dict[str, Any]:
    """The first page beside a scan, on a rig whose axes do not know where they stand."""
    status = STATUS.model_copy(update={"rig": LOST, "scan": scan}).model_dump(mode="json")
    return state(LOST, watched=scan.id) | {"status": status}


def estimate(near: float, far: float, count: int) -> dict[str, Any]:
    """What the daemon says of a plan with this sweep."""
    sweep = SweepFacts(near=near, far=far, count=count, reference=0).model_dump(mode="json")
    return {"value": FOUND | {"sweep": sweep}, "problem": None, "errors": []}


def test_a_lens_tells_dioptres_and_the_distance_by_its_scale(stage: Stage) -> None:
    slider = stage.draw("focus-slider", state(RIG))
    expect(slider.get_by_label("Lens position")).to_have_value("8.5")
    away = 1000 * 0.97 / (8.5 - 0.12)
    expect(slider.get_by_role("status")).to_have_text(f"8.50 D · {away:.0f} mm")
    expect(slider.get_by_text("uncalibrated")).to_be_hidden()
    beyond = RIG.model_copy(update={"focus": 0.1})  # the lens ends behind infinity
    expect(stage.draw("focus-slider", state(beyond)).get_by_role("status")).to_have_text("0.10 D · infinity")


def test_without_a_scale_distances_are_marked_once(stage: Stage) -> None:
    slider = stage.draw("focus-slider", state(UNCALIBRATED))
    expect(slider.get_by_role("status")).to_have_text("8.50 D · 118 mm")
    expect(slider.get_by_text("uncalibrated")).to_be_visible()
    expect(slider).to_contain_text("can be far off. Measure them under “Focus scale”.")
    assert stage.changes("focus-slider") == 0
    fields = stage.draw("sweep-fields", state(UNCALIBRATED, estimate=estimate(9.5, 6.0, 8)), [])
    expect(fields.locator(".pair .hint:visible")).to_have_text(["found: 6.00 D, 167 mm", "found: 9.50 D, 105 mm"])
    expect(fields.get_by_text("uncalibrated")).to_have_count(0)


def test_a_rail_is_told_in_millimetres_without_distances(stage: Stage) -> None:
    slider = stage.draw("focus-slider", state(ON_RAIL))
    expect(slider.get_by_role("status")).to_have_text("12.30 mm")
    expect(slider.get_by_text("uncalibrated")).to_be_hidden()
    slider.get_by_role("button", name="A little nearer").click()
    assert stage.heard() == [["move-focus", {"position": pytest.approx(12.3 + 60 / 500)}]]
    told = state(ON_RAIL, draft={"unit": "mm", "near": 30}, estimate=estimate(30.0, 12.0, 10))
    fields = stage.draw("sweep-fields", told, [])
    expect(fields.locator(".unit")).to_have_text(["mm", "mm"])
    expect(fields.locator(".pair .hint:visible")).to_have_text(["found: 12.00 mm"])
    expect(fields).to_contain_text("10 slices, 2.00 mm apart, so that their depths of field overlap.")


def test_a_rail_that_does_not_know_its_place_says_what_to_do(stage: Stage) -> None:
    slider = stage.draw("focus-slider", state(ON_RAIL.model_copy(update={"focus": None})))
    expect(slider.get_by_role("status")).to_have_text("not known yet")
    expect(slider).to_contain_text("find its zero first, under “Move by hand”.")
    expect(slider.get_by_label("Rail position")).to_be_disabled()


@pytest.mark.parametrize(
    ("rig", "draft", "said"),
    [
        (RIG, {"near": 40}, "This lens reaches from 0 to 15 D."),
        (ON_RAIL, {"unit": "mm", "near": 80}, "This rail reaches from 0 to 60 mm."),
        (ON_RAIL, {"unit": "mm", "near": 10, "far": 20}, "Near must have more millimetres than far."),
    ],
)
def test_what_a_drive_cannot_do_is_marked_in_its_unit(stage: Stage, rig: Any, draft: Any, said: str) -> None:
    setup = stage.draw("scan-setup", state(rig, draft=draft))
    expect(setup.locator("sweep-fields .field-error:visible")).to_have_text([said])
    expect(setup.get_by_role("button", name="Start the scan")).to_be_disabled()


def test_fixed_focus_takes_one_picture_a_position_and_can_start(stage: Stage) -> None:
    slider = stage.draw("focus-slider", state(FIXED_FOCUS))
    expect(slider).to_contain_text("Fixed focus: one picture a position is taken")
    expect(slider.get_by_role("slider")).to_be_hidden()
    expect(slider.get_by_text("uncalibrated")).to_be_hidden()
    setup = stage.draw("scan-setup", state(FIXED_FOCUS, draft={"unit": ""}, estimate=estimate(0.0, 0.0, 1)))
    expect(setup.get_by_label("Near", exact=True)).to_be_hidden()
    expect(setup.locator("sweep-fields")).to_contain_text("one picture is taken at each position")
    expect(setup.get_by_role("button", name="Start the scan")).to_be_enabled()
    for card in ("breathing-card", "focus-card"):
        expect(stage.draw(card, state(FIXED_FOCUS))).to_be_hidden()


def test_a_sweep_is_told_in_the_unit_of_the_drive(stage: Stage) -> None:
    scan = FINISHED.model_dump(mode="json")
    route = {"page": "scans", "id": scan["id"], "position": None}
    for rig, words in (
        (RIG, "8 slices a position, 9.50 D to 6.00 D"),
        (ON_RAIL, "8 slices a position, 9.50 mm to 6.00 mm"),
    ):
        detail = stage.draw("scan-detail", state(rig, scans=[scan], route=route))
        expect(detail.locator(".facts")).to_contain_text(words)
        expect(detail.locator("stack-compare output").last).to_contain_text(words[-7:].split()[-1])
    single = scan | {"sweep": SweepFacts(near=0.0, far=0.0, count=1, reference=0).model_dump(mode="json")}
    detail = stage.draw("scan-detail", state(FIXED_FOCUS, scans=[single], route=route))
    expect(detail.locator(".facts")).to_contain_text("· 1 slice a position ·")
    expect(detail.locator("stack-compare output").last).to_have_text("slice 0 (0 to 0) · reference slice")


def test_another_drive_takes_near_and_far_away(stage: Stage) -> None:
    """8.5 D are no 8.5 mm."""
    drafts = stage.page.evaluate(
        """async ([drives, draft]) => {
          const { PlanActions } = await import(new URL("actions/plan.js", document.baseURI));
          const { toPlan } = await import(new URL("plan.js", document.baseURI));
          const state = { draft, estimate: {}, link: "lost" };
          const store = { state, change: (patch) => Object.assign(state, patch) };
          const plan = new PlanActions({ store });
          return drives.map((drive) => {
            plan.suit(drive);
            return [state.draft, toPlan(state.draft).sweep];
          });
        }""",
        [
            [rig.facts.focus.model_dump(mode="json") for rig in (RIG, ON_RAIL, FIXED_FOCUS) if rig.facts],
            state(draft={"near": 9.5, "far": 6.0, "count": 8})["draft"],
        ],
    )
    auto = {"near": "auto", "far": "auto", "count": "auto"}
    assert [sweep for _, sweep in drafts] == [{"near": 9.5, "far": 6.0, "count": 8}, auto, auto]
    assert [draft["unit"] for draft, _ in drafts] == ["D", "mm", ""]


def axis(controls: Locator, name: str) -> Locator:
    return controls.locator("axis-jog").filter(has_text=name)


def test_an_axis_finds_its_zero_at_a_switch_or_where_a_person_brought_it(stage: Stage) -> None:
    controls = stage.draw("rig-controls", state(LOST))
    turntable, tilt = axis(controls, "Turntable"), axis(controls, "Tilt")
    words = "Where this axis stands is not known. Bring it to its zero by hand, then set zero."
    expect(turntable.locator(".hint")).to_have_text(words)
    expect(turntable.get_by_role("button", name="Home")).to_be_hidden()
    turntable.get_by_role("button", name="Set zero").click()
    expect(tilt.locator(".hint")).to_have_text("Where this axis stands is not known. Home it before moving.")
    tilt.get_by_role("button", name="Home").click()
    tilt.get_by_role("button", name="Set zero").click()
    controls.get_by_role("button", name="Release motors").click()
    assert stage.heard() == [
        ["zero-axis", {"name": "turntable"}],
        ["home-axis", {"name": "tilt"}],
        ["zero-axis", {"name": "tilt"}],
        ["release-motors", {}],
    ]
    stage.update("rig-controls", state(RIG, busy=["axis-tilt"]))
    expect(tilt.get_by_role("status")).to_have_text("moving…")
    stage.update("rig-controls", state(MEASURING_FOCUS))
    expect(tilt.get_by_role("status")).to_have_text("0°")
    expect(tilt.get_by_role("button", name="Home")).to_be_disabled()
    stage.update("rig-controls", state(RIG))
    expect(turntable.locator(".hint")).to_have_text("Bring it to its zero by hand, then set zero.")
    expect(tilt.locator(".hint")).to_be_hidden()


def test_the_rail_moves_in_millimetres(stage: Stage) -> None:
    controls = stage.draw("rig-controls", state(ON_RAIL))
    rail = axis(controls, "Rail")
    expect(rail.get_by_role("status")).to_have_text("12.3 mm")
    expect(rail.locator(".steps-row button")).to_have_text(["−5", "−0.5", "+0.5", "+5"])
    expect(rail.locator(".unit")).to_have_text("mm")
    rail.get_by_role("button", name="rail −0.5 millimetres").click()
    assert stage.heard() == [["move-axis", {"name": "focus", "angle": 11.8}]]
    expect(controls.locator("summary .where")).to_have_text("turntable 30° · tilt 0° · rail 12.3 mm")
    stage.update("rig-controls", state(ON_RAIL.model_copy(update={"axes": ON_RAIL.axes | {"focus": 57.0}})))
    expect(rail.get_by_role("button", name="rail +5 millimetres")).to_be_disabled()
    assert stage.changes("rig-controls") == 0


def test_missing_hardware_is_named_with_what_to_do_and_waited_for(stage: Stage) -> None:
    said = f"{UNPLUGGED.hint} The scanner tries again by itself."
    for rig in (MISSING, RIG.model_copy(update={"problem": UNPLUGGED})):
        banner = stage.draw("app-banner", state(rig)).get_by_role("status")
        expect(banner.locator("strong")).to_have_text(UNPLUGGED.message)
        expect(banner.locator("div > span")).to_have_text(said)
    failed = Problem(code="calibration-failed", message="Nothing is sharp.", hint="Light the target.")
    banner = stage.draw("app-banner", state(RIG.model_copy(update={"problem": failed})))
    expect(banner.locator("div > span")).to_have_text(failed.hint)
    page = stage.draw("scan-page", state(MISSING))
    expect(page.locator("rig-preview .words")).to_have_text("The rig is not open")
    for part in ("rig-controls", "breathing-card", "focus-card", "rig-preview .tools"):
        expect(page.locator(part)).to_be_hidden()
    expect(page.get_by_role("button", name="Start the scan")).to_be_disabled()
    expect(page.locator("scan-start")).to_contain_text("The rig is not open")
    stage.update("scan-page", state(RIG))
    expect(page.get_by_role("button", name="Start the scan")).to_be_enabled()
    expect(page.locator("rig-controls")).to_be_visible()


def test_what_a_plan_costs_is_not_asked_while_the_rig_is_missing(stage: Stage) -> None:
    asked = stage.page.evaluate(
        """async (states) => {
          const { PlanActions } = await import(new URL("actions/plan.js", document.baseURI));
          const entries = () => performance.getEntriesByType("resource");
          const asked = () => entries().filter(({ name }) => name.endsWith("/estimate")).length;
          const counts = [asked()];
          for (const state of states) {
            await new PlanActions({ store: { state, change() {} } }).estimate();
            counts.push(asked());
          }
          return counts;
        }""",
        [state(MISSING), state()],
    )
    assert asked == [0, 0, 1]


class Lens:
    """Answers for the camera: each view is a picture that waits until it is let through."""

    def __init__(self) -> None:
        self.waiting: list[Route] = []
        self.asked: list[dict[str, str]] = []

    def ask(self, route: Route) -> None:
        query = parse_qs(urlsplit(route.request.url).query)
        self.asked.append({name: values[0] for name, values in query.items() if name != "t"})
        self.waiting.append(route)

    def let_through(self, width: int = 800) -> None:
        jpeg = cv2.imencode(".jpg", np.full((width * 3 // 4, width), 99, np.uint8))[1].tobytes()
        self.waiting.pop().fulfill(body=jpeg, content_type="image/jpeg")


@pytest.fixture
def lens(stage: Stage) -> Iterator[Lens]:
    lens = Lens()
    stage.page.route("**/api/v1/preview.mjpeg?*", lens.ask)
    yield lens
    stage.draw("path-map", [])
    stage.page.unroute("**/api/v1/preview.mjpeg?*", lens.ask)


def awaited(stage: Stage, lens: Lens, count: int) -> dict[str, str]:
    """The view that is asked for last, once `count` have been asked for."""
    for _ in range(200):
        if len(lens.asked) >= count:
            break
        stage.page.wait_for_timeout(10)
    assert len(lens.asked) == count
    return lens.asked[-1]


def seen(preview: Locator) -> Locator:
    return preview.get_by_role("img")


def test_the_loupe_shows_the_place_that_was_pointed_at(stage: Stage, lens: Lens) -> None:
    preview = stage.draw("rig-preview", state())
    assert awaited(stage, lens, 1) == {}
    expect(preview.get_by_text("Waiting for a picture…")).to_be_visible()
    lens.let_through()
    expect(seen(preview)).to_be_visible()
    box = preview.locator(".frame").bounding_box()
    assert box
    preview.locator(".frame").click(position={"x": 0.25 * box["width"], "y": 0.75 * box["height"]})
    there = awaited(stage, lens, 2)
    assert float(there["loupe_x"]) == pytest.approx(0.25, abs=0.01)
    assert float(there["loupe_y"]) == pytest.approx(0.75, abs=0.01)
    expect(seen(preview)).to_have_count(1)  # the old one, while the new one is awaited
    expect(preview.get_by_text("Waiting for a picture…")).to_be_hidden()
    lens.let_through()
    expect(preview.locator("img.full:visible")).to_have_count(1)
    expect(seen(preview)).to_have_count(1)
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    stage.page.mouse.move(*middle)
    stage.page.mouse.down()
    stage.page.mouse.move(middle[0] - 200, middle[1] + 100)  # as if the picture were paper
    stage.page.mouse.up()
    moved = awaited(stage, lens, 3)
    assert RIG.facts
    camera = RIG.facts.camera
    assert float(moved["loupe_x"]) == pytest.approx(float(there["loupe_x"]) + 200 / camera.width, abs=1e-3)
    assert float(moved["loupe_y"]) == pytest.approx(float(there["loupe_y"]) - 100 / camera.height, abs=1e-3)
    lens.let_through()
    expect(seen(preview)).to_have_count(1)
    preview.locator(".frame").click()
    assert awaited(stage, lens, 4) == {}
    lens.let_through()
    expect(preview.locator("img.full:visible")).to_have_count(0)
    preview.locator(".frame").click()
    awaited(stage, lens, 5)
    lens.let_through()
    expect(preview.locator("img.full:visible")).to_have_count(1)
    stage.page.keyboard.press("Escape")
    assert awaited(stage, lens, 6) == {}


def test_the_loupe_is_moved_by_arrow_keys_and_combines_with_peaking(stage: Stage, lens: Lens) -> None:
    preview = stage.draw("rig-preview", state())
    awaited(stage, lens, 1)
    lens.let_through()
    expect(seen(preview)).to_be_visible()
    full = preview.get_by_role("button", name="1:1")
    full.click()
    assert awaited(stage, lens, 2) == {"loupe_x": "0.5000", "loupe_y": "0.5000"}
    expect(full).to_have_attribute("aria-pressed", "true")
    expect(preview.get_by_role("status")).to_contain_text("a tap or Escape shows all.")
    for _ in range(3):
        stage.page.keyboard.press("ArrowLeft")
    preview.get_by_role("button", name="Peaking").click()
    awaited(stage, lens, 2)  # of all the wishes the last one waits for the first frame
    lens.let_through()
    last = awaited(stage, lens, 3)
    box = preview.locator(".frame").bounding_box()
    assert box
    assert RIG.facts
    stride = 0.25 * box["width"] / RIG.facts.camera.width
    assert float(last["loupe_x"]) == pytest.approx(0.5 - 3 * stride, abs=1e-3)
    assert (last["loupe_y"], last["peaking"]) == ("0.5000", "true")
    lens.let_through()
    expect(preview.get_by_role("status")).to_contain_text("Red is sharp.")
    stage.page.keyboard.press("Escape")
    assert awaited(stage, lens, 4) == {"peaking": "true"}
    expect(full).to_have_attribute("aria-pressed", "false")
    assert stage.changes("rig-preview") == 0


def test_a_part_is_shown_pixel_for_pixel(stage: Stage, lens: Lens) -> None:
    stage.page.set_viewport_size({"width": 360, "height": 740})
    preview = stage.draw("rig-preview", state())
    awaited(stage, lens, 1)
    lens.let_through()
    expect(seen(preview)).to_be_visible()
    preview.get_by_role("button", name="1:1").click()
    awaited(stage, lens, 2)
    lens.let_through()
    picture = preview.locator("img.full:visible").bounding_box()
    frame = preview.locator(".frame").bounding_box()
    assert picture
    assert frame
    assert (picture["width"], picture["height"]) == (800, 600)
    assert frame["width"] < 360
    assert picture["x"] + 400 == pytest.approx(frame["x"] + frame["width"] / 2, abs=1)
    assert stage.page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_scan_that_waits_for_an_axis_has_the_axes_beside_it(stage: Stage) -> None:
    """The hint says: bring it to zero, press Set zero, then Resume. All three are there."""
    problem = Problem(code="position-lost", message="Nobody knows where the tilt stands.", hint="Press Set zero.")
    waiting = PAUSED.model_copy(update={"problem": problem})
    page = stage.draw("scan-page", watching(waiting))
    expect(page.get_by_role("button", name="Set zero").first).to_be_visible()
    expect(page.get_by_role("button", name="Resume").first).to_be_visible()
    page = stage.draw("scan-page", watching(RUNNING))
    expect(page.get_by_role("button", name="Set zero").first).to_be_hidden()


def test_settling_is_measured_unless_a_time_is_given(stage: Stage) -> None:
    setup = stage.draw("scan-setup", state())
    setup.get_by_text("Advanced").click()
    field = setup.get_by_label("Wait after a move")
    expect(field).to_have_value("")
    expect(field).to_have_attribute("placeholder", "until it is still")
    field.fill("0.7")
    field.blur()
    assert stage.heard() == [["change-plan", {"wait_s": 0.7}]]
    stage.update("scan-setup", state(draft={"wait_s": 0.7}))
    field.fill("")
    field.blur()
    assert stage.heard()[-1] == ["change-plan", {"wait_s": None}]
    settles = stage.page.evaluate(
        """async (draft) => {
          const { toPlan } = await import(new URL("plan.js", document.baseURI));
          return [draft, { ...draft, wait_s: 0.7 }].map((one) => toPlan(one).settle);
        }""",
        state()["draft"],
    )
    assert settles == [{"after_move_s": "auto"}, {"after_move_s": 0.7}]


def test_what_moves_can_be_stopped_and_nothing_else_is_pressed(stage: Stage) -> None:
    controls = stage.draw("rig-controls", state())
    stop = controls.get_by_role("button", name="Stop", exact=True)
    expect(stop).to_be_disabled()
    stage.update("rig-controls", state(busy=["axis-turntable"]))
    stop.click()
    assert stage.heard()[-1] == ["stop-axes", {}]
