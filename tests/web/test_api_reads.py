"""What the API tells: the book, expiries, transcripts, accounts."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from oracle import signer
from oracle.models import Act, Expiry
from oracle.services import listing
from oracle.services.time import beat
from protocol import transcript
from protocol.entry import Beat, Entry, author_problem, receipt_problem
from protocol.signing import BOOK_0, next_book
from protocol.terms import Terms
from tests.cast import ETHER, person
from tests.db.conftest import NOW, SPEC
from tests.web.conftest import OPEN, Clock, queries
from tests.web.story import LIE, PRICE, send_secret_report, to_ballot, to_challenge, to_final


def get(client: Client, path: str, **query: Any) -> Any:
    response = client.get(f"/api/v1/{path}", query)
    assert response.status_code == 200, response.content
    return response.json()


# ---------------------------------------------------------------- the book


@pytest.mark.usefixtures("voters")
def test_book__from_its_beginning__chains_and_every_entry_stands_for_itself(
    reporting: Expiry, client: Client
) -> None:
    to_final(reporting)
    page = get(client, "book")
    assert page["more"] is False
    book = BOOK_0
    for document in page["entries"]:
        entry = Entry.from_json(document)
        book = next_book(book, entry.seq, entry.digest, entry.at)
        assert entry.book == book
        assert author_problem(entry, signer.service_address()) is None
        assert receipt_problem(signer.domain(), entry, entry.head, signer.service_address()) is None
    assert page["head"] == {"seq": str(len(page["entries"])), "book": book, "at": page["entries"][-1]["at"]}
    assert [e["kind"] for e in page["entries"]][-3:] == ["VoteReveal", "VoteReveal", "Final"]


def test_book__in_pages__gives_each_entry_and_beat_once(reporting: Expiry, client: Client) -> None:
    for second in range(5):
        beat(now=OPEN + second)
    whole = get(client, "book")
    seen: tuple[list[Any], list[Any]] = ([], [])
    after = beats_after = "0"
    more = True
    while more:
        page = get(client, "book", after=after, beats_after=beats_after, limit=2)
        assert len(page["entries"]) <= 2
        assert len(page["beats"]) <= 2
        seen[0].extend(page["entries"])
        seen[1].extend(page["beats"])
        after = seen[0][-1]["seq"]
        beats_after = seen[1][-1]["at"] if seen[1] else "0"
        more = page["more"]
    assert seen == (whole["entries"], whole["beats"])
    assert Beat.from_json(whole["beats"][0]).at == OPEN


def test_book__nothing_yet__is_empty(db: None, client: Client) -> None:
    head = {"seq": "0", "book": BOOK_0, "at": "0"}
    assert get(client, "book") == {"entries": [], "beats": [], "head": head, "more": False}


def test_service__names_its_key_chain_and_contract(reporting: Expiry, client: Client, at: Clock) -> None:
    service = get(client, "service")
    assert service["service"] == signer.service_address()
    assert service["oracle"] == signer.domain().contract
    assert service["chain_id"] == str(signer.domain().chain_id)
    assert service["time"] == str(at.now)


# ---------------------------------------------------------------- expiries


def test_expiry__by_id_and_by_slug__is_the_same(reporting: Expiry, client: Client) -> None:
    found = get(client, f"expiries/{reporting.id}")
    assert found == get(client, f"expiries/{reporting.slug}")
    assert (found["stage"], found["expiry_at"]) == ("REPORTING", str(OPEN))
    assert (found["index"]["spec"], found["terms"]) == (SPEC, reporting.terms)
    assert (found["price"], found["series"], found["publication"]) == (None, [], None)
    assert (found["series_count"], found["claims_count"]) == ("0", "0")


def test_expiry__disputed__shows_its_claims(reporting: Expiry, client: Client) -> None:
    now = to_challenge(reporting)
    person("dave").pledge(reporting.id, 1, LIE, ETHER, now + 1)
    found = get(client, f"expiries/{reporting.slug}")
    assert (found["standing"], found["round"]) == (str(PRICE), "0")
    claim = {
        "price": str(LIE),
        "pledged": str(ETHER),
        "required": str(3 * ETHER),
        "status": "OPEN",
        "round": "1",
    }
    assert found["claims"] == [claim]


def test_claims__round__is_the_one_that_their_pledges_and_the_event_name(reporting: Expiry, client: Client) -> None:
    now = to_challenge(reporting)
    assert person("carol").pledge(reporting.id, 1, 2600 * ETHER, ETHER, now + 1).refusal is None
    assert person("dave").pledge(reporting.id, 1, LIE, 5 * ETHER, now + 1).refusal is None
    assert person("bob").pledge(reporting.id, 2, PRICE, ETHER, now + 2).refusal is None
    found = get(client, f"expiries/{reporting.slug}")
    rounds = {int(claim["price"]): (claim["status"], claim["round"]) for claim in found["claims"]}
    # What nobody pledged to since keeps the round that its `required` is of.
    assert rounds == {2600 * ETHER: ("OPEN", "1"), LIE: ("FILLED", "1"), PRICE: ("OPEN", "2")}
    assert get(client, f"expiries/{reporting.slug}/claims")["results"] == found["claims"]
    (event,) = get(client, "events?kind=claim_filled")["results"]
    assert (event["data"]["round"], found["round"]) == ("1", "1")


def test_expiries__disputed__leave_the_claims_to_the_one_that_is_asked_for(
    reporting: Expiry, client: Client
) -> None:
    now = to_challenge(reporting)
    person("dave").pledge(reporting.id, 1, LIE, ETHER, now + 1)
    (listed,) = get(client, "expiries")["results"]
    alone = get(client, f"expiries/{reporting.slug}")
    assert (len(alone.pop("claims")), alone.pop("claims_count"), alone.pop("series")) == (1, "1", [])
    assert listed == alone


def list_more(count: int, terms: Terms) -> None:
    index = listing.list_index(slug="eth-usd", spec=SPEC)
    for n in range(count):
        # Three share each instant: the id decides among them.
        listing.list_expiry(
            slug=f"more-{n}", index=index, expiry_at=OPEN + n // 3, terms=replaced(terms, n), now=NOW
        )


def replaced(terms: Terms, n: int) -> Terms:
    return Terms.from_json({**terms.to_json(), "report_window": str(200 + n)})


def test_expiries__in_pages__gives_each_once_in_order(expiry: Expiry, terms: Terms, client: Client) -> None:
    list_more(10, terms)
    seen: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        page = get(client, "expiries", limit=3, **cursor)
        seen += page["results"]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    places = [(int(each["expiry_at"]), each["id"]) for each in seen]
    assert len(places) == 11
    assert places == sorted(set(places))


def test_expiries__by_stage_and_index__only_those(reporting: Expiry, terms: Terms, client: Client) -> None:
    list_more(2, terms)
    assert [e["id"] for e in get(client, "expiries", stage="REPORTING")["results"]] == [reporting.id]
    assert len(get(client, "expiries", index="eth-usd")["results"]) == 3
    assert len(get(client, "expiries", index=reporting.index_id, stage="SCHEDULED")["results"]) == 2
    assert get(client, "expiries", index="btc-usd")["results"] == []


@pytest.mark.parametrize(
    "path",
    [
        "expiries?stage=OPEN",
        "expiries?cursor=x",
        "expiries?cursor=1.0x12",
        "expiries?limit=0",
        "expiries?limit=-1",
        "expiries?limit=1e9",
        "expiries?index=a%00b",
        "book?after=-1",
        "book?after=x",
        "book?limit=0",
        "book?beats_after=99999999999999999999",
        "accounts/0x12",
        "accounts/0x12/acts",
        f"accounts/{'0x' + '12' * 20}/acts?cursor=x",
        f"accounts/{'0x' + '12' * 20}/acts?limit=0",
        "acts/0xAB",
        "accounts/0x" + "AB" * 20,
    ],
)
def test_query__that_means_nothing__400(db: None, client: Client, path: str) -> None:
    response = client.get(f"/api/v1/{path}")
    assert (response.status_code, response.json()["code"]) == (400, "malformed")


@pytest.mark.parametrize("path", ["", "/claims", "/transcript", "/simulate?price=1", "/finality"])
@pytest.mark.parametrize("name", ["none", "0x" + "00" * 32, "0x", "0xzz"])
def test_expiry__unknown__404(db: None, client: Client, name: str, path: str) -> None:
    response = client.get(f"/api/v1/expiries/{name}{path}")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


# ---------------------------------------------------------------- transcripts


@pytest.mark.usefixtures("voters")
def test_transcript__at_every_stage__verifies_offline(reporting: Expiry, client: Client) -> None:
    def verdict() -> transcript.Verdict:
        return transcript.verify(get(client, f"expiries/{reporting.slug}/transcript"))

    assert verdict().passed
    to_final(reporting)
    final = verdict()
    reporting.refresh_from_db()
    assert (final.passed, final.head, final.outcome["price"]) == (True, reporting.head, str(PRICE))
    assert final.outcome["decided_by"] == "vote"


def test_transcript__while_sealed__verifies_and_says_so(reporting: Expiry, client: Client) -> None:
    send_secret_report(reporting)
    document = get(client, f"expiries/{reporting.slug}/transcript")
    assert document["sealed"] is True
    assert transcript.verify(document).passed


def test_transcript__never_opened__has_no_acts(expiry: Expiry, client: Client) -> None:
    document = get(client, f"expiries/{expiry.slug}/transcript")
    assert (document["acts"], document["outcome"]["stage"]) == ([], "SCHEDULED")
    assert transcript.verify(document).passed


# ---------------------------------------------------------------- accounts


@pytest.mark.usefixtures("voters")
def test_account__bonded_and_staked__says_where_each_wei_is(reporting: Expiry, client: Client) -> None:
    to_ballot(reporting)
    bob = get(client, f"accounts/{person('bob').address}")
    # The answer needed 3.2: carol's 2 and 1.2 of bob's 2.
    assert bob["locks"] == [{"expiry": reporting.id, "amount": str(ETHER + 12 * ETHER // 10)}]
    assert bob["free"] == str(100 * ETHER - ETHER - 12 * ETHER // 10)
    vera = get(client, f"accounts/{person('vera').address}")
    assert (vera["stake"], vera["locked_stake"], vera["locks"]) == (str(10 * ETHER), str(10 * ETHER), [])


@pytest.mark.usefixtures("voters")
def test_account__once_final__has_no_locks(reporting: Expiry, client: Client) -> None:
    to_final(reporting)
    assert get(client, f"accounts/{person('bob').address}")["locks"] == []


def test_account__never_seen__has_nothing(db: None, client: Client) -> None:
    account = get(client, f"accounts/0x{'12' * 20}")
    assert {account[name] for name in ("free", "stake", "unbonding", "withdrawing", "locked_stake")} == {"0"}


# ---------------------------------------------------------------- cost


def test_reads__with_more_rows__cost_no_more_queries(reporting: Expiry, terms: Terms, client: Client) -> None:
    paths = [
        "book",
        "expiries",
        f"expiries/{reporting.slug}",
        f"expiries/{reporting.slug}/transcript",
        "service",
    ]
    paths.append(f"accounts/{person('alice').address}")
    send_secret_report(reporting)
    few = [queries(lambda path=path: get(client, path)) for path in paths]
    list_more(30, terms)
    for n in range(30):
        person(f"crowd {n}").deposit(ETHER, OPEN + 1)
        assert person(f"crowd {n}").report(reporting.id, PRICE, ETHER, OPEN + 1).refusal is None
    assert Act.objects.count() > 60
    assert [queries(lambda path=path: get(client, path)) for path in paths] == few
