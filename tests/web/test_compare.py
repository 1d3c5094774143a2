"""Prices around the instant on an expiry's page: a reader can always tell what is there, what is not, and why."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client

from oracle.models import Expiry
from oracle.services import listing
from oracle.services.opening import open_expiry
from protocol.evidence import document, evidence_hash, observation
from protocol.terms import Terms
from tests.cast import ETHER, person
from tests.web.conftest import OPEN
from tests.web.story import PRICE, close_reporting
from tests.web.test_evidence import RAW, hand_in

NONE = "0x" + "00" * 32


def section(client: Client, expiry: Expiry) -> str:
    """The compare strip as text with its tags."""
    page = client.get(f"/expiries/{expiry.slug}/").content.decode()
    (found,) = re.findall(r'<section aria-labelledby="compare">.*?</section>', page, re.DOTALL)
    return str(found)


def kept(api: Any, expiry: Expiry, *seen: tuple[str, int, int]) -> str:
    """Hand in a document with (source, second, price); its hash."""
    told = [observation(source=source, instant=at, price=price, raw=RAW) for source, at, price in seen]
    made = document(expiry=expiry.id, price=PRICE, observations=told)
    assert hand_in(api, made).status_code == 202
    return evidence_hash(made)


def report_all(expiry: Expiry, **evidence: str) -> None:
    for bond, name in enumerate(("mallory", "alice", "bob"), start=1):
        fields = {"price": PRICE, "bond": bond * ETHER // 2, "salt": RAW, "evidence": evidence.get(name, NONE)}
        assert person(name).send("Report", {"expiry": expiry.id, **fields}, OPEN + 1).refusal is None


def test_compare__sealed__says_when_it_appears_and_nothing_else(reporting: Expiry, client: Client, api: Any) -> None:
    report_all(reporting, bob=kept(api, reporting, ("Kraken", OPEN, PRICE)))
    found = section(client, reporting)
    assert "Appears when reporting closes" in found
    assert "<svg" not in found
    assert "Kraken" not in found


def test_compare__no_evidence__levels_band_and_reports_and_one_sentence(reporting: Expiry, client: Client) -> None:
    report_all(reporting)
    close_reporting()
    found = section(client, reporting)
    assert "No source was named in any evidence." in found
    assert "Standing = median 2,500.00. What lies between 2,497.5 and 2,502.5025… agrees." in found
    assert found.count('class="stake reports"') == 3
    assert 'class="band"' in found


def test_compare__a_source_in_folded_evidence_only__says_so_and_draws_nothing_of_it(
    reporting: Expiry, client: Client, api: Any
) -> None:
    report_all(reporting)
    now = close_reporting()
    cheap = {"evidence": kept(api, reporting, ("Kraken", OPEN, PRICE)), "amount": ETHER // 100}
    act = {"expiry": reporting.id, "round": 1, "price": 2 * PRICE, "nonce": 1, "until": now + 100, **cheap}
    assert person("mallory").send("Pledge", act, now + 1).refusal is None
    found = section(client, reporting)
    assert "Sources are named in folded evidence only, which is not drawn." in found
    assert "Kraken" not in found


def test_compare__a_stranger_names_an_honest_source_and_wild_prices__is_counted_not_drawn(
    reporting: Expiry, client: Client, api: Any
) -> None:
    honest = [("Kraken", OPEN - 60, PRICE - ETHER), ("Kraken", OPEN, PRICE)]
    wild = [("Kraken", OPEN - 30, 10**33), ("Kraken", OPEN, 1), ("Mine", 99_999_999_999, 10**33)]
    report_all(reporting, bob=kept(api, reporting, *honest), mallory=kept(api, reporting, *wild))
    close_reporting()
    found = section(client, reporting)
    assert "Not drawn: 2 observations of the same sources in other evidence; 1 names another price" in found
    assert "→ 1 observation later" in found
    (line,) = re.findall(r'<polyline points="([^"]*)"', found)
    first, last = (int(spot.split(",")[1]) for spot in line.split())
    assert first - last > 20, "a move of 4 bp is seen"
    rows = re.findall(r"<tr><th scope=\"row\">(.*?)</th>.*?<td class=\"number wide\">(.*?)</td></tr>", found)
    assert rows == [("Kraken", "2"), ("Mine <small>(outside)</small>", "1, none drawn")]


def test_compare__an_index_with_an_instant_of_its_own__is_drawn_around_that(
    reporting: Expiry, client: Client, api: Any, terms: Terms
) -> None:
    spec = {**reporting.index.spec, "instant": "1670940000", "window": "600"}
    index = listing.list_index(slug="replayed", spec=spec)
    row = listing.list_expiry(slug="replayed-1", index=index, expiry_at=OPEN - 50, terms=terms, now=OPEN - 60)
    open_expiry(expiry_id=row.id, block=1, value_secured=0, now=OPEN)
    seen = [("Kraken", second, PRICE) for second in (1_670_939_000, 1_670_939_400, 1_670_940_000)]
    report_all(row, bob=kept(api, row, *seen))
    close_reporting()
    found = section(client, row)
    assert "up to 10 min before and after" in found
    assert "← 1 observation earlier" in found
    assert "3, 2 drawn" in found
