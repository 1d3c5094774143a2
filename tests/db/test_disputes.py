"""Quotes, claims, ballots and guardians' rulings (PROTOCOL 2, 4 and 6; EXPERIENCE 1)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from disputes import selectors, services
from disputes.models import RulingSignature
from ledger.selectors import balances
from oracle import signer
from oracle.models import Act, Expiry
from oracle.projection import load_state
from oracle.services import listing
from oracle.services.opening import open_expiry
from oracle.services.time import beat, pass_time
from protocol import signing
from protocol.acts import Refusal
from protocol.dispute import Quote, quote
from protocol.stages import Stage
from protocol.terms import Terms
from tests.cast import ETHER, person
from tests.db.conftest import NOW, SPEC

OPEN = NOW + 86_400
WINDOW = 100
PRICE, LIE = 2500 * ETHER, 2400 * ETHER
REASON = "0x" + "5e" * 32


def open_short(terms: Terms) -> Expiry:
    """Open since OPEN, every window 100 s and one ballot only."""
    windows = ("report_window", "challenge_window", "commit_window", "reveal_window", "ruling_window")
    short = replace(terms, vote_retries=0, report_extensions=0, **dict.fromkeys(windows, WINDOW))
    index = listing.list_index(slug="eth-usd", spec=SPEC)
    expiry = listing.list_expiry(slug="short", index=index, expiry_at=OPEN, terms=short, now=NOW)
    open_expiry(expiry_id=expiry.id, block=1, value_secured=0, now=OPEN)
    return expiry


@pytest.fixture
def disputed(db: None, terms: Terms) -> Expiry:
    """Three reports of 1 ETH: two at PRICE, one at LIE; in CHALLENGE from OPEN + 100 on. Vera and Victor stake."""
    for name in ("alice", "bob", "carol", "dave", "mallory", "vera", "victor"):
        person(name).deposit(100 * ETHER, NOW)
    for name in ("vera", "victor"):
        assert person(name).stake(10 * ETHER, NOW).refusal is None
    expiry = open_short(terms)
    for name, price in (("alice", PRICE), ("bob", PRICE), ("mallory", LIE)):
        assert person(name).report(expiry.id, price, ETHER, OPEN + 1).refusal is None
    pass_time(now=OPEN + WINDOW)
    expiry.refresh_from_db()
    return expiry


def fresh(expiry: Expiry) -> Expiry:
    return Expiry.objects.select_related("index").get(id=expiry.id)


# ---------------------------------------------------------------- quotes


def test_quote__against_two_right_reports__is_the_laws_arithmetic(disputed: Expiry) -> None:
    found = selectors.dispute_quote(fresh(disputed), LIE)
    assert isinstance(found, Quote)
    # 2 x (2 ETH that would be forfeited) - 1 ETH that agrees
    assert (found.standing, found.at_risk, found.left) == (PRICE, 3 * ETHER, 3 * ETHER)
    # F = 2 ETH, less 20 %, shared over 1 + 3 ETH
    assert found.gain == (2 * ETHER * 8 // 10) * 3 // 4
    assert found.break_even.ppm == -(-3 * 10**6 * 10 // 42)
    assert [(r.round, r.price) for r in found.rounds] == [(1, LIE), (2, PRICE)]
    # 2 x (1 + 3) - 2 = 6, and the cap is 3.2
    assert found.rounds[1].required == 16 * ETHER // 5
    assert found.rounds[1].opens_ballot


def test_quote__gain__is_what_a_final_at_its_price_pays(disputed: Expiry) -> None:
    found = selectors.dispute_quote(fresh(disputed), LIE)
    assert isinstance(found, Quote)
    before = balances(person("dave").address)["free"]
    person("dave").pledge(disputed.id, 1, LIE, found.left, OPEN + WINDOW + 1)
    beat(now=OPEN + WINDOW + 101)
    pass_time(now=OPEN + WINDOW + 101)
    assert fresh(disputed).price == LIE
    assert balances(person("dave").address)["free"] - before == found.gain


def test_quote__partly_filled_claim__asks_for_the_rest(disputed: Expiry) -> None:
    person("dave").pledge(disputed.id, 1, LIE, ETHER, OPEN + WINDOW + 1)
    found = selectors.dispute_quote(fresh(disputed), LIE)
    assert isinstance(found, Quote)
    assert (found.left, found.at_risk, found.required) == (2 * ETHER, 2 * ETHER, 3 * ETHER)


def test_quote__no_cap_in_reach__shows_five_rounds_that_alternate(disputed: Expiry) -> None:
    state = load_state(fresh(disputed))
    state.terms = replace(state.terms, arbitration_bond=10**9 * ETHER)
    rounds = quote(state, [], LIE).rounds
    assert [r.price for r in rounds] == [LIE, PRICE, LIE, PRICE, LIE]
    assert [r.round for r in rounds] == [1, 2, 3, 4, 5]
    assert rounds[0].required == state.terms.min_challenge_bond
    assert all(later.required > earlier.required for earlier, later in zip(rounds, rounds[1:], strict=False))
    assert not any(r.opens_ballot for r in rounds)


@pytest.mark.parametrize(
    ("price", "code"),
    [(PRICE + 1, Refusal.AGREES_WITH_STANDING), (0, Refusal.PRICE_OUT_OF_BOUNDS)],
)
def test_quote__a_price_nobody_could_bond__says_why(disputed: Expiry, price: int, code: Refusal) -> None:
    assert selectors.dispute_quote(fresh(disputed), price) == code


def test_quote__outside_of_challenge__is_refused(reporting: Expiry) -> None:
    assert selectors.dispute_quote(fresh(reporting), PRICE) == Refusal.WRONG_STAGE


# ---------------------------------------------------------------- claims and ballots


def test_claims__open_filled_and_released__with_what_is_left(disputed: Expiry) -> None:
    now = OPEN + WINDOW + 1
    other = 2300 * ETHER
    person("carol").pledge(disputed.id, 1, other, ETHER, now)
    person("dave").pledge(disputed.id, 1, LIE, 5 * ETHER, now)
    first, second = selectors.claims(fresh(disputed))
    assert (first.claim.price, first.claim.status, first.stale) == (other, "OPEN", True)
    assert first.left == first.claim.required - ETHER
    assert (second.claim.price, second.claim.status, second.left, second.stale) == (LIE, "FILLED", 0, False)
    assert [(p.account, p.amount) for p in second.pledges] == [(person("dave").address, 3 * ETHER)]
    beat(now=now + WINDOW)
    pass_time(now=now + WINDOW)
    assert [view.claim.status for view in selectors.claims(fresh(disputed))] == ["RELEASED", "FILLED"]


def to_ballot(expiry: Expiry) -> int:
    """Escalate until the first ballot opens; returns when."""
    now = OPEN + WINDOW + 1
    person("dave").pledge(expiry.id, 1, LIE, 5 * ETHER, now)
    person("carol").pledge(expiry.id, 2, PRICE, 5 * ETHER, now + 1)
    assert fresh(expiry).stage == Stage.COMMIT
    return now + 1


def test_ballots__committed_and_revealed__tallies_by_stake(disputed: Expiry) -> None:
    now = to_ballot(disputed)
    for name, price in (("vera", PRICE), ("victor", LIE)):
        assert person(name).commit(disputed.id, 1, price, now + 1).refusal is None
    (ballot,) = selectors.ballots(fresh(disputed))
    assert (ballot.weight, ballot.committed_weight, ballot.revealed_weight) == (20 * ETHER, 20 * ETHER, 0)
    assert (ballot.median, ballot.quorum, ballot.agreement) == (None, False, False)
    person("vera").reveal(disputed.id, 1, PRICE, now + WINDOW + 1)
    (ballot,) = selectors.ballots(fresh(disputed))
    assert ballot.revealed == [(person("vera").address, PRICE, 10 * ETHER)]
    assert (ballot.median, ballot.quorum, ballot.agreement) == (PRICE, True, True)
    person("victor").reveal(disputed.id, 1, LIE, now + WINDOW + 2)
    (ballot,) = selectors.ballots(fresh(disputed))
    assert (ballot.median, ballot.agreeing_weight, ballot.agreement) == (LIE, 10 * ETHER, False)
    assert dict(selectors.electorate(fresh(disputed))) == {
        person(name).address: 10 * ETHER for name in ("vera", "victor")
    }


# ---------------------------------------------------------------- rulings


def to_ruling(expiry: Expiry) -> int:
    """A ballot in which the voters do not agree, and then the guardians; returns when it is their turn."""
    now = to_ballot(expiry)
    votes = (("vera", PRICE), ("victor", LIE))
    for name, price in votes:
        assert person(name).commit(expiry.id, 1, price, now + 1).refusal is None
    for name, price in votes:
        assert person(name).reveal(expiry.id, 1, price, now + WINDOW + 1).refusal is None
    beat(now=now + WINDOW + 60)
    pass_time(now=now + 2 * WINDOW)
    assert fresh(expiry).stage == Stage.RULING
    return now + 2 * WINDOW


def rule(expiry: Expiry, name: str, now: int, price: int = PRICE, reason: str = REASON) -> services.Signed:
    message = {"expiry": expiry.id, "price": price, "reason": reason}
    signature = signing.sign(person(name).key, signer.digest("Ruling", message))
    return services.sign_ruling(
        expiry_id=expiry.id, price=str(price), reason=reason, signature=signature, now=now
    )


def test_ruling__second_of_three_guardians__is_taken_and_final(disputed: Expiry) -> None:
    now = to_ruling(disputed)
    first = rule(disputed, "gustav", now)
    assert (first.collected, first.needed, first.answer, first.refusal) == (1, 2, None, None)
    assert fresh(disputed).stage == Stage.RULING
    second = rule(disputed, "greta", now + 1)
    assert second.answer is not None
    assert second.answer.receipt is not None
    assert second.answer.receipt.code == ""
    expiry = fresh(disputed)
    assert (expiry.stage, expiry.price, expiry.decided_by) == (Stage.FINAL, PRICE, "ruling")
    act = Act.objects.get(kind="Ruling")
    assert {signing.recover(act.digest, each) for each in act.signatures} == {
        person(name).address for name in ("gustav", "greta")
    }


def test_ruling__sent_again_once_taken__gets_its_receipt_again(disputed: Expiry) -> None:
    now = to_ruling(disputed)
    rule(disputed, "gustav", now)
    taken = rule(disputed, "greta", now + 1).answer
    assert taken is not None
    for name in ("greta", "george"):
        again = rule(disputed, name, now + 2)
        assert again.answer is not None
        assert again.answer.repeated
        assert again.answer.receipt == taken.receipt


def test_ruling__the_same_guardian_twice__counts_once(disputed: Expiry) -> None:
    now = to_ruling(disputed)
    rule(disputed, "gustav", now)
    assert rule(disputed, "gustav", now + 1).collected == 1
    assert RulingSignature.objects.count() == 1


def test_ruling__guardians_of_two_minds__are_counted_apart(disputed: Expiry) -> None:
    now = to_ruling(disputed)
    rule(disputed, "gustav", now)
    assert rule(disputed, "greta", now, price=LIE).collected == 1
    assert rule(disputed, "george", now, reason="0x" + "00" * 32).collected == 1
    assert rule(disputed, "george", now, price=LIE).answer is not None
    assert fresh(disputed).price == LIE


@pytest.mark.parametrize(
    ("name", "price", "code"),
    [
        ("alice", PRICE, Refusal.BAD_SIGNATURE),
        ("gustav", PRICE + 1, Refusal.NOT_A_CANDIDATE),
        ("gustav", 0, Refusal.PRICE_OUT_OF_BOUNDS),
    ],
)
def test_ruling__not_to_be_had__is_refused_and_not_kept(
    disputed: Expiry, name: str, price: int, code: Refusal
) -> None:
    now = to_ruling(disputed)
    assert rule(disputed, name, now, price=price).refusal == code
    assert RulingSignature.objects.count() == 0


def test_ruling__before_its_stage__is_refused_and_not_kept(disputed: Expiry) -> None:
    assert rule(disputed, "gustav", OPEN + WINDOW + 1).refusal == Refusal.WRONG_STAGE
    assert RulingSignature.objects.count() == 0
