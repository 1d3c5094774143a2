"""Following in a browser: from an expiry's page to an alert, and the pages of alerts as people see them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from alerts.models import Attempt, Delivery, Follow, Hook, Mailbox
from alerts.services import follows, mails
from oracle.models import Expiry
from tests.browser import court
from tests.browser.conftest import NARROW, WIDE
from tests.browser.test_reading import look_at
from tests.browser.wallet import Wallet
from tests.cast import person
from tests.web.conftest import OPEN

ALICE = person("alice").address


def logged_in(context: BrowserContext, path: str, who: str = "alice") -> Page:
    Wallet(person(who).key).install(context)
    page = context.new_page()
    page.goto(f"/login/?next={path}")
    court.button(page).click()
    page.wait_for_url(lambda url: urlsplit(url).path == path)
    return page


def test_follow__from_the_expiry__is_two_clicks_and_told_by_feed(reporting: Expiry, context: BrowserContext) -> None:
    page = logged_in(context, f"/expiries/{reporting.slug}/")
    page.get_by_role("link", name="Follow").click()
    page.get_by_role("button", name="Follow").click()
    expect(page.get_by_role("status")).to_contain_text("Kept")
    expect(page.get_by_text(f"one expiry: {reporting.slug}")).to_be_visible()
    row = Follow.objects.get()
    assert (row.account, row.target, row.feed) == (ALICE, reporting.id, True)
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Nothing yet.")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_alerts__full_and_wrong__axe_finds_nothing_and_nothing_sticks_out(
    reporting: Expiry, open_context: Callable[..., BrowserContext], scheme: str, settings: Any
) -> None:
    settings.EMAIL_FROM = "alerts@assize.example"
    box = follows.add_mailbox(account=ALICE, address="alice.with.a.long.name@mail.example.org", now=OPEN)
    hook = follows.add_hook(account=ALICE, url="https://hooks.example/" + "a-long-path/" * 8)
    follows.add_hook(account=ALICE, url="https://other.example/")
    Hook.objects.exclude(pk=hook.pk).update(disabled_at=OPEN)
    follows.rotate(account=ALICE, pk=hook.pk, now=OPEN)
    Mailbox.objects.update(confirmed_at=OPEN)
    given = {"account": ALICE, "now": OPEN, "mailbox": box, "hook": hook}
    follows.follow(scope="expiry", target=reporting.id, deviation_bps=50, least_value=10**18, **given)
    follows.follow(scope="all", target="", kinds=["final", "standing"], paused=True, **given)
    follows.send_test(account=ALICE, now=OPEN, hook=hook)
    Attempt.objects.create(delivery=Delivery.objects.latest("id"), at=OPEN, milliseconds=8, status=500, said="x" * 500)
    Delivery.objects.update(state="GAVE_UP")
    follows.new_calendar(account=ALICE)
    page = logged_in(open_context(color_scheme=scheme), "/me/alerts/")
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)
        name = f"{size['width']}-{scheme}"
        for path in ("/me/alerts/", "/me/alerts/log/", "/me/alerts/new/", "/me/tokens/"):
            page.goto(path)
            look_at(page, f"alerts{path.replace('/', '-')}{name}")
        page.goto("/me/alerts/new/")
        page.get_by_label("Which").fill("nowhere")
        page.get_by_label("Follow", exact=True).select_option("expiry")
        page.get_by_role("button", name="Follow").click()
        expect(page.get_by_text("There is no expiry of this name.")).to_be_visible()
        look_at(page, f"alerts-wrong-{name}")
        for link in (mails.confirm_url(box), mails.stop_url(box)):
            page.goto(link)
            look_at(page, f"alerts-link-{name}")
