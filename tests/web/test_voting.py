"""Voting pages and what a voter asks the API: whose turn it is, weight with proof, and nothing sealed."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client

from disputes.selectors import Ballot
from oracle.models import Act, Elector, Expiry
from oracle.services import listing
from oracle.services.time import pass_time
from protocol.merkle import leaf, verify
from protocol.terms import Terms
from tests.cast import ETHER, person
from tests.db.conftest import NOW
from tests.web.conftest import OPEN, WINDOW, Clock, queries
from tests.web.story import PRICE, SECRET_PRICE, send_secret_report, to_ballot, to_final

MOST_QUERIES = 12


def log_in(client: Client, name: str) -> None:
    session = client.session
    session["account"] = person(name).address
    session.save()


@pytest.fixture
def ballot(voters: None, reporting: Expiry, at: Clock) -> Expiry:
    at.now = to_ballot(reporting) + 1
    reporting.refresh_from_db()
    return reporting


def prepare(client: Client, word: str, fields: dict[str, Any], name: str = "vera") -> dict[str, Any]:
    body = {"account": person(name).address, **fields}
    answer: dict[str, Any] = client.post(f"/expiries/eth-usd-test/{word}/", body).json()
    return answer


def test_voter__api__weight_is_proven_against_the_root_of_the_book(ballot: Expiry, client: Client) -> None:
    who = person("vera").address
    found = client.get(f"/api/v1/expiries/eth-usd-test/voters/{who}").json()
    assert found["weight"] == str(10 * ETHER)
    root = Act.objects.get(kind="Electorate").message["root"]
    assert found["root"] == root
    assert verify(root, leaf(("address", "uint256"), (who, int(found["weight"]))), found["proof"])
    assert found["votes"] == [{"ballot": "1", "commitment": None, "price": None}]


@pytest.mark.parametrize("who", [person("alice").address, "0x12", "nobody"])
def test_voter__no_member__404(ballot: Expiry, client: Client, who: str) -> None:
    assert client.get(f"/api/v1/expiries/eth-usd-test/voters/{who}").status_code == 404


def test_vote_page__each_phase__says_whose_turn_it_is(ballot: Expiry, client: Client, at: Clock) -> None:
    log_in(client, "vera")
    assert 'href="/expiries/eth-usd-test/commit/"' in client.get("/vote/").content.decode()
    person("vera").commit(ballot.id, 1, PRICE, at.now)
    assert "Committed; reveal later." in client.get("/vote/").content.decode()
    at.now += 100
    person("victor").stake(1, at.now)  # any act: time passes with it
    assert 'href="/expiries/eth-usd-test/reveal/"' in client.get("/vote/").content.decode()
    person("vera").reveal(ballot.id, 1, PRICE, at.now)
    assert "Revealed." in client.get("/vote/").content.decode()
    log_in(client, "alice")
    assert "You are not in its electorate." in client.get("/vote/").content.decode()


def test_vote_page__after_the_ballot__vote_weight_and_what_it_did_to_the_stake(
    voters: None, reporting: Expiry, client: Client, at: Clock
) -> None:
    at.now = to_final(reporting) + 1
    log_in(client, "vera")
    page = client.get("/vote/").content.decode()
    changed = Act.objects.get(kind="Final")
    assert changed.expiry_id == reporting.id
    assert "2,500.00" in page
    assert "10 ETH" in page
    assert "+0." in page, "who voted right gains"
    assert queries(lambda: client.get("/vote/")) <= MOST_QUERIES
    assert queries(lambda: client.get("/vote/eth-usd-test/1/")) <= MOST_QUERIES


ON_BALLOT, ON_EXPIRY = "/vote/eth-usd-test/1/", "/expiries/eth-usd-test/"


def offered(client: Client, path: str) -> list[str]:
    """The buttons that can be pressed."""
    page = client.get(path).content.decode()
    return re.findall(r'<a class="button primary" href="/expiries/eth-usd-test/(\w+)/">', page)


@pytest.mark.parametrize("path", [ON_BALLOT, ON_EXPIRY])
def test_ballot__each_phase__the_button_of_who_has_something_to_do(
    ballot: Expiry, client: Client, at: Clock, path: str
) -> None:
    assert offered(client, path) == ["commit"], "nobody is logged in"
    log_in(client, "vera")
    assert offered(client, path) == ["commit"]
    assert person("vera").commit(ballot.id, 1, PRICE, at.now).refusal is None
    assert offered(client, path) == []
    assert "You have committed: reveal once committing has closed." in client.get(path).content.decode()
    at.now += WINDOW
    pass_time(now=at.now)
    assert offered(client, path) == ["reveal"]
    assert person("vera").reveal(ballot.id, 1, PRICE, at.now).refusal is None
    assert offered(client, path) == []
    page = client.get(path).content.decode()
    assert "You have revealed." in page
    assert "Not to forget it" not in page
    log_in(client, "victor")
    assert offered(client, path) == []
    assert "You did not commit in this ballot." in client.get(path).content.decode()


def test_ballot__others_have_revealed__says_that_ones_own_vote_is_not(
    ballot: Expiry, client: Client, at: Clock
) -> None:
    for name in ("vera", "victor"):
        assert person(name).commit(ballot.id, 1, PRICE, at.now).refusal is None
    at.now += WINDOW
    assert person("victor").reveal(ballot.id, 1, PRICE, at.now).refusal is None
    log_in(client, "vera")
    page = client.get(ON_BALLOT).content.decode()
    assert "You committed; your vote is not revealed yet." in page
    assert "Not to forget it" in page


def test_acts__in_each_later_stage__say_why_not_in_its_words(ballot: Expiry, client: Client, at: Clock) -> None:
    def reasons() -> list[str]:
        return re.findall(r"<small>(.*?)</small>", client.get(ON_EXPIRY).content.decode())

    assert {"Reporting has closed.", "The price cannot be disputed any more."} <= set(reasons())
    at.now += WINDOW
    pass_time(now=at.now)
    assert any("Another ballot opens only if this one fails" in each for each in reasons())
    Expiry.objects.update(stage="RULING")
    assert {"Reporting has closed.", "Votes cannot be committed any more."} <= set(reasons())
    assert not any("Another ballot" in each for each in reasons())
    Expiry.objects.update(stage="CHALLENGE")
    assert "Reporting has closed. The price can still be disputed." in reasons()


def test_ballot__not_in_its_electorate__says_so_at_the_button(ballot: Expiry, client: Client) -> None:
    log_in(client, "alice")
    assert offered(client, ON_BALLOT) == []
    assert "<small>Your account is not in its electorate.</small>" in client.get(ON_BALLOT).content.decode()


def test_ballot__its_window_is_over__says_so_at_the_button(ballot: Expiry, client: Client, at: Clock) -> None:
    at.now += WINDOW
    assert offered(client, ON_BALLOT) == []
    assert "The window closed at" in client.get(ON_BALLOT).content.decode()


@pytest.fixture
def many(ballot: Expiry, terms: Terms) -> list[Expiry]:
    """Sixty more ballots with nearer deadlines, of whose electorates vera is no member, as rows without acts."""
    others = []
    for n in range(60):
        row = listing.list_expiry(slug=f"other-{n}", index=ballot.index, expiry_at=OPEN + 1 + n, terms=terms, now=NOW)
        others.append(row.pk)
    running = {"stage": "COMMIT", "ballot": 1, "deadline": ballot.deadline - 1, "electorate_weight": ETHER}
    Expiry.objects.filter(pk__in=others).update(**running)
    return list(Expiry.objects.filter(pk__in=others).order_by("deadline", "id"))


def put_in_electorate(name: str, expiries: list[Expiry]) -> None:
    rows = [Elector(expiry=each, account=person(name).address, weight=ETHER, worst_cut=1) for each in expiries]
    Elector.objects.bulk_create(rows)


def parts(client: Client, query: str = "") -> tuple[list[str], list[str], str]:
    """Slugs that wait and other ones, and all that the page says."""
    page = client.get(f"/vote/{query}").content.decode()
    waiting, others = page.split("<h2>Other ballots</h2>")
    names = re.compile(r'<th scope="row"><a href="/vote/([\w-]+)/1/"')
    return names.findall(waiting), names.findall(others), page


def test_vote_page__more_run_than_it_shows__what_waits_is_shown(
    many: list[Expiry], ballot: Expiry, client: Client
) -> None:
    log_in(client, "vera")
    waiting, others, page = parts(client)
    assert waiting == ["eth-usd-test"], "though many others end before it"
    assert others == [each.slug for each in many[:25]]
    assert "The 25 whose windows end first; more run:" in page
    assert "more wait for you" not in page


def test_vote_page__more_wait_than_it_shows__says_so(many: list[Expiry], ballot: Expiry, client: Client) -> None:
    put_in_electorate("vera", many)
    log_in(client, "vera")
    waiting, others, page = parts(client)
    assert (waiting, others) == ([each.slug for each in many[:25]], [])
    assert "The 25 whose windows end first; more wait for you." in page
    assert "more run:" not in page


def test_vote_page__own_ballot_without_anything_to_do__is_among_the_others(
    ballot: Expiry, client: Client, at: Clock
) -> None:
    log_in(client, "vera")
    assert parts(client)[:2] == (["eth-usd-test"], [])
    person("vera").commit(ballot.id, 1, PRICE, at.now)
    assert parts(client)[:2] == ([], ["eth-usd-test"])
    at.now += 100
    person("victor").stake(1, at.now)
    assert parts(client)[:2] == (["eth-usd-test"], [])
    person("vera").reveal(ballot.id, 1, PRICE, at.now)
    assert parts(client)[:2] == ([], ["eth-usd-test"])
    log_in(client, "victor")
    assert parts(client)[:2] == ([], ["eth-usd-test"])
    assert "You did not commit." in parts(client)[2]


def test_vote_page__past_votes__older_ones_behind_a_link(many: list[Expiry], client: Client) -> None:
    final = {"stage": "FINAL", "price": PRICE, "decided_by": "vote", "final_at": OPEN, "deadline": None}
    Expiry.objects.filter(pk__in=[each.pk for each in many]).update(**final)
    put_in_electorate("vera", many)
    log_in(client, "vera")
    seen: list[str] = []
    query = ""
    for rows in (25, 25, 10):
        page = client.get(f"/vote/{query}").content.decode()
        found = re.findall(r'<th scope="row"><a href="/expiries/([\w-]+)/"', page)
        assert len(found) == rows
        seen += found
        link = re.search(r'href="(\?before=\d+)#past" rel="next"', page)
        query = link[1] if link else ""
    assert query == ""
    assert seen == [each.slug for each in reversed(many)]
    assert client.get("/vote/?before=x").status_code == 404
    assert "No older ones." in client.get("/vote/?before=1").content.decode()
    assert "No older ones." not in Client().get("/vote/?before=1").content.decode()


def test_vote_page__many_ballots_or_one__as_many_queries(
    many: list[Expiry], ballot: Expiry, client: Client
) -> None:
    log_in(client, "vera")
    sixty = queries(lambda: client.get("/vote/"))
    Expiry.objects.filter(pk__in=[each.pk for each in many]).update(stage="REPORTING")
    assert sixty <= MOST_QUERIES
    assert queries(lambda: client.get("/vote/")) == sixty


def test_ballot__more_votes_than_a_page_shows__the_heaviest_and_a_link(expiry: Expiry) -> None:
    revealed = [(f"0x{n:040x}", PRICE, 1 + n) for n in range(250)]
    ballot = Ballot(1, [], revealed, 10**6, 0, 0, PRICE, 0, quorum=True, agreement=True)
    page = render_to_string("pages/_ballots.html", {"ballots": [ballot], "expiry": expiry})
    assert page.count("<tr>") == 1 + 100
    assert f"{249:040x}" in page and f"{150:040x}" in page and f"{149:040x}" not in page
    assert "The heaviest hundred, of 250" in page and f"/expiries/{expiry.slug}/transcript" in page


@pytest.mark.parametrize(
    "fields, said",
    [
        ({"ballot": "2", "commitment": "0x" + "11" * 32}, "load the page again"),
        ({"ballot": "1", "commitment": "0x" + "11" * 32, "name": "alice"}, "no seasoned stake"),
        ({"ballot": "1", "commitment": "0x11"}, ""),
        ({"ballot": "-1", "commitment": "0x" + "11" * 32}, ""),
    ],
)
def test_commit__cannot_be_taken__said_before_anything_is_signed(
    ballot: Expiry, client: Client, fields: dict[str, str], said: str
) -> None:
    name = fields.pop("name", "vera")
    answer = prepare(client, "commit", fields, name)
    assert answer["ready"] is False
    assert said in answer.get("note", "")


def test_reveal__price_that_does_not_open__at_the_field(ballot: Expiry, client: Client, at: Clock) -> None:
    person("vera").commit(ballot.id, 1, PRICE, at.now)
    at.now += 100
    person("victor").stake(1, at.now)
    salt = person("vera").salt(ballot.id, 1)
    wrong = prepare(client, "reveal", {"ballot": "1", "price": str(PRICE + ETHER), "salt": salt})
    assert "price" in wrong["errors"]
    right = prepare(client, "reveal", {"ballot": "1", "price": str(PRICE), "salt": salt})
    assert right["ready"]
    assert right["message"]["price"] == str(PRICE)


@pytest.mark.parametrize("path", ["/expiries/eth-usd-test/reveal/", "/expiries/eth-usd-test/commit/"])
def test_reveal_page__while_reports_are_sealed__no_price_of_theirs(
    reporting: Expiry, client: Client, path: str
) -> None:
    send_secret_report(reporting)
    assert str(SECRET_PRICE) not in client.get(path).content.decode()


def test_reveal_link__before_and_after__leads_where_it_can_be_read(
    voters: None, reporting: Expiry, client: Client, at: Clock
) -> None:
    follow: Callable[[], str] = lambda: client.get("/vote/eth-usd-test/1/reveal")["Location"]  # noqa: E731
    assert client.get("/vote/eth-usd-test/1/reveal").status_code == 404
    at.now = to_ballot(reporting) + 1
    assert follow() == "/expiries/eth-usd-test/reveal/"
    for name in ("vera", "victor"):
        person(name).commit(reporting.id, 1, PRICE, at.now)
    at.now += 100
    for name in ("vera", "victor"):
        person(name).reveal(reporting.id, 1, PRICE, at.now)
    at.now += 100
    person("alice").stake(1, at.now)
    assert follow() == "/vote/eth-usd-test/1/"
    assert "2,500.00" in client.get("/vote/eth-usd-test/1/").content.decode()
