"""C-1, C-3: killed after any write of any step, nothing has happened; done again, it happens once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ledger import names, selectors
from oracle.models import Act, BookHead, Expiry
from oracle.services import funding
from oracle.services.acts import take_act
from oracle.services.opening import open_expiry
from oracle.services.time import beat, pass_time
from protocol import signing
from protocol.reward import reward_account
from protocol.terms import Terms
from tests.cast import ETHER, NO_EVIDENCE, Person, person
from tests.db.conftest import terms  # noqa: F401
from tests.faults.crash import snapshot, survive_every_crash
from tests.flows.conftest import VOTERS, list_short_expiry
from tests.flows.following import assert_followed
from tests.flows.story import LIE, OPENS_AT, PRICE, START, WINDOW, assert_sound, tick_along

pytestmark = pytest.mark.django_db(transaction=True)
REPORTERS = ("alice", "bob", "carol")
CHALLENGE = OPENS_AT + WINDOW
SMALL = 2 * ETHER // 10


def crash_act(who: Person, kind: str, message: dict[str, Any], now: int, least_writes: int = 4) -> None:
    """Send an act through every crash; after the last one the answer is lost too, and it is sent again."""
    act = who.sign(kind, message)
    first, crashes = survive_every_crash(lambda: take_act(**act, now=now))
    assert first.refusal is None and not first.repeated
    assert crashes >= least_writes, "an act writes itself, its bond, the head and the expiry"
    taken = snapshot()
    again = take_act(**act, now=now)
    assert again.repeated and again.receipt == first.receipt
    assert snapshot() == taken
    assert_sound(*Expiry.objects.all())


def crash_time(now: int, work: Callable[..., object] = pass_time) -> None:
    """Let time pass through every crash; once it has, it makes no difference any more."""
    _, crashes = survive_every_crash(lambda: work(now=now))
    assert crashes >= 2
    passed = snapshot()
    assert not work(now=now)
    assert snapshot() == passed
    assert_sound(*Expiry.objects.all())


def report(price: int, expiry: Expiry) -> dict[str, Any]:
    return {"expiry": expiry.id, "price": price, "bond": SMALL, "evidence": NO_EVIDENCE, "salt": NO_EVIDENCE}


def pledge(round_: int, price: int, expiry: Expiry) -> dict[str, Any]:
    fields = {"round": round_, "price": price, "amount": 50 * ETHER, "evidence": NO_EVIDENCE}
    return {"expiry": expiry.id, **fields, "nonce": round_, "until": OPENS_AT * 2}


@pytest.fixture
def listed(terms: Terms) -> Expiry:  # noqa: F811
    for name in (*REPORTERS, *VOTERS, "dave", "mallory"):
        person(name).deposit(100 * ETHER, START)
    for name in VOTERS:
        crash_act(person(name), "Stake", {"amount": 10 * ETHER, "nonce": 1}, START, least_writes=3)
    return list_short_expiry(terms)


@pytest.fixture
def reported(listed: Expiry) -> Expiry:
    """Open, with three small reports of a wrong price."""
    tick_along(START, OPENS_AT - 1)
    opened, crashes = survive_every_crash(
        lambda: open_expiry(expiry_id=listed.id, block=1, value_secured=0, now=OPENS_AT)
    )
    assert crashes >= 3
    again = open_expiry(expiry_id=listed.id, block=1, value_secured=0, now=OPENS_AT)
    assert again == "wrong_stage", "nobody opens it twice"
    crash_act(person(REPORTERS[0]), "Report", report(LIE, listed), OPENS_AT + 1)
    for name in REPORTERS[1:]:
        person(name).send("Report", report(LIE, listed), OPENS_AT + 1)
    tick_along(OPENS_AT + 1, CHALLENGE - 1)
    crash_time(CHALLENGE)
    return listed


def test_silence__killed_at_every_write__paid_once(reported: Expiry) -> None:
    tick_along(CHALLENGE, CHALLENGE + WINDOW - 1)
    crash_time(CHALLENGE + WINDOW, work=beat)
    reported.refresh_from_db()
    assert (reported.price, reported.final_at) == (LIE, CHALLENGE + WINDOW)
    assert Act.objects.filter(kind="Final").count() == 1
    assert_followed(CHALLENGE + WINDOW)


def test_claims_and_a_ballot__killed_at_every_write__paid_once(reported: Expiry) -> None:
    """A claim takes a round, its answer opens a ballot, the vote decides and pays: each step through every crash."""
    crash_act(person("dave"), "Pledge", pledge(1, PRICE, reported), CHALLENGE + 1, least_writes=5)
    reported.refresh_from_db()
    assert (reported.stage, reported.round) == ("CHALLENGE", 1)
    crash_act(person("mallory"), "Pledge", pledge(2, LIE, reported), CHALLENGE + 2, least_writes=5)
    crash_act(person("dave"), "Pledge", pledge(3, PRICE, reported), CHALLENGE + 2, least_writes=8)
    reported.refresh_from_db()
    assert (reported.stage, reported.ballot) == ("COMMIT", 1)

    commits, reveals = CHALLENGE + 3, CHALLENGE + 2 + WINDOW
    for name in VOTERS:
        voter = person(name)
        commitment = signing.commitment(reported.id, 1, voter.address, PRICE, voter.salt(reported.id, 1))
        message = {"expiry": reported.id, "ballot": 1, "commitment": commitment}
        crash_act(voter, "VoteCommit", message, commits, least_writes=3)
    tick_along(commits, reveals - 1)
    crash_time(reveals)
    for name in VOTERS[1:]:
        message = {"ballot": 1, "price": PRICE, "salt": person(name).salt(reported.id, 1)}
        crash_act(person(name), "VoteReveal", {"expiry": reported.id, **message}, reveals, least_writes=3)
    tick_along(reveals, reveals + WINDOW - 1)
    crash_time(reveals + WINDOW)
    reported.refresh_from_db()
    assert (reported.price, reported.decided_by) == (PRICE, "vote")
    assert Act.objects.filter(kind="Final").count() == 1
    absent = 10 * ETHER - selectors.balances(person(VOTERS[0]).address)["stake"]
    assert absent == 10 * ETHER * 100_000 // 10**6, "who committed and did not reveal is cut once"
    assert_followed(reveals + WINDOW)


def test_outage_and_unbonding__killed_at_every_write__recorded_once(reported: Expiry, settings: Any) -> None:
    settings.UNBONDING_DELAY = 1_000
    unstake = {"amount": ETHER, "nonce": 2}
    crash_act(person(VOTERS[0]), "Unstake", unstake, CHALLENGE + 1)
    crash_time(CHALLENGE + 10_000)
    assert Act.objects.filter(kind="Outage").count() == 1
    assert selectors.balances(person(VOTERS[0]).address)["free"] == 91 * ETHER
    reported.refresh_from_db()
    assert (reported.stage, reported.deadline) == ("CHALLENGE", CHALLENGE + WINDOW + 9_999)
    assert BookHead.objects.get().clock == CHALLENGE + 10_000
    assert_followed(CHALLENGE + 10_000)


def test_money__killed_at_every_write__credited_once(listed: Expiry) -> None:
    """An operator who sees no answer looks before paying again: a deposit's entry says what was credited."""
    pauper = person("pauper").address
    survive_every_crash(lambda: funding.deposit(account=pauper, amount=5, now=START + 1))
    log = {"account": reward_account(listed.id), "amount": 7, "block": 9, "tx": NO_EVIDENCE, "log_index": 3}
    seq, crashes = survive_every_crash(lambda: funding.credit(**log, now=START + 1))
    assert crashes >= 3
    assert funding.credit(**log, now=START + 1) == seq, "a log is credited once"
    assert selectors.balances(pauper)["free"] == 5
    assert selectors.balance(names.free(reward_account(listed.id))) == 7
    open_expiry(expiry_id=listed.id, block=1, value_secured=0, now=OPENS_AT)
    assert_sound(listed)
    assert listed.reward == 7
