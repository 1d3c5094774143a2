"""Getting to the desk in a real browser: set up, logged in, locked out, other sessions ended."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import call_command
from django_otp.plugins.otp_totp.models import TOTPDevice
from playwright.sync_api import BrowserContext, Page, expect

from operators.roles import Role
from oracle import clock
from tests.browser.conftest import WIDE
from tests.browser.test_desk import NARROW, at_the_desk
from tests.browser.test_reading import look_at
from tests.staff import PASSWORD, code, somebody


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cookies end by the browser's clock."""
    monkeypatch.setattr(clock, "now", lambda: int(time.time()))


def look(page: Page, name: str) -> None:
    for scheme, size in (("light", WIDE), ("dark", NARROW)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(size)
        look_at(page, f"desk-{name}-{size['width']}-{scheme}")


def log_in(page: Page, name: str, secret: str) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(secret)
    page.get_by_role("button", name="Go on").click()


def test_first_day__set_up_by_code__then_by_password_and_app(transactional_db: None, page: Page) -> None:
    out = StringIO()
    call_command("staff", "add", "ann", "--role", "approver", stdout=out)
    link, given = out.getvalue().split()[0], out.getvalue().split()[-1]
    page.goto(link)
    look(page, "set-up")
    page.get_by_label("The set-up code").fill(given)
    for label in ("A password of your own", "The same again"):
        page.get_by_label(label).fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()

    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    assert page.get_by_role("img", name="QR code").evaluate("image => image.naturalWidth") > 100
    look(page, "app")
    device = TOTPDevice.objects.get()
    page.get_by_label("The six digits").fill(code(device))
    page.get_by_role("button", name="It works").click()
    look(page, "backup-codes")
    backup = page.locator(".desk-codes code").first.inner_text()
    page.get_by_role("link", name="to the desk").click()
    expect(page).to_have_url(re.compile("/admin/$"))

    page.set_viewport_size(WIDE)
    page.get_by_role("button", name="ann").click()
    page.get_by_role("button", name="Log out").click()
    look(page, "login")
    log_in(page, "ann", PASSWORD)
    look(page, "code")
    page.get_by_label("The six digits").fill("000000")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_contain_text("not right")
    page.get_by_label("The six digits").fill(backup)
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_url(re.compile("/admin/$"))


def test_account__another_session_ended__is_at_the_login(
    transactional_db: None, open_context: Callable[..., BrowserContext], url: str
) -> None:
    user = somebody("ann", Role.VIEWER)
    here, there = (at_the_desk(open_context(), url, user) for _ in range(2))
    there.goto("/admin/")
    here.goto("/admin/")
    here.get_by_role("button", name="ann").click()
    here.get_by_role("link", name="Your account").click()
    look(here, "account")
    here.get_by_role("button", name="End it").click()
    expect(here.get_by_role("button", name="End it")).to_have_count(0)
    there.reload()
    expect(there.get_by_role("heading", name="Log in")).to_be_visible()


def test_login__too_often_wrong__says_what_to_do(transactional_db: None, page: Page) -> None:
    somebody("ann")
    page.goto("/admin/oracle/act/")
    for _ in range(5):
        expect(page.get_by_role("heading", name="Log in")).to_be_visible()
        log_in(page, "ann", "wrong")
    expect(page.get_by_role("heading", name="Locked")).to_be_visible()
    look(page, "locked")
