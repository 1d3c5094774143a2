"""Each rule by itself: what it lets through, what it refuses, and that the refusal begins with its name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from settlement.chain.client import Call, Price
from settlement.signers import policy
from settlement.signers.policy import Asked, Limits, Rebuilt, Refusal, Reward, Said, judge

ORACLE, OTHER = "0x" + "0a" * 20, "0x" + "0b" * 20
EXPIRY = "0x" + "e1" * 32
SAID = Said(2_500 * 10**18, "0x" + "11" * 32, "0x" + "22" * 32)
CALL = Call(ORACLE, "0x12345678" + "00" * 32)
MEMBERS = tuple(f"0x{n:040x}" for n in range(1, 6))
REBUILT = Rebuilt(
    "publication:12",
    CALL,
    ORACLE,
    "0x12345678",
    items={EXPIRY: SAID},
    book={EXPIRY: SAID},
    signed_by=MEMBERS[:3],
    members=MEMBERS,
    threshold=3,
)
LIMITS = Limits(chain_id=1, transaction_cap=10**16, daily_cap=10**17, reward_cap=10**15)
GENESIS = "0x" + "99" * 32
ASKED = Asked(REBUILT, LIMITS, 1, GENESIS, GENESIS, stored=CALL, price=Price(100_000, 10**11, 10**9), spent=9 * 10**16)

OLD, NEW = MEMBERS[0], MEMBERS[1]
AMOUNT = 10**15
DEPOSIT = Call(ORACLE, "0x12345678" + "00" * 12 + OTHER[2:], AMOUNT)
REWARD = Reward(OTHER, AMOUNT, is_scheduled=True)
FUNDING = replace(
    ASKED,
    rebuilt=Rebuilt("reward:3", DEPOSIT, ORACLE, "0x12345678", approved_by=("one", "two"), reward=REWARD),
    stored=None,
    spent=0,
)


def funding(value: int = AMOUNT, account: str = OTHER, **changes: Any) -> Asked:
    """A reward's deposit that is called with something else, or for which something else is wanted."""
    call = Call(ORACLE, DEPOSIT.data[:-40] + account[2:], value)
    reward = replace(REWARD, **{name: changes.pop(name) for name in ("amount", "is_scheduled") if name in changes})
    return replace(FUNDING, rebuilt=replace(FUNDING.rebuilt, call=call, reward=reward, **changes))


def signing(signer: str, **changes: Any) -> Asked:
    return replace(ASKED, signer=signer, **changes)


def rebuilt(**changes: Any) -> Asked:
    return replace(ASKED, rebuilt=replace(REBUILT, **changes))


def call(**changes: Any) -> Asked:
    """Another call, which is the stored one as well."""
    changed = replace(CALL, **changes)
    return replace(rebuilt(call=changed), stored=changed)


def said(**changes: Any) -> Asked:
    """The call says something else than the book."""
    return rebuilt(items={EXPIRY: replace(SAID, **changes)})


def test_judge__all_rules_kept__nothing_to_say() -> None:
    assert judge(ASKED) is None
    assert judge(replace(ASKED, stored=None, price=None)) is None
    assert judge(FUNDING) is None
    assert judge(signing(OLD, publisher=OLD)) is None
    assert judge(signing(OLD, publisher=NEW, sender=OLD)) is None, "its own nonce"


@pytest.mark.parametrize(
    "asked, refusal",
    [
        (replace(ASKED, chain_id=2), "chain_id: the node is on chain 2, CHAIN_ID is 1"),
        (replace(ASKED, genesis="0x00"), "genesis: the node's chain begins with 0x00"),
        (call(to=OTHER), f"contract: it calls {OTHER}, the settings name {ORACLE}"),
        (call(to=None), "contract: it calls None"),
        (call(data="0x87654321"), "selector: it calls 0x87654321, only 0x12345678 is allowed"),
        (call(data="0x"), "selector: it calls 0x,"),
        (signing(OLD, publisher=NEW), f"publisher: this process signs for {OLD}, operators have named {NEW}"),
        (signing(NEW, publisher=NEW, sender=OLD), f"publisher: the nonce is {OLD}'s, this process signs for {NEW}"),
        (call(value=1), "value: it sends 1 wei along"),
        (funding(value=AMOUNT - 1), f"value: it sends {AMOUNT - 1} wei to {OTHER}, wanted are {AMOUNT} to {OTHER}"),
        (funding(account=ORACLE), f"value: it sends {AMOUNT} wei to {ORACLE}, wanted are {AMOUNT} to {OTHER}"),
        (funding(is_scheduled=False), "value: the expiry has opened"),
        (funding(AMOUNT + 1, amount=AMOUNT + 1), f"value: it sends {AMOUNT + 1} wei along, PUBLISHER_"),
        (funding(approved_by=None), "two_people: 0 operators want it"),
        (funding(approved_by=("one",)), "two_people: 1 operators want it"),
        (replace(FUNDING, spent=9 * 10**16), "daily_cap: 101000000000000000 wei may have been spent"),
        (rebuilt(book={}), f"final_state: {EXPIRY} is not FINAL in the book"),
        (said(price=SAID.price + 1), f"final_state: the price of {EXPIRY} is {SAID.price} in the book"),
        (said(transcript="0x00"), f"final_state: the transcript of {EXPIRY}"),
        (said(payouts="0x00"), f"final_state: the payouts of {EXPIRY}"),
        (rebuilt(signed_by=MEMBERS[:2]), "signatures: 2 attestors have signed it, 3 must"),
        (rebuilt(signed_by=(OTHER, *MEMBERS[:3])), f"signatures: one is by {OTHER}, who is no attestor"),
        (rebuilt(signed_by=MEMBERS[2::-1]), "signatures: "),
        (rebuilt(signed_by=(MEMBERS[0], MEMBERS[0], MEMBERS[1])), "signatures: 2 attestors"),
        (rebuilt(approved_by=("one", "one")), "two_people: 1 operators want it, two must"),
        (rebuilt(approved_by=()), "two_people: 0 operators want it"),
        (replace(ASKED, stored=replace(CALL, data="0x12345678")), "same_payload: another call was signed"),
        (replace(ASKED, price=Price(policy.MOST_GAS + 1, 1, 1)), "gas: it wants 16777217 gas"),
        (replace(ASKED, price=Price(0, 1, 1)), "gas: it wants 0 gas"),
        (replace(ASKED, price=Price(100_000, 10**11 + 1, 1)), "transaction_cap: it may cost 10000000000100000 wei"),
        (replace(ASKED, spent=9 * 10**16 + 1), "daily_cap: 100000000000000001 wei may have been spent"),
    ],
)
def test_judge__one_rule_broken__refused_by_its_name(asked: Asked, refusal: str) -> None:
    found = judge(asked)
    assert isinstance(found, Refusal)
    assert str(found).startswith(refusal)


def test_judge__every_rule__is_broken_by_a_test_above() -> None:
    marks = test_judge__one_rule_broken__refused_by_its_name.pytestmark  # type: ignore[attr-defined]
    broken = {refusal.partition(":")[0] for _, refusal in marks[0].args[1]}
    assert broken == {rule.__name__ for rule in policy.RULES}


def test_judge__another_price_of_the_same_call__is_no_other_payload() -> None:
    assert judge(replace(ASKED, price=Price(90_000, 10**11, 10**10))) is None
