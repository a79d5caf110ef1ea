"""A browser for the tests of the page."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, Route, sync_playwright

from scanner.api.assets import MEDIA_TYPES, find_web, load
from scanner.config import Settings
from tests.conftest import small_settings

BROWSERS = ("chromium", "chromium-browser", "google-chrome")

SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Watch:
    """What a page did that it should not. `expected`: parts of console messages that a test provokes."""

    origin: str
    expected: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def console(self, message: ConsoleMessage) -> None:
        """That nothing is measured yet is an answer, of which the browser complains."""
        unknown = "404" in message.text and message.location["url"].endswith("/calibration/focus")
        if message.type in {"error", "warning"} and not unknown:
            self.complaints.append(message.text)

    def request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob"} and f"{parts.scheme}://{parts.netloc}" != self.origin:
            self.strangers.append(request.url)

    def unexpected(self) -> list[str]:
        return [text for text in self.complaints if not any(part in text for part in self.expected)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium. One a module: a running playwright keeps the event loop of this thread."""
    if os.environ.get("FOCUSRIG_NO_BROWSER") == "1":
        pytest.skip("FOCUSRIG_NO_BROWSER=1")
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        hint = "Chromium is not installed: the page is not tested. On Debian: sudo apt install chromium"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(hint)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=SWITCHES)
        yield browser
        browser.close()


@pytest.fixture
def width() -> int:
    """Width of the simulated pictures in pixels; the height follows as 9 to 16."""
    return 480


@pytest.fixture
def settings(tmp_path: Path, width: int) -> Settings:
    small = small_settings(tmp_path / "data")
    simulated = small.rig.simulated.model_copy(update={"width": width, "height": width * 9 // 16})
    return small.model_copy(update={"rig": small.rig.model_copy(update={"simulated": simulated})})


@pytest.fixture
def watch(daemon_url: str) -> Watch:
    return Watch(daemon_url)


class Stage:
    """An empty page with the styles of ours, on which single elements are drawn from hand-made snapshots.

    A snapshot is JSON, but for `busy`, which is a set in the page.
    """

    def __init__(self, page: Page) -> None:
        self.page = page

    def draw(self, tag: str, *snapshot: object) -> Locator:
        """One element alone, updated with `snapshot`."""
        self.page.evaluate(
            """async ([tag, snapshot]) => {
              await import(new URL(`elements/${tag}.js`, document.baseURI));
              const { Actions } = await import(new URL("actions/actions.js", document.baseURI));
              window.heard = [];
              const element = document.createElement(tag);
              for (const name of Object.keys(new Actions({}, null).table)) {
                element.addEventListener(name, (event) => heard.push([name, event.detail]));
              }
              document.querySelector("main").replaceChildren(element);
              window.last = snapshot.map((one) => (one?.busy ? { ...one, busy: new Set(one.busy) } : one));
              element.update(...last);
            }""",
            [tag, snapshot],
        )
        return self.page.locator(tag)

    def update(self, tag: str, *snapshot: object) -> None:
        """Show the element that is drawn another snapshot."""
        self.page.evaluate(
            """([tag, snapshot]) => {
              window.last = snapshot.map((one) => (one?.busy ? { ...one, busy: new Set(one.busy) } : one));
              document.querySelector(tag).update(...last);
            }""",
            [tag, snapshot],
        )

    def heard(self) -> list[object]:
        """What the element has asked for since it was drawn, as [event, detail], the newest last."""
        heard = self.page.evaluate("heard")
        assert isinstance(heard, list)
        return heard

    def sent(self) -> list[object]:
        """The changes of the plan among that."""
        sent = self.page.evaluate("heard.filter(([name]) => name === 'change-plan').map(([, detail]) => detail)")
        assert isinstance(sent, list)
        return sent

    def changes(self, tag: str) -> int:
        """How many changes of the document the same snapshot makes when the element is updated with it again."""
        changes = self.page.evaluate(
            """(tag) => {
              const element = document.querySelector(tag);
              const watch = new MutationObserver(() => {});
              watch.observe(element, {
                subtree: true, childList: true, attributes: true, attributeOldValue: true, characterData: true,
              });
              element.update(...last);
              const other = ({ type, oldValue, target, attributeName }) =>
                type !== "attributes" || oldValue !== target.getAttribute(attributeName);
              return watch.takeRecords().filter(other).length;
            }""",
            tag,
        )
        assert isinstance(changes, int)
        return changes


@pytest.fixture(scope="module")
def stage_page(browser: Browser) -> Iterator[Page]:
    """An address that answers with the files of the page and nothing else, without a server."""
    files = load(find_web()).files
    links = "".join(f'<link rel="stylesheet" href="{name}">' for name in files if name.endswith(".css"))
    document = f'<!doctype html><html lang="en"><title>Stage</title>{links}<main></main>'

    def answer(route: Route) -> None:
        name = urlsplit(route.request.url).path.removeprefix("/")
        route.fulfill(body=files.get(name, document), content_type=MEDIA_TYPES.get(Path(name).suffix, "text/html"))

    page = browser.new_page(reduced_motion="reduce")
    page.set_default_timeout(20_000)
    page.route("http://stage.test/**", answer)
    page.goto("http://stage.test/")
    yield page
    page.close()


@pytest.fixture
def stage(stage_page: Page) -> Stage:
    stage_page.set_viewport_size({"width": 1280, "height": 900})
    return Stage(stage_page)


@pytest.fixture
def page(browser: Browser, daemon_url: str, watch: Watch) -> Iterator[Page]:
    """The page of a running daemon; afterwards it has asked no other origin and complained of nothing."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.on("console", watch.console)
    page.on("pageerror", lambda error: watch.complaints.append(str(error)))
    page.on("request", watch.request)
    page.goto(f"{daemon_url}/")
    yield page
    context.close()
    assert watch.strangers == []
    assert watch.unexpected() == []
