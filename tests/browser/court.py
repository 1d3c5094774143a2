"""What a person sees and presses on the pages of acts, in few words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

PRICE = "2500.00"


class Clicks:
    """Counts what a person presses, from the next page on."""

    def __init__(self, page: Page) -> None:
        page.add_init_script("addEventListener('click', () => window.__clicked?.(), true)")
        self.count = 0
        page.expose_function("__clicked", self._one)

    def _one(self) -> None:
        self.count += 1


def button(page: Page) -> Locator:
    """The one button of an act."""
    return page.locator("#go")


def why(page: Page) -> Locator:
    """Why it cannot be pressed."""
    return page.locator("#why")


def problem(page: Page) -> Locator:
    return page.locator("#problem")


def error_of(page: Page, field: str) -> Locator:
    return page.locator(f"[data-field={field}] .error")


def ready(page: Page) -> None:
    """Until there is something to sign."""
    expect(page.locator("#summary")).to_be_visible()
    expect(button(page)).to_be_enabled()


def lines(page: Page) -> dict[str, str]:
    """What is shown of what would be signed, the fine print included, by field."""
    found = page.locator("#summary [data-line]").evaluate_all(
        "rows => rows.map((row) => [row.dataset.line, row.querySelector('dd').textContent])"
    )
    return dict(found)


def receipt(page: Page) -> dict[str, Any]:
    """The file that one gets for an act that was taken."""
    expect(page.locator("#receipt h2")).to_be_visible()
    with page.expect_download() as started:
        page.get_by_role("link", name="Download act and receipt").click()
    found: dict[str, Any] = json.loads(Path(started.value.path()).read_text())
    return found
