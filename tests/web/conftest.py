"""A browser for the tests of the page."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

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
        if message.type in {"error", "warning"}:
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
