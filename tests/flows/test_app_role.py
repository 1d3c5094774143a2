"""The rights of the role that the product works as are enough for a whole life, and no more (C-41)."""

from __future__ import annotations

from ledger.selectors import balances
from oracle.models import Elector, Expiry
from oracle.services.opening import open_expiry
from protocol.terms import Terms
from tests.cast import ETHER, person
from tests.db.conftest import terms  # noqa: F401
from tests.flows.conftest import VOTERS, list_short_expiry
from tests.flows.story import OPENS_AT, PRICE, START, WINDOW, assert_sound, tick_along


def test_app_role__from_listing_to_a_final_by_vote__needs_no_other_right(terms: Terms, app_role: str) -> None:  # noqa: F811
    for name in ("alice", *VOTERS):
        person(name).deposit(100 * ETHER, START)
    for name in VOTERS:
        assert person(name).stake(10 * ETHER, START).refusal is None
    expiry = list_short_expiry(terms)
    tick_along(START, OPENS_AT)
    open_expiry(expiry_id=expiry.id, block=1, value_secured=0, now=OPENS_AT)
    assert person("alice").report(expiry.id, PRICE, ETHER, OPENS_AT + 1).refusal is None
    commit = OPENS_AT + 3 * WINDOW
    tick_along(OPENS_AT + 1, commit)
    for name in VOTERS:
        assert person(name).commit(expiry.id, 1, PRICE, commit + 1).refusal is None
    tick_along(commit + 1, commit + WINDOW)
    for name in VOTERS:
        assert person(name).reveal(expiry.id, 1, PRICE, commit + WINDOW + 1).refusal is None
    assert person("alice").send("Withdrawal", {"amount": 1, "nonce": 1}, commit + WINDOW + 1).refusal is None
    tick_along(commit + WINDOW + 1, commit + 2 * WINDOW)
    assert_sound(expiry)
    assert (expiry.stage, expiry.price, Elector.objects.count()) == ("FINAL", PRICE, 3)
    assert balances(person("alice").address)["free"] == 100 * ETHER - 1
    assert Expiry.objects.count() == 1
