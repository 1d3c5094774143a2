"""Events: one list in the order of the book, the same from any place, and as a stream."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from oracle import events
from oracle.api import stream
from oracle.events import MEANING, EventKind
from oracle.models import Act, Event, Expiry
from oracle.services.events import place_waiting
from oracle.services.time import pass_time
from settlement.models import ChainTransaction, Publication, PublicationItem, Series
from tests.cast import ETHER, person
from tests.conftest import ROOT
from tests.web.conftest import OPEN, WINDOW, queries
from tests.web.story import EVIDENCE, PRICE, SALT, SECRET_PRICE, send_secret_report, to_ballot, to_final


def get(client: Client, **query: Any) -> Any:
    response = client.get("/api/v1/events", query)
    assert response.status_code == 200, response.content
    return response.json()


def kinds(page: Any) -> list[str]:
    return [event["kind"] for event in page["results"]]


@pytest.mark.usefixtures("voters")
def test_events__of_a_whole_life__come_in_the_order_of_the_book(reporting: Expiry, client: Client) -> None:
    place_waiting(now=OPEN)
    ended = to_final(reporting)
    page = get(client)
    assert kinds(page) == [
        "opened", "listed", "reported", "reported", "reported", "standing",
        "pledged", "claim_filled", "standing",
        "pledged", "pledged", "electorate_taken", "claim_filled", "standing", "ballot_opened",
        "vote_committed", "vote_committed", "reveal_opened", "vote_revealed", "vote_revealed", "final",
    ]  # fmt: skip
    assert page["more"] is False
    places = [events.parse_place(event["id"]) for event in page["results"]]
    assert places == sorted(set(places))
    assert page["next"] == page["results"][-1]["id"]
    by_kind = {event["kind"]: event for event in page["results"]}
    deadline = by_kind["ballot_opened"]["data"]["deadline"]
    assert by_kind["standing"]["data"] == {"price": str(PRICE), "round": "2", "deadline": deadline}
    assert by_kind["final"]["data"]["decided_by"] == "vote"
    assert by_kind["final"]["at"] == str(ended)
    assert by_kind["pledged"]["data"]["amount"] == str(12 * ETHER // 10), (
        "what was taken, not what was offered"
    )
    assert {event["slug"] for event in page["results"]} == {reporting.slug}


def test_events__in_pages__give_each_once_and_nothing_behind_the_cursor(
    reporting: Expiry, client: Client
) -> None:
    to_ballot(reporting)
    whole = get(client)["results"]
    seen: list[Any] = []
    page = {"next": "0.0", "more": True}
    while page["more"]:
        page = get(client, after=page["next"], limit=2)
        assert len(page["results"]) <= 2
        seen += page["results"]
    assert seen == whole
    assert len(whole) > 8
    assert get(client, after=page["next"]) == {"results": [], "next": page["next"], "more": False}


def test_events__of_one_kind_or_expiry__are_those_of_the_list(reporting: Expiry, client: Client) -> None:
    to_ballot(reporting)
    whole = get(client)["results"]
    for kind in {event["kind"] for event in whole}:
        assert get(client, kind=kind)["results"] == [event for event in whole if event["kind"] == kind]
    both = get(client, kind="standing,claim_filled")["results"]
    assert both == [event for event in whole if event["kind"] in ("standing", "claim_filled")]
    assert get(client, expiry=reporting.id)["results"] == [e for e in whole if e["expiry"] == reporting.id]
    assert get(client, expiry="0x" + "12" * 32)["results"] == []


def test_events__a_report__never_shows_what_was_sealed(reporting: Expiry, client: Client) -> None:
    send_secret_report(reporting)
    during = get(client, kind="reported")
    assert during["results"][0]["data"] == {"account": person("alice").address, "bond": str(ETHER)}
    for name in ("bob", "carol"):
        person(name).report(reporting.id, PRICE, ETHER, OPEN + 1)
    pass_time(now=OPEN + WINDOW)
    assert get(client, kind="reported")["results"][:1] == during["results"], "an event says the same for ever"
    assert not any(str(secret) in json.dumps(during) for secret in (SECRET_PRICE, EVIDENCE, SALT))


def test_events__of_the_chain__wait_for_their_place_and_never_come_behind_a_cursor(
    reporting: Expiry, client: Client
) -> None:
    place_waiting(now=OPEN)
    cursor = get(client)["next"]
    Series.objects.create(
        address="0x" + "5e" * 20, expiry=reporting, strike=2450 * ETHER, collateral="0x" + "00" * 20, decimals=18,
        p="0x" + "aa" * 20, n="0x" + "bb" * 20, created_block=1, created_block_hash="0x" + "1" * 64,
    )  # fmt: skip
    assert get(client, after=cursor)["results"] == [], "not yet told"
    send_secret_report(reporting)
    later = get(client, after=cursor)
    assert kinds(later) == ["reported"]
    assert place_waiting(now=OPEN + 7) == 1
    page = get(client, after=later["next"])
    assert kinds(page) == ["series_created"]
    assert (page["results"][0]["at"], page["results"][0]["data"]["strike"]) == (
        str(OPEN + 7),
        str(2450 * ETHER),
    )
    assert place_waiting(now=OPEN + 8) == 0


@pytest.mark.usefixtures("voters")
def test_events__of_a_publication__are_told_once_each(reporting: Expiry, client: Client) -> None:
    now = to_final(reporting)
    reporting.refresh_from_db()
    tx = ChainTransaction.objects.create(
        chain="0x1", sender="0x" + "01" * 20, nonce=1, purpose="publication:1", to="0x" + "02" * 20, data="0xab",
        hash="0x" + "7a" * 32, created_at=now,
    )  # fmt: skip
    publication = Publication.objects.create(created_at=now, stage="SENT", transaction=tx)
    PublicationItem.objects.create(
        publication=publication, position=0, expiry=reporting, attempt=0, price=PRICE,
        transcript=reporting.head, payouts="0x" + "00" * 32,
    )  # fmt: skip
    place = {"tx_hash": tx.hash, "block_number": 9, "block_hash": "0x" + "9a" * 32}
    for stage in ("MINED", "SENT", "MINED"):  # a reorganisation in between
        Publication.objects.update(stage=stage, **(place if stage == "MINED" else dict.fromkeys(place)))
    Publication.objects.update(stage="FINAL", final_at=now + 9)
    place_waiting(now=now + 10)
    found = get(client, kind="published,final_on_chain")["results"]
    assert [(event["kind"], event["at"]) for event in found] == [
        ("published", str(now + 10)), ("final_on_chain", str(now + 9)),
    ]  # fmt: skip
    assert found[0]["data"] == {"publication": str(publication.pk), "price": str(PRICE)}


@pytest.mark.parametrize(
    "query", ["after=x", "after=1", "after=1.2.3", "after=-1.0", "kind=coup", "kind=", "expiry=0x1"]
)
@pytest.mark.parametrize("path", ["events", "events/stream"])
def test_events__a_query_that_means_nothing__400(db: None, client: Client, path: str, query: str) -> None:
    response = client.get(f"/api/v1/{path}?{query}")
    assert (response.status_code, response.json()["code"]) == (400, "malformed")


def test_events__any_number__cost_one_query(reporting: Expiry, client: Client) -> None:
    to_ballot(reporting)
    assert queries(lambda: get(client)) == 1
    assert queries(lambda: get(client, kind="final,standing", expiry=reporting.id)) == 1


def test_events__a_report__writes_none_of_its_own(reporting: Expiry) -> None:
    """The hot path pays nothing: an act is its own event."""
    before = Event.objects.count()
    send_secret_report(reporting)
    assert Event.objects.count() == before


def test_events__every_kind__has_its_line_in_the_docs() -> None:
    page = (ROOT / "docs" / "api.md").read_text()
    assert set(MEANING) == set(EventKind)
    for kind in EventKind:
        assert f"| `{kind}` | {MEANING[kind]} |" in page, kind


# ---------------------------------------------------------------- the stream


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Nobody waits; how often a stream would have."""
    slept: list[float] = []
    monkeypatch.setattr(stream.time, "sleep", slept.append)
    monkeypatch.setattr(stream.Stream.__init__, "__defaults__", (slept.append,))
    return slept


def lines(response: Any) -> list[str]:
    assert response["Content-Type"] == "text/event-stream"
    text = b"".join(response.streaming_content).decode()
    return [block for block in text.split("\n\n") if block]


def hang_up(response: Any) -> None:
    """As `response.close()`, but for the test's own connection to the database, which that would close."""
    for close in response._resource_closers:
        close()


def ids(blocks: list[str]) -> list[str]:
    return [block.splitlines()[0].removeprefix("id: ") for block in blocks if block.startswith("id: ")]


def test_stream__from_the_beginning__is_the_list_and_ends_by_itself(
    reporting: Expiry, client: Client, quick: list[float]
) -> None:
    to_ballot(reporting)
    blocks = lines(client.get("/api/v1/events/stream?after=0.0"))
    wanted = get(client)["results"]
    assert ids(blocks) == [event["id"] for event in wanted]
    assert [json.loads(b.split("data: ")[1]) for b in blocks if b.startswith("id: ")] == wanted
    assert blocks[0] == "retry: 2000"
    assert blocks[-1] == ": still here"
    assert sum(quick) == stream.LIFE_SECONDS


def test_stream__connected_again__goes_on_behind_the_last_event_id(
    reporting: Expiry, client: Client, quick: list[float]
) -> None:
    to_ballot(reporting)
    whole = [event["id"] for event in get(client)["results"]]
    again = client.get("/api/v1/events/stream?after=0.0", headers={"last-event-id": whole[3]})
    assert ids(lines(again)) == whole[4:]
    assert ids(lines(client.get("/api/v1/events/stream"))) == [], "without a place it begins now"


def test_stream__more_than_are_allowed__503_and_a_place_is_free_again_when_one_closes(
    reporting: Expiry, client: Client, settings: Any
) -> None:
    settings.EVENT_STREAMS = 2
    open_ones = [client.get("/api/v1/events/stream") for _ in range(2)]
    refused = client.get("/api/v1/events/stream")
    assert (refused.status_code, refused.json()["code"], refused["Retry-After"]) == (503, "unavailable", "60")
    hang_up(open_ones[0])  # nothing was read of it
    hang_up(open_ones[0])
    third = client.get("/api/v1/events/stream")
    assert third.status_code == 200
    assert client.get("/api/v1/events/stream").status_code == 503
    for each in (open_ones[1], third):
        hang_up(each)


def test_stream__what_happens_while_it_is_open__comes_out_of_it(reporting: Expiry) -> None:
    turns = iter([lambda: send_secret_report(reporting), lambda: send_secret_report(reporting, "bob")])

    def sleep(seconds: float) -> None:
        next(turns, lambda: None)()

    def read(place: events.Place) -> Any:
        return events.page(after=place, limit=9)

    source = stream.Stream(events.newest(), read, lambda event: {"id": event.id}, sleep)
    shown = [block.decode() for block in source if block.startswith(b"id")]
    source.close()
    assert [line.split("\n")[1] for line in shown] == ["event: reported"] * 2
    assert Act.objects.filter(kind="Report").count() == 2
