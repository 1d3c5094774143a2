"""The expiry page's parts and verify: what they say, and that they cost the same however many act."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client

from oracle.events import EventKind
from oracle.models import Act, Expiry
from oracle.selectors import moment_of
from oracle.services.time import pass_time
from pages import terms_words, told, verifying
from pages.charts import Chart, Mark
from pages.templatetags import show
from protocol.show import decimal, utc
from protocol.terms import Terms
from tests.cast import ETHER, Person, person
from tests.db.conftest import NOW
from tests.web.conftest import OPEN, WINDOW, Clock, queries
from tests.web.story import (
    LIE,
    PRICE,
    close_reporting,
    count_units,
    send_secret_report,
    to_ballot,
    to_challenge,
    to_final,
)
from tests.web.test_api_disputes import ruling
from tests.web.test_dry_run import SIMULATE
from tests.web.test_login import enter
from tests.web.test_pages import add_series, at_page, read

MOST_QUERIES = 12


@pytest.fixture
def crowd() -> list[Person]:
    """Thirty with 5 ETH each."""
    people = [person(f"crowd {n}") for n in range(30)]
    for each in people:
        each.deposit(5 * ETHER, NOW)
    return people


def test_terms__every_one__has_its_words() -> None:
    assert list(terms_words.MEANING) == [each.name for each in fields(Terms)]


@pytest.mark.parametrize(
    "name, value, text",
    [
        ("tolerance_ppm", "1000", "0.1 %"), ("report_window", "86400", "1 d"), ("min_pledge", str(ETHER), "1 ETH"),
        ("min_reports", "3", "3"), ("guardians", [], "none"), ("full_forfeit_ppm", "12345", "1.2345 %"),
    ],
)  # fmt: skip
def test_terms__in_words__are_exact(name: str, value: Any, text: str) -> None:
    assert terms_words.readable(name, value) == text


def test_terms__of_an_expiry__begin_with_words(expiry: Expiry, client: Client) -> None:
    text = read(client, at_page(expiry))
    for words in ("Tolerance tolerance_ppm", "Least report bond min_report_bond", "Most report bond max_report_bond"):
        assert words in text


def test_timeline__every_milestone__has_a_sentence() -> None:
    many = {EventKind.REPORTED, EventKind.PLEDGED, EventKind.VOTE_COMMITTED, EventKind.VOTE_REVEALED}
    assert set(told.TEXT) == set(EventKind) - many - {EventKind.SERIES_CREATED}


@pytest.mark.usefixtures("voters")
def test_timeline__a_whole_life__in_order(reporting: Expiry, client: Client, at: Clock) -> None:
    at.now = to_final(reporting)
    page = client.get(at_page(reporting)).content.decode()
    lines = re.findall(r'<li class="(done|ahead)"><span>(.*?)</span>', page)
    assert [text for _, text in lines] == [
        "Opened for reports, with 0 ETH secured", "2,500.00 stands", "Round 1: a claim at 2,400.00 is filled",
        "2,400.00 stands", "The electorate is fixed", "Round 2: a claim at 2,500.00 is filled", "2,500.00 stands",
        "Ballot 1 opened", "Votes of ballot 1 could be revealed", "2,500.00 is final in the book",
    ]  # fmt: skip
    assert {state for state, _ in lines} == {"done"}


def test_final__found_late__banner_and_timeline_say_the_same_second(
    reporting: Expiry, client: Client, at: Clock
) -> None:
    now = to_challenge(reporting)
    pass_time(now=now + WINDOW + 7)
    at.now = now + WINDOW + 8
    text = read(client, at_page(reporting))
    when = utc(now + WINDOW)
    assert f"Nobody filled a claim against it. It is final since {when}" in text
    assert f"2,500.00 is final in the book {when}" in text


def test_timeline__scheduled__promises_only_if_it_opens_at_once(expiry: Expiry, client: Client, at: Clock) -> None:
    at.now = OPEN - 3_600
    text = read(client, at_page(expiry))
    assert "Final, if it opens at once and nobody disputes 2026-" in text
    assert "Final at the latest, if it opens at once, unless a vote is held and nobody reveals in it 2026-" in text


def test_timeline__challenge__says_what_can_still_come(reporting: Expiry, client: Client, at: Clock) -> None:
    at.now = to_challenge(reporting)
    text = read(client, at_page(reporting))
    assert re.search(r"Final, unless a claim is filled before 2026-09-22 [\d:]+ UTC \(in 1 min 40 s\)", text)
    assert "Final at the latest, unless a vote is held and nobody reveals in it" in text


def test_banner__before_the_chain_has_it__is_not_safe_and_says_why(
    reporting: Expiry, client: Client, at: Clock
) -> None:
    at.now = to_challenge(reporting)
    assert "Not safe to settle yet: a price stands; a claim against it may" in read(client, at_page(reporting))
    at.now += WINDOW
    assert "a deadline has passed and is about to be processed" in read(client, at_page(reporting))
    pass_time(now=at.now)
    assert "final in the book, and waits for the attestors" in read(client, at_page(reporting))


def test_banner__an_open_claim__says_what_the_nearest_lacks_and_leads_to_it(
    reporting: Expiry, client: Client, at: Clock
) -> None:
    def banner() -> str:
        page = client.get(at_page(reporting)).content.decode()
        return page[page.index('aria-label="Stage"') : page.index('aria-label="Life of this expiry"')]

    at.now = to_challenge(reporting)
    assert "missing" not in banner(), "nobody has pledged"
    person("dave").pledge(reporting.id, 1, LIE, ETHER, at.now)
    person("carol").pledge(reporting.id, 1, 2_300 * ETHER, ETHER // 10, at.now)
    link = '<a href="/expiries/eth-usd-test/dispute/?price={}">Pledge to it</a>'
    assert f"Claim at 2,400.00: 2 ETH missing. {link.format(2400)}" in banner(), "3 ETH are required"
    person("dave").pledge(reporting.id, 1, LIE, 5 * ETHER, at.now + 1)
    at.now += 1
    said = banner()  # 2,400 is filled and stands; of the other nobody knows yet what it needs now
    assert f"missing, as it was before a claim was filled. {link.format(2300)}" in said
    at.now += WINDOW
    assert "missing" not in banner(), "the window has ended"


def test_tables__amounts_of_18_digits__are_cut_and_their_receipts_have_them_whole(
    reporting: Expiry, client: Client, at: Clock
) -> None:
    add_series(reporting, 2_000 * ETHER)
    bond, pledge = ETHER // 7, ETHER * 10 // 7
    assert person("carol").report(reporting.id, PRICE, bond, OPEN + 1).refusal is None
    at.now = to_challenge(reporting)
    person("dave").pledge(reporting.id, 1, LIE, pledge, at.now)
    accounts = [(f"/accounts/{person(name).address}/", 'id="acts"') for name in ("dave", "carol")]
    for path, begin in ((at_page(reporting) + "?price=2400", 'id="reports"'), *accounts):
        page = client.get(path).content.decode()
        tables = " ".join(re.findall(r"<tbody>.*?</tbody>", page[page.index(begin) :], re.DOTALL))
        assert re.search(r"[01]\.\d{4}… ETH", tables), path
        assert not re.search(r"\d\.\d{7}", tables), path
    for kind, amount in (("Report", bond), ("Pledge", pledge)):
        digest = Act.objects.filter(kind=kind).earliest("seq").digest
        assert f"{decimal(amount)} ETH" in read(client, f"/receipts/{digest}/")


def test_report_button__who_has_reported__says_so(reporting: Expiry, client: Client) -> None:
    button = f'href="/expiries/{reporting.slug}/report/"'
    said = "This account has reported on this expiry; the first report stands."
    assert person("alice").report(reporting.id, PRICE, ETHER // 10, OPEN).refusal is None
    assert button in client.get(at_page(reporting)).content.decode(), "nobody is logged in"
    enter(client, person("alice"))
    page = client.get(at_page(reporting)).content.decode()
    assert said in page and button not in page
    enter(client, person("bob"))
    page = client.get(at_page(reporting)).content.decode()
    assert said not in page and button in page


def test_reports__sealed__are_not_drawn(reporting: Expiry, client: Client) -> None:
    send_secret_report(reporting)
    assert b"<svg" not in client.get(at_page(reporting)).content


def test_reports__more_than_a_page_shows__the_heaviest_and_a_link(
    reporting: Expiry, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.expiry.REPORTS", 2)
    for name, bond in (("alice", ETHER), ("bob", ETHER // 2), ("mallory", 2 * ETHER)):
        person(name).report(reporting.id, PRICE, bond, OPEN + 1)
    close_reporting()
    page = client.get(at_page(reporting)).content.decode()
    reports = page[page.index('id="reports"') : page.index('id="claims"')]
    shown = re.findall(r'href="/accounts/(0x\w+)/"', reports)
    assert shown == [person("mallory").address, person("alice").address]
    assert "The 2 that bond most, of 3;" in reports


@pytest.mark.usefixtures("voters")
def test_verify__an_honest_transcript__passes_with_its_head(reporting: Expiry, client: Client) -> None:
    to_final(reporting)
    reporting.refresh_from_db()
    text = read(client, f"/expiries/{reporting.slug}/verify")
    assert "PASS" in text
    assert reporting.head in text


def test_verify__an_act_that_was_changed__fails_and_says_where(reporting: Expiry, client: Client) -> None:
    to_challenge(reporting)
    caches["transcripts"].clear()
    act = Act.objects.filter(kind="Report").order_by("seq")[1]
    document = verifying.rendered_transcript(*(moment_of(reporting.slug) or ()))
    forged = document.replace(act.digest.encode(), b"0x" + b"ab" * 32)
    assert forged != document
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verifying, "rendered_transcript", lambda *_: forged)
        text = read(client, f"/expiries/{reporting.slug}/verify")
    assert "FAIL" in text
    assert f"entry {act.seq} of the book" in text
    caches["transcripts"].clear()


def test_verify__asked_again__is_not_run_again(
    reporting: Expiry, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    to_challenge(reporting)
    runs = []
    real = verifying.run_again
    monkeypatch.setattr(verifying, "run_again", lambda document: runs.append(1) or real(document))
    for _ in range(3):
        read(client, f"/expiries/{reporting.slug}/verify")
    assert len(runs) == 1


@pytest.mark.usefixtures("voters")
def test_expiry_page__logged_in_any_stage_any_number__at_most_twelve_queries(
    reporting: Expiry, client: Client, at: Clock, settings: Any, crowd: list[Person]
) -> None:
    settings.PUBLIC_URL = "http://testserver"
    for strike in range(2_000, 3_000, 50):
        add_series(reporting, strike * ETHER)
    count_units(reporting, ETHER)
    enter(client)
    counted = {}

    def look(stage: str) -> None:
        client.get(at_page(reporting))
        counted[stage] = queries(lambda: client.get(at_page(reporting)))
        counted[stage + " agreeing"] = queries(lambda: client.get(at_page(reporting) + "?price=2500"))
        counted[stage + " simulated"] = queries(lambda: client.get(SIMULATE + "&price=2400"))

    for each in crowd:
        each.report(reporting.id, PRICE, ETHER // 10, OPEN)
    look("reporting")
    at.now = to_challenge(reporting)
    for n, each in enumerate(crowd):
        each.pledge(reporting.id, 1, (2_000 + n) * ETHER, ETHER // 100, at.now)
    look("challenge")
    person("dave").pledge(reporting.id, 1, LIE, 5 * ETHER, at.now + 1)
    person("carol").pledge(reporting.id, 2, PRICE, 5 * ETHER, at.now + 1)
    at.now += 1
    look("commit")
    for name in ("vera", "victor"):
        person(name).commit(reporting.id, 1, PRICE, at.now)
    person("vera").reveal(reporting.id, 1, PRICE, at.now + WINDOW)
    look("reveal")
    at.now += 2 * WINDOW
    pass_time(now=at.now)
    look("final")
    assert counted
    assert max(counted.values()) <= MOST_QUERIES, counted


@pytest.mark.parametrize("together", [False, True])
def test_expiry_page__ruling_and_after__who_ruled_in_at_most_twelve_queries(
    reporting: Expiry, client: Client, api: Any, at: Clock, settings: Any, together: bool
) -> None:
    settings.PUBLIC_URL = "http://testserver"
    enter(client)
    at.now = to_ballot(reporting)  # nobody has stake: the guardians rule at once
    assert queries(lambda: client.get(at_page(reporting))) <= MOST_QUERIES
    signed = [ruling(reporting, name) for name in ("gustav", "george")]
    if together:
        message = {"expiry": reporting.id, "price": str(PRICE), "reason": signed[0]["reason"]}
        body = {"kind": "Ruling", "message": message, "signatures": [each["signature"] for each in signed]}
        assert api(body).status_code == 201
    else:
        path = f"/api/v1/expiries/{reporting.slug}/rulings"
        assert [api(each, path=path).status_code for each in signed] == [202, 201]
    page = client.get(at_page(reporting)).content.decode()
    assert "FINAL" in page
    guardians = page[page.index("<h2>Guardians</h2>") : page.index('id="evidence"')]
    assert re.findall(r'href="/accounts/(0x\w+)/"', guardians) == [person(n).address for n in ("gustav", "george")]
    receipt = re.search(r'href="(/receipts/0x\w+/)"', guardians)
    assert receipt and "Ruling" in read(client, receipt[1])
    assert queries(lambda: client.get(at_page(reporting))) <= MOST_QUERIES


def test_live__every_event__has_its_words() -> None:
    assert set(told.HAPPENED) == set(EventKind)


def test_marks__words_of_strangers__are_never_read_as_html() -> None:
    bad = "<script>\"'&"
    found = show.marks(Chart(1, "", (Mark("text", (("class", "name"), ("data-x", bad)), bad, bad),)))
    safe = "&lt;script&gt;&quot;&#x27;&amp;"
    assert found == f'<text class="name" data-x="{safe}"><title>{safe}</title>{safe}</text>'
    assert bad not in show.account_link(bad)
    for shown in (show.short, show.whole, show.on_chain, show.transaction):
        assert bad not in shown(bad * 2)
