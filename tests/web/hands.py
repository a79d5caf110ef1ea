"""What a person does on the page, for its tests."""

from typing import Any

from playwright.sync_api import Locator, Page, expect

NEAR, FAR = 12.8, 9.4
"""The ends of the simulated object, in dioptres: the range then need not be looked for."""

LONG_MS = 120_000


def set_up(
    page: Page, *, positions: int = 3, slices: int = 3, name: str = "beetle", near: float = NEAR, far: float = FAR
) -> None:
    """Fill in a small plan by hand."""
    page.get_by_label("Far", exact=True).fill(str(far))
    page.get_by_label("Near", exact=True).fill(str(near))
    page.get_by_label("Positions", exact=True).first.fill(str(positions))
    page.get_by_role("group", name="Slices").get_by_role("radio", name="Set by hand").check()
    page.get_by_label("Slices at each position").fill(str(slices))
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Name", exact=True).blur()


def start(page: Page) -> None:
    page.get_by_role("button", name="Start the scan").click()


def progress(page: Page) -> Locator:
    return page.locator("scan-progress")


def finish(page: Page) -> str:
    """Start the scan that is set up and wait for its end; its id."""
    start(page)
    expect(progress(page).locator(".badge")).to_have_text("Complete", timeout=LONG_MS)
    return str(listed(page)[0]["id"])


def finished_scan(page: Page, *, positions: int = 1, slices: int = 2, name: str = "beetle") -> str:
    """Run a small scan to its end by clicking; its id."""
    set_up(page, positions=positions, slices=slices, name=name)
    return finish(page)


def listed(page: Page) -> list[dict[str, Any]]:
    """The scans as the daemon tells them."""
    scans = asked(page, "scans")
    assert isinstance(scans, list)
    return scans


def asked(page: Page, path: str) -> Any:
    """What the daemon answers."""
    return page.evaluate("path => fetch(`api/v1/${path}`).then(answer => answer.json())", path)
