"""From reports through claims to silence, with what everybody is paid."""

from typing import Any

from ledger import selectors
from oracle.models import Claim, Expiry
from oracle.services.acts import take_act
from protocol.acts import Refusal
from tests.cast import ETHER, person
from tests.flows.following import assert_followed
from tests.flows.story import LIE, OPENS_AT, PRICE, WINDOW, assert_sound, tick_along

CHALLENGE = OPENS_AT + WINDOW


def free(name: str) -> int:
    return selectors.balances(person(name).address)["free"]


def report_all(expiry: Expiry, *names: str, price: int = PRICE) -> None:
    for name in names:
        assert person(name).report(expiry.id, price, ETHER, OPENS_AT + 1).refusal is None


def test_undisputed__three_reports__final_by_silence_and_bonds_back(opened: Expiry) -> None:
    report_all(opened, "alice", "bob", "carol")
    assert_sound(opened)
    tick_along(OPENS_AT + 1, OPENS_AT + 2 * WINDOW)
    assert_sound(opened)
    assert (opened.price, opened.decided_by, opened.final_at) == (PRICE, "silence", OPENS_AT + 2 * WINDOW)
    assert free("alice") == free("bob") == free("carol") == 100 * ETHER


def test_wrong_tentative_price__crowd_funded_claim__the_right_gain_two_fifths(opened: Expiry) -> None:
    report_all(opened, "alice", "bob", "carol", price=LIE)
    tick_along(OPENS_AT + 1, CHALLENGE)
    refused = person("dave").pledge(opened.id, 1, LIE, ETHER, CHALLENGE).refusal
    assert refused is Refusal.AGREES_WITH_STANDING
    assert person("dave").pledge(opened.id, 1, PRICE, ETHER, CHALLENGE).refusal is None
    assert_sound(opened)
    assert person("erin").pledge(opened.id, 1, PRICE, 50 * ETHER, CHALLENGE + 1).refusal is None
    claim = Claim.objects.get()
    assert (claim.status, claim.pledged) == ("FILLED", 32 * ETHER // 10)
    assert_sound(opened)
    assert opened.stage == "COMMIT", "it was filled at the arbitration bond"


def test_no_ballot_needed__challenger_wins_by_silence__gains_half_less_the_fee(opened: Expiry) -> None:
    for name in ("alice", "bob", "carol"):
        person(name).report(opened.id, LIE, 2 * ETHER // 10, OPENS_AT + 1)
    tick_along(OPENS_AT + 1, CHALLENGE)
    person("dave").pledge(opened.id, 1, PRICE, 50 * ETHER, CHALLENGE)
    opened.refresh_from_db()
    assert (opened.round, opened.standing, opened.stage) == (1, PRICE, "CHALLENGE")
    tick_along(CHALLENGE, CHALLENGE + WINDOW)
    assert_sound(opened)
    assert (opened.price, opened.decided_by) == (PRICE, "silence")
    assert free("dave") == 100 * ETHER + 48 * ETHER // 100, "half of the 1.2 staked, less a fifth"
    assert free("alice") == 100 * ETHER - 2 * ETHER // 10


def test_open_pledge__challenge_ends_unfilled__returns_whole(opened: Expiry) -> None:
    report_all(opened, "alice", "bob", "carol")
    tick_along(OPENS_AT + 1, CHALLENGE)
    person("mallory").pledge(opened.id, 1, LIE, 2 * ETHER, CHALLENGE)
    assert free("mallory") == 98 * ETHER
    tick_along(CHALLENGE, CHALLENGE + WINDOW)
    assert_sound(opened)
    assert free("mallory") == 100 * ETHER
    assert opened.price == PRICE


def test_refused_act__nothing_changes_but_the_time_it_was_judged(opened: Expiry) -> None:
    before = list(selectors.statement(opened.id))
    poor = person("pauper").report(opened.id, PRICE, ETHER, OPENS_AT + 5)
    assert poor.refusal is Refusal.INSUFFICIENT_BALANCE
    assert poor.receipt is not None and poor.receipt.code == "insufficient_balance"
    opened.refresh_from_db()
    assert (opened.reports, opened.judged_at) == (0, OPENS_AT + 5)
    assert list(selectors.statement(opened.id)) == before
    assert_sound(opened)


def test_refused_for_its_signature__entry_of_an_earlier_second_on_its_way__no_contradiction(
    opened: Expiry,
) -> None:
    """Two web processes, one a few seconds behind: a receipt says where the book ended, so nothing may lie before."""
    forged = person("mallory").sign("Stake", {"account": person("alice").address, "amount": 1, "nonce": 1})
    refused = take_act(**forged, now=OPENS_AT + 20)
    assert refused.refusal is Refusal.BAD_SIGNATURE
    taken = person("bob").stake(ETHER, OPENS_AT + 15)
    assert refused.receipt is not None and taken.receipt is not None
    assert refused.receipt.message["seq"] < taken.receipt.message["seq"]
    assert refused.receipt.message["at"] <= taken.receipt.message["at"]


def test_claims_by_the_dozen__released_at_once__in_a_fixed_number_of_queries(
    opened: Expiry, django_assert_max_num_queries: Any
) -> None:
    """A claim at a new price costs a pledge that comes back whole; all of the book waits for what ends them."""
    report_all(opened, "alice", "bob", "carol")
    tick_along(OPENS_AT + 1, CHALLENGE)
    for number in range(36):
        pledge = person("mallory").pledge(opened.id, 1, LIE + number * ETHER // 10**6, ETHER, CHALLENGE)
        assert pledge.refusal is None
    assert free("mallory") == 64 * ETHER
    with django_assert_max_num_queries(30):
        assert person("dave").pledge(opened.id, 1, 2 * LIE, 50 * ETHER, CHALLENGE + 1).refusal is None
    assert set(Claim.objects.values_list("status", flat=True)) == {"FILLED", "RELEASED"}
    assert free("mallory") == 100 * ETHER
    assert_sound(opened)
    assert_followed(CHALLENGE + 1)
