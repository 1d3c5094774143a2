"""The page of each thing says in plain words why it is in its state and what moves it, and shows nothing sealed."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.contrib.admin.utils import quote
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from alerts.models import Hook
from desk import addresses
from ledger.models import Account
from operators.services import audit, proposals
from oracle.models import BookHead, Expiry
from oracle.services.pausing import pause
from oracle.services.proposed.intake import RESUME_INTAKE
from oracle.services.time import beat, pass_time
from settlement.alarms import AlarmKind, clear_alarm, raise_alarm
from settlement.chain.errors import ChainError
from settlement.chain.fees import History
from settlement.models import ETH, Alarm, Attempt, ChainState, Publication, Root, SeriesBatch
from tests.cast import ETHER, person
from tests.db.conftest import NOW
from tests.staff import logged_in, root
from tests.two_people import agree
from tests.web.conftest import OPEN, WINDOW, queries
from tests.web.story import SECRET_PRICE, send_secret_report, to_ballot, to_challenge, to_final
from tests.web.test_queue import stuck

Read = Callable[[Model], str]


@pytest.fixture
def read(client: Client, db: None) -> Read:
    """The words of a thing's page, as a superuser reads them."""
    logged_in(root(), client)

    def words(row: Model) -> str:
        address = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[quote(row.pk)])
        answer = client.get(address)
        assert answer.status_code == 200
        return " ".join(unescape(re.sub("<[^>]*>", " ", answer.content.decode())).split())

    return words


@pytest.fixture
def base_fee(monkeypatch: pytest.MonkeyPatch) -> Callable[[int | None], None]:
    """What a node says of the next block; None: it does not answer."""

    def says(fee: int | None) -> None:
        def connect() -> Any:
            if fee is None:
                raise ChainError("no answer")

            class Node:
                def fee_history(self) -> History:
                    return History(fee, [])

            return Node()

        monkeypatch.setattr("desk.why.chain_transaction.connect", connect)

    return says


def test_expiry__in_each_stage__says_why_and_what_moves_it(
    voters: None, expiry: Expiry, read: Read, at: Any, request: pytest.FixtureRequest
) -> None:
    at.now = OPEN - 100
    told = read(expiry)
    assert "It is SCHEDULED. The expiry instant, or the block that opens it, is still ahead." in told
    row: Expiry = request.getfixturevalue("reporting")
    at.now = OPEN + 1
    told = read(row)
    assert "It is in REPORTING" in told
    assert "0 with 0 ETH so far: not enough yet (at least 3 with 0.3 ETH)" in told
    at.now = now = to_ballot(row)
    told = read(row)
    assert "It is in COMMIT" in told
    assert "Ballot 1: the electorate commits to sealed votes" in told
    assert "Claims price round pledged needs state" in told
    for name in ("vera", "victor"):
        assert person(name).commit(row.id, 1, 2500 * ETHER, now + 1).refusal is None
    at.now = now + WINDOW + 5
    pass_time(now=now + WINDOW)
    assert "It is in REVEAL" in read(row)


def test_the_way_to_a_page__its_last_step__is_called_as_the_thing_is(reporting: Expiry, read: Read) -> None:
    assert f" Expiries chevron_right {reporting.slug} " in read(reporting)
    row = stuck()
    proposal = agree("cancel_transaction", {"transaction": str(row.pk)}, OPEN)
    assert f" Proposals chevron_right Cancel a stuck transaction: {row.pk} " in read(proposal)


def test_expiry__challenged_and_final__with_acts_ledger_audit_and_alarms(
    voters: None, reporting: Expiry, read: Read, at: Any
) -> None:
    at.now = to_final(reporting)
    audit.record("expiry.looked_at", reporting.slug, by="staff:root", now=OPEN)
    raise_alarm(AlarmKind.PRICE_DIFFERS, reporting.id, "the chain says 7", now=OPEN)
    told = read(reporting)
    assert "It is FINAL" in told
    for words in ("expiry.looked_at", "the chain says 7", "VoteReveal", "voter_reward"):
        assert words in told, words
    assert "Final in the book, and waits for the attestors' signatures." in told


def test_expiry__while_reports_are_sealed__shows_no_price_of_any(reporting: Expiry, read: Read) -> None:
    act = send_secret_report(reporting)
    told = read(reporting)
    assert "sealed" in told
    for secret in (str(SECRET_PRICE), "1,234.567", act["message"]["salt"], act["message"]["evidence"]):  # type: ignore[index]
        assert secret not in told


def test_expiry__ruling__names_candidates_guardians_and_what_they_run(
    voters: None, reporting: Expiry, read: Read, at: Any
) -> None:
    now = to_ballot(reporting)
    for _ in range(6):  # nobody votes, in three ballots
        now += WINDOW
        pass_time(now=now)
    reporting.refresh_from_db()
    assert reporting.stage == "RULING"
    at.now = now
    told = read(reporting)
    assert "It is in RULING" in told
    assert "no guardian has signed any" in told
    assert "Prices that may be chosen price 2,400.00 2,500.00" in told
    assert f"python -m reporter rule sign --expiry {reporting.slug} --price 2400" in told
    for guardian in reporting.terms["guardians"]:
        assert f"{guardian} nothing" in told


def test_transaction__behind_another_nonce__says_which(read: Read, base_fee: Any) -> None:
    base_fee(10)
    first, second = stuck(), stuck()
    assert f"It waits behind nonce {first.nonce} (publication:1)" in read(second)
    told = read(first)
    assert "the base fee is 0.00000001 gwei now: too little for the next block" in told
    assert "Propose to cancel it" in told


@pytest.mark.parametrize(
    "answer, words",
    [
        ("NO_FUNDS", "The publisher has not enough ether"),
        ("UNDERPRICED", "A node has another transaction of this nonce"),
        ("ALREADY_KNOWN", "Nodes have it, and no block takes it"),
        ("TAKEN", "No block has it yet"),
    ],
)
def test_transaction__by_what_nodes_said__says_why(
    read: Read, base_fee: Any, answer: str, words: str
) -> None:
    base_fee(None)
    row = stuck(reason="above the ceiling")
    Attempt.objects.update(answer=answer, words="as it said")
    told = read(row)
    assert words in told
    assert "It says: above the ceiling." in told
    assert "no node says what a block costs now" in told
    assert f"{answer} as it said" in told


def test_publication_and_root__that_wait__say_for_whom(read: Read) -> None:
    publication = Publication.objects.create(created_at=OPEN, reason="the set changed")
    assert "too few attestors have signed them yet. It says: the set changed." in read(publication)
    root = Root.objects.create(epoch=4, root="0xabc", block=7, seq=9, accounts=3, debt=ETHER, created_at=OPEN)
    told = read(root)
    assert "What is owed is fixed; too few attestors have signed it yet." in told
    assert "3 1 ETH 7 #9 0xabc" in told


def test_alarm__open_and_over__leads_to_its_runbook_and_its_subject(read: Read, client: Client) -> None:
    row = stuck()
    raise_alarm(AlarmKind.PUBLICATION_STUCK, row.purpose, "nonce 1 is in no block", now=OPEN)
    alarm = Alarm.objects.get()
    told = read(alarm)
    assert "It is open because a transaction of ours gets into no block." in told
    assert "Propose to cancel it" in told
    clear_alarm(AlarmKind.PUBLICATION_STUCK, row.purpose, why="a block has it", now=OPEN + 1)
    assert "It is over: a block has it." in read(alarm)
    page = client.get(addresses.runbook("publication_stuck").partition("#")[0]).content.decode()
    assert '<h2 id="publication_stuck">' in page
    assert client.get(addresses.document("operating/nothing.md")).status_code == 404


@pytest.mark.parametrize(
    "name", ["../README.md", "screens/x.jpg", "operating/../../README.md", "/etc/passwd"]
)
def test_document__outside_of_docs__is_none(read: Read, client: Client, name: str) -> None:
    assert client.get(f"/admin/settlement/alarm/docs/{name}").status_code == 404


def test_account__of_each_kind__says_whose_money_it_is(voters: None, reporting: Expiry, read: Read) -> None:
    to_challenge(reporting)
    for row in Account.objects.all():
        assert "no operator can move it" in read(row)
    told = read(Account.objects.get(name=f"free:{person('alice').address}"))
    assert f"Locked on expiry amount {reporting.slug} 1 ETH" in told


def test_expiry__with_more_of_everything__costs_no_more_queries(
    voters: None, reporting: Expiry, client: Client, read: Read
) -> None:
    address = addresses.page(reporting)
    client.get(address)
    few = queries(lambda: client.get(address))
    for n in range(30):
        person(f"crowd {n}").deposit(ETHER, OPEN + 1)
        assert person(f"crowd {n}").report(reporting.id, 2500 * ETHER, ETHER // 2, OPEN + 1).refusal is None
    assert queries(lambda: client.get(address)) == few


def test_intake__running_and_paused__says_what_it_does_to_windows_and_who_resumes_it(read: Read, at: Any) -> None:
    at.now = NOW
    beat(now=NOW)
    assert "Acts are taken. The book has 0 entries" in (told := read(BookHead.objects.get()))
    assert "Propose to pause" in told
    assert "Propose to resume" not in told
    pause(now=NOW + 1)
    told = read(BookHead.objects.get())
    assert "no act is taken, and no window runs" in told
    assert "every open deadline then moves by the length of the pause" in told
    assert "Propose to resume" in told
    one = User.objects.create_user("one", is_staff=True)
    proposals.propose(kind=RESUME_INTAKE, details={}, reason="the node is back", by=one, now=NOW + 2)
    told = read(BookHead.objects.get())
    assert "the node is back" in told
    assert "Propose to resume" not in told, "it is asked for already"


def test_chain_state__by_what_nodes_and_the_balance_are__says_what_stands_still(
    read: Read, at: Any, settings: Any
) -> None:
    at.now = NOW
    settings.PUBLISHER_LEAST_WEI = 10**17
    row = ChainState.objects.create(id=1)

    def told(**columns: Any) -> str:
        ChainState.objects.update(**{"looked_at": NOW, "nodes": 3, "agreeing": 3, "problem": "", **columns})
        return read(row)

    assert "Nobody has asked the nodes yet" in told(looked_at=0)
    assert "3 of 3 nodes agree" in (well := told())
    assert "The publisher has" not in well
    assert "2 of 3 nodes agree" in (some := told(agreeing=2)) and "Everything goes on" in some
    assert "Nothing is opened, planned or called final" in told(problem="two say otherwise")
    assert "Nobody has asked the nodes for a while" in told(looked_at=NOW - 3_600)
    poor = told(signer="0xsigner", signer_wei=10**16, signer_at=NOW)
    assert "The publisher has 0.01 ETH, less than 0.1 ETH" in poor
    assert "Somebody sends ether to 0xsigner" in poor
    raise_alarm(AlarmKind.CLOCKS_APART, "", "the newest block is old", now=NOW)
    assert "the newest block is old" in told()


def test_webhook__well_failing_and_given_up__says_when_and_keeps_its_secret(read: Read, at: Any) -> None:
    at.now = NOW
    row = Hook.objects.create(account="0xa", url="https://a.example/", secret="whsec_hidden")
    assert "It takes what we send" in (told := read(row))
    assert "whsec_hidden" not in told
    Hook.objects.update(failing_since=NOW - 60)
    assert "It has taken nothing since" in (told := read(row))
    assert "without one in 5 d it is given up" in told
    Hook.objects.update(disabled_at=NOW)
    assert "It was given up" in read(row)


def test_expiry__with_a_grid__shows_the_transaction_that_listed_it(reporting: Expiry, read: Read) -> None:
    batch = SeriesBatch.objects.create(expiry=reporting, collateral=ETH, strikes=["1"], created_at=NOW)
    other = SeriesBatch.objects.create(expiry=reporting, collateral=ETH, strikes=["2"], created_at=NOW)
    stuck(purpose=f"series:{batch.pk}")
    stuck(purpose="series:999999")
    told = read(reporting)
    assert f"series:{batch.pk} SENT" in told
    assert "series:999999" not in told
    assert f"series:{other.pk} SENT" not in told, "nothing was sent for it"
