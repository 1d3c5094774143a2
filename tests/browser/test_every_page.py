"""axe on every page, light and dark, wide and narrow, and its picture in docs. An address that is in no table fails."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse
from playwright.sync_api import BrowserContext, Page

from alerts.models import Follow, Mailbox
from alerts.services import follows, mails
from oracle.models import Expiry
from tests.browser import axe
from tests.browser.conftest import NARROW, WIDE
from tests.browser.test_alerts import logged_in
from tests.browser.test_reading import a_digest, final, look_at, signers, sticks_out
from tests.browser.test_stages import KEPT, evidence, keep
from tests.cast import ETHER, person
from tests.web.conftest import OPEN
from tests.web.story import LIE
from tests.web.test_series import ADDRESS, FOREIGN

__all__ = ["final", "signers"]
VERA = person("vera").address
WIDEST = {"width": 1600, "height": 900}
SLUG = "eth-usd-test"
ON_EXPIRY = ("expiry", "transcript", "verify", "report", "dispute", "commit", "reveal")
PLAIN = (
    "home", "how", "expiries", "simulate", "series", "vote", "me", "stake", "unstake", "withdraw", "deposit", "claim",
    "login", "reserves", "status", "attestors", "alerts", "alert-new", "alert-log", "api-tokens", "api-docs",
)  # fmt: skip
OTHERS = {
    "series-page": (ADDRESS, FOREIGN),
    "redeem": (ADDRESS,),
    "vote-ballot": (f"{SLUG}/1",),
    "account": (VERA,),
    "receipt": ("digest",),
    "evidence": ("hash",),
    "out": ("hash/0",),
    "alert": ("pk",),
    "alert-confirm": ("token",),
    "alert-unsubscribe": ("token",),
}
SCREENS = Path(__file__).resolve().parents[2] / "docs" / "screens"
ELSEWHERE = {name for name, size, scheme in KEPT if (size, scheme) == ("wide", "light")}  # pictures of test_stages
NO_PAGE = {
    "leads elsewhere": ("vote-reveal", "status-slash"),
    "takes a POST only": (
        "login-text", "login-enter", "logout", "alert-add-mailbox", "alert-add-hook", "alert-pause", "alert-resume",
        "alert-delete", "alert-new-feed", "alert-drop-mailbox", "alert-drop-hook", "alert-drop-token", "alert-rotate",
        "alert-enable", "alert-test-mailbox", "alert-test-hook", "alert-replay", "alert-calendar",
    ),
    "is for programs": (
        "receipt-file", "evidence-file", "feed", "feed-follow", "feed-named", "calendar", "calendar-mine",
        "calendar-ballot", "calendar-named", "schema", "healthz", "readyz", "metrics",
    ),
}  # fmt: skip


@pytest.fixture
def paper(reporting: Expiry) -> str:
    """The hash of a document with all that there can be in one, carried by the least report, on the losing side."""
    found = evidence(reporting)["alice"]
    assert person("carol").report(reporting.id, LIE, ETHER // 10, OPEN, found).refusal is None
    return found


@pytest.fixture
def over(voters: None, paper: str, request: pytest.FixtureRequest) -> None:
    """The whole story, with the paper in it from the beginning."""
    request.getfixturevalue("final")


def test_addresses__each__is_looked_at_or_is_no_page() -> None:
    """But for the API, whose answers are JSON, and Django's own admin."""
    seen = {*ON_EXPIRY, *PLAIN, *OTHERS}
    no_page = {name for names in NO_PAGE.values() for name in names}
    assert seen & no_page == set()
    assert _names() == seen | no_page


def test_pages__each__has_its_picture() -> None:
    """`make screenshots` makes them."""
    for name in (*PLAIN, *ON_EXPIRY, *OTHERS):
        assert (SCREENS / f"{name}-wide-light.jpg").exists(), name
        assert f"({name}-wide-light.jpg)" in (SCREENS / "README.md").read_text(), name


def test_addresses__that_are_no_page__answer_no_page(over: None, paper: str, client: Client) -> None:
    given: dict[str, tuple[Any, ...]] = {
        "vote-reveal": (SLUG, 1), "calendar-ballot": (SLUG, 1), "receipt-file": (a_digest(),), "feed-named": (SLUG,),
        "calendar-named": (SLUG,), "feed-follow": ("x",), "calendar-mine": ("x",), "alert-add-mailbox": (),
        "alert-add-hook": (), "evidence-file": (paper, 0),
    }  # fmt: skip
    for name in (name for names in NO_PAGE.values() for name in names):
        args = given.get(name, (1,) if name.startswith("alert-") else ())
        answer = client.get(reverse(name, args=args))
        page = answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html")
        assert not page, name


def test_axe__two_targets_too_small_side_by_side__are_found(page: Page) -> None:
    """So that the tests that use it can fail by what WCAG 2.2 has and 2.1 has not."""
    page.set_content('<button style="width: 9px; height: 9px">x</button>' * 2)
    assert any(each.startswith("target-size") for each in axe.findings(page))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page__wide_and_narrow__axe_finds_nothing_and_nothing_sticks_out(
    over: None, paper: str, open_context: Callable[..., BrowserContext], scheme: str, settings: Any
) -> None:
    settings.EMAIL_FROM = "alerts@assize.example"
    box = follows.add_mailbox(account=VERA, address="vera@mail.example.org", now=OPEN)
    Mailbox.objects.update(confirmed_at=OPEN)
    follows.follow(account=VERA, now=OPEN, scope="votes", target=VERA, mailbox=box)
    page = logged_in(open_context(color_scheme=scheme), "/me/", "vera")
    papers = [("evidence", f"/evidence/{paper}/"), ("out", f"/out/{paper}/0/"), ("", "/nowhere/")]
    for name, path in [*_paths(box), *papers]:
        for size in (WIDE, NARROW):
            page.set_viewport_size(size)
            _go(page, path)
            if name and name not in ELSEWHERE and (size, scheme) == (WIDE, "light"):
                keep(page, f"{name}-wide-light")
            look_at(page, f"every{path.partition('?')[0].replace('/', '-')[:60]}-{size['width']}-{scheme}")
        page.set_viewport_size(WIDEST)
        assert sticks_out(page) == [], path


def _go(page: Page, path: str) -> None:
    answer = page.goto(path)
    assert answer is not None
    wanted = {"/nowhere/": (404,), "/status": (200, 503)}.get(path, (200,))
    assert answer.status in wanted, path


def _paths(box: Mailbox) -> list[tuple[str, str]]:
    """Name and path of each; without a name, one more of the same kind."""
    links = [link.partition("/alerts/")[2] for link in (mails.confirm_url(box), mails.stop_url(box))]
    return [
        *((name, reverse(name)) for name in PLAIN),
        *((name, reverse(name, args=[SLUG])) for name in ON_EXPIRY),
        *((name, reverse(name, args=OTHERS[name][:1])) for name in ("series-page", "redeem", "account")),
        ("", reverse("series-page", args=[FOREIGN])),
        ("vote-ballot", reverse("vote-ballot", args=[SLUG, 1])),
        ("receipt", reverse("receipt", args=[a_digest()])),
        ("alert", reverse("alert", args=[Follow.objects.get().pk])),
        *zip(("alert-confirm", "alert-unsubscribe"), (f"/alerts/{link}" for link in links), strict=True),
        ("", f"/simulate/?expiry={SLUG}&price=2400&final=2400&amount=1&strike=2450"),
    ]


def _names() -> set[str]:
    """Of every address that is neither the API's nor the admin's."""
    found = set()
    for each in _patterns(get_resolver().url_patterns, ""):
        path, name = each
        if not path.startswith(("api/v1/", "admin/")):
            found.add(name)
    return found


def _patterns(patterns: Any, before: str) -> list[tuple[str, str]]:
    found = []
    for each in patterns:
        path = before + str(each.pattern)
        if isinstance(each, URLPattern):
            found.append((path, each.name or path))
        else:
            found += _patterns(each.url_patterns, path)
    return found
