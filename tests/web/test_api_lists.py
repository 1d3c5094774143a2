"""Lists that anybody can make long, what of them stands in other answers, and an account's own acts."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from oracle.models import Expiry
from tests.cast import ETHER, person
from tests.web.conftest import OPEN
from tests.web.story import LIE, PRICE, SECRET_PRICE, close_reporting, send_secret_report, to_challenge
from tests.web.test_api_reads import get
from tests.web.test_pages import add_series


def pages(client: Client, path: str) -> list[Any]:
    """All rows of a list, page by page."""
    rows, cursor = [], ""
    while True:
        page = get(client, f"{path}{cursor}")
        rows += page["results"]
        if page["next"] is None:
            return rows
        cursor = f"&cursor={page['next']}"


def test_expiry__more_claims_than_it_shows__the_filled_then_the_heaviest_and_how_many(
    reporting: Expiry, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oracle.api.expiries.MOST_CLAIMS", 3)
    now = to_challenge(reporting)
    person("dave").pledge(reporting.id, 1, LIE, 5 * ETHER, now + 1)  # takes a round
    for place, pledged in enumerate((1, 3, 2, 1), start=1):
        person("carol").deposit(ETHER, now + 1)
        amount = pledged * ETHER // 10
        assert person("carol").pledge(reporting.id, 2, (2600 + place) * ETHER, amount, now + 2).refusal is None
    found = get(client, f"expiries/{reporting.slug}")
    prices = [int(claim["price"]) // ETHER for claim in found["claims"]]
    assert (prices, found["claims_count"]) == ([2400, 2602, 2603], "5")
    rows = pages(client, f"expiries/{reporting.slug}/claims?limit=2")
    assert [int(row["price"]) // ETHER for row in rows] == [2400, 2601, 2602, 2603, 2604]
    assert found["claims"] == [rows[0], rows[2], rows[3]]
    assert get(client, f"expiries/{reporting.slug}/claims?limit=5")["next"] is None
    assert client.get(f"/api/v1/expiries/{reporting.slug}/claims?cursor=x").json()["code"] == "malformed"


def test_expiries__with_series__say_how_many_and_the_one_shows_the_first(
    reporting: Expiry, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.api.MOST_SERIES", 2)
    for strike in (3_000, 2_000, 2_500):
        add_series(reporting, strike * ETHER)
    (listed,) = get(client, "expiries")["results"]
    assert (listed["series_count"], "series" in listed) == ("3", False)
    alone = get(client, f"expiries/{reporting.slug}")
    assert [int(row["strike"]) // ETHER for row in alone["series"]] == [2_000, 2_500]
    assert alone["series_count"] == "3"
    every = get(client, f"series?expiry={reporting.id}&origin=factory")["results"]
    assert len(every) == 3
    assert all(row in every for row in alone["series"])


# ---------------------------------------------------------------- acts


def test_acts__of_an_account__are_its_entries_of_the_book_newest_first(reporting: Expiry, client: Client) -> None:
    send_secret_report(reporting)
    person("bob").report(reporting.id, PRICE, ETHER, OPEN + 2)
    alice = person("alice").address
    book = [entry for entry in get(client, "book")["entries"] if entry["account"] == alice]
    rows = pages(client, f"accounts/{alice}/acts?limit=1")
    assert rows == book[::-1]
    assert (rows[0]["kind"], rows[0]["sealed"], "price" in rows[0]["message"]) == ("Report", True, False)
    assert str(SECRET_PRICE) not in str(rows)
    assert get(client, f"accounts/{person('nobody').address}/acts") == {"results": [], "next": None}


def test_act__by_its_digest__is_the_entry_with_the_receipt_that_was_lost(
    reporting: Expiry, client: Client, api: Any
) -> None:
    sent = send_secret_report(reporting)
    (entry,) = [each for each in get(client, "book")["entries"] if each["kind"] == "Report"]
    found = get(client, f"acts/{entry['digest']}")
    assert found == entry
    assert found["receipt"] == api(sent).json()["receipt"], "as it was answered"
    assert (found["sealed"], "price" in found["message"]) == (True, False)
    close_reporting()
    assert get(client, f"acts/{entry['digest']}")["message"]["price"] == str(SECRET_PRICE)
    unknown = client.get(f"/api/v1/acts/0x{'00' * 32}")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")
