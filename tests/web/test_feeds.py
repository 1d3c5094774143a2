"""Pages of Atom feeds: whoever missed more than one shows can go on (RFC 5005, EXPERIENCE 4)."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client

from alerts.services import fanout, follows
from oracle import events
from oracle.models import Expiry
from tests.cast import person
from tests.web.conftest import OPEN
from tests.web.story import to_final
from tests.web.test_alerts import ATOM, SITE, categories


def read(client: Client, address: str) -> tuple[list[Any], dict[str, str]]:
    """A page's entries, and its links by what they are."""
    response = client.get(address.removeprefix(SITE))
    assert response.status_code == 200, response.content
    feed = ElementTree.fromstring(response.content)  # noqa: S314
    links = {link.attrib["rel"]: link.attrib["href"] for link in feed.findall(ATOM + "link")}
    assert links["self"] == f"{SITE}{address.removeprefix(SITE)}"
    assert feed.findtext(ATOM + "id") == links["first"]
    assert feed.findtext(f"{ATOM}author/{ATOM}name") == "Assize", "RFC 4287 wants one in every feed"
    return feed.findall(ATOM + "entry"), links


def walk(client: Client, address: str) -> list[str]:
    """The ids of all entries behind an address, by its links to the next page."""
    found, following = [], address
    while following:
        page, links = read(client, following)
        found += [str(entry.findtext(ATOM + "id")).rpartition(":")[2] for entry in page]
        assert links["first"] == f"{SITE}{address}"
        following = links.get("next", "")
    return found


@pytest.fixture
def told(voters: None, reporting: Expiry, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Expiry:
    """An expiry's whole life, of which a page shows three entries."""
    settings.PUBLIC_URL = SITE
    monkeypatch.setattr("alerts.feeds.ENTRIES", 3)
    fanout._begin()
    to_final(reporting)
    return reporting


def test_feed__by_its_next_links__has_every_event_once_newest_first(told: Expiry, client: Client) -> None:
    every = [event.id for event in events.page(after=events.START, limit=100, expiry=told.id)]
    assert len(every) > 9
    assert any(not event.endswith(".0") for event in every), "several places behind one entry"
    assert walk(client, f"/feeds/{told.slug}.atom") == every[::-1]
    for limit in range(1, 3):
        assert [e.id for e in events.latest(limit=limit, before=(10**6, 0))] == every[::-1][:limit]
    for place, event in enumerate(every):
        before = events.latest(limit=100, before=events.parse_place(event), expiries=[told.id])
        assert [each.id for each in before] == every[:place][::-1]


def test_feed__of_many__leaves_out_single_acts_unless_asked_by_kind(told: Expiry, client: Client) -> None:
    for path in ("/feeds/expiries.atom", "/feeds/eth-usd.atom"):
        asked = f"{path}?kind=reported,pledged"
        page, _ = read(client, asked)
        assert set(categories(page)) <= {"reported", "pledged"}
        assert len(walk(client, asked)) == 6
        assert not set(walk(client, asked)) & set(walk(client, path))


def test_feed__of_a_follow__goes_back_by_its_deliveries(told: Expiry, client: Client) -> None:
    follow = follows.follow(account=person("alice").address, now=OPEN, scope="all", target="")
    # It hears of what happens from then on, so it is set back to the beginning.
    type(follow).objects.filter(pk=follow.pk).update(since_seq=0, since_n=0)
    fanout.fan_out(now=OPEN)
    every = walk(client, f"/feeds/follows/{follow.token}.atom")
    assert len(every) == len(set(every)) > 3
    assert read(client, f"/feeds/follows/{follow.token}.atom")[1]["next"].count("before=") == 1


@pytest.mark.parametrize(
    "query, words",
    [
        ("before=x", "before: the id of an event is two numbers"), ("before=", "before:"), ("before=1", "before:"),
        ("kind=gossip", "kind must be of listed,"), ("kind=", "kind must be of"),
    ],
)  # fmt: skip
def test_feed__a_query_that_means_nothing__400_and_says_what_to_do(
    reporting: Expiry, client: Client, query: str, words: str
) -> None:
    for path in ("/feeds/expiries.atom", f"/feeds/{reporting.slug}.atom"):
        response = client.get(f"{path}?{query}")
        assert (response.status_code, response["Content-Type"]) == (400, "text/plain; charset=utf-8")
        assert words in response.content.decode()
    follow = follows.follow(account=person("alice").address, now=OPEN, scope="all", target="")
    assert client.get(f"/feeds/follows/{follow.token}.atom?before=1.0").status_code == 400
