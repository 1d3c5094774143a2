"""The reading pages in every stage of an expiry, at three sizes, light and dark; and their pictures in docs."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from evidence import services
from oracle.models import Act, Expiry
from oracle.services.time import pass_time
from protocol.evidence import NO_ANSWER, document, evidence_hash, observation
from protocol.evidence_files import entry
from protocol.stages import Stage
from settlement.models import ChainSeries, Series
from tests.browser import axe
from tests.browser.conftest import Clock
from tests.browser.test_reading import sticks_out
from tests.browser.wallet import Wallet
from tests.cast import ETHER, person
from tests.web.conftest import OPEN, WINDOW
from tests.web.story import LIE, PRICE
from tests.web.test_pages import add_series

SIZES = {
    "wide": {"width": 1400, "height": 900},
    "middle": {"width": 768, "height": 900},
    "narrow": {"width": 360, "height": 740},
}
AXE_AT = {"light": "narrow", "dark": "wide"}
FORMS = ("report", "dispute", "commit", "reveal")
KEPT = [
    ("home-challenge", "wide", "light"), ("expiry-challenge", "wide", "light"), ("simulate", "wide", "light"),
    ("expiry-final", "narrow", "dark"), ("expiries", "narrow", "dark"), ("account-mallory", "narrow", "dark"),
    *((name, "wide", "light") for name in FORMS),
]  # fmt: skip
ACTS = {
    "reporting": "report/?price=2512.45", "challenge": "dispute/?price=2450", "commit": "commit/", "reveal": "reveal/",
}  # fmt: skip
"""By stage, the form that is open in it."""
PICTURES = os.environ.get("SCREENS")
HIGHEST = 6_500
"""Pixels of a picture: the whole of any page but the API's reference."""
SIMULATE = "/simulate/?expiry=eth-usd-test&price=2400&final=2400&amount=1&strike=2450"


def court(expiry: Expiry) -> Iterator[tuple[str, int]]:
    """An expiry's whole life: what has just happened, and what time it is."""
    for strike in (2_000, 2_450, 3_000):
        add_series(expiry, strike * ETHER)
    for row in Series.objects.all():
        ChainSeries.objects.create(
            address=row.address, expiry=expiry.id, expiry_at=expiry.expiry_at, strike=row.strike,
            collateral=row.collateral, p=row.p, n=row.n, block=1, block_hash="0x" + "00" * 32,
            split=12_000 * ETHER, merged=500 * ETHER,
        )  # fmt: skip
    yield "scheduled", OPEN - 3_600
    papers = evidence(expiry)
    prices = {"alice": (PRICE, 8), "bob": (PRICE + ETHER // 2, 5), "carol": (PRICE - 3 * ETHER, 4), "mallory": (LIE, 5)}
    for number, (name, (price, tenths)) in enumerate(prices.items(), start=1):
        bond, now = tenths * ETHER // 10, OPEN + number
        assert person(name).report(expiry.id, price, bond, now, papers[name]).refusal is None
    yield "reporting", OPEN + 10
    now = OPEN + WINDOW
    pass_time(now=now)
    assert person("dave").pledge(expiry.id, 1, LIE, ETHER, now + 1).refusal is None
    yield "challenge", now + 5
    assert person("dave").pledge(expiry.id, 1, LIE, 5 * ETHER, now + 6).refusal is None
    for name in ("carol", "bob"):
        assert person(name).pledge(expiry.id, 2, PRICE, 2 * ETHER, now + 7).refusal is None
    now += 7
    for name in ("vera", "victor"):
        assert person(name).commit(expiry.id, 1, PRICE, now + 1).refusal is None
    yield "commit", now + 5
    assert person("vera").reveal(expiry.id, 1, PRICE, now + WINDOW + 1).refusal is None
    yield "reveal", now + WINDOW + 5
    assert person("victor").reveal(expiry.id, 1, PRICE, now + WINDOW + 6).refusal is None
    now += 2 * WINDOW
    pass_time(now=now)
    yield "final", now + 60


def evidence(expiry: Expiry) -> dict[str, str]:
    """What each saw, by name, and handed in, but for carol's."""

    def seen(venue: str, least: int) -> list[dict[str, str]]:
        instants = range(OPEN - 1_800, OPEN + 301, 60)
        prices = {at: least + at * 7 % 90 * ETHER // 100 + (at % 7) * ETHER // 9 for at in instants}
        return [observation(source=venue, instant=at, price=price, raw=NO_ANSWER) for at, price in prices.items()]

    csv = b"venue,price\r\nkraken,2500\r\n"
    papers = {
        "alice": document(
            expiry=expiry.id, price=PRICE, words="The averages of both venues, over the minute before the instant.",
            observations=[*seen("Kraken ETH/USD", PRICE - ETHER), *seen("Coinbase ETH-USD", PRICE)],
            links=["https://api.kraken.example/0/public/OHLC?pair=ETHUSD&interval=1", "https://blog.example/why"],
            files=[entry("averages.csv", csv)],
        ),
        "bob": document(expiry=expiry.id, price=PRICE, words="\n".join(f"{n}. As in my table." for n in range(30))),
        "mallory": document(
            expiry=expiry.id, price=LIE, words="Trust me. \U0001f680 " + "x" * 300, links=["https://gain.example/"]
        ),
    }  # fmt: skip
    for made in papers.values():
        files = [base64.b64encode(csv).decode()] if made["files"] else []
        services.keep(document=made, files=files, now=OPEN)
    return {name: evidence_hash(made) for name, made in papers.items()} | {"carol": "0x" + "ca" * 32}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages__in_every_stage_and_size__axe_finds_nothing_and_nothing_sticks_out(
    voters: None, reporting: Expiry, at: Clock, open_context: Callable[..., BrowserContext], scheme: str
) -> None:
    context = open_context(color_scheme=scheme)
    Wallet(person("victor").key).install(context)
    page, story = context.new_page(), court(reporting)
    next(story)
    for stage, at.now in story:
        look(page, "/expiries/eth-usd-test/", f"expiry-{stage}", scheme)
        if stage in ("reporting", "challenge", "final"):
            look(page, "/", f"home-{stage}", scheme)
        if stage == "challenge":
            look(page, SIMULATE, "simulate", scheme)
        if stage in ACTS:
            look(page, f"/expiries/eth-usd-test/{ACTS[stage]}", ACTS[stage].partition("/")[0], scheme)
    reporting.refresh_from_db()
    assert reporting.stage == Stage.FINAL
    alice = Act.objects.get(kind="Report", account=person("alice").address).message["evidence"]
    look(page, f"/evidence/{alice}/", "evidence", scheme)
    look(page, f"/out/{alice}/0/", "out", scheme)
    look(page, "/expiries/", "expiries", scheme)
    look(page, "/expiries/eth-usd-test/verify", "verify", scheme)
    look(page, "/expiries/eth-usd-test/transcript", "transcript", scheme)
    look(page, "/series/", "series", scheme)
    for name in ("alice", "mallory", "vera"):
        look(page, f"/accounts/{person(name).address}/", f"account-{name}", scheme)


def look(page: Page, path: str, name: str, scheme: str) -> None:
    """At three sizes; a picture of each where SCREENS names a folder."""
    for size, viewport in SIZES.items():
        if size == "middle" and scheme == "dark":
            continue
        page.set_viewport_size(viewport)  # type: ignore[arg-type]
        page.goto(path, wait_until="networkidle" if name in FORMS else "load")
        if (name, size, scheme) in KEPT:
            keep(page, f"{name}-{size}-{scheme}")
        assert sticks_out(page) == [], f"{name} {size}"
        if size == AXE_AT[scheme]:
            assert axe.findings(page) == [], f"{name} {size}"


def keep(page: Page, name: str) -> None:
    """A picture of the page, where SCREENS names a folder."""
    if PICTURES:
        Path(PICTURES).mkdir(parents=True, exist_ok=True)
        width, height = page.evaluate("[innerWidth, document.documentElement.scrollHeight]")
        clip: Any = {"x": 0, "y": 0, "width": width, "height": min(height, HIGHEST)}
        page.screenshot(path=Path(PICTURES) / f"{name}.jpg", type="jpeg", quality=45, full_page=True, clip=clip)
