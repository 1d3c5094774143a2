"""The desk in a real browser, under the policy of every page: no inline style or script, no eval."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.contrib.auth.models import User
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, expect

from assize.middleware import POLICY
from desk.middleware import COOKIE
from desk.navigation import GROUPS
from operators.services import audit
from oracle.models import Expiry
from tests.browser.conftest import WIDE
from tests.browser.test_reading import final, look_at, signers
from tests.staff import logged_in, root
from tests.web.conftest import OPEN

__all__ = ["final", "signers"]
NARROW = {"width": 390, "height": 800}


def at_the_desk(context: BrowserContext, url: str, user: User) -> Page:
    """A window of somebody who has logged in."""
    session = logged_in(user).cookies[COOKIE].value
    context.add_cookies([{"name": COOKIE, "value": session, "url": f"{url}/admin/"}])
    return context.new_page()


@pytest.fixture
def filled(final: Expiry) -> Expiry:
    """Rows in most tables, also in the log."""
    audit.record("desk.looked_at", final.slug, by="shell:root", details={"why": "a test"}, now=OPEN)
    return final


def _paths() -> list[str]:
    """Each list, and one row of it."""
    found = [reverse("admin:index")]
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        found.append(reverse(f"{name}_changelist"))
        if (row := model._default_manager.first()) is not None:
            found.append(reverse(f"{name}_change", args=[quote(row.pk)]))
    return found


@pytest.mark.parametrize("scheme, size", [("light", WIDE), ("dark", NARROW)], ids=["light", "dark"])
def test_desk__each_list_and_a_row_of_each__axe_finds_nothing_and_nothing_sticks_out(
    filled: Expiry, open_context: Callable[..., BrowserContext], url: str, scheme: str, size: Any
) -> None:
    """`open_context` fails the test for a script's error and for whatever the policy forbids."""
    page = at_the_desk(open_context(color_scheme=scheme, viewport=size), url, root())
    for path in _paths():
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200
        assert answer.headers["content-security-policy"] == POLICY
        expect(page.locator("h1")).to_be_visible()
        look_at(page, f"desk{path.replace('/', '-')[:60]}-{size['width']}-{scheme}")


def test_desk__filters_search_theme_and_menu__work(
    filled: Expiry, context: BrowserContext, url: str
) -> None:
    page = at_the_desk(context, url, root())
    page.goto(reverse("admin:oracle_act_changelist"))
    every = page.locator("#result_list tbody").count()

    page.get_by_role("button", name="Filters").click()
    page.get_by_role("link", name="VoteCommit", exact=True).click()
    assert page.locator("#result_list tbody").count() == 2 < every
    page.get_by_role("link", name="show all").click()
    expect(page.get_by_text("found (")).to_have_count(0)
    expect(page.locator("h1")).to_be_visible()  # its scripts are there

    page.keyboard.press("/")
    page.keyboard.type(filled.slug)
    page.keyboard.press("Enter")
    expect(page.get_by_text("found (")).to_be_visible()

    page.get_by_role("button", name="root").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_class("dark")
    page.reload()
    expect(page.locator("html")).to_have_class("dark")

    menu = page.get_by_role("navigation", name="Desk")
    expect(menu).to_be_visible()
    page.get_by_role("button", name="Menu", exact=True).click()
    expect(menu).to_be_hidden()
    page.set_viewport_size(NARROW)
    page.reload()
    expect(menu).to_be_hidden()
    page.get_by_role("button", name="Menu", exact=True).click()
    menu.get_by_role("link", name="Proposals", exact=True).click()
    expect(page.get_by_role("heading", name="Proposals")).to_be_visible()


def test_navigation__every_list_of_the_admin__is_in_it_once() -> None:
    named = [model for _, lists in GROUPS for _, _, model in lists]
    assert sorted(named) == sorted(model._meta.label_lower for model in admin.site._registry)
