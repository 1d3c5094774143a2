"""/expiries/ in any order and as files, the home page's order, and how an account has done."""

from __future__ import annotations

import csv
import io
import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from oracle.models import Expiry, Index
from oracle.services import listing
from oracle.services.time import pass_time
from pages.listing import ENTERED_BY
from protocol.stages import Stage
from protocol.terms import Terms
from tests.cast import ETHER, person
from tests.db.conftest import NOW, SPEC
from tests.web.conftest import OPEN, Clock, queries
from tests.web.story import to_ballot, to_final
from tests.web.test_login import enter
from tests.web.test_pages import read

MOST_QUERIES = 12


@pytest.fixture
def five(reporting: Expiry, terms: Terms) -> list[str]:
    """Four more than the one that takes reports, listed ahead at later instants."""
    for n in range(1, 5):
        listing.list_expiry(
            slug=f"later-{n}", index=reporting.index, expiry_at=OPEN + 10 * n, terms=terms, now=NOW
        )
    return ["eth-usd-test", *(f"later-{n}" for n in range(1, 5))]


def slugs(client: Client, query: str) -> list[str]:
    page = client.get(f"/expiries/{query}").content.decode()
    return re.findall(r'<th scope="row"><a href="/expiries/([\w-]+)/"', page)


def test_expiries__orders__as_said(five: list[str], client: Client) -> None:
    assert slugs(client, "") == five[::-1]
    assert slugs(client, "?sort=oldest") == five
    assert slugs(client, "?sort=deadline")[0] == "eth-usd-test"
    Expiry.objects.filter(slug="later-2").update(value_secured=7)
    assert slugs(client, "?sort=value")[:2] == ["later-2", "eth-usd-test"]


@pytest.mark.parametrize("sort", ["newest", "oldest", "deadline", "value", "final"])
def test_expiries__page_by_page__each_once_in_the_same_order(
    five: list[str], client: Client, monkeypatch: pytest.MonkeyPatch, sort: str
) -> None:
    whole = slugs(client, f"?sort={sort}")
    assert sorted(whole) == sorted(five)
    monkeypatch.setattr("pages.listing.ROWS", 2)
    query, found = f"?sort={sort}", []
    while query:
        found += slugs(client, query)
        link = re.search(r'href="(\?[^"]+)" rel="next"', client.get(f"/expiries/{query}").content.decode())
        query = link[1].replace("&amp;", "&") if link else ""
    assert found == whole


def test_expiries__filters__together(five: list[str], client: Client) -> None:
    assert slugs(client, "?q=later&stage=SCHEDULED&sort=oldest") == five[1:]
    assert slugs(client, "?stage=OPEN") == ["eth-usd-test"]
    assert slugs(client, "?q=ETH/usd&stage=OPEN") == ["eth-usd-test"]
    assert slugs(client, "?q=%25") == []


@pytest.fixture
def gold(five: list[str], terms: Terms) -> Index:
    """A second index with an expiry, and one without any."""
    index = listing.list_index(slug="gold", spec={**SPEC, "pair": "XAU/USD"})
    listing.list_expiry(slug="first-gold", index=index, expiry_at=OPEN + 99, terms=terms, now=NOW)
    listing.list_index(slug="empty", spec={**SPEC, "pair": "NIL/USD"})
    return index


def test_expiries__an_index__is_a_link_and_stays_in_a_search(gold: Index, client: Client) -> None:
    page = client.get("/expiries/?stage=SCHEDULED").content.decode()
    assert 'href="?stage=SCHEDULED&amp;index=gold"' in page
    assert "index=empty" not in page, "it has no expiry, and no feed"
    assert slugs(client, "?index=gold") == ["first-gold"]
    page = client.get("/expiries/?index=gold&stage=SCHEDULED").content.decode()
    assert '<input type="hidden" name="index" value="gold">' in page
    assert '<a href="?stage=SCHEDULED&amp;index=gold" aria-current="true">gold</a>' in page
    assert client.get("/expiries/?index=empty").status_code == 404


def test_expiries__more_indices_than_links__the_chosen_one_is_among_them(
    gold: Index, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.listing.INDICES", 1)
    assert "index=gold" not in client.get("/expiries/").content.decode()
    assert "search for the name of another" in read(client, "/expiries/")
    assert 'aria-current="true">gold</a>' in client.get("/expiries/?index=gold").content.decode()


def test_expiries__search_for_an_id__finds_that_one(five: list[str], client: Client) -> None:
    id_ = Expiry.objects.get(slug="later-2").id
    assert slugs(client, f"?q={id_}") == ["later-2"]
    assert slugs(client, f"?q=0x{id_[2:].upper()}") == ["later-2"]
    assert slugs(client, f"?q={id_}&stage=OPEN") == []
    assert slugs(client, f"?q={id_[:-1]}") == []


def test_expiries__follow__leads_to_what_is_shown(gold: Index, client: Client) -> None:
    page = client.get("/expiries/").content.decode()
    for link in ("/me/alerts/new/", "/feeds/expiries.atom", "/calendar.ics"):
        assert f'<a href="{link}">' in page
    page = client.get("/expiries/?index=gold").content.decode()
    for link in ("/me/alerts/new/?index=gold", "/feeds/gold.atom", "/calendar/gold.ics"):
        assert f'<a href="{link}">' in page
    assert [client.get(path).status_code for path in ("/feeds/gold.atom", "/calendar/gold.ics")] == [200, 200]


@pytest.mark.parametrize("stage", Stage)
def test_expiries__follow_of_a_stage__asks_for_what_brings_one_there(
    gold: Index, client: Client, stage: Stage, settings: Any
) -> None:
    settings.PUBLIC_URL = "http://testserver"
    page = client.get(f"/expiries/?index=gold&stage={stage}&q=gold").content.decode()
    found = re.search(r'<a href="(/me/alerts/new/\?[^"]+)">Follow, when one comes to (\w+)</a>', page)
    assert found and found[2] == stage
    enter(client)
    form = client.get(unescape(found[1])).content.decode()
    assert re.search(r'name="target" value="gold"', form)
    (kind,) = re.findall(r'name="kinds" value="(\w+)"[^>]* checked', form)
    assert kind == ENTERED_BY[stage]
    assert "Follow</a>" in client.get("/expiries/?stage=OPEN").content.decode()


@pytest.mark.parametrize("query", ["?stage=NONE", "?sort=none", "?after=x", "?format=pdf", "?index=none", "?index=%00"])
def test_expiries__what_no_link_says__404(five: list[str], client: Client, query: str) -> None:
    assert client.get(f"/expiries/{query}").status_code == 404


def test_expiries__as_files__say_the_same_and_lead_on(
    five: list[str], client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = client.get("/expiries/?format=json&sort=oldest").json()
    assert [row["slug"] for row in rows["results"]] == five
    assert rows["next"] is None
    assert (rows["results"][0]["stage"], rows["results"][0]["price"]) == ("REPORTING", None)
    monkeypatch.setattr("pages.files.ROWS", 3)
    response = client.get("/expiries/?format=csv&sort=oldest")
    first = list(csv.DictReader(io.StringIO(response.content.decode())))
    link = re.search(r'<(http://testserver/expiries/[^>]+)>; rel="next"', response["Link"])
    assert link is not None
    second = list(csv.DictReader(io.StringIO(client.get(link[1]).content.decode())))
    assert [row["slug"] for row in [*first, *second]] == five
    assert first[0]["expiry_at"] == str(OPEN)


def test_home__open_now__the_most_valuable_first(reporting: Expiry, terms: Terms, client: Client) -> None:
    row = listing.list_expiry(
        slug="rich", index=reporting.index, expiry_at=OPEN + 1, terms=terms, now=NOW
    )
    Expiry.objects.filter(pk=row.pk).update(stage="REPORTING", deadline=OPEN + 10**6, value_secured=5 * ETHER)
    text = read(client, "/")
    assert text.index("rich") < text.index("eth-usd-test")


@pytest.mark.usefixtures("voters")
def test_expiries__final__says_that_it_is_so_since_then(reporting: Expiry, at: Clock, client: Client) -> None:
    at.now = to_final(reporting) + 60
    assert re.search(r"final since 20[0-9: -]+ UTC \([^)]+ ago\)", read(client, "/expiries/?stage=FINAL"))


@pytest.mark.usefixtures("voters")
def test_account_page__after_a_final__gains_and_losses_by_the_ledger(
    reporting: Expiry, client: Client, at: Clock
) -> None:
    at.now = to_final(reporting)
    text = {name: read(client, f"/accounts/{person(name).address}/") for name in ("alice", "mallory", "vera")}
    assert "Reports that agreed1 of 1" in text["alice"]
    assert "Reports that agreed0 of 1" in text["mallory"]
    assert "-4.00 % ✗1 ETH0 ETH-1 ETH0 ETH" in text["mallory"]
    assert "Gained, all together-1 ETH" in text["mallory"]
    assert "Reports that agreed0 of 0" in text["vera"]
    assert "By voting" in text["vera"]
    assert "Vote (sealed), receipt of" in text["vera"] and "Vote revealed, receipt of" in text["vera"]
    assert "VoteCommit" not in text["vera"]
    assert "Gained, all together+" in text["vera"]
    assert "Gained, all together+" in text["alice"]


@pytest.mark.usefixtures("voters")
def test_pages__logged_in__at_most_twelve_queries(
    five: list[str], reporting: Expiry, client: Client, at: Clock, settings: Any
) -> None:
    settings.PUBLIC_URL = "http://testserver"
    enter(client)
    paths = ["/", "/expiries/", "/expiries/?format=json", f"/accounts/{person('bob').address}/"]
    to_ballot(reporting)
    during = {path: queries(lambda path=path: client.get(path)) for path in paths}
    at.now += 10_000
    pass_time(now=at.now)
    after = {path: queries(lambda path=path: client.get(path)) for path in paths}
    assert max(*during.values(), *after.values()) <= MOST_QUERIES, (during, after)
